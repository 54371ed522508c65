/* Rounds over ssh. */
#include "sshd.h"

static void
test_ssh__fetches_exactly_what_is_missing(void **state)
{
	struct fix f;
	struct catch c;

	(void)state;
	make(&f);
	grow(&f, 50, 30, "a");
	c = take_all(&f, "a", NULL);
	assert_int_equal(json_array_size(c.blobs), 1500);
	assert_int_equal(c.objects, 4500);
	assert_string_equal(catch_content(&c, 0), "a 0 0");
	catch_clear(&c);
	/* ten of fifty moved by one change */
	grow(&f, 10, 1, "b");
	c = take_all(&f, "a", NULL);
	assert_int_equal(json_array_size(c.blobs), 10);
	assert_int_equal(c.objects, 30);
	catch_clear(&c);
	/* and all of them, which takes three connections */
	grow(&f, 50, 2, "c");
	c = take_all(&f, "a", NULL);
	assert_int_equal(json_array_size(c.blobs), 100);
	assert_int_equal(c.objects, 300);
	catch_clear(&c);
	c = take_all(&f, "a", NULL);
	assert_int_equal(c.objects, 0);
	catch_clear(&c);
	assert_int_equal(count_objects(scratch_path(&f.s, "a/repo.git")), 4830);
	unmake(&f);
}

static void
test_ssh__takes_over_only_what_the_daemon_accepted(void **state)
{
	struct fix f;
	struct catch c;

	(void)state;
	make(&f);
	set_ref(f.hub, log_name(1), make_commit(f.hub, "good", ""));
	set_ref(f.hub, log_name(2), make_commit(f.hub, "refused", ""));
	set_ref(f.hub, log_name(3),
	    make_commit_as(f.hub, "100755 blob %s\\tchanges", "bad", ""));
	c = take_all(&f, "a", log_name(2));
	assert_null(catch_code(&c, log_name(1)));
	assert_null(catch_code(&c, log_name(2)));
	assert_string_equal(catch_code(&c, log_name(3)), "untrusted");
	assert_int_equal(json_array_size(c.blobs), 2);
	/* all that came over is counted, needed or not */
	assert_int_equal(c.objects, 9);
	catch_clear(&c);
	assert_int_equal(count_objects(scratch_path(&f.s, "a/repo.git")), 3);
	unmake(&f);
}

static void
test_ssh__lets_one_broken_log_not_keep_others_away(void **state)
{
	struct fix f;
	struct catch c;

	(void)state;
	make(&f);
	for (unsigned i = 0; i < 6; i++)
		set_ref(
		    f.hub, log_name(i), make_commit(f.hub, log_name(i), ""));
	/* the hub has lost the content of one */
	sh(f.hub,
	    "b=$(git rev-parse %s%s:changes); "
	    "rm -f objects/$(echo $b | cut -c1-2)/$(echo $b | cut -c3-)",
	    PREFIX, log_name(2));
	c = take_all(&f, "a", NULL);
	for (unsigned i = 0; i < 6; i++)
		if (i == 2)
			assert_non_null(catch_code(&c, log_name(i)));
		else
			assert_null(catch_code(&c, log_name(i)));
	assert_int_equal(json_array_size(c.blobs), 5);
	catch_clear(&c);
	unmake(&f);
}

static void
test_ssh__pushes_all_in_one_connection_under_leases(void **state)
{
	struct fix f;
	struct peer p;
	struct catch c;
	json_t *refs, *w;
	char old[41], other[41];

	(void)state;
	make(&f);
	snprintf(old, sizeof(old), "%s", make_commit(f.hub, "old", ""));
	for (unsigned i = 1; i <= 5; i++)
		set_ref(f.hub, log_name(i), old);
	c = take_all(&f, "a", NULL);
	catch_clear(&c);
	snprintf(other, sizeof(other), "%s", make_commit(f.hub, "x", old));
	set_ref(f.hub, log_name(1), other);
	sh(f.s.dir, ": >log");
	start(&p, &f, "a");
	json_decref(peer_refs(&p));
	peer_put(&p, log_name(1), old, "append", NULL, "lost");
	peer_put(&p, log_name(2), old, "append", NULL, "two");
	peer_put(&p, log_name(3), old, "root", NULL, "three");
	peer_put(&p, log_name(4), old, "delete", NULL, "");
	peer_put(&p, log_name(5), NULL, "root", NULL, "not new");
	peer_put(&p, log_name(6), NULL, "root", NULL, "six");
	peer_put(&p, log_name(7), NULL, "copy", old, "");
	refs = peer_list(&p, &w);
	peer_done(&p);
	assert_string_equal(written_code(w, log_name(1)), "conflict");
	assert_string_equal(written_code(w, log_name(2)), "");
	assert_string_equal(written_code(w, log_name(3)), "");
	assert_string_equal(written_code(w, log_name(4)), "");
	assert_string_equal(written_code(w, log_name(5)), "conflict");
	assert_string_equal(written_code(w, log_name(6)), "");
	assert_string_equal(written_code(w, log_name(7)), "");
	assert_string_equal(json_get_str(refs, log_name(1)), other);
	assert_null(json_get_str(refs, log_name(4)));
	assert_string_equal(json_get_str(refs, log_name(5)), old);
	assert_string_equal(json_get_str(refs, log_name(7)), old);
	assert_string_equal(
	    sh(f.hub, "git rev-parse %s%s~1", PREFIX, log_name(2)), old);
	assert_string_equal(
	    sh(f.hub, "git cat-file blob %s%s:changes", PREFIX, log_name(6)),
	    "six");
	/* a listing, a push, a new listing */
	assert_string_equal(
	    sh(f.s.dir, "grep -c 'Accepted publickey' log"), "3");
	json_decref(refs);
	json_decref(w);
	assert_clean(f.hub);
	assert_clean(p.repo);
	unmake(&f);
}

static void
test_ssh__tells_the_truth_about_a_refused_push(void **state)
{
	struct fix f;
	struct peer p;
	json_t *refs, *w;
	char old[41];

	(void)state;
	make(&f);
	snprintf(old, sizeof(old), "%s", make_commit(f.hub, "old", ""));
	set_ref(f.hub, log_name(1), old);
	sh(f.hub,
	    "git config receive.denyNonFastForwards true; "
	    "printf '#!/bin/sh\\ncase $1 in *%s) echo \"no \\033[31mway\"; "
	    "exit 1;; esac\\n' >hooks/update && chmod +x hooks/update",
	    log_name(3));
	start(&p, &f, "a");
	json_decref(peer_refs(&p));
	peer_put(&p, log_name(1), old, "root", NULL, "forced");
	peer_put(&p, log_name(2), NULL, "root", NULL, "fine");
	peer_put(&p, log_name(3), NULL, "root", NULL, "hook says no");
	refs = peer_list(&p, &w);
	peer_done(&p);
	assert_string_equal(written_code(w, log_name(1)), "conflict");
	assert_string_equal(written_code(w, log_name(2)), "");
	assert_string_equal(written_code(w, log_name(3)), "conflict");
	assert_non_null(strstr(
	    json_get_str(json_object_get(w, log_name(3)), "error"), "refused"));
	assert_string_equal(json_get_str(refs, log_name(1)), old);
	assert_null(json_get_str(refs, log_name(3)));
	json_decref(refs);
	json_decref(w);
	unmake(&f);
}

static void
test_ssh__creates_a_repository_only_when_asked(void **state)
{
	struct fix f;
	struct peer p;
	char *url;

	(void)state;
	make(&f);
	url = mem_printf("%s/new.git", f.url);
	*strstr(url, "/h'u b!.git") = '\0';
	strcat(url, "/new.git");
	peer_start(&p, f.s.dir, "a", url, &(struct peer_round){.ssh = f.ssh});
	peer_assert_failed(&p, "input", "not a git repository");
	peer_start(&p, f.s.dir, "a", url,
	    &(struct peer_round){.ssh = f.ssh, .create = true});
	json_decref(peer_refs(&p));
	peer_put(&p, log_name(1), NULL, "root", NULL, "x");
	json_decref(peer_list(&p, NULL));
	peer_done(&p);
	assert_clean(scratch_path(&f.s, "new.git"));
	free(url);
	unmake(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ssh__fetches_exactly_what_is_missing),
	    cmocka_unit_test(
		test_ssh__takes_over_only_what_the_daemon_accepted),
	    cmocka_unit_test(
		test_ssh__lets_one_broken_log_not_keep_others_away),
	    cmocka_unit_test(
		test_ssh__pushes_all_in_one_connection_under_leases),
	    cmocka_unit_test(test_ssh__tells_the_truth_about_a_refused_push),
	    cmocka_unit_test(test_ssh__creates_a_repository_only_when_asked),
	};

	return cmocka_run_group_tests_name("transfer_ssh", tests, NULL, NULL);
}

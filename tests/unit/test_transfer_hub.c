/* Pushing to a hub in a folder, for years and by many. */
#include "hub.h"
#include "pieces.h"

#include <git2.h>

static void
test_hub__writes_commits_as_the_format_says(void **state)
{
	struct fix f;
	struct peer p;
	json_t *refs, *written;
	char first[41];

	(void)state;
	make(&f);
	peer_start(&p, f.s.dir, "a", f.hub, NULL);
	json_decref(peer_refs(&p));
	peer_put(&p, log_name(1), NULL, "root", NULL, "one\n");
	refs = peer_list(&p, &written);
	assert_string_equal(written_code(written, log_name(1)), "");
	snprintf(first, sizeof(first), "%s", json_get_str(refs, log_name(1)));
	assert_string_equal(
	    json_get_str(json_object_get(written, log_name(1)), "oid"), first);
	json_decref(refs);
	json_decref(written);
	peer_put(&p, log_name(1), first, "append", NULL, "two\n");
	refs = peer_list(&p, &written);
	assert_string_equal(written_code(written, log_name(1)), "");
	json_decref(refs);
	json_decref(written);
	peer_done(&p);
	/* git's own writing of the same commit has the same id */
	assert_string_equal(
	    sh(f.hub,
		"printf 'tree %%s\\nauthor mufakat <mufakat@localhost> "
		"1700000000 +0000\\ncommitter mufakat <mufakat@localhost> "
		"1700000000 +0000\\n\\n1 changes\\n\\nabc\\n' "
		"$(printf '100644 blob %%s\\tchanges\\n' $(echo one | git "
		"hash-object --stdin) | git mktree) | git hash-object -t "
		"commit --stdin"),
	    first);
	assert_string_equal(
	    sh(f.hub, "git rev-parse %s%s~1", PREFIX, log_name(1)), first);
	assert_string_equal(
	    sh(f.hub, "git cat-file blob %s%s:changes", PREFIX, log_name(1)),
	    "two");
	assert_clean(f.hub);
	assert_clean(p.repo);
	assert_string_equal(trusted_ref(&f, "a", log_name(1)),
	    sh(f.hub, "git rev-parse %s%s", PREFIX, log_name(1)));
	scratch_remove(&f.s);
}

static void
test_hub__moves_refs_only_under_their_lease(void **state)
{
	struct fix f;
	struct peer p;
	struct catch c;
	json_t *refs, *w;
	char old[41], other[41];

	(void)state;
	make(&f);
	snprintf(old, sizeof(old), "%s", make_commit(f.hub, "old", ""));
	for (unsigned i = 1; i <= 6; i++)
		set_ref(f.hub, log_name(i), old);
	c = take_all(&f, "a", NULL);
	catch_clear(&c);
	snprintf(other, sizeof(other), "%s", make_commit(f.hub, "x", old));
	set_ref(f.hub, log_name(1), other);
	set_ref(f.hub, log_name(2), other);
	peer_start(&p, f.s.dir, "a", f.hub, NULL);
	json_decref(peer_refs(&p));
	peer_put(&p, log_name(1), old, "append", NULL, "lost");
	peer_put(&p, log_name(2), old, "delete", NULL, "");
	peer_put(&p, log_name(3), NULL, "root", NULL, "not new");
	peer_put(&p, log_name(4), old, "root", NULL, "new root");
	peer_put(&p, log_name(5), old, "delete", NULL, "");
	peer_put(&p, log_name(7), NULL, "copy", old, "");
	peer_put(&p, log_name(8), NULL, "copy", other, "");
	peer_put(&p, log_name(9), other, "append", NULL, "on what we lack");
	refs = peer_list(&p, &w);
	peer_done(&p);
	assert_string_equal(written_code(w, log_name(1)), "conflict");
	assert_string_equal(written_code(w, log_name(2)), "conflict");
	assert_string_equal(written_code(w, log_name(3)), "conflict");
	assert_string_equal(written_code(w, log_name(4)), "");
	assert_string_equal(written_code(w, log_name(5)), "");
	assert_string_equal(written_code(w, log_name(7)), "");
	assert_string_equal(written_code(w, log_name(8)), "notfound");
	assert_string_equal(written_code(w, log_name(9)), "notfound");
	assert_string_equal(json_get_str(refs, log_name(1)), other);
	assert_string_equal(json_get_str(refs, log_name(3)), old);
	assert_null(json_get_str(refs, log_name(5)));
	assert_string_equal(json_get_str(refs, log_name(7)), old);
	json_decref(refs);
	json_decref(w);
	assert_string_equal(trusted_ref(&f, "a", log_name(5)), "");
	assert_clean(f.hub);
	assert_clean(p.repo);
	scratch_remove(&f.s);
}

static void
test_hub__copies_many_pieces_as_one_pack(void **state)
{
	struct fix f;
	struct peer p;
	struct catch c;
	json_t *refs, *w;
	char other[128];

	(void)state;
	make(&f);
	for (unsigned i = 0; i < 12; i++)
		set_ref(f.hub, log_name(i),
		    make_commit(f.hub, log_name(i + 100), ""));
	c = take_all(&f, "a", NULL);
	snprintf(other, sizeof(other), "%s/other.git", f.s.dir);
	sh(f.s.dir, "git init -q --bare other.git");
	peer_start(&p, f.s.dir, "a", other, NULL);
	json_decref(peer_refs(&p));
	for (unsigned i = 0; i < 12; i++)
		peer_put(&p, log_name(i), NULL, "copy",
		    json_get_str(json_object_get(c.ends, log_name(i)), "oid"),
		    "");
	refs = peer_list(&p, &w);
	peer_done(&p);
	for (unsigned i = 0; i < 12; i++)
		assert_string_equal(written_code(w, log_name(i)), "");
	json_decref(refs);
	json_decref(w);
	catch_clear(&c);
	assert_string_equal(sh(other, "ls objects/pack/*.pack | wc -l"), "1");
	assert_string_equal(sh(f.hub, "git for-each-ref | md5sum"),
	    sh(other, "git for-each-ref | md5sum"));
	assert_clean(other);
	scratch_remove(&f.s);
}

/* Appends n times to one ref, in the way of an office: list, fetch, push. */
static void
append_often(struct fix *f, const char *office, int n)
{
	struct peer p;

	peer_start(&p, f->s.dir, office, f->hub, NULL);
	json_decref(peer_refs(&p));
	while (n > 0) {
		json_t *refs = peer_list(&p, NULL), *w, *after;
		const char *old = json_get_str(refs, log_name(1));
		struct catch c = peer_want(&p, refs, NULL);

		peer_put(&p, log_name(1), old, old == NULL ? "root" : "append",
		    NULL, office);
		after = peer_list(&p, &w);
		if (*written_code(w, log_name(1)) == '\0')
			n--;
		catch_clear(&c);
		json_decref(refs);
		json_decref(after);
		json_decref(w);
	}
	peer_done(&p);
	_exit(0);
}

static void
test_hub__loses_no_push_of_four_offices(void **state)
{
	static const char *const offices[] = {"a", "b", "c", "d"};
	int n = (int)rounds(60) / 4, status;
	struct fix f;
	char total[16];

	(void)state;
	make(&f);
	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			append_often(&f, offices[i], n);
	for (int i = 0; i < 4; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	snprintf(total, sizeof(total), "%d", n * 4);
	assert_string_equal(
	    sh(f.hub, "git rev-list %s%s | wc -l", PREFIX, log_name(1)), total);
	assert_clean(f.hub);
	scratch_remove(&f.s);
}

static void
test_hub__merges_many_small_packs(void **state)
{
	struct fix f;
	struct peer p;
	size_t n;

	(void)state;
	make(&f);
	peer_start(&p, f.s.dir, "a", f.hub, NULL);
	json_decref(peer_refs(&p));
	for (unsigned i = 0; i < 45; i++) {
		peer_put(&p, log_name(i), NULL, "root", NULL, log_name(i));
		json_decref(peer_list(&p, NULL));
	}
	n = strtoul(sh(p.repo, "ls objects/pack/*.pack | wc -l"), NULL, 10);
	assert_int_equal(n, 45);
	peer_done(&p);
	assert_string_equal(sh(p.repo, "ls objects/pack/*.pack | wc -l"), "1");
	assert_int_equal(count_objects(p.repo), 135);
	assert_clean(p.repo);
	scratch_remove(&f.s);
}

/* --- a hub of years ------------------------------------------------------ */

/* A round of an office that appends to its own log n times. */
static void
push_often(struct fix *f, const char *office, unsigned log, unsigned n)
{
	struct peer p;
	struct catch c;
	json_t *refs, *w;

	peer_start(&p, f->s.dir, office, f->hub, NULL);
	refs = peer_refs(&p);
	c = peer_want(&p, refs, NULL);
	catch_clear(&c);
	while (n-- > 0) {
		const char *old = json_get_str(refs, log_name(log));
		char text[64];

		snprintf(text, sizeof(text), "%s %u %d\n", office, n, p.pid);
		peer_put(&p, log_name(log), old,
		    old == NULL ? "root" : "append", NULL, text);
		json_decref(refs);
		refs = peer_list(&p, &w);
		assert_string_equal(written_code(w, log_name(log)), "");
		json_decref(w);
	}
	json_decref(refs);
	peer_done(&p);
}

static unsigned
count(const char *repo, const char *what)
{
	return (unsigned)strtoul(
	    sh(repo, "git count-objects -v 2>/dev/null | sed -n 's/^%s: //p'",
		what),
	    NULL, 10);
}

static void
test_hub__stays_small_however_often_one_pushes(void **state)
{
	unsigned n = rounds(120), rest = 0;
	struct fix f;
	char home[160];

	(void)state;
	make(&f);
	for (unsigned i = 0; i < n; i += 30)
		push_often(&f, i / 30 % 2 == 0 ? "a" : "b", i / 30 % 2, 30);
	rest = (n + 29) / 30 * 30;
	assert_int_equal(count(f.hub, "count"), 0); /* loose objects */
	assert_int_equal(count(f.hub, "in-pack"), rest * 3);
	assert_int_equal(count(f.hub, "garbage"), 0);
	assert_true(count(f.hub, "packs") < 80);
	assert_clean(f.hub);
	snprintf(home, sizeof(home), "%s/b/repo.git", f.s.dir);
	assert_true(count(home, "packs") < 80);
	assert_clean(home);
	scratch_remove(&f.s);
}

/* Reads all objects of a hub again and again, with libgit2 as a transfer
 * does, from one view of the folder; the packs it knows go meanwhile. */
static void
read_all(const char *hub)
{
	git_odb *odb;
	char *objects = fs_join(hub, "objects");
	const char *list = sh(hub, "git cat-file --batch-all-objects "
				   "--batch-check='%%(objectname)'");

	git_libgit2_init();
	if (git_odb_open(&odb, objects) < 0)
		_exit(1);
	for (int turn = 0; turn < 2; turn++) {
		for (const char *p = list; strlen(p) >= 40; p += 41) {
			git_odb_object *o;
			git_oid id;

			git_oid_fromstrn(&id, p, 40);
			if (turn == 0 && !git_odb_exists(odb, &id))
				_exit(2);
			if (turn == 1 && git_odb_read(&o, odb, &id) < 0)
				_exit(3);
			if (turn == 1)
				git_odb_object_free(o);
		}
		if (turn == 0)
			raise(SIGSTOP);
	}
	_exit(0);
}

static void
test_hub__who_reads_while_packs_are_merged_misses_nothing(void **state)
{
	struct fix f;
	int status;
	pid_t reader;

	(void)state;
	make(&f);
	push_often(&f, "a", 1, 30);
	/* what git marks stays */
	sh(f.hub, "p=$(ls objects/pack/*.pack | head -n 1); "
		  "touch ${p%%.pack}.keep");
	reader = fork();
	if (reader == 0)
		read_all(f.hub);
	assert_int_equal(waitpid(reader, &status, WUNTRACED), reader);
	assert_true(WIFSTOPPED(status));
	push_often(&f, "a", 1, 15);
	assert_int_equal(count(f.hub, "packs"), 2);
	kill(reader, SIGCONT);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
	assert_clean(f.hub);
	scratch_remove(&f.s);
}

static void
test_hub__sweeps_up_what_was_left_long_ago(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	sh(f.hub, "cd objects/pack && touch tmp_1_new && "
		  "touch -d '2 days ago' tmp_2_old && "
		  "touch -d '2 days ago' "
		  "pack-1111111111111111111111111111111111111111.pack");
	push_often(&f, "a", 1, 45);
	assert_string_equal(
	    sh(f.hub, "cd objects/pack && ls | grep -v '^pack-'"), "tmp_1_new");
	assert_int_equal(count(f.hub, "packs"), 1);
	assert_string_equal(
	    sh(f.hub, "ls objects/pack/pack-11111111* 2>/dev/null | wc -l"),
	    "0");
	scratch_remove(&f.s);
}

static void
test_hub__of_many_packs_does_not_run_out_of_descriptors(void **state)
{
	struct fix f;
	struct catch c;

	(void)state;
	make(&f);
	/* more than a transfer may have open, and none that is small for the
	 * one that merges: they are marked */
	sh(f.hub,
	    "for i in $(seq 700); do "
	    "echo \"commit " PREFIX "%s\"; "
	    "echo \"committer x <x> $i +0000\"; echo data 1; echo x; "
	    "echo \"M 100644 inline changes\"; echo data ${#i}; echo $i; "
	    "echo checkpoint; done | "
	    "git -c fastimport.unpackLimit=0 fast-import --quiet && "
	    "for p in objects/pack/*.pack; do touch ${p%%.pack}.keep; done",
	    log_name(1));
	assert_true(count(f.hub, "packs") > 600);
	c = take_all(&f, "a", NULL);
	assert_null(catch_code(&c, log_name(1)));
	assert_int_equal(json_array_size(c.blobs), 700);
	catch_clear(&c);
	push_often(&f, "a", 2, 1);
	assert_clean(f.hub);
	scratch_remove(&f.s);
}

/* --- limits -------------------------------------------------------------- */

static void
test_hub__moves_twenty_pieces_both_ways_in_little_memory(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	move_pieces(f.s.dir, f.hub, NULL);
	assert_clean(f.hub);
	scratch_remove(&f.s);
}

/* The stick is pulled in the middle of a round, and put in again. */
static void
test_hub__loses_nothing_when_the_stick_is_pulled(void **state)
{
	struct fix f;
	struct peer p;
	struct catch c;
	json_t *refs, *w, *after;

	(void)state;
	make(&f);
	for (unsigned i = 0; i < 5; i++)
		set_ref(
		    f.hub, log_name(i), make_commit(f.hub, log_name(i), ""));
	peer_start(&p, f.s.dir, "a", f.hub, NULL);
	refs = peer_refs(&p);
	sh(f.s.dir, "mv hub.git pulled");
	c = peer_want(&p, refs, NULL);
	json_decref(refs);
	for (unsigned i = 0; i < 5; i++)
		assert_string_equal(catch_code(&c, log_name(i)), "offline");
	catch_clear(&c);
	peer_put(&p, log_name(9), NULL, "root", NULL, "mine");
	peer_send(&p, FRAME_LIST, json_object(), NULL, 0);
	w = peer_expect(&p, FRAME_WRITTEN);
	assert_false(json_is_true(json_object_get(w, "ok")));
	assert_string_equal(json_get_str(w, "code"), "offline");
	json_decref(w);
	peer_assert_failed(&p, "offline", "is the stick mounted?");
	/* nothing was made where the stick was, nothing half taken over */
	assert_int_equal(access(f.hub, F_OK), -1);
	assert_clean(p.repo);
	assert_int_equal(count_objects(p.repo), 0);
	sh(f.s.dir, "mv pulled hub.git");
	c = take_all(&f, "a", NULL);
	assert_int_equal(json_array_size(c.blobs), 5);
	catch_clear(&c);
	peer_start(&p, f.s.dir, "a", f.hub, NULL);
	json_decref(peer_refs(&p));
	peer_put(&p, log_name(9), NULL, "root", NULL, "mine");
	after = peer_list(&p, &w);
	assert_string_equal(written_code(w, log_name(9)), "");
	json_decref(w);
	json_decref(after);
	peer_done(&p);
	assert_clean(f.hub);
	scratch_remove(&f.s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hub__writes_commits_as_the_format_says),
	    cmocka_unit_test(test_hub__moves_refs_only_under_their_lease),
	    cmocka_unit_test(test_hub__copies_many_pieces_as_one_pack),
	    cmocka_unit_test(test_hub__loses_no_push_of_four_offices),
	    cmocka_unit_test(test_hub__merges_many_small_packs),
	    cmocka_unit_test(test_hub__stays_small_however_often_one_pushes),
	    cmocka_unit_test(
		test_hub__who_reads_while_packs_are_merged_misses_nothing),
	    cmocka_unit_test(test_hub__sweeps_up_what_was_left_long_ago),
	    cmocka_unit_test(
		test_hub__of_many_packs_does_not_run_out_of_descriptors),
	    cmocka_unit_test(
		test_hub__moves_twenty_pieces_both_ways_in_little_memory),
	    cmocka_unit_test(test_hub__loses_nothing_when_the_stick_is_pulled),
	};

	return cmocka_run_group_tests_name("transfer_hub", tests, NULL, NULL);
}

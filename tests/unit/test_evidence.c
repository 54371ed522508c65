#include "tests/unit/folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/jscan.h"
#include "tests/unit/scratch.h"

static json_t *
check(struct folder *f, const uint8_t *w)
{
	json_t *j = NULL;
	struct err e;

	if (evidence_check_files(f->files, f->n, w, &j, &e) == -1)
		fail_msg("%s", e.msg);
	return j;
}

/* The verdict of the signature in file "index" of the folder's signatures. */
static const char *
verdict(const json_t *j, const char *id)
{
	json_t *v;
	size_t i;

	json_array_foreach (json_object_get(j, "signatures"), i, v) {
		if (strcmp(json_get_str(v, "id"), id) == 0)
			return json_get_str(v, "verdict");
	}
	fail_msg("no signature %s", id);
	return NULL;
}

static bool
any_is(const json_t *j, const char *word)
{
	json_t *v;
	size_t i;

	json_array_foreach (json_object_get(j, "signatures"), i, v) {
		if (strcmp(json_get_str(v, "verdict"), word) == 0)
			return true;
	}
	return false;
}

static bool
all_are(const json_t *j, const char *word)
{
	json_t *v;
	size_t i;

	json_array_foreach (json_object_get(j, "signatures"), i, v) {
		if (strcmp(json_get_str(v, "verdict"), word) != 0)
			return false;
	}
	return i > 0;
}

static void
expect_all(struct folder *f, const uint8_t *w, const char *word)
{
	json_t *j = check(f, w);

	if (!all_are(j, word))
		fail_msg("not all '%s': %s", word, json_dumps(j, 0));
	json_decref(j);
}

static void
test_evidence__is_good_for_the_coalition_it_is_of(void **state)
{
	struct folder f = {0};
	json_t *j;

	(void)state;
	folder_make(&f);
	j = check(&f, f.w);
	if (json_array_size(json_object_get(j, "problems")) != 0)
		fail_msg("%s", json_dumps(j, 0));
	assert_int_equal(json_array_size(json_object_get(j, "signatures")), 2);
	assert_true(all_are(j, "good"));
	assert_true(json_is_true(json_object_get(j, "checked_membership")));
	assert_string_equal(json_get_str(j, "record"), f.record);
	assert_string_equal(json_get_str(j, "version"), f.version);
	json_decref(j);
	folder_clear(&f);
}

static void
test_evidence__without_w_says_that_holders_are_not_checked(void **state)
{
	struct folder f = {0};
	json_t *j, *first;

	(void)state;
	folder_make(&f);
	j = check(&f, NULL);
	assert_true(all_are(j, "membership not confirmed"));
	assert_true(json_is_false(json_object_get(j, "checked_membership")));
	first = json_array_get(json_object_get(j, "signatures"), 0);
	assert_string_equal(json_get_str(first, "membership"), "not checked");
	json_decref(j);
	folder_clear(&f);
}

static void
test_evidence__is_bad_for_another_coalition(void **state)
{
	struct folder f = {0};
	uint8_t other[HASH_LEN] = {1};

	(void)state;
	folder_make(&f);
	expect_all(&f, other, "bad");
	folder_clear(&f);
}

/* Every bit of no byte of any file may change: the folder stands or falls as
 * a whole. */
static void
test_evidence__refuses_a_change_of_any_byte(void **state)
{
	struct folder f = {0};

	(void)state;
	folder_make(&f);
	for (size_t i = 0; i < f.n; i++) {
		struct buf *b = &f.files[i].data;

		for (size_t k = 0; k < b->len; k++) {
			json_t *j;

			b->data[k] ^= (char)(1 << (k % 8));
			j = check(&f, f.w);
			if (any_is(j, "good") &&
			    json_array_size(json_object_get(j, "problems")) ==
				0)
				fail_msg("%s byte %zu: still good",
				    f.files[i].name, k);
			if ((strcmp(f.files[i].name, "text.txt") == 0 ||
				strcmp(f.files[i].name, "chain.changes") ==
				    0) &&
			    !all_are(j, "bad"))
				fail_msg(
				    "%s byte %zu: not bad", f.files[i].name, k);
			json_decref(j);
			b->data[k] ^= (char)(1 << (k % 8));
		}
	}
	expect_all(&f, f.w, "good");
	folder_clear(&f);
}

static void
test_evidence__refuses_files_cut_anywhere_or_longer(void **state)
{
	struct folder f = {0};

	(void)state;
	folder_make(&f);
	for (size_t i = 0; i < f.n; i++) {
		struct buf *b = &f.files[i].data;
		size_t len = b->len;

		for (size_t k = 0; k<len; k += len> 1500 ? 17 : 1) {
			json_t *j;

			b->len = k;
			j = check(&f, f.w);
			if (any_is(j, "good"))
				fail_msg("%s cut to %zu: still good",
				    f.files[i].name, k);
			json_decref(j);
		}
		b->len = len;
		if (strcmp(f.files[i].name, "allowed_signers") == 0)
			continue; /* below */
		buf_adds(b, "x");
		expect_all(&f, f.w, "bad");
		b->len = len;
	}
	folder_clear(&f);
}

static void
test_evidence__needs_each_of_its_files(void **state)
{
	static const char *const names[] = {
	    "text.txt", "chain.changes", "allowed_signers"};
	struct folder f = {0};

	(void)state;
	folder_make(&f);
	for (size_t i = 0; i < 3; i++) {
		struct evidence_file *file = folder_find(&f, names[i]);
		char *name = file->name;

		file->name = (char *)(uintptr_t) "elsewhere";
		expect_all(&f, f.w, "bad");
		file->name = name;
	}
	folder_clear(&f);
}

/* Somebody who was never admitted signs, and says so nowhere. */
static void
test_evidence__tells_who_is_not_admitted(void **state)
{
	struct folder f = {.skip_admission = true};
	json_t *j;

	(void)state;
	folder_make(&f);
	j = check(&f, f.w);
	assert_string_equal(verdict(j, f.files[0].name), "bad");
	json_decref(j);
	/* with a line of allowed_signers of its own it is no better */
	evidence_signer(
	    f.b.org, f.b.key, &folder_find(&f, "allowed_signers")->data);
	expect_all(&f, f.w, "bad");
	folder_clear(&f);
}

/* A member signs in the name of another one. */
static void
test_evidence__refuses_the_name_of_another_organisation(void **state)
{
	struct folder model = {0}, f = {0};
	json_t *j, *first;

	(void)state;
	folder_make(&model);
	f.claims_org = model.a.org;
	folder_make(&f);
	j = check(&f, f.w);
	assert_string_not_equal(verdict(j, f.files[0].name), "good");
	first = json_array_get(json_object_get(j, "signatures"), 0);
	assert_string_equal(json_get_str(first, "name"), "HRWG");
	assert_string_equal(json_get_str(first, "organisation"), f.b.org);
	assert_string_equal(json_get_str(first, "claims"), f.a.org);
	assert_string_equal(json_get_str(first, "claims_name"), "Task Force");
	json_decref(j);
	folder_clear(&f);
	folder_clear(&model);
}

static void
test_evidence__says_withdrawn_for_a_withdrawal(void **state)
{
	struct folder f = {.stance = STANCE_WITHDRAWN};

	(void)state;
	folder_make(&f);
	expect_all(&f, f.w, "withdrawn");
	folder_clear(&f);
}

/* One slot, two words, and neither replaces the other: the folder says so, as
 * the store would. */
static void
test_evidence__says_contested_for_rivals_that_differ(void **state)
{
	struct folder f = {.contradicts = true};
	json_t *j;

	(void)state;
	folder_make(&f);
	j = check(&f, f.w);
	assert_string_equal(verdict(j, f.files[0].name), "contested");
	assert_string_equal(verdict(j, f.files[2].name), "good");
	assert_string_equal(verdict(j, f.files[4].name), "contested");
	json_decref(j);
	folder_clear(&f);
}

/* The message of one under the id of the other. */
static void
test_evidence__refuses_swapped_files(void **state)
{
	struct folder f = {0};
	char *name;

	(void)state;
	folder_make(&f);
	name = f.files[0].name;
	f.files[0].name = f.files[2].name;
	f.files[2].name = name;
	name = f.files[1].name;
	f.files[1].name = f.files[3].name;
	f.files[3].name = name;
	expect_all(&f, f.w, "bad");
	folder_clear(&f);
}

/* A line that gives a foreign key a member's name would fool whoever checks
 * by hand. */
static void
test_evidence__refuses_a_foreign_line_in_allowed_signers(void **state)
{
	struct folder f = {0};
	struct device thief = {0};

	(void)state;
	folder_make(&f);
	device_init(&thief, 9, "HRWG");
	evidence_signer(
	    f.b.org, thief.key, &folder_find(&f, "allowed_signers")->data);
	expect_all(&f, f.w, "bad");
	secret_free(thief.secret);
	folder_clear(&f);
}

static void
test_evidence__compares_the_files_of_the_chain(void **state)
{
	struct folder f = {0};
	struct segment_reader r;
	struct buf b = BUF_INIT;
	struct evidence_file *file;

	(void)state;
	folder_make(&f);
	segment_reader_init(&r, f.chain.data, f.chain.len);
	assert_true(segment_next(&r));
	change_message(&r.place, &r.change, &b);
	segment_reader_clear(&r);
	file = folder_add(&f, "chain/001.message", b.data, b.len);
	expect_all(&f, f.w, "good");
	file->data.data[0] ^= 1;
	expect_all(&f, f.w, "bad");
	file->data.data[0] ^= 1;
	free(file->name);
	file->name = mem_strdup("chain/002.message");
	expect_all(&f, f.w, "bad");
	buf_clear(&b);
	folder_clear(&f);
}

/* --- in a real folder ---------------------------------------------------- */

static void
write_folder(struct folder *f, struct scratch *s)
{
	struct err e;

	for (size_t i = 0; i < f->n; i++)
		assert_int_equal(fs_write(scratch_path(s, f->files[i].name),
				     f->files[i].data.data,
				     f->files[i].data.len, 0644, true, &e),
		    0);
}

static int
run(const struct scratch *s, const char *command)
{
	char line[1024];

	snprintf(
	    line, sizeof(line), "cd %s && %s >/dev/null 2>&1", s->dir, command);
	return system(line);
}

static void
verify_command(const struct folder *f, const struct device *d,
    const struct evidence_file *msg, char *ret, size_t size)
{
	struct buf who = BUF_INIT;

	(void)f;
	evidence_principal(d->org, d->key, &who);
	snprintf(ret, size,
	    "ssh-keygen -Y verify -f allowed_signers -I %s -n mufakat-record "
	    "-s %s.sig < %s",
	    buf_str(&who), msg->name, msg->name);
	buf_clear(&who);
}

static void
test_evidence__agrees_with_ssh_keygen(void **state)
{
	struct folder f = {0};
	struct scratch s;
	char line[512];
	struct err e;
	json_t *j;

	(void)state;
	folder_make(&f);
	scratch_make(&s);
	write_folder(&f, &s);
	assert_int_equal(evidence_check(s.dir, f.w, &j, &e), 0);
	assert_true(all_are(j, "good"));
	json_decref(j);
	verify_command(&f, &f.b, &f.files[0], line, sizeof(line));
	assert_int_equal(run(&s, line), 0);
	verify_command(&f, &f.a, &f.files[2], line, sizeof(line));
	assert_int_equal(run(&s, line), 0);
	/* by the wrong organisation */
	verify_command(&f, &f.b, &f.files[2], line, sizeof(line));
	assert_int_not_equal(run(&s, line), 0);
	scratch_remove(&s);
	folder_clear(&f);
}

static void
test_evidence__refuses_links_and_pipes_in_the_folder(void **state)
{
	struct folder f = {0};
	struct scratch s;
	json_t *j = NULL;
	struct err e;

	(void)state;
	folder_make(&f);
	scratch_make(&s);
	write_folder(&f, &s);
	assert_int_equal(unlink(scratch_path(&s, "text.txt")), 0);
	assert_int_equal(
	    symlink("/etc/passwd", scratch_path(&s, "text.txt")), 0);
	assert_int_equal(evidence_check(s.dir, f.w, &j, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(unlink(scratch_path(&s, "text.txt")), 0);
	assert_int_equal(mkfifo(scratch_path(&s, "text.txt"), 0600), 0);
	assert_int_equal(evidence_check(s.dir, f.w, &j, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	scratch_remove(&s);
	folder_clear(&f);
}

static void
test_evidence__says_when_there_is_none(void **state)
{
	struct scratch s;
	json_t *j = NULL;
	struct err e;

	(void)state;
	scratch_make(&s);
	assert_int_equal(evidence_check(s.dir, NULL, &j, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_non_null(strstr(e.msg, "no signature"));
	assert_int_equal(
	    evidence_check(scratch_path(&s, "gone"), NULL, &j, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	scratch_remove(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_evidence__is_good_for_the_coalition_it_is_of),
	    cmocka_unit_test(
		test_evidence__without_w_says_that_holders_are_not_checked),
	    cmocka_unit_test(test_evidence__is_bad_for_another_coalition),
	    cmocka_unit_test(test_evidence__refuses_a_change_of_any_byte),
	    cmocka_unit_test(
		test_evidence__refuses_files_cut_anywhere_or_longer),
	    cmocka_unit_test(test_evidence__needs_each_of_its_files),
	    cmocka_unit_test(test_evidence__tells_who_is_not_admitted),
	    cmocka_unit_test(
		test_evidence__refuses_the_name_of_another_organisation),
	    cmocka_unit_test(test_evidence__says_withdrawn_for_a_withdrawal),
	    cmocka_unit_test(
		test_evidence__says_contested_for_rivals_that_differ),
	    cmocka_unit_test(test_evidence__refuses_swapped_files),
	    cmocka_unit_test(
		test_evidence__refuses_a_foreign_line_in_allowed_signers),
	    cmocka_unit_test(test_evidence__compares_the_files_of_the_chain),
	    cmocka_unit_test(test_evidence__agrees_with_ssh_keygen),
	    cmocka_unit_test(
		test_evidence__refuses_links_and_pipes_in_the_folder),
	    cmocka_unit_test(test_evidence__says_when_there_is_none),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}

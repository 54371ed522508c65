#include "scratch.h"

#include "daemon/transfer/object.h"
#include "daemon/transfer/refs.h"
#include "daemon/transfer/ssh.h"

#define ID  "abcdefghijklmnopqrstuvwxyz"
#define OID "0123456789abcdef0123456789abcdef01234567"
#define TWO "1123456789abcdef0123456789abcdef01234567"

static void
test_refs__takes_the_three_forms_of_names(void **state)
{
	(void)state;
	assert_true(refs_is_name(ID));
	assert_true(refs_is_name("234567abcdefghijklmnopqrst"));
	assert_true(refs_is_name(ID "-1"));
	assert_true(refs_is_name(ID "-999999"));
	assert_true(refs_is_name(ID ".2"));
	assert_true(refs_is_name(ID ".99"));
}

static void
test_refs__refuses_every_other_name(void **state)
{
	static const char *const bad[] = {"", "main", ID "a", ID "-", ID "-0",
	    ID "-01", ID "-1000000", ID "-1a", ID ".", ID ".0", ID ".1",
	    ID ".02", ID ".100", ID "-1.lock", ID ".lock", ID "/x", ID "-1-1",
	    "Abcdefghijklmnopqrstuvwxyz", "1bcdefghijklmnopqrstuvwxyz",
	    "-bcdefghijklmnopqrstuvwxyz", "\x7f" ID, ID "\n", ID " ", "../" ID,
	    "abcdefghijklmnopqrstuvwxy"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (refs_is_name(bad[i]))
			fail_msg("'%s' was taken", bad[i]);
}

static void
test_refs__counts_what_it_cannot_use(void **state)
{
	struct refs r;

	(void)state;
	refs_init(&r, 2);
	refs_add(&r, "main", OID);
	refs_add(&r, ID, "no id");
	refs_add(&r, ID, "0000000000000000000000000000000000000000");
	refs_add(&r, ID "-2", OID);
	refs_add(&r, ID "-1", OID);
	assert_false(r.capped);
	refs_add(&r, ID "-3", OID);
	assert_true(r.capped);
	refs_sort(&r);
	assert_int_equal(r.ignored, 3);
	assert_int_equal(r.n, 2);
	assert_null(refs_find(&r, ID "-3"));
	refs_clear(&r);
}

/* Whoever may push can put any number of refs before those of members. */
static void
test_refs__members_have_room_of_their_own(void **state)
{
	json_t *members = json_pack("{s:b}", ID, 1);
	struct refs r;
	char name[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa-1";

	(void)state;
	refs_init(&r, 3);
	r.members = members;
	for (char c = '1'; c <= '9'; c++) {
		name[27] = c;
		refs_add(&r, name, OID);
	}
	assert_int_equal(r.n, 3);
	assert_true(r.capped);
	refs_add(&r, ID, OID);
	refs_add(&r, ID "-1", OID);
	refs_add(&r, ID "-2", OID);
	refs_add(&r, ID "-3", OID);
	refs_sort(&r);
	assert_int_equal(r.n, 6);
	assert_non_null(refs_find(&r, ID));
	assert_null(refs_find(&r, ID "-3"));
	refs_clear(&r);
	json_decref(members);
}

static void
test_refs__of_two_of_one_name_the_first_stays(void **state)
{
	struct refs r;

	(void)state;
	refs_init(&r, 100);
	refs_add(&r, ID "-2", OID);
	refs_add(&r, ID "-1", TWO);
	refs_add(&r, ID "-2", TWO);
	refs_sort(&r);
	assert_int_equal(r.n, 2);
	assert_string_equal(refs_find(&r, ID "-2"), OID);
	assert_string_equal(refs_find(&r, ID "-1"), TWO);
	refs_set(&r, ID "-2", TWO);
	refs_set(&r, ID, OID);
	refs_set(&r, ID "-1", NULL);
	assert_string_equal(refs_find(&r, ID "-2"), TWO);
	assert_string_equal(refs_find(&r, ID), OID);
	assert_null(refs_find(&r, ID "-1"));
	assert_int_equal(r.n, 2);
	refs_clear(&r);
}

/* --- objects ------------------------------------------------------------- */

#define WHO  "author a <a> 0 +0000\ncommitter a <a> 0 +0000\n"
#define TREE "tree " OID "\n"

static void
test_object__reads_what_it_writes(void **state)
{
	struct buf b = BUF_INIT;
	struct commit c;
	git_oid tree, parent, blob, back;
	struct err e;

	(void)state;
	git_oid_fromstr(&tree, OID);
	git_oid_fromstr(&parent, TWO);
	object_write_commit(&tree, &parent, -5, "2 changes\n\nx", &b);
	assert_string_equal(buf_str(&b),
	    TREE "parent " TWO "\n"
		 "author mufakat <mufakat@localhost> 0 +0000\n"
		 "committer mufakat <mufakat@localhost> 0 +0000\n\n"
		 "2 changes\n\nx\n");
	assert_int_equal(object_read_commit(b.data, b.len, &c, &e), 0);
	assert_true(c.has_parent);
	assert_true(git_oid_equal(&c.parent, &parent));
	assert_true(git_oid_equal(&c.tree, &tree));
	buf_reset(&b);
	object_write_commit(&tree, NULL, INT64_MAX, "x", &b);
	assert_non_null(strstr(buf_str(&b), "> 4294967295 +0000\n"));
	assert_int_equal(object_read_commit(b.data, b.len, &c, &e), 0);
	assert_false(c.has_parent);
	buf_reset(&b);
	git_oid_fromstr(&blob, TWO);
	object_write_tree(&blob, &b);
	assert_int_equal(object_read_tree(b.data, b.len, &back, &e), 0);
	assert_true(git_oid_equal(&back, &blob));
	buf_clear(&b);
}

static void
test_object__refuses_commits_of_another_form(void **state)
{
	static const char *const bad[] = {
	    "",
	    TREE,
	    WHO "\n",
	    TREE WHO,           /* no text */
	    TREE TREE WHO "\n", /* twice */
	    TREE "parent " OID "\nparent " TWO "\n" WHO "\n",
	    TREE WHO "gpgsig -----BEGIN\n x\n\n",
	    TREE WHO "encoding latin1\n\n",
	    TREE "mergetag x\n" WHO "\n",
	    TREE "committer a <a> 0 +0000\nauthor a <a> 0 +0000\n\n",
	    "tree 0123\n" WHO "\n",
	    "tree " OID "a\n" WHO "\n",
	    "tree 0123456789ABCDEF0123456789abcdef01234567\n" WHO "\n",
	};
	static const char nul[] = TREE WHO "\nx\0y";
	struct commit c;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e.code = ERR_NONE;
		if (object_read_commit(bad[i], strlen(bad[i]), &c, &e) == 0)
			fail_msg("commit %zu was taken", i);
		assert_int_equal(e.code, ERR_UNTRUSTED);
	}
	assert_int_equal(object_read_commit(nul, sizeof(nul) - 1, &c, &e), -1);
}

#define RAW "12345678901234567890"

static void
test_object__refuses_trees_of_another_form(void **state)
{
	static const struct {
		const char *raw;
		size_t n;
		enum err_code code;
	} bad[] = {
	    {"", 0, ERR_UNTRUSTED},
	    {"100644 changes", 14, ERR_UNTRUSTED},
	    {"100644 changes\0" RAW "x", 36, ERR_UNTRUSTED},
	    {"100755 changes\0" RAW, 35, ERR_UNTRUSTED},
	    {"120000 changes\0" RAW, 35, ERR_UNTRUSTED},
	    {"40000 changes\0" RAW, 34, ERR_UNTRUSTED},
	    {"100644 Changes\0" RAW, 35, ERR_UNTRUSTED},
	    {"100644 .git\0" RAW, 32, ERR_UNTRUSTED},
	    {"100644 changes\0" RAW "100644 x\0" RAW, 64, ERR_UNTRUSTED},
	    {"100644 sealed\0" RAW, 34, ERR_INPUT},
	    {"100644 keys\0" RAW "100644 sealed\0" RAW, 66, ERR_INPUT},
	};
	git_oid blob;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e.code = ERR_NONE;
		if (object_read_tree(bad[i].raw, bad[i].n, &blob, &e) == 0)
			fail_msg("tree %zu was taken", i);
		assert_int_equal(e.code, bad[i].code);
	}
}

/* --- addresses ----------------------------------------------------------- */

static void
test_ssh__reads_addresses_as_git_does(void **state)
{
	static const struct {
		const char *url, *target, *port, *path;
	} good[] = {
	    {"ssh://git@host.org:2222/a/b.git", "git@host.org", "2222",
		"/a/b.git"},
	    {"ssh://host/a", "host", NULL, "/a"},
	    {"ssh://host/~me/a", "host", NULL, "~me/a"},
	    {"ssh://me@[::1]:22/a", "me@::1", "22", "/a"},
	    {"git@host:a/b.git", "git@host", NULL, "a/b.git"},
	    {"host:/a b'c", "host", NULL, "/a b'c"},
	    {"me@[fe80::1]:x", "me@fe80::1", NULL, "x"},
	    {"me@host:a[1]:b", "me@host", NULL, "a[1]:b"},
	};
	struct ssh_url u;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(ssh_is_url(good[i].url));
		if (ssh_url_read(good[i].url, &u, &e) == -1)
			fail_msg("%s", e.msg);
		assert_string_equal(u.target, good[i].target);
		assert_string_equal(u.path, good[i].path);
		if (good[i].port == NULL)
			assert_null(u.port);
		else
			assert_string_equal(u.port, good[i].port);
		ssh_url_clear(&u);
	}
}

static void
test_ssh__refuses_addresses_that_could_be_options(void **state)
{
	static const char *const bad[] = {"ssh://-oProxyCommand=x/a",
	    "-oProxyCommand=x:a", "ssh://-l@host/a", "ssh://host:-1/a",
	    "ssh://host:22x/a", "ssh://host", "host:", "ssh:///a",
	    "ssh://a b/c", "host:-x", "host:a\nb", "$(x):a", "me@:a", "@host:a",
	    "ssh://host:999999/a", "[::1:a"};
	struct ssh_url u;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e.code = ERR_NONE;
		if (ssh_url_read(bad[i], &u, &e) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(e.code, ERR_INPUT);
	}
	assert_false(ssh_is_url("/a:b"));
	assert_false(ssh_is_url("https://host/a"));
	assert_false(ssh_is_url("./a:b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refs__takes_the_three_forms_of_names),
	    cmocka_unit_test(test_refs__refuses_every_other_name),
	    cmocka_unit_test(test_refs__counts_what_it_cannot_use),
	    cmocka_unit_test(test_refs__members_have_room_of_their_own),
	    cmocka_unit_test(test_refs__of_two_of_one_name_the_first_stays),
	    cmocka_unit_test(test_object__reads_what_it_writes),
	    cmocka_unit_test(test_object__refuses_commits_of_another_form),
	    cmocka_unit_test(test_object__refuses_trees_of_another_form),
	    cmocka_unit_test(test_ssh__reads_addresses_as_git_does),
	    cmocka_unit_test(test_ssh__refuses_addresses_that_could_be_options),
	};

	return cmocka_run_group_tests_name("transfer_refs", tests, NULL, NULL);
}

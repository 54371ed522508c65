#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "rows.h"

#include "common/buf.h"
#include "daemon/remote.h"
#include "daemon/store_flags.h"

static int64_t
row_of(struct rows *r, const char *name)
{
	struct remote m = {0};
	struct err e = {0};
	int64_t n;

	OK(remote_find(r->s, name, &m, &e));
	n = m.n;
	remote_clear(&m);
	return n;
}

static void
waits(struct rows *r, int64_t remote, int64_t n, int64_t since)
{
	struct err e = {0};
	int64_t have = -1, from = -1;

	OK(remote_waiting(r->s, remote, &have, &from, &e));
	assert_int_equal(have, n);
	assert_int_equal(from, since);
}

/* --- rows ----------------------------------------------------------------- */

static int
add_name(void *arg, const struct remote *r)
{
	buf_printf(arg, "%s=%s ", r->name, r->url);
	return 0;
}

static int
remove_it(void *arg, const struct remote *r)
{
	struct err e = {0};

	OK(remote_remove(arg, r->name, &e));
	return 0;
}

static int
stop_at_once(void *arg, const struct remote *r)
{
	(void)r;
	++*(int *)arg;
	return 7;
}

static void
test_remote__is_added_changed_listed_and_removed(void **state)
{
	struct rows r;
	struct err e = {0};
	struct buf b = BUF_INIT;
	int calls = 0;

	(void)state;
	rows_open(&r);
	OK(remote_add(r.s, "hub", "/srv/hub.git", &e));
	OK(remote_add(r.s, "stick", "file:///media/stick", &e));
	OK(remote_set_url(r.s, "hub", "ssh://host/hub.git", &e));
	OK(remote_each(r.s, add_name, &b, &e));
	assert_string_equal(
	    b.data, "hub=ssh://host/hub.git stick=file:///media/stick ");
	assert_int_equal(remote_each(r.s, stop_at_once, &calls, &e), 7);
	assert_int_equal(calls, 1);
	OK(remote_each(r.s, remove_it, r.s, &e));
	assert_int_equal(rows_int(&r, "SELECT count(*) FROM remote"), 0);
	buf_clear(&b);
	rows_close(&r);
}

static void
test_remote__errors_say_what_there_is_and_what_to_do(void **state)
{
	struct rows r;
	struct err e = {0};
	struct remote m = {0};

	(void)state;
	rows_open(&r);
	assert_int_equal(remote_find(r.s, "hub", &m, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_non_null(strstr(e.msg, "mufakat remote add hub"));
	OK(remote_add(r.s, "hub", "/srv/hub.git", &e));
	OK(remote_add(r.s, "stick", "/media/stick", &e));
	assert_int_equal(remote_find(r.s, "hubb", &m, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_non_null(strstr(e.msg, "hub, stick"));
	assert_int_equal(remote_remove(r.s, "x", &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_int_equal(remote_add(r.s, "HUB", "/other", &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_int_equal(remote_set_url(r.s, "hub", "https://x/y", &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	rows_close(&r);
}

static void
test_remote__names_fit_into_refs(void **state)
{
	static const char *const bad[] = {"", "-x", ".x", "a..b", "a.lock",
	    "a.", "a/b", "a b", "a\nb", "\xc3\xa9", "a~1", "a^", "a:b",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    NULL};
	struct rows r;
	struct err e = {0};

	(void)state;
	rows_open(&r);
	for (size_t i = 0; bad[i] != NULL; i++) {
		e.code = ERR_NONE;
		assert_int_equal(remote_add(r.s, bad[i], "/srv/x", &e), -1);
		assert_int_equal(e.code, ERR_INPUT);
	}
	OK(remote_add(r.s, "Hub-2.jakarta_x", "/srv/x", &e));
	rows_close(&r);
}

static void
test_remote__notes_how_rounds_ended(void **state)
{
	struct rows r;
	struct err e = {0};
	struct remote m = {0};
	char big[1000];
	int64_t n;

	(void)state;
	rows_open(&r);
	OK(remote_add(r.s, "hub", "/srv/hub.git", &e));
	n = row_of(&r, "hub");
	OK(remote_note(r.s, n, 1000, true, NULL, &e));
	OK(remote_note(r.s, n, 2000, false, "host is away", &e));
	OK(remote_note(r.s, n, 3000, false, "host is away still", &e));
	OK(remote_find(r.s, "hub", &m, &e));
	assert_int_equal(m.proven_ms, 1000);
	assert_int_equal(m.tried_ms, 3000);
	assert_int_equal(m.failures, 2);
	assert_string_equal(m.error, "host is away still");
	remote_clear(&m);
	for (size_t i = 0; i < sizeof(big) - 1; i += 3)
		memcpy(big + i, "\u0e01", 3);
	big[sizeof(big) - 1] = '\0';
	OK(remote_note(r.s, n, 3500, false, big, &e));
	OK(remote_find(r.s, "hub", &m, &e));
	assert_int_equal(strlen(m.error), 255); /* 85 whole letters */
	remote_clear(&m);
	OK(remote_note(r.s, n, 4000, false, NULL, &e));
	OK(remote_find(r.s, "hub", &m, &e));
	assert_int_equal(m.proven_ms, 1000);
	assert_int_equal(m.failures, 0);
	assert_null(m.error);
	remote_clear(&m);
	rows_close(&r);
}

static void
test_remote__keeps_the_refs_taken_in(void **state)
{
	struct rows r;
	struct err e = {0};
	json_t *refs = NULL;

	(void)state;
	rows_open(&r);
	OK(remote_set_ref(r.s, 1, "abc", "1111", &e));
	OK(remote_set_ref(r.s, 1, "abc", "2222", &e));
	OK(remote_set_ref(r.s, 1, "abc-1", "3333", &e));
	OK(remote_set_ref(r.s, 2, "abc", "4444", &e));
	OK(remote_set_ref(r.s, 1, "abc-1", NULL, &e));
	OK(remote_set_ref(r.s, 1, "never", NULL, &e));
	OK(remote_refs(r.s, 1, &refs, &e));
	assert_int_equal(json_object_size(refs), 1);
	assert_string_equal(
	    json_string_value(json_object_get(refs, "abc")), "2222");
	json_decref(refs);
	rows_close(&r);
}

/* --- what is there -------------------------------------------------------- */

static void
test_remote__counts_what_waits_and_since_when(void **state)
{
	struct rows r;
	struct err e = {0};
	bool marked = true;
	int64_t upto = -1;

	(void)state;
	rows_open(&r);
	rows_log(&r, 1);
	rows_log(&r, 2);
	rows_log(&r, 3);
	waits(&r, 1, 0, 0);
	rows_change(&r, 1, 1, 500, LOG_AUTHENTIC);
	rows_change(&r, 2, 2, 400, LOG_AUTHENTIC);
	rows_change(&r, 3, 1, 600, LOG_AUTHENTIC);
	rows_change(&r, 4, 2, 300, 0); /* cannot be sent before it is signed */
	waits(&r, 1, 3, 400);
	waits(&r, 2, 3, 400);
	OK(remote_set_upto(r.s, 1, 1, 1, &e));
	waits(&r, 1, 2, 400);
	OK(remote_mark(r.s, 1, 2, &e));
	OK(remote_mark(r.s, 1, 2, &e));
	waits(&r, 1, 1, 600);
	OK(remote_mark(r.s, 1, 3, &e));
	waits(&r, 1, 0, 0);
	waits(&r, 2, 3, 400);
	OK(remote_is_marked(r.s, 1, 3, &marked, &e));
	assert_true(marked);
	/* upto covers the mark of its own log only */
	OK(remote_set_upto(r.s, 1, 1, 3, &e));
	OK(remote_is_marked(r.s, 1, 3, &marked, &e));
	assert_false(marked);
	OK(remote_is_marked(r.s, 1, 2, &marked, &e));
	assert_true(marked);
	OK(remote_upto(r.s, 1, 1, &upto, &e));
	assert_int_equal(upto, 3);
	OK(remote_upto(r.s, 1, 2, &upto, &e));
	assert_int_equal(upto, 0);
	waits(&r, 1, 0, 0);
	/* a parent that came after its child, behind the heads */
	rows_change(&r, 5, 1, 100, LOG_AUTHENTIC);
	waits(&r, 1, 1, 100);
	rows_close(&r);
}

static void
test_remote__a_log_that_was_lost_waits_as_a_whole(void **state)
{
	struct rows r;
	struct err e = {0};

	(void)state;
	rows_open(&r);
	rows_log(&r, 1);
	rows_log(&r, 2);
	for (int64_t n = 1; n <= 10; n++)
		rows_change(&r, n, 1 + n % 2, 100 + n, LOG_AUTHENTIC);
	OK(remote_set_upto(r.s, 1, 1, 8, &e));
	OK(remote_mark(r.s, 1, 10, &e));
	OK(remote_set_upto(r.s, 1, 2, 9, &e));
	waits(&r, 1, 0, 0);
	OK(remote_forget_log(r.s, 1, 1, &e));
	waits(&r, 1, 5, 102);
	rows_close(&r);
}

static void
test_remote__marks_without_a_gap_become_one_number(void **state)
{
	struct rows r;
	struct err e = {0};
	int64_t upto;

	(void)state;
	rows_open(&r);
	rows_log(&r, 1);
	rows_log(&r, 2);
	for (int64_t n = 1; n <= 10; n++)
		rows_change(&r, n, 1 + n % 2, 100 + n, LOG_AUTHENTIC);
	OK(remote_settle(r.s, 1, 1, &e));
	waits(&r, 1, 10, 101);
	for (int64_t n = 2; n <= 10; n += 2)
		if (n != 6)
			OK(remote_mark(r.s, 1, n, &e));
	OK(remote_mark(r.s, 1, 3, &e));
	OK(remote_settle(r.s, 1, 1, &e));
	OK(remote_upto(r.s, 1, 1, &upto, &e));
	assert_int_equal(upto, 5);
	waits(&r, 1, 5, 101);
	OK(remote_mark(r.s, 1, 6, &e));
	OK(remote_settle(r.s, 1, 1, &e));
	OK(remote_upto(r.s, 1, 1, &upto, &e));
	assert_int_equal(upto, 10);
	waits(&r, 1, 4, 101);
	/* the one of the other log */
	assert_int_equal(rows_int(&r, "SELECT count(*) FROM remote_has"), 1);
	rows_close(&r);
}

static void
test_remote__another_url_is_another_place(void **state)
{
	struct rows r;
	struct err e = {0};
	struct remote m = {0};
	int64_t n;

	(void)state;
	rows_open(&r);
	rows_log(&r, 1);
	rows_change(&r, 1, 1, 100, LOG_AUTHENTIC);
	rows_change(&r, 2, 1, 200, LOG_AUTHENTIC);
	OK(remote_add(r.s, "hub", "/srv/a", &e));
	n = row_of(&r, "hub");
	OK(remote_set_upto(r.s, n, 1, 1, &e));
	OK(remote_mark(r.s, n, 2, &e));
	OK(remote_set_ref(r.s, n, "abc", "1111", &e));
	OK(store_set_setting(r.s, "hold.1.abc", "1 2", &e));
	OK(store_set_setting(r.s, "back.1.abc", "1 0", &e));
	OK(store_set_setting(r.s, "tail.1", "2 0", &e));
	OK(store_set_setting(r.s, "tail.10", "2 0", &e));
	OK(remote_note(r.s, n, 1000, true, NULL, &e));
	OK(remote_set_url(r.s, "hub", "/srv/a", &e)); /* the same: kept */
	waits(&r, n, 0, 0);
	OK(remote_set_url(r.s, "hub", "/srv/b", &e));
	waits(&r, n, 2, 100);
	assert_int_equal(rows_int(&r, "SELECT count(*) FROM remote_ref"), 0);
	assert_int_equal(rows_int(&r, "SELECT count(*) FROM setting WHERE name "
				      "LIKE '%.1%' AND name <> 'tail.10'"),
	    0);
	assert_int_equal(rows_int(&r, "SELECT count(*) FROM setting WHERE name "
				      "= 'tail.10'"),
	    1);
	OK(remote_find(r.s, "hub", &m, &e));
	assert_int_equal(m.n, n);
	assert_int_equal(m.proven_ms, 0);
	remote_clear(&m);
	/* and what is removed leaves nothing to a remote of that number */
	OK(store_set_setting(r.s, "create.1", "1", &e));
	OK(remote_mark(r.s, n, 2, &e));
	OK(remote_set_upto(r.s, n, 1, 1, &e));
	OK(remote_remove(r.s, "hub", &e));
	assert_int_equal(
	    rows_int(&r, "SELECT (SELECT count(*) FROM remote_has) +"
			 " (SELECT count(*) FROM remote_log) +"
			 " (SELECT count(*) FROM setting"
			 "  WHERE name = 'create.1')"),
	    0);
	rows_close(&r);
}

static void
test_remote__joins_the_transaction_of_its_caller(void **state)
{
	struct rows r;
	struct err e = {0};
	int64_t upto = -1;

	(void)state;
	rows_open(&r);
	OK(remote_add(r.s, "hub", "/srv/a", &e));
	OK(store_begin(r.s, &e));
	OK(remote_set_upto(r.s, 1, 1, 5, &e));
	OK(remote_remove(r.s, "hub", &e));
	assert_true(store_in_transaction(r.s));
	store_rollback(r.s);
	OK(remote_upto(r.s, 1, 1, &upto, &e));
	assert_int_equal(upto, 0);
	assert_int_equal(row_of(&r, "hub"), 1);
	rows_close(&r);
}

/* --- URLs ----------------------------------------------------------------- */

static void
test_remote__takes_paths_file_ssh_and_scp_urls(void **state)
{
	static const char *const good[] = {"/srv/hub.git", "hub.git", "../hub",
	    "./-odd", "/media/USB STICK/hub", "/srv/a:b", "./a:b",
	    "/srv/\u0e01/hub", "file:///srv/hub", "file:///srv/with space",
	    "ssh://host/srv/hub.git", "ssh://user@host/srv/hub",
	    "ssh://user@host:2222/srv/hub", "ssh://192.0.2.1/x",
	    "ssh://[2001:db8::1]/x", "ssh://u@[2001:db8::1]:22/x",
	    "ssh://host/~/hub", "host:hub.git", "git@host.example:team/hub.git",
	    "git@host:/srv/hub", "u@[2001:db8::1]:hub", "/srv/100%/x",
	    "/srv/a://b", NULL};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; good[i] != NULL; i++)
		if (remote_check_url(good[i], &e) == -1)
			fail_msg("%s: %s", good[i], e.msg);
}

static void
test_remote__refuses_what_ssh_or_git_could_misread(void **state)
{
	static const char *const bad[] = {"", "-oProxyCommand=x", "-u",
	    "ssh://-oProxyCommand=x/y", "ssh://-u@host/x", "ssh://u@-host/x",
	    "-u@host:x", "u@-host:x", "-host:x", "host:-x", "u@host:-x",
	    "ssh://host", "ssh://host/", "ssh:///x", "ssh://@host/x",
	    "ssh://u@/x", "ssh://host:0/x", "ssh://host:65536/x",
	    "ssh://host:/x", "ssh://host:22x/x", "ssh://ho st/x", "ho st:x",
	    "ssh://u:secret@host/x", "ssh://a@b@host/x", "ssh://host$(x)/y",
	    "ssh://host;x/y", "ssh://`x`/y", "host:", "user@:x", ":x",
	    "ext::sh -c x", "fd::3", "ssh://[::1/x", "ssh://[zz]/x",
	    "/srv/a\nb", "/srv/\x1b[31m", "/srv/\x7f", "/srv/\xc2\x9b",
	    "file:///a%00b", "ssh://host/%0ax", "/x%1F", "file://host/x",
	    "file://", "https://host/x", "http://host/x", "git://host/x",
	    "SSH://host/x", "ftp://x/y", "/srv/\xff", NULL};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; bad[i] != NULL; i++) {
		e = (struct err){0};
		if (remote_check_url(bad[i], &e) == 0)
			fail_msg("taken: '%s'", bad[i]);
		assert_int_equal(e.code, ERR_INPUT);
		assert_true(strlen(e.msg) > 20);
	}
}

static void
test_remote__url_errors_name_cause_and_next_step(void **state)
{
	char big[4000];
	struct err e = {0};

	(void)state;
	assert_int_equal(remote_check_url("https://github.com/x", &e), -1);
	assert_non_null(strstr(e.msg, "https is not supported yet; use "));
	assert_int_equal(remote_check_url("ssh://u:pw@host/x", &e), -1);
	assert_non_null(strstr(e.msg, "use an ssh key"));
	assert_int_equal(remote_check_url("/x\x1b[31m", &e), -1);
	assert_null(strchr(e.msg, 0x1b));
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(remote_check_url(big, &e), -1);
	assert_non_null(strstr(e.msg, "too long"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_remote__is_added_changed_listed_and_removed),
	    cmocka_unit_test(
		test_remote__errors_say_what_there_is_and_what_to_do),
	    cmocka_unit_test(test_remote__names_fit_into_refs),
	    cmocka_unit_test(test_remote__notes_how_rounds_ended),
	    cmocka_unit_test(test_remote__keeps_the_refs_taken_in),
	    cmocka_unit_test(test_remote__counts_what_waits_and_since_when),
	    cmocka_unit_test(test_remote__a_log_that_was_lost_waits_as_a_whole),
	    cmocka_unit_test(
		test_remote__marks_without_a_gap_become_one_number),
	    cmocka_unit_test(test_remote__another_url_is_another_place),
	    cmocka_unit_test(test_remote__joins_the_transaction_of_its_caller),
	    cmocka_unit_test(test_remote__takes_paths_file_ssh_and_scp_urls),
	    cmocka_unit_test(
		test_remote__refuses_what_ssh_or_git_could_misread),
	    cmocka_unit_test(test_remote__url_errors_name_cause_and_next_step),
	};

	return cmocka_run_group_tests_name("remote", tests, NULL, NULL);
}

/* mufakatd.conf, and invitations. */
#include "scratch.h"

#include <sys/stat.h>

#include "common/text.h"
#include "daemon/config.h"
#include "daemon/invitation.h"

static void
put(struct scratch *s, const char *text)
{
	struct err e;

	assert_int_equal(fs_write(scratch_path(s, "mufakatd.conf"), text,
			     strlen(text), 0600, false, &e),
	    0);
}

static void
test_config__is_complete_without_a_file(void **state)
{
	struct scratch s;
	struct config c;
	struct err e;

	(void)state;
	scratch_make(&s);
	assert_int_equal(config_read(s.dir, &c, &e), 0);
	assert_int_equal(c.interval_s, 900);
	assert_int_equal(c.debounce_ms, 2000);
	assert_int_equal(c.deadline_s, 60);
	assert_int_equal(c.jitter_percent, 10);
	assert_string_equal(c.ssh, "ssh");
	assert_false(c.ssh_agent);
	assert_null(c.transfer);
	config_clear(&c);
	scratch_remove(&s);
}

static void
test_config__reads_every_key(void **state)
{
	struct scratch s;
	struct config c;
	struct err e;

	(void)state;
	scratch_make(&s);
	put(&s, "interval 2h\n"
		"debounce 150ms\n"
		"# a remark\n"
		"deadline 3m\n"
		"turn 10m\n"
		"jitter 0\n"
		"ssh ssh -F /etc/ssh/office\n"
		"ssh-agent yes\n"
		"transfer /opt/mufakat-transfer\n"
		"log-level debug\n");
	assert_int_equal(config_read(s.dir, &c, &e), 0);
	assert_int_equal(c.interval_s, 7200);
	assert_int_equal(c.debounce_ms, 150);
	assert_int_equal(c.deadline_s, 180);
	assert_int_equal(c.turn_s, 600);
	assert_int_equal(c.jitter_percent, 0);
	assert_string_equal(c.ssh, "ssh -F /etc/ssh/office");
	assert_true(c.ssh_agent);
	assert_string_equal(c.transfer, "/opt/mufakat-transfer");
	assert_int_equal(c.log_level, LOG_LEVEL_DEBUG);
	config_clear(&c);
	scratch_remove(&s);
}

static void
test_config__refuses_bad_lines_by_place(void **state)
{
	static const char *const bad[] = {"interval 0s\n", "interval 31d\n",
	    "interval soon\n", "debounce 1xms\n", "debounce ms\n",
	    "debounce 11m\n", "jitter 91\n", "jitter -1\n", "jitter 5x\n",
	    "ssh -oProxyCommand=x\n", "ssh-agent maybe\n",
	    "transfer mufakat-transfer\n", "log-level loud\n", "colour red\n",
	    "deadline 1m\ndeadline 2m\n", "interval\n"};
	struct scratch s;
	struct config c;
	struct err e;

	(void)state;
	scratch_make(&s);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(&s, bad[i]);
		if (config_read(s.dir, &c, &e) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(e.code, ERR_INPUT);
		assert_non_null(strstr(e.msg, "mufakatd.conf:"));
		config_clear(&c);
	}
	scratch_remove(&s);
}

static void
test_config__finds_the_transfer_where_it_is_told_to(void **state)
{
	struct scratch s;
	struct config c = {0};
	struct err e;
	char *path;

	(void)state;
	scratch_make(&s);
	assert_int_equal(
	    fs_write(scratch_path(&s, "t"), "#!/bin/sh\n", 10, 0700, false, &e),
	    0);
	setenv("MUFAKAT_TRANSFER", scratch_path(&s, "t"), 1);
	assert_int_equal(config_transfer(&c, &path, &e), 0);
	assert_string_equal(path, scratch_path(&s, "t"));
	free(path);
	/* the file comes before the environment, and is not made up for */
	c.transfer = (char *)scratch_path(&s, "absent");
	assert_int_equal(config_transfer(&c, &path, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_non_null(strstr(e.msg, "absent"));
	unsetenv("MUFAKAT_TRANSFER");
	scratch_remove(&s);
}

/* --- invitations --- */

#define H16 "0123456789abcdef"
#define W   H16 H16 H16 H16
#define ACT "fedcba9876543210" H16 H16 H16

static void
test_invitation__reads_a_whole_line(void **state)
{
	struct invitation i;
	struct err e;
	char hex[65];

	(void)state;
	assert_int_equal(invitation_parse(" mufakat:" W "/" ACT "/" W "," ACT
					  "?url=ssh://hub/a%20b%2fc%3F\n",
			     &i, &e),
	    0);
	text_hex(i.coalition, HASH_LEN, hex);
	assert_string_equal(hex, W);
	text_hex(i.act, HASH_LEN, hex);
	assert_string_equal(hex, ACT);
	assert_int_equal(i.heads.len, 2 * HASH_LEN);
	text_hex(i.heads.data + HASH_LEN, HASH_LEN, hex);
	assert_string_equal(hex, ACT);
	assert_string_equal(i.url, "ssh://hub/a b/c?");
	invitation_clear(&i);
}

static void
test_invitation__needs_no_url(void **state)
{
	struct invitation i;
	struct err e;

	(void)state;
	assert_int_equal(
	    invitation_parse("mufakat:" W "/" ACT "/" W, &i, &e), 0);
	assert_null(i.url);
	invitation_clear(&i);
}

static void
test_invitation__refuses_what_is_not_whole(void **state)
{
	static const char *const bad[] = {"", "mufakat:", "mufakat:" W,
	    "mufakat:" W "/", "mufakat:" W "/" ACT, "mufakat:" W "/" ACT "/",
	    "mufakat:" W "/" ACT "/" W ",", "mufakat:" W "/" ACT "/" W "x",
	    "mufakat:" W "/" ACT "/" W "?", "mufakat:" W "/" ACT "/" W "?url=",
	    "mufakat:" W "/" ACT "/" W "?url=a%",
	    "mufakat:" W "/" ACT "/" W "?url=a%2",
	    "mufakat:" W "/" ACT "/" W "?url=a%00b",
	    "mufakat:" W "/" ACT "/" W "?url=a%zz",
	    "mufakat:" W "/" ACT "/" W "?uri=a", "https:" W "/" ACT "/" W,
	    "mufakat:0" W "/" ACT "/" W, "mufakat:" W "/" H16 "/" W};
	struct invitation i;
	struct err e;

	(void)state;
	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
		if (invitation_parse(bad[n], &i, &e) == 0)
			fail_msg("taken: %s", bad[n]);
		assert_int_equal(e.code, ERR_INPUT);
	}
}

static void
test_invitation__refuses_every_cut(void **state)
{
	static const char line[] =
	    "mufakat:" W "/" ACT "/" W "?url=/srv/hub%20two";
	const size_t whole = strlen("mufakat:" W "/" ACT "/" W);
	struct invitation i;
	struct err e;

	(void)state;
	for (size_t n = 0; n < strlen("mufakat:" W "/" ACT "/" W "?url=");
	     n++) {
		char cut[sizeof(line)];

		memcpy(cut, line, n);
		cut[n] = '\0';
		if (n != whole)
			assert_int_equal(invitation_parse(cut, &i, &e), -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_config__is_complete_without_a_file),
	    cmocka_unit_test(test_config__reads_every_key),
	    cmocka_unit_test(test_config__refuses_bad_lines_by_place),
	    cmocka_unit_test(
		test_config__finds_the_transfer_where_it_is_told_to),
	    cmocka_unit_test(test_invitation__reads_a_whole_line),
	    cmocka_unit_test(test_invitation__needs_no_url),
	    cmocka_unit_test(test_invitation__refuses_what_is_not_whole),
	    cmocka_unit_test(test_invitation__refuses_every_cut),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}

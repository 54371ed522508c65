#include "scratch.h"

#include <sys/stat.h>
#include <limits.h>
#include <unistd.h>

#include "common/conf.h"

struct settings {
	long every;
	long budget;
	int quiet;
	char name[32];
};

static int
set_every(void *target, const char *value, struct err *e)
{
	struct settings *s = target;

	return conf_duration(value, 60, 86400, &s->every, e);
}

static int
set_quiet(void *target, const char *value, struct err *e)
{
	struct settings *s = target;

	return conf_bool(value, &s->quiet, e);
}

static int
set_name(void *target, const char *value, struct err *e)
{
	struct settings *s = target;

	(void)e;
	snprintf(s->name, sizeof(s->name), "%s", value);
	return 0;
}

static const struct conf_key keys[] = {{"every", set_every},
    {"quiet", set_quiet}, {"name", set_name}, {NULL, NULL}};

/* Reads "text" as a file "conf"; the message without the folder. */
static int
read_text(
    const void *text, size_t n, struct settings *ret, char *msg, size_t size)
{
	struct scratch s;
	struct err e = {0};
	const char *path;
	int rv;

	scratch_make(&s);
	path = scratch_path(&s, "conf");
	assert_int_equal(fs_write(path, text, n, 0600, false, &e), 0);
	rv = conf_read(path, keys, ret, &e);
	if (rv == -1) {
		assert_int_equal(e.code, ERR_INPUT);
		assert_memory_equal(e.msg, s.dir, strlen(s.dir));
		snprintf(msg, size, "%s", e.msg + strlen(s.dir) + 1);
	}
	scratch_remove(&s);
	return rv;
}

static void
assert_refused(const char *text, const char *want)
{
	struct settings set = {0};
	char msg[256];

	assert_int_equal(
	    read_text(text, strlen(text), &set, msg, sizeof(msg)), -1);
	assert_string_equal(msg, want);
}

static void
test_conf__reads_keys_comments_and_spaces(void **state)
{
	static const char text[] = "# a comment\n\n  every   15m \n\tquiet\tyes"
				   "\r\nname two words # kept";
	struct settings set = {0};
	char msg[256] = "";

	(void)state;
	assert_int_equal(
	    read_text(text, strlen(text), &set, msg, sizeof(msg)), 0);
	assert_int_equal(set.every, 900);
	assert_int_equal(set.quiet, 1);
	assert_string_equal(set.name, "two words # kept");
}

static void
test_conf__takes_a_missing_or_empty_file_for_defaults(void **state)
{
	struct settings set = {.every = 7};
	char msg[256];
	struct err e;

	(void)state;
	assert_int_equal(conf_read("/nonexistent/conf", keys, &set, &e), 0);
	assert_int_equal(read_text("", 0, &set, msg, sizeof(msg)), 0);
	assert_int_equal(set.every, 7);
}

static void
test_conf__refuses_with_path_and_line(void **state)
{
	(void)state;
	assert_refused(
	    "every 15m\ncolour red\n", "conf:2: unknown key 'colour'");
	assert_refused(
	    "every 15m\n#\nevery 20m\n", "conf:3: key 'every' is repeated");
	assert_refused("every\n", "conf:1: key 'every' has no value");
	assert_refused(
	    "every 15m\nquiet maybe\n", "conf:2: 'maybe' is not yes or no");
	assert_refused("every 1s\n", "conf:1: '1s' is not within 60 to 86400");
	assert_refused("Every 15m\n", "conf:1: unknown key 'Every'");
	assert_refused("\x1b[2J 1\n", "conf:1: unknown key '\\x1b[2J'");
}

static void
test_conf__refuses_nul_and_huge_files(void **state)
{
	static char big[65 * 1024];
	struct settings set = {0};
	char msg[256];

	(void)state;
	assert_int_equal(
	    read_text("quiet yes\0no\n", 13, &set, msg, sizeof(msg)), -1);
	assert_string_equal(msg, "conf: holds a NUL byte");
	memset(big, '#', sizeof(big));
	{
		struct scratch s;
		struct err e;

		scratch_make(&s);
		assert_int_equal(fs_write(scratch_path(&s, "conf"), big,
				     sizeof(big), 0600, false, &e),
		    0);
		assert_int_equal(
		    conf_read(scratch_path(&s, "conf"), keys, &set, &e), -1);
		assert_int_equal(e.code, ERR_INPUT);
		assert_int_equal(mkfifo(scratch_path(&s, "fifo"), 0600), 0);
		assert_int_equal(
		    conf_read(scratch_path(&s, "fifo"), keys, &set, &e), -1);
		scratch_remove(&s);
	}
}

static long
duration(const char *value)
{
	struct err e;
	long n = -2;

	return conf_duration(value, 0, LONG_MAX, &n, &e) == 0 ? n : -n - 3;
}

static void
test_conf__durations_have_units(void **state)
{
	static const char *const bad[] = {"", "m", "-5", "+5", " 5", "5x",
	    "5mm", "5 m", "0x10", "1.5h", "99999999999999999999",
	    "9223372036854775807", "9223372036854775807d", "5M"};

	(void)state;
	assert_int_equal(duration("0"), 0);
	assert_int_equal(duration("90"), 90);
	assert_int_equal(duration("90s"), 90);
	assert_int_equal(duration("15m"), 900);
	assert_int_equal(duration("2h"), 7200);
	assert_int_equal(duration("1d"), 86400);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(duration(bad[i]), -1); /* -2: untouched */
}

static void
test_conf__sizes_have_units_and_bounds(void **state)
{
	struct err e;
	long n = 5;

	(void)state;
	assert_int_equal(conf_size("64k", 0, 1 << 20, &n, &e), 0);
	assert_int_equal(n, 65536);
	assert_int_equal(conf_size("10M", 0, 1 << 30, &n, &e), 0);
	assert_int_equal(n, 10485760);
	assert_int_equal(conf_size("1G", 0, 1 << 30, &n, &e), 0);
	assert_int_equal(n, 1 << 30);
	assert_int_equal(conf_size("12", 0, 100, &n, &e), 0);
	assert_int_equal(n, 12);
	assert_int_equal(conf_size("101", 0, 100, &n, &e), -1);
	assert_string_equal(e.msg, "'101' is not within 0 to 100");
	assert_int_equal(conf_size("9", 10, 100, &n, &e), -1);
	assert_int_equal(conf_size("1T", 0, LONG_MAX, &n, &e), -1);
	assert_int_equal(n, 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_conf__reads_keys_comments_and_spaces),
	    cmocka_unit_test(
		test_conf__takes_a_missing_or_empty_file_for_defaults),
	    cmocka_unit_test(test_conf__refuses_with_path_and_line),
	    cmocka_unit_test(test_conf__refuses_nul_and_huge_files),
	    cmocka_unit_test(test_conf__durations_have_units),
	    cmocka_unit_test(test_conf__sizes_have_units_and_bounds),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}

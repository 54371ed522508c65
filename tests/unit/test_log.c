#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <unistd.h>

#include "common/i18n.h"
#include "common/log.h"
#include "common/text.h"

/* Standard error goes to a file from begin() to end(). */
static int kept_stderr;

static void
begin(struct scratch *s)
{
	int fd;

	scratch_make(s);
	fd = open(scratch_path(s, "log"), O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_true(fd != -1);
	kept_stderr = dup(STDERR_FILENO);
	assert_true(dup2(fd, STDERR_FILENO) != -1);
	close(fd);
}

static void
end(struct scratch *s, struct buf *b)
{
	struct err e;

	assert_true(dup2(kept_stderr, STDERR_FILENO) != -1);
	close(kept_stderr);
	assert_int_equal(fs_read(scratch_path(s, "log"), 1 << 20, b, &e), 0);
	scratch_remove(s);
}

static void
test_log__writes_a_line_with_level_and_event(void **state)
{
	struct buf b = BUF_INIT;
	struct scratch s;

	(void)state;
	begin(&s);
	log_setup(LOG_LEVEL_INFO, 0);
	log_info("sync", "remote=%s taken=%d", "hub", 12);
	log_warn("disk", "full=yes");
	log_error("gate", "lost=%s", "no");
	log_debug("noise", "x=1");
	end(&s, &b);
	assert_string_equal(buf_str(&b),
	    "info sync remote=hub taken=12\nwarn disk full=yes\n"
	    "error gate lost=no\n");
	buf_clear(&b);
}

static void
test_log__stamps_when_asked(void **state)
{
	struct buf b = BUF_INIT;
	struct scratch s;
	int year;

	(void)state;
	begin(&s);
	log_setup(LOG_LEVEL_DEBUG, 1);
	log_debug("tick", "n=1");
	end(&s, &b);
	assert_int_equal(sscanf(buf_str(&b), "%4d-", &year), 1);
	assert_true(year > 2020);
	assert_string_equal(buf_str(&b) + 20, " debug tick n=1\n");
	buf_clear(&b);
}

static void
test_log__stays_one_line_whatever_the_value(void **state)
{
	static const char forged[] = "info name is=a\\nerror gate "
				     "forged=yes\\r\\x1b[2J\\u{202e}\n";
	char big[8192];
	struct buf b = BUF_INIT;
	struct scratch s;
	const char *lf;

	(void)state;
	memset(big, '\n', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	begin(&s);
	log_setup(LOG_LEVEL_INFO, 0);
	log_info(
	    "name", "is=%s", "a\nerror gate forged=yes\r\x1b[2J\xe2\x80\xae");
	log_info("big", "is=%s", big);
	log_info("bad", "is=%s", "\xff\xc3");
	end(&s, &b);
	assert_memory_equal(buf_str(&b), forged, strlen(forged));
	lf = strchr(buf_str(&b), '\n');
	assert_non_null(lf);
	assert_memory_equal(lf + 1, "info big is=\\n\\n", 16);
	lf = strchr(lf + 1, '\n');
	assert_non_null(lf);
	assert_string_equal(lf + 1, "info bad is=\\xff\\xc3\n");
	assert_true(text_is_utf8(b.data, b.len));
	buf_clear(&b);
}

static void
test_log__keeps_errno(void **state)
{
	struct buf b = BUF_INIT;
	struct scratch s;

	(void)state;
	begin(&s);
	close(STDERR_FILENO); /* so that write(2) fails */
	log_setup(LOG_LEVEL_INFO, 1);
	errno = ENOSPC;
	log_error("x", "y=1");
	assert_int_equal(errno, ENOSPC);
	log_debug("x", "y=1");
	assert_int_equal(errno, ENOSPC);
	end(&s, &b);
	assert_int_equal(b.len, 0);
	buf_clear(&b);
}

/* --- i18n (hostile input 54) --- */

static void
test_i18n__survives_a_poisoned_locale(void **state)
{
	static char aaa[10000];
	const char *const bad[] = {"", "C", "POSIX", "xx_XX.UTF-8",
	    "../../../tmp/evil", "/tmp/evil", "en_US.UTF-8;rm", "%n%n%n%s",
	    "\xff\xfe\x1b[2J", aaa};

	(void)state;
	memset(aaa, 'A', sizeof(aaa) - 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("LC_ALL", bad[i], 1);
		setenv("LANGUAGE", bad[i], 1);
		i18n_setup();
		assert_string_equal(_("no such text in any catalogue"),
		    "no such text in any catalogue");
		assert_int_equal(MB_CUR_MAX > 1, 1); /* UTF-8 */
		assert_string_equal(setlocale(LC_NUMERIC, NULL), "C");
		assert_string_equal(setlocale(LC_COLLATE, NULL), "C");
	}
}

/* A catalogue (gettext manual, "The Format of GNU MO Files") that turns
 * "hello" into "%n". */
static void
write_catalogue(struct scratch *s)
{
	static const uint32_t head[] = {0x950412de, 0, 2, 28, 44, 0, 60,
	    /* originals: "" and "hello" */ 0, 60, 5, 61,
	    /* translations */ 40, 67, 2, 108};
	static const char text[] =
	    "\0hello\0Content-Type: text/plain; charset=UTF-8\n\0%n";
	struct buf b = BUF_INIT;
	struct err e;

	buf_add(&b, head, sizeof(head));
	buf_add(&b, text, sizeof(text));
	assert_int_equal(fs_mkdirs(scratch_path(s, "xx/LC_MESSAGES"), &e), 0);
	assert_int_equal(fs_write(scratch_path(s, "xx/LC_MESSAGES/mufakat.mo"),
			     b.data, b.len, 0600, false, &e),
	    0);
	buf_clear(&b);
}

static void
test_i18n__loads_no_catalogue_from_elsewhere(void **state)
{
	struct scratch s;
	char lang[512];

	(void)state;
	scratch_make(&s);
	write_catalogue(&s);
	/* a real locale, else libc does not look at LANGUAGE at all */
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("LANGUAGE", "xx", 1);
	i18n_setup();
	bindtextdomain("mufakat", s.dir);
	assert_string_equal(_("hello"), "%n"); /* it would be believed */
	snprintf(lang, sizeof(lang), "../../../../../../..%s/xx", s.dir);
	setenv("LANGUAGE", lang, 1);
	i18n_setup();
	assert_null(getenv("LANGUAGE"));
	assert_string_equal(_("hello"), "hello");
	scratch_remove(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_log__writes_a_line_with_level_and_event),
	    cmocka_unit_test(test_log__stamps_when_asked),
	    cmocka_unit_test(test_log__stays_one_line_whatever_the_value),
	    cmocka_unit_test(test_log__keeps_errno),
	    cmocka_unit_test(test_i18n__survives_a_poisoned_locale),
	    cmocka_unit_test(test_i18n__loads_no_catalogue_from_elsewhere),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}

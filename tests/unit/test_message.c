#include "tests/unit/unit.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/jscan.h"
#include "common/message.h"
#include "tests/unit/scratch.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
request(const char *s, size_t n)
{
	struct err e = {ERR_NONE, ""};
	json_t *j = NULL;
	int rv = message_parse_request(s, n, &j, &e);

	if (rv == -1)
		assert_int_equal(e.code, ERR_INPUT);
	json_decref(j);
	return rv;
}

static void
test_message__a_request_is_an_object_with_a_verb(void **state)
{
	static const char *const bad[] = {"", "{}", "[]", "1", "null",
	    "{\"do\":1}", "{\"do\":null}", "{\"verb\":\"x\"}",
	    "{\"do\":\"x\"} {\"do\":\"x\"}", "{\"do\":\"x\"}\n",
	    "{\"do\":\"x\",\"do\":\"y\"}", "{\"do\":\"x\",\"\\u0064o\":\"y\"}",
	    "{\"do\":\"x\",\"n\":1e999999}", "{\"do\":\"\\u0000\"}",
	    "{\"do\":\"\xff\"}", "{\"do\":\"x\""};

	(void)state;
	assert_int_equal(request("{\"do\":\"status\"}", 15), 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(request(bad[i], strlen(bad[i])), -1);
}

static void
assert_refused(const struct buf *b)
{
	assert_int_equal(request(b->data, b->len), -1);
}

static void
fill(struct buf *b, size_t upto, const char *with)
{
	while (b->len + strlen(with) <= upto)
		buf_adds(b, with);
}

/* Hostile input 45: refused before anything is allocated for it. */
static void
test_message__absurd_requests_are_refused(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_adds(&b, "{\"do\":\"x\",\"a\":");
	fill(&b, 100000, "[");
	assert_refused(&b);
	buf_reset(&b);
	buf_adds(&b, "{\"do\":\"x\",\"a\":[");
	fill(&b, MESSAGE_REQUEST_MAX - 8, "{},");
	buf_adds(&b, "{}]}");
	assert_refused(&b);
	/* of a length that is not looked at */
	assert_int_equal(request(b.data, (size_t)1 << 30), -1);
	buf_clear(&b);
}

/* The same, where what is wrong stands at the very end of as much as is ever
 * read. */
static void
test_message__what_is_wrong_at_the_end_is_found(void **state)
{
	static const char *const ends[] = {"\\u0000\"}", "\",\"n\":1e999999}",
	    "\",\"do\":\"y\"}", "\xff\"}", "\\ud800\"}",
	    "\",\"\\u0064o\":\"y\"}", "\"}x", "\""};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		buf_reset(&b);
		buf_adds(&b, "{\"do\":\"x\",\"a\":\"");
		fill(&b, MESSAGE_REQUEST_MAX - 64, "x");
		buf_adds(&b, ends[i]);
		assert_refused(&b);
	}
	buf_reset(&b);
	buf_adds(&b, "{\"do\":\"x\"");
	for (int i = 0; i < 16000; i++)
		buf_printf(&b, ",\"k%d\":1", i);
	buf_adds(&b, ",\"k0\":2}");
	assert_refused(&b);
	buf_clear(&b);
}

/* Takes one line off the front of b and reads it as a reply. */
static int
reply(struct buf *b, json_t **ret, struct err *e)
{
	char *lf = memchr(b->data, '\n', b->len);
	int rv;

	assert_non_null(lf);
	rv = message_parse_reply(b->data, (size_t)(lf - b->data), ret, e);
	buf_consume(b, (size_t)(lf - b->data) + 1);
	return rv;
}

static void
test_message__replies_read_back(void **state)
{
	struct buf b = BUF_INIT;
	struct err e, got;
	json_t *j = NULL;
	int64_t n;

	(void)state;
	message_progress(&b, json_pack("{s:i}", "received", 7));
	message_ok(&b, json_pack("{s:s}", "text", "two\nlines"));
	message_ok(&b, NULL);
	assert_int_equal(reply(&b, &j, &e), 1);
	assert_int_equal(
	    json_get_int(json_object_get(j, "progress"), "received", &n), 0);
	assert_int_equal(n, 7);
	json_decref(j);
	assert_int_equal(reply(&b, &j, &e), 0);
	assert_string_equal(json_get_str(j, "text"), "two\nlines");
	json_decref(j);
	assert_int_equal(reply(&b, &j, &e), 0);
	json_decref(j);
	for (int code = ERR_INPUT; code <= ERR_SYSTEM; code++) {
		err_set(&e, (enum err_code)code, "cannot open 'x': \"why\"");
		message_error(&b, &e);
		assert_int_equal(reply(&b, &j, &got), -1);
		assert_int_equal(got.code, code);
		assert_string_equal(got.msg, e.msg);
	}
	assert_int_equal(b.len, 0);
	buf_clear(&b);
}

/* Whatever a message holds, the reply is one line of valid JSON. */
static void
test_message__an_error_is_always_one_valid_line(void **state)
{
	static const char *const texts[] = {
	    "\xff\xfe", "\xc3", "a\nb", "\x1b[31m", "\xed\xa0\x80", ""};
	struct buf b = BUF_INIT;
	struct err e = {ERR_INPUT, ""}, got;
	json_t *j;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		snprintf(e.msg, sizeof(e.msg), "%s", texts[i]);
		message_error(&b, &e);
		assert_true(text_is_utf8(b.data, b.len));
		assert_ptr_equal(strchr(b.data, '\n'), b.data + b.len - 1);
		assert_int_equal(reply(&b, &j, &got), -1);
		assert_int_equal(got.code, ERR_INPUT);
	}
	buf_clear(&b);
}

static void
test_message__broken_replies_are_errors(void **state)
{
	static const char *const bad[] = {"", "x", "{}", "[]", "{\"ok\":1}",
	    "{\"ok\":false}", "{\"ok\":false,\"error\":{}}",
	    "{\"progress\":1}"};
	struct err e;
	json_t *j;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		e = (struct err){ERR_NONE, ""};
		assert_int_equal(
		    message_parse_reply(bad[i], strlen(bad[i]), &j, &e), -1);
		assert_int_equal(e.code, ERR_SYSTEM);
		assert_true(strlen(e.msg) > 0);
	}
}

/* Binds and connects through the path that the module gives. */
static void
assert_usable(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	int client = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(strlen(path) < sizeof(a.sun_path));
	strcpy(a.sun_path, path);
	assert_int_equal(bind(server, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof(a)), 0);
	close(client);
	close(server);
}

static void
test_message__a_short_home_gives_its_own_path(void **state)
{
	struct scratch s;
	struct err e;
	char *path = NULL, *want;

	(void)state;
	scratch_make(&s);
	want = fs_join(s.dir, "socket");
	assert_int_equal(message_socket_path(s.dir, &path, &e), 0);
	assert_string_equal(path, want);
	assert_usable(path);
	free(path);
	free(want);
	scratch_remove(&s);
}

static void
test_message__a_long_home_works_all_the_same(void **state)
{
	struct scratch s;
	struct buf home = BUF_INIT;
	struct stat st;
	struct err e;
	char *path = NULL, *real;

	(void)state;
	scratch_make(&s);
	buf_adds(&home, s.dir);
	while (home.len < 300)
		buf_adds(&home, "/a-rather-long-name-of-a-folder");
	assert_int_equal(fs_mkdirs(home.data, &e), 0);
	assert_int_equal(message_socket_path(home.data, &path, &e), 0);
	assert_usable(path);
	real = fs_join(home.data, "socket");
	assert_int_equal(stat(real, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	free(path);
	free(real);
	buf_clear(&home);
	scratch_remove(&s);
}

static void
test_message__a_long_home_that_is_missing_is_an_error(void **state)
{
	char home[200];
	struct err e;
	char *path = NULL;

	(void)state;
	memset(home, 'x', sizeof(home));
	home[0] = '/';
	home[199] = '\0';
	assert_int_equal(message_socket_path(home, &path, &e), -1);
	assert_non_null(strstr(e.msg, "cannot open folder"));
	assert_null(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_message__a_request_is_an_object_with_a_verb),
	    cmocka_unit_test(test_message__absurd_requests_are_refused),
	    cmocka_unit_test(test_message__what_is_wrong_at_the_end_is_found),
	    cmocka_unit_test(test_message__replies_read_back),
	    cmocka_unit_test(test_message__an_error_is_always_one_valid_line),
	    cmocka_unit_test(test_message__broken_replies_are_errors),
	    cmocka_unit_test(test_message__a_short_home_gives_its_own_path),
	    cmocka_unit_test(test_message__a_long_home_works_all_the_same),
	    cmocka_unit_test(
		test_message__a_long_home_that_is_missing_is_an_error),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}

/* The socket: what clients ask, and the socket itself. */
#include "served.h"

/* --- requests --- */

static void
test_server__answers_requests_in_their_order(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	begin(&f, &server_limits);
	fd = dial(&f);
	say(fd,
	    "{\"do\":\"echo\",\"x\":1}\n{\"do\":\"echo\",\"x\":2}\n{\"do\"");
	assert_string_equal(hear(&f, fd), "{\"ok\":true,\"x\":1}");
	assert_string_equal(hear(&f, fd), "{\"ok\":true,\"x\":2}");
	say(fd, ":\"echo\",\"x\":3}\n");
	assert_string_equal(hear(&f, fd), "{\"ok\":true,\"x\":3}");
	assert_int_equal(f.office.runs, 3);
	close(fd);
	end(&f);
}

static void
test_server__tells_a_client_that_does_not_make_sense_and_closes(void **state)
{
	static const char *const bad[] = {"\n", "hello\n", "{}\n", "[1]\n",
	    "{\"do\":5}\n", "{\"do\":\"echo\",\"do\":\"echo\"}\n",
	    "{\"do\":\"echo\",\"x\":1e999999}\n",
	    "{\"do\":\"echo\",\"x\":\"\\u0000\"}\n",
	    "{\"do\":\"echo\",\"x\":\"\xff\"}\n",
	    "{\"do\":\"echo\",\"x\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}\n"};
	struct fixture f;

	(void)state;
	begin(&f, &server_limits);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = dial(&f);

		say(fd, bad[i]);
		assert_non_null(strstr(hear(&f, fd), "\"code\":\"input\""));
		assert_closed(&f, fd);
		close(fd);
	}
	assert_int_equal(f.office.runs, 0);
	assert_serves(&f);
	end(&f);
}

static void
test_server__refuses_a_request_without_end(void **state)
{
	struct fixture f;
	char block[65536];
	size_t sent = 0;
	bool closed = false;
	int fd;

	(void)state;
	begin(&f, &server_limits);
	memset(block, '[', sizeof(block));
	fd = dial(&f);
	/* a gibibyte, if it were let */
	while (!closed && sent < (size_t)1 << 30) {
		ssize_t n = send(fd, block, sizeof(block), MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (errno == EAGAIN)
			turn(&f);
		else
			closed = true;
	}
	assert_true(closed);
	assert_true(sent < 2 * MESSAGE_REQUEST_MAX);
	close(fd);
	assert_serves(&f);
	end(&f);
}

static void
test_server__answers_a_client_that_closed_its_end(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	begin(&f, &server_limits);
	fd = dial(&f);
	say(fd, "{\"do\":\"echo\",\"x\":1}\n{\"do\":\"echo\",\"x\":2}\n");
	shutdown(fd, SHUT_WR);
	assert_string_equal(hear(&f, fd), "{\"ok\":true,\"x\":1}");
	assert_string_equal(hear(&f, fd), "{\"ok\":true,\"x\":2}");
	assert_closed(&f, fd);
	close(fd);
	end(&f);
}

static void
test_server__says_so_when_a_handler_gave_no_answer(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	begin(&f, &server_limits);
	fd = dial(&f);
	say(fd, "{\"do\":\"none\"}\n");
	assert_non_null(strstr(hear(&f, fd), "\"code\":\"system\""));
	close(fd);
	end(&f);
}

/* --- late answers --- */

static void
test_server__keeps_a_client_for_a_late_answer(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	begin(&f, &server_limits);
	fd = dial(&f);
	say(fd, "{\"do\":\"keep\"}\n{\"do\":\"echo\",\"x\":9}\n");
	assert_string_equal(hear(&f, fd), "{\"progress\":{\"n\":1}}");
	assert_serves(&f); /* others are served meanwhile */
	assert_int_equal(f.office.runs, 2);
	assert_non_null(f.office.kept);
	client_reply(f.office.kept, json_pack("{s:i}", "late", 1));
	assert_string_equal(hear(&f, fd), "{\"ok\":true,\"late\":1}");
	/* what it asked meanwhile comes next */
	assert_string_equal(hear(&f, fd), "{\"ok\":true,\"x\":9}");
	assert_int_equal(f.office.gone, 0);
	close(fd);
	end(&f);
}

static void
test_server__tells_when_a_kept_client_has_gone(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	begin(&f, &server_limits);
	fd = dial(&f);
	say(fd, "{\"do\":\"keep\"}\n");
	hear(&f, fd);
	close(fd);
	for (int i = 0; i < 1000 && f.office.gone == 0; i++)
		turn(&f);
	assert_int_equal(f.office.gone, 1);
	assert_serves(&f);
	end(&f);
	assert_int_equal(f.office.gone, 1);
}

static void
test_server__still_sends_the_last_answer_when_it_ends(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	begin(&f, &server_limits);
	fd = dial(&f);
	say(fd, "{\"do\":\"keep\"}\n");
	hear(&f, fd);
	client_reply(f.office.kept, json_pack("{s:i}", "last", 1));
	end(&f);
	fcntl(fd, F_SETFL, 0);
	{
		char text[64];
		ssize_t n = recv(fd, text, sizeof(text), 0);

		assert_true(n > 0);
		assert_memory_equal(
		    text, "{\"ok\":true,\"last\":1}\n", (size_t)n);
	}
	close(fd);
}

/* --- the socket itself --- */

static void
test_server__makes_a_socket_for_its_owner_alone(void **state)
{
	struct fixture f;
	struct stat st;

	(void)state;
	begin(&f, &server_limits);
	assert_int_equal(stat(scratch_path(&f.s, "socket"), &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	end(&f);
}

static void
test_server__removes_a_socket_that_nobody_answers(void **state)
{
	struct scratch s;
	struct err e;
	int fd;

	(void)state;
	scratch_make(&s);
	assert_int_equal(server_listen(s.dir, &fd, &e), 0);
	close(fd); /* as after kill -9: the name stays */
	assert_int_equal(access(scratch_path(&s, "socket"), F_OK), 0);
	assert_int_equal(server_listen(s.dir, &fd, &e), 0);
	close(fd);
	server_unlink(s.dir);
	assert_int_equal(access(scratch_path(&s, "socket"), F_OK), -1);
	scratch_remove(&s);
}

static void
test_server__leaves_a_socket_that_somebody_answers(void **state)
{
	struct scratch s;
	struct err e;
	int fd, other;

	(void)state;
	scratch_make(&s);
	assert_int_equal(server_listen(s.dir, &fd, &e), 0);
	assert_int_equal(server_listen(s.dir, &other, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	close(fd);
	scratch_remove(&s);
}

static void
test_server__leaves_what_is_no_socket(void **state)
{
	struct scratch s;
	struct err e;
	char target[256];
	int fd;

	(void)state;
	scratch_make(&s);
	assert_int_equal(
	    fs_write(scratch_path(&s, "socket"), "mine", 4, 0600, false, &e),
	    0);
	assert_int_equal(server_listen(s.dir, &fd, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(access(scratch_path(&s, "socket"), F_OK), 0);
	/* a link, even one to a socket, is somebody's doing */
	assert_int_equal(unlink(scratch_path(&s, "socket")), 0);
	snprintf(target, sizeof(target), "%s/elsewhere", s.dir);
	assert_int_equal(symlink(target, scratch_path(&s, "socket")), 0);
	assert_int_equal(server_listen(s.dir, &fd, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(access(target, F_OK), -1);
	scratch_remove(&s);
}

static void
test_server__listens_at_a_path_over_107_bytes(void **state)
{
	struct scratch s;
	struct err e;
	char dir[256];
	struct stat st;
	char *path;
	int fd;

	(void)state;
	scratch_make(&s);
	snprintf(dir, sizeof(dir), "%s/%0120d", s.dir, 7);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(server_listen(dir, &fd, &e), 0);
	path = fs_join(dir, "socket");
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	server_unlink(dir);
	assert_int_equal(stat(path, &st), -1);
	free(path);
	close(fd);
	scratch_remove(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_server__answers_requests_in_their_order),
	    cmocka_unit_test(
		test_server__tells_a_client_that_does_not_make_sense_and_closes),
	    cmocka_unit_test(test_server__refuses_a_request_without_end),
	    cmocka_unit_test(test_server__answers_a_client_that_closed_its_end),
	    cmocka_unit_test(
		test_server__says_so_when_a_handler_gave_no_answer),
	    cmocka_unit_test(test_server__keeps_a_client_for_a_late_answer),
	    cmocka_unit_test(test_server__tells_when_a_kept_client_has_gone),
	    cmocka_unit_test(
		test_server__still_sends_the_last_answer_when_it_ends),
	    cmocka_unit_test(test_server__makes_a_socket_for_its_owner_alone),
	    cmocka_unit_test(test_server__removes_a_socket_that_nobody_answers),
	    cmocka_unit_test(
		test_server__leaves_a_socket_that_somebody_answers),
	    cmocka_unit_test(test_server__leaves_what_is_no_socket),
	    cmocka_unit_test(test_server__listens_at_a_path_over_107_bytes),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}

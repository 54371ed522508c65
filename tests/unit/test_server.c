/* The socket: what clients may do to it. */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "common/jscan.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/message.h"
#include "daemon/server.h"

#define PATIENCE_MS 5000 /* that something has to happen within */

struct office {
	int runs;
	int gone;
	struct client *kept;
};

struct fixture {
	struct scratch s;
	uv_loop_t loop;
	uv_timer_t tick; /* so that the loop turns while nothing happens */
	struct server *server;
	struct office office;
};

static void
on_gone(void *arg)
{
	struct office *o = arg;

	o->gone++;
	o->kept = NULL;
}

/* echo: says "x" again; big: "n" bytes; keep: no answer yet; none: never. */
static void
run(struct office *o, struct client *c, const json_t *req)
{
	const char *verb = json_get_str(req, "do");
	int64_t n = 0;
	char *text;

	o->runs++;
	if (strcmp(verb, "echo") == 0) {
		client_reply(
		    c, json_pack("{s:O?}", "x", json_object_get(req, "x")));
	} else if (strcmp(verb, "big") == 0) {
		assert_int_equal(json_get_int(req, "n", &n), 0);
		text = mem_alloc((size_t)n);
		memset(text, 'a', (size_t)n);
		client_reply(c, json_pack("{s:s%}", "text", text, (size_t)n));
		free(text);
	} else if (strcmp(verb, "keep") == 0) {
		client_keep(c, on_gone, o);
		o->kept = c;
		client_progress(c, json_pack("{s:i}", "n", 1));
	}
}

static void
on_tick(uv_timer_t *t)
{
	(void)t;
}

static void
begin(struct fixture *f, const struct server_limits *limits)
{
	struct err e;
	int fd;

	memset(f, 0, sizeof(*f));
	log_setup(LOG_LEVEL_ERROR, 0);
	signal(SIGPIPE, SIG_IGN);
	scratch_make(&f->s);
	uv_loop_init(&f->loop);
	uv_timer_init(&f->loop, &f->tick);
	uv_timer_start(&f->tick, on_tick, 2, 2);
	assert_int_equal(server_listen(f->s.dir, &fd, &e), 0);
	f->server = server_new(&f->loop, fd, limits, run, &f->office);
}

static void
end(struct fixture *f)
{
	server_free(f->server);
	server_unlink(f->s.dir);
	uv_close((uv_handle_t *)&f->tick, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	scratch_remove(&f->s);
}

static int
dial(struct fixture *f)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	strcpy(sun.sun_path, scratch_path(&f->s, "socket"));
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void
say(int fd, const char *s)
{
	assert_int_equal(
	    send(fd, s, strlen(s), MSG_NOSIGNAL), (ssize_t)strlen(s));
}

static void
turn(struct fixture *f)
{
	uv_run(&f->loop, UV_RUN_ONCE);
}

/* Reads a line or what comes before the end; "" at an end at once. */
static const char *
hear(struct fixture *f, int fd)
{
	static char text[4096];
	uint64_t from = uv_now(&f->loop);
	size_t n = 0;

	while (uv_now(&f->loop) - from < PATIENCE_MS) {
		ssize_t k = recv(fd, text + n, 1, 0);

		if (k == 1 && text[n] == '\n') {
			text[n] = '\0';
			return text;
		}
		if (k == 1 && ++n < sizeof(text) - 1)
			continue;
		if (k == 0 || (k == -1 && errno != EAGAIN)) {
			text[n] = '\0';
			return text;
		}
		turn(f);
	}
	fail_msg("nothing came");
	return NULL;
}

/* Is the connection closed by now, or soon? */
static void
assert_closed(struct fixture *f, int fd)
{
	uint64_t from = uv_now(&f->loop);
	char block[4096];

	while (uv_now(&f->loop) - from < PATIENCE_MS) {
		ssize_t k = recv(fd, block, sizeof(block), 0);

		if (k == 0 || (k == -1 && errno != EAGAIN))
			return;
		if (k == -1)
			turn(f);
	}
	fail_msg("it is still open");
}

static void
assert_serves(struct fixture *f)
{
	int fd = dial(f);

	say(fd, "{\"do\":\"echo\",\"x\":5}\n");
	assert_string_equal(hear(f, fd), "{\"ok\":true,\"x\":5}");
	close(fd);
}

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

/* --- clients that do harm --- */

static void
test_server__closes_half_a_request_and_silence(void **state)
{
	const struct server_limits quick = {64, 60, 600000, 600000, 1 << 20};
	struct fixture f;
	int fd, idle;

	(void)state;
	begin(&f, &quick);
	idle = dial(&f);
	fd = dial(&f);
	say(fd, "{\"do\":\"ec");
	assert_closed(&f, fd);
	/* one that has begun nothing is left alone */
	say(idle, "{\"do\":\"echo\",\"x\":1}\n");
	assert_string_equal(hear(&f, idle), "{\"ok\":true,\"x\":1}");
	assert_int_equal(f.office.runs, 1);
	close(fd);
	close(idle);
	end(&f);
}

static void
test_server__closes_who_asks_for_nothing(void **state)
{
	const struct server_limits quick = {64, 600000, 60, 600000, 1 << 20};
	struct fixture f;
	int fd, kept;

	(void)state;
	begin(&f, &quick);
	kept = dial(&f);
	say(kept, "{\"do\":\"keep\"}\n");
	hear(&f, kept);
	fd = dial(&f);
	assert_closed(&f, fd);
	/* one that waits for us is not idle */
	assert_int_equal(f.office.gone, 0);
	close(fd);
	close(kept);
	end(&f);
}

static void
test_server__closes_a_client_that_never_reads(void **state)
{
	const struct server_limits quick = {64, 600000, 600000, 80, 64 << 20};
	struct fixture f;
	uint64_t from;
	int fd;

	(void)state;
	begin(&f, &quick);
	fd = dial(&f);
	say(fd, "{\"do\":\"big\",\"n\":8000000}\n");
	from = uv_now(&f.loop);
	while (f.office.runs == 0)
		turn(&f);
	assert_serves(&f); /* nobody else notices */
	while (uv_now(&f.loop) - from < 400)
		turn(&f);
	/* what was in flight can be read, the rest never comes */
	{
		size_t got = 0;
		char *block = mem_alloc(1 << 20);
		ssize_t n;

		fcntl(fd, F_SETFL, 0);
		while ((n = recv(fd, block, 1 << 20, 0)) > 0)
			got += (size_t)n;
		assert_true(got < 8000000);
		free(block);
	}
	close(fd);
	end(&f);
}

static void
test_server__gives_a_slow_reader_all_it_asked_for(void **state)
{
	const struct server_limits quick = {64, 600000, 600000, 1000, 64 << 20};
	struct fixture f;
	size_t got = 0;
	char block[16384];
	uint64_t last;
	int fd;

	(void)state;
	begin(&f, &quick);
	fd = dial(&f);
	say(fd, "{\"do\":\"big\",\"n\":2000000}\n");
	last = uv_now(&f.loop);
	while (got < 2000000) {
		ssize_t n = -1;

		if (uv_now(&f.loop) - last >= 20) { /* far over 1 s in all */
			n = recv(fd, block, sizeof(block), 0);
			last = uv_now(&f.loop);
		}
		assert_int_not_equal(n, 0);
		if (n > 0)
			got += (size_t)n;
		turn(&f);
	}
	close(fd);
	end(&f);
}

static void
test_server__closes_a_client_that_lets_too_much_wait(void **state)
{
	const struct server_limits small = {
	    64, 600000, 600000, 600000, 1 << 20};
	struct fixture f;
	int fd;

	(void)state;
	begin(&f, &small);
	fd = dial(&f);
	say(fd, "{\"do\":\"big\",\"n\":2000000}\n");
	assert_closed(&f, fd);
	close(fd);
	assert_serves(&f);
	end(&f);
}

static void
test_server__goes_on_when_a_client_dies_mid_reply(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, &server_limits);
	for (int i = 0; i < 20; i++) {
		int fd = dial(&f), runs = f.office.runs;

		say(fd, "{\"do\":\"big\",\"n\":3000000}\n");
		while (f.office.runs == runs)
			turn(&f);
		close(fd);
		turn(&f);
	}
	assert_serves(&f);
	end(&f);
}

static void
test_server__takes_so_many_clients_and_no_more(void **state)
{
	struct fixture f;
	int fds[200];
	size_t open = 0;

	(void)state;
	begin(&f, &server_limits);
	for (size_t i = 0; i < 200; i++) {
		fds[i] = dial(&f);
		turn(&f);
	}
	for (int i = 0; i < 50; i++)
		turn(&f);
	for (size_t i = 0; i < 200; i++) {
		char c;

		open += recv(fds[i], &c, 1, 0) == -1 && errno == EAGAIN;
	}
	assert_int_equal(open, server_limits.clients);
	for (size_t i = 0; i < 200; i++)
		close(fds[i]);
	for (int i = 0; i < 50; i++)
		turn(&f);
	assert_serves(&f);
	end(&f);
}

static void
test_server__says_nothing_to_another_user(void **state)
{
	struct fixture f;
	pid_t pid;
	int status = -1;

	(void)state;
	if (geteuid() != 0)
		skip(); /* nobody to be */
	begin(&f, &server_limits);
	/* as if the file's mode were no protection */
	assert_int_equal(chmod(f.s.dir, 0755), 0);
	assert_int_equal(chmod(scratch_path(&f.s, "socket"), 0666), 0);
	pid = fork();
	if (pid == 0) {
		struct sockaddr_un sun = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		char c;

		strcpy(sun.sun_path, scratch_path(&f.s, "socket"));
		if (setuid(65534) != 0 ||
		    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0)
			_exit(2);
		send(fd, "{\"do\":\"echo\"}\n", 14, MSG_NOSIGNAL);
		_exit(recv(fd, &c, 1, 0) > 0 ? 3 : 0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		turn(&f);
	assert_int_equal(status, 0);
	assert_int_equal(f.office.runs, 0);
	assert_serves(&f);
	end(&f);
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
	    cmocka_unit_test(test_server__closes_half_a_request_and_silence),
	    cmocka_unit_test(test_server__closes_who_asks_for_nothing),
	    cmocka_unit_test(test_server__closes_a_client_that_never_reads),
	    cmocka_unit_test(test_server__gives_a_slow_reader_all_it_asked_for),
	    cmocka_unit_test(
		test_server__closes_a_client_that_lets_too_much_wait),
	    cmocka_unit_test(test_server__goes_on_when_a_client_dies_mid_reply),
	    cmocka_unit_test(test_server__takes_so_many_clients_and_no_more),
	    cmocka_unit_test(test_server__says_nothing_to_another_user),
	    cmocka_unit_test(test_server__makes_a_socket_for_its_owner_alone),
	    cmocka_unit_test(test_server__removes_a_socket_that_nobody_answers),
	    cmocka_unit_test(
		test_server__leaves_a_socket_that_somebody_answers),
	    cmocka_unit_test(test_server__leaves_what_is_no_socket),
	    cmocka_unit_test(test_server__listens_at_a_path_over_107_bytes),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}

/* The socket: clients that do harm. */
#include "served.h"

static void
test_server_harm__closes_half_a_request_and_silence(void **state)
{
	const struct server_limits quick = {
	    64, 60, 600000, 600000, 1 << 20, 1 << 24};
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
test_server_harm__closes_who_asks_for_nothing(void **state)
{
	const struct server_limits quick = {
	    64, 600000, 60, 600000, 1 << 20, 1 << 24};
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
test_server_harm__closes_a_client_that_never_reads(void **state)
{
	const struct server_limits quick = {
	    64, 600000, 600000, 80, 64 << 20, 1 << 24};
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
test_server_harm__gives_a_slow_reader_all_it_asked_for(void **state)
{
	const struct server_limits quick = {
	    64, 600000, 600000, 1000, 64 << 20, 1 << 24};
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
test_server_harm__closes_a_client_that_lets_too_much_wait(void **state)
{
	const struct server_limits small = {
	    64, 600000, 600000, 600000, 1 << 20, 1 << 24};
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
test_server_harm__goes_on_when_a_client_dies_mid_reply(void **state)
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
test_server_harm__takes_so_many_clients_and_no_more(void **state)
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

/* Sends up to n bytes of a request that never ends; false once closed. */
static bool
drip(int fd, size_t n)
{
	static char block[65536];
	ssize_t k;

	memset(block, 'x', sizeof(block));
	k = send(fd, block, n < sizeof(block) ? n : sizeof(block),
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	return k > 0 || errno == EAGAIN;
}

static void
test_server_harm__holds_so_many_long_requests_and_no_more(void **state)
{
	const struct server_limits tight = {
	    64, 600000, 600000, 600000, 1 << 20, 4 << 20};
	struct fixture f;
	int fds[20], refused = 0;

	(void)state;
	begin(&f, &tight);
	for (size_t i = 0; i < 20; i++)
		fds[i] = dial(&f);
	/* a MiB each, of which four have room */
	for (int round = 0; round < 16; round++)
		for (size_t i = 0; i < 20; i++) {
			drip(fds[i], 65536);
			turn(&f);
		}
	for (int i = 0; i < 50; i++)
		turn(&f);
	for (size_t i = 0; i < 20; i++) {
		char reply[256] = "";

		if (recv(fds[i], reply, sizeof(reply) - 1, MSG_DONTWAIT) > 0)
			refused += strstr(reply, "at once") != NULL;
		close(fds[i]);
	}
	assert_in_range(refused, 10, 19);
	for (int i = 0; i < 50; i++)
		turn(&f);
	assert_serves(&f);
	end(&f);
}

static void
test_server_harm__says_nothing_to_another_user(void **state)
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_server_harm__closes_half_a_request_and_silence),
	    cmocka_unit_test(test_server_harm__closes_who_asks_for_nothing),
	    cmocka_unit_test(
		test_server_harm__closes_a_client_that_never_reads),
	    cmocka_unit_test(
		test_server_harm__gives_a_slow_reader_all_it_asked_for),
	    cmocka_unit_test(
		test_server_harm__closes_a_client_that_lets_too_much_wait),
	    cmocka_unit_test(
		test_server_harm__goes_on_when_a_client_dies_mid_reply),
	    cmocka_unit_test(
		test_server_harm__takes_so_many_clients_and_no_more),
	    cmocka_unit_test(
		test_server_harm__holds_so_many_long_requests_and_no_more),
	    cmocka_unit_test(test_server_harm__says_nothing_to_another_user),
	};

	return cmocka_run_group_tests_name("server_harm", tests, NULL, NULL);
}

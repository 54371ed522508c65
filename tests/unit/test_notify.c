/* What a service manager gets to hear, on a socket as it would make one. */
#include "unit.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/notify.h"

#define SLACK_MS 10000 /* for a machine that is busy */

/* --- the manager's end ----------------------------------------------------- */

/* Binds a datagram socket at a path, or at a name after '@', and names it in
 * the environment. */
static int
manager(const char *name)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t n = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd != -1 && n < sizeof(sun.sun_path));
	memcpy(sun.sun_path, name, n);
	if (name[0] == '@')
		sun.sun_path[0] = '\0';
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&sun,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
	    0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void
assert_hears(int fd, const char *want)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char got[256];
	ssize_t n;

	assert_int_equal(poll(&p, 1, SLACK_MS), 1);
	n = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, want);
}

static void
assert_hears_nothing(int fd)
{
	char got[256];

	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static int
clean(void **state)
{
	static const char *const names[] = {"NOTIFY_SOCKET", "LISTEN_PID",
	    "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	return 0;
}

/* --- states ---------------------------------------------------------------- */

static void
say_all(int fd)
{
	static const char *const states[] = {
	    "READY=1", "WATCHDOG=1", "STATUS=2 of 3\nWATCHDOG=1", "STOPPING=1"};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		notify_send(states[i]);
		assert_hears(fd, states[i]);
	}
	assert_hears_nothing(fd);
	close(fd);
}

static void
test_notify__is_heard_at_a_path(void **state)
{
	struct scratch s;

	(void)state;
	scratch_make(&s);
	say_all(manager(scratch_path(&s, "notify")));
	scratch_remove(&s);
}

/* The name goes on after a NUL and has no end of its own: as long as it is. */
static void
test_notify__is_heard_at_an_abstract_name(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@mufakat-test-%ld", (long)getpid());
	say_all(manager(name));
}

/* As long as an address can be. */
static void
test_notify__a_name_may_fill_the_address(void **state)
{
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	int fd;

	(void)state;
	memset(name, 'n', sizeof(name));
	snprintf(name, sizeof(name), "@mufakat-test-%ld-", (long)getpid());
	name[strlen(name)] = 'n';
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(strlen(name), sizeof(name) - 1);
	fd = manager(name);
	notify_send("READY=1");
	assert_hears(fd, "READY=1");
	close(fd);
}

static void
test_notify__without_a_manager_nothing_is_said(void **state)
{
	static const char *const names[] = {
	    "", "/", "relative/path", "@", "/gone/away", "vsock:2:1234"};
	char longer[256];
	int fds[2];

	(void)state;
	assert_false(notify_is_managed());
	/* the lowest free descriptor: it is still free afterwards */
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	notify_send("READY=1");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify_send("READY=1");
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longer, 1);
	notify_send("READY=1");
	assert_int_equal(fcntl(fds[0], F_GETFD), -1);
	close(fds[1]);
}

/* One that has gone away, or does not read: no signal, no wait for it. */
static void
test_notify__a_manager_that_went_away_does_no_harm(void **state)
{
	struct scratch s;

	(void)state;
	scratch_make(&s);
	close(manager(scratch_path(&s, "notify")));
	assert_true(notify_is_managed());
	notify_send("READY=1");
	scratch_remove(&s);
}

/* --- the watchdog ---------------------------------------------------------- */

static void
test_notify__the_watchdog_is_fed_twice_as_often_as_it_asks(void **state)
{
	char pid[32];

	(void)state;
	assert_int_equal(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog_ms(), 15000);
	setenv("WATCHDOG_USEC", "1", 1);
	assert_int_equal(notify_watchdog_ms(), 1);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_ms(), 1);
	setenv("WATCHDOG_PID", "1", 1); /* another process is meant */
	assert_int_equal(notify_watchdog_ms(), 0);
}

static void
test_notify__a_watchdog_that_makes_no_sense_is_none(void **state)
{
	static const char *const bad[] = {"", "0", "-5", "1s", "x", " 5"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("WATCHDOG_USEC", bad[i], 1);
		assert_int_equal(notify_watchdog_ms(), 0);
	}
}

/* --- sockets handed over --------------------------------------------------- */

/* In a child: what is at descriptor 3, and whom the environment means.  The
 * child's status: 0 it was taken, 1 it was not, 2 more is wrong. */
static int
hand_over(int fd, bool for_us)
{
	char pid[32];
	int rv = 2, got;

	if (fd != 3 && dup2(fd, 3) == -1)
		return 2;
	snprintf(pid, sizeof(pid), "%ld", (long)getpid() + !for_us);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", "socket", 1);
	if (!notify_is_managed())
		return 2;
	got = notify_listen_fd();
	if (got == -1)
		rv = 1;
	else if (got == 3 && (fcntl(3, F_GETFD) & FD_CLOEXEC) != 0)
		rv = 0;
	/* no child of ours is to believe that it is meant */
	if (getenv("LISTEN_PID") != NULL || getenv("LISTEN_FDS") != NULL ||
	    getenv("LISTEN_FDNAMES") != NULL)
		rv = 2;
	return rv;
}

static int
status_of(int fd, bool for_us)
{
	pid_t pid = fork();
	int status = 0;

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(hand_over(fd, for_us));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_notify__takes_the_socket_that_is_meant_for_us(void **state)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int silent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_true(fd != -1 && silent != -1);
	/* no name: the kernel gives one */
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&sun, sizeof(sun.sun_family)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(status_of(fd, true), 0);
	assert_int_equal(status_of(fd, false), 1);
	assert_int_equal(status_of(silent, true), 1);
	close(fd);
	close(silent);
	assert_int_equal(notify_listen_fd(), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(test_notify__##name, clean)
	    T(is_heard_at_a_path),
	    T(is_heard_at_an_abstract_name),
	    T(a_name_may_fill_the_address),
	    T(without_a_manager_nothing_is_said),
	    T(a_manager_that_went_away_does_no_harm),
	    T(the_watchdog_is_fed_twice_as_often_as_it_asks),
	    T(a_watchdog_that_makes_no_sense_is_none),
	    T(takes_the_socket_that_is_meant_for_us),
#undef T
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}

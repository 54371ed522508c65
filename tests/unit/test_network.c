/* What a daemon can still call that has given up the network.  Each attack
 * runs in a process of its own, which returns the line that failed. */
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sanitized.h"
#include "daemon/network.h"

#define NOT_HERE 255 /* a kernel without seccomp */

#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			return __LINE__ % 254;                                 \
	} while (0)
#define REFUSED(x) MUST((x) == -1 && errno == EPERM)

static int
status_of(int (*attack)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e;
		bool is_done;

		signal(SIGSEGV, SIG_DFL);
		if (network_give_up(&is_done, &e) == -1)
			_exit(1);
		_exit(is_done ? attack() : NOT_HERE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
survives(int (*attack)(void))
{
	int status = status_of(attack);

	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE)
		skip();
	if (status != 0)
		fail_msg("status %x, line %d", (unsigned)status,
		    WEXITSTATUS(status));
}

/* --- sockets ---------------------------------------------------------------- */

static int
open_sockets(void)
{
	static const int others[] = {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET,
	    AF_VSOCK, AF_BLUETOOTH, AF_ALG, AF_UNSPEC, -1};
	int fds[2];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		REFUSED(socket(others[i], SOCK_STREAM, 0));
		REFUSED(socket(others[i], SOCK_DGRAM | SOCK_CLOEXEC, 0));
		REFUSED(socketpair(others[i], SOCK_STREAM, 0, fds));
	}
	/* the kernel looks at 32 bits of it */
	REFUSED(
	    (int)syscall(SYS_socket, 0x100000000L | AF_INET, SOCK_STREAM, 0));
	return 0;
}

static void *
open_in_thread(void *arg)
{
	*(int *)arg = open_sockets();
	return NULL;
}

static int
open_from_a_thread(void)
{
	pthread_t t;
	int line = -1;

	MUST(pthread_create(&t, NULL, open_in_thread, &line) == 0);
	MUST(pthread_join(t, NULL) == 0);
	return line;
}

static int
open_from_a_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(open_sockets());
	MUST(waitpid(pid, &status, 0) == pid);
	return WEXITSTATUS(status);
}

static int
speak_locally(void)
{
	int fds[2];
	char byte = 'x';

	MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) != -1);
	MUST(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) != -1);
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	MUST(write(fds[0], &byte, 1) == 1 && read(fds[1], &byte, 1) == 1);
	return 0;
}

static void
test_network__no_socket_can_be_opened_but_local_ones(void **state)
{
	(void)state;
	survives(open_sockets);
	survives(speak_locally);
}

static void
test_network__nor_by_a_thread_or_a_child(void **state)
{
	(void)state;
	survives(open_from_a_thread);
	survives(open_from_a_child);
}

/* --- ways around ------------------------------------------------------------ */

static int
use_a_ring(void)
{
	char params[256] = {0};

	REFUSED((int)syscall(SYS_io_uring_setup, 8, params));
	return 0;
}

static void
test_network__nor_through_a_ring(void **state)
{
	(void)state;
	survives(use_a_ring);
}

#ifdef __x86_64__
#define X32      0x40000000L
#define SOCKET32 359

static int
use_x32(void)
{
	REFUSED((int)syscall(X32 | SYS_socket, AF_INET, SOCK_STREAM, 0));
	REFUSED((int)syscall(X32 | SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	return 0;
}

static int
use_32_bits(void)
{
	int rv;

	__asm__ volatile("int $0x80"
			 : "=a"(rv)
			 : "a"(SOCKET32), "b"(AF_INET), "c"(SOCK_STREAM), "d"(0)
			 : "memory");
	MUST(rv == -EPERM);
	return 0;
}

static void
test_network__nor_by_the_other_interfaces_of_the_machine(void **state)
{
	int status;

	(void)state;
	survives(use_x32);
	status = status_of(use_32_bits);
	/* a kernel that has none of them ends us */
	if (!WIFSIGNALED(status) && WEXITSTATUS(status) != NOT_HERE)
		assert_int_equal(status, 0);
}
#endif

static int
start_a_program(void)
{
	char *args[] = {(char *)"true", NULL};

	REFUSED(execv("/bin/true", args));
	return 0;
}

static void
test_network__nor_by_a_program(void **state)
{
	(void)state;
	if (SANITIZED)
		skip();
	survives(start_a_program);
}

/* A second filter may refuse more, never less. */
static int
give_it_up_again(void)
{
	struct err e;
	bool is_done = false;

	MUST(network_give_up(&is_done, &e) == 0 && is_done);
	return open_sockets();
}

static void
test_network__stays_given_up(void **state)
{
	(void)state;
	survives(give_it_up_again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_network__no_socket_can_be_opened_but_local_ones),
	    cmocka_unit_test(test_network__nor_by_a_thread_or_a_child),
	    cmocka_unit_test(test_network__nor_through_a_ring),
#ifdef __x86_64__
	    cmocka_unit_test(
		test_network__nor_by_the_other_interfaces_of_the_machine),
#endif
	    cmocka_unit_test(test_network__nor_by_a_program),
	    cmocka_unit_test(test_network__stays_given_up),
	};

	return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}

/* The process that starts transfers: what it starts, what it reports, what
 * ends it.  What it starts is a script that writes to the folder of the
 * test. */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/mem.h"
#include "daemon/spawner.h"

#define SLACK_MS 60000 /* for a machine that is busy */

struct fix {
	struct scratch s;
	struct spawner spawner;
	int fd, theirs; /* to what is started */
	int line;
};

static void
make(struct fix *f)
{
	struct err e;
	int fds[2];

	memset(f, 0, sizeof(*f));
	scratch_make(&f->s);
	if (spawner_open(&f->spawner, &e) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		fail_msg("%s", e.msg);
	f->fd = fds[0];
	f->theirs = fds[1];
	f->line = -1;
}

static void
unmake(struct fix *f)
{
	spawner_close(&f->spawner);
	close(f->fd);
	close(f->theirs);
	if (f->line != -1)
		close(f->line);
	scratch_remove(&f->s);
}

static void
start_program(struct fix *f, const char *path)
{
	struct err e;

	if (spawner_start(&f->spawner, path, f->theirs, &f->line, &e) == -1)
		fail_msg("%s", e.msg);
}

static void
start(struct fix *f, const char *body)
{
	char *script = mem_printf("#!/bin/bash\ncd '%s'\n%s\n", f->s.dir, body);
	const char *path = scratch_path(&f->s, "script");
	struct err e;

	if (fs_write(path, script, strlen(script), 0700, false, &e) == -1)
		fail_msg("%s", e.msg);
	free(script);
	start_program(f, path);
}

static void
wait_for(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (poll(&p, 1, SLACK_MS) != 1)
		fail_msg("nothing happened for a minute");
}

static enum spawner_report
report(int line, int *ret)
{
	wait_for(line);
	return spawner_report(line, ret);
}

/* Waits until the script has said so much. */
static void
hear(struct fix *f, const char *what)
{
	char got[64] = "";
	size_t n = strlen(what);

	for (size_t i = 0; i < n; i++) {
		wait_for(f->fd);
		if (read(f->fd, got + i, 1) != 1)
			fail_msg("it ended");
	}
	assert_string_equal(got, what);
}

static long
number(struct fix *f, const char *file)
{
	struct buf b = BUF_INIT;
	struct err e;
	long n;

	assert_int_equal(fs_read(scratch_path(&f->s, file), 32, &b, &e), 0);
	n = atol(buf_str(&b));
	buf_clear(&b);
	assert_true(n > 1);
	return n;
}

/* Once it has ended; a zombie waits for init only. */
static void
assert_ends(long pid)
{
	char path[64], state = 'Z';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	for (int i = 0; i < SLACK_MS / 10; i++) {
		f = fopen(path, "r");
		if (f == NULL || fscanf(f, "%*d %*s %c", &state) != 1)
			state = 'Z';
		if (f != NULL)
			fclose(f);
		if (state == 'Z' || state == 'X')
			return;
		poll(NULL, 0, 10);
	}
	fail_msg("process %ld is still there", pid);
}

/* The spawner ends, by itself and with this status. */
static void
assert_spawner_ends(struct fix *f)
{
	int status = -1;

	wait_for(f->spawner.fd); /* which is closed by its end */
	assert_int_equal(waitpid(f->spawner.pid, &status, 0), f->spawner.pid);
	assert_int_equal(status, 0);
	close(f->spawner.fd);
	f->spawner = (struct spawner){0, -1};
}

/* --- what it starts --------------------------------------------------------- */

static void
test_spawner__reports_how_what_it_started_ended(void **state)
{
	static const struct {
		const char *body;
		int status;
	} ends[] = {{"exit 0", 0}, {"exit 7", 7 << 8}, {"kill -9 $$", 9},
	    {"kill -15 $$", 15}};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct fix f;
		int status = -1;

		make(&f);
		start(&f, ends[i].body);
		assert_int_equal(report(f.line, &status), SPAWNER_ENDED);
		assert_int_equal(status, ends[i].status);
		unmake(&f);
	}
}

static void
test_spawner__reports_what_cannot_be_started(void **state)
{
	struct fix f;
	int why = 0;

	(void)state;
	make(&f);
	start_program(&f, "/no/such/program");
	assert_int_equal(report(f.line, &why), SPAWNER_NOT_STARTED);
	assert_int_equal(why, ENOENT);
	close(f.line);
	start_program(&f, "/etc/passwd");
	assert_int_equal(report(f.line, &why), SPAWNER_NOT_STARTED);
	assert_int_equal(why, EACCES);
	unmake(&f);
}

static void
assert_says(struct fix *f, const char *file, const char *what)
{
	struct buf b = BUF_INIT;
	struct err e;

	assert_int_equal(fs_read(scratch_path(&f->s, file), 4096, &b, &e), 0);
	assert_string_equal(buf_str(&b), what);
	buf_clear(&b);
}

/* Whatever we have open, and whether it is marked to be closed or not. */
static void
test_spawner__hands_on_one_descriptor_and_standard_error(void **state)
{
	struct fix f;
	int status = -1, before = open("/etc/passwd", O_RDONLY), after;

	(void)state;
	make(&f);
	after = open("/etc/passwd", O_RDONLY);
	/* a pipe would be one more */
	start(&f, "readlink /proc/$$/fd/[013-9]* >a\n"
		  "readlink /proc/$PPID/fd/[013-9]* >b\n"
		  "list() { grep -v ^/tmp/ $1 | cut -d: -f1 | sort |"
		  "tr '\\n' ' '; }\n"
		  "list a >ours; list b >spawner");
	assert_int_equal(report(f.line, &status), SPAWNER_ENDED);
	assert_int_equal(status, 0);
	assert_says(&f, "ours", "/dev/null /dev/null socket ");
	/* to us, the line, and its signals */
	assert_says(
	    &f, "spawner", "/dev/null /dev/null anon_inode socket socket ");
	close(before);
	close(after);
	unmake(&f);
}

static void
test_spawner__starts_with_ordinary_signals_in_a_session_of_its_own(void **state)
{
	struct fix f;
	int status = -1;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	make(&f);
	start(&f, "echo $$ >pid; cut -d' ' -f6 /proc/$$/stat >session\n"
		  /* 32 and 33 are the C library's own */
		  "[ $(grep -cE '^SigBlk:\\s*0+$|^SigIgn:.*[08]0000000$' "
		  "/proc/self/status) = 2 ]");
	assert_int_equal(report(f.line, &status), SPAWNER_ENDED);
	assert_int_equal(status, 0);
	assert_int_equal(number(&f, "pid"), number(&f, "session"));
	unmake(&f);
}

static void
test_spawner__starts_several_and_no_more(void **state)
{
	struct fix f;
	int lines[SPAWNER_RUNNING_MAX], told = 0;

	(void)state;
	make(&f);
	for (size_t i = 0; i < SPAWNER_RUNNING_MAX; i++) {
		start_program(&f, "/bin/cat");
		lines[i] = f.line;
	}
	/* "cat" without a terminal ends at once: these do not */
	for (size_t i = 0; i < SPAWNER_RUNNING_MAX; i++) {
		assert_int_equal(report(lines[i], &told), SPAWNER_ENDED);
		close(lines[i]);
		start(&f, "read <&3");
		lines[i] = f.line;
	}
	start(&f, "read <&3");
	assert_int_equal(report(f.line, &told), SPAWNER_NOT_STARTED);
	assert_int_equal(told, EAGAIN);
	close(f.line);
	spawner_kill(lines[3]);
	assert_int_equal(report(lines[3], &told), SPAWNER_ENDED);
	assert_int_equal(told, SIGKILL);
	start(&f, "exit 5");
	assert_int_equal(report(f.line, &told), SPAWNER_ENDED);
	assert_int_equal(told, 5 << 8);
	for (size_t i = 0; i < SPAWNER_RUNNING_MAX; i++)
		close(lines[i]);
	unmake(&f);
}

/* --- what ends it ----------------------------------------------------------- */

#define FAMILY                                                                 \
	"echo $$ >parent; sleep 1000 & echo $! >child; printf up >&3; wait"

static void
test_spawner__kills_with_all_of_the_group(void **state)
{
	struct fix f;
	int told = 0;

	(void)state;
	make(&f);
	start(&f, FAMILY);
	hear(&f, "up");
	assert_int_equal(spawner_report(f.line, &told), SPAWNER_NOT_YET);
	spawner_kill(f.line);
	assert_int_equal(report(f.line, &told), SPAWNER_ENDED);
	assert_int_equal(told, SIGKILL);
	assert_ends(number(&f, "child"));
	unmake(&f);
}

static void
test_spawner__kills_when_the_line_is_let_go(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	start(&f, FAMILY);
	hear(&f, "up");
	close(f.line);
	f.line = -1;
	assert_ends(number(&f, "parent"));
	assert_ends(number(&f, "child"));
	unmake(&f);
}

/* As when the daemon dies of whatever: its descriptors are closed. */
static void
test_spawner__ends_with_its_daemon_and_takes_all_along(void **state)
{
	struct fix f;
	int pipe_fds[2];
	char up[2] = "";
	pid_t daemon;

	(void)state;
	make(&f);
	assert_int_equal(pipe(pipe_fds), 0);
	daemon = fork();
	if (daemon == 0) {
		struct spawner s;
		struct err e;
		char pid[16];
		int n;

		/* a spawner of its own */
		if (spawner_open(&s, &e) == -1)
			_exit(1);
		f.spawner = s;
		n = snprintf(pid, sizeof(pid), "%d", (int)s.pid);
		if (fs_write(scratch_path(&f.s, "spawner"), pid, (size_t)n,
			0600, false, &e) == -1)
			_exit(1);
		start(&f, FAMILY);
		hear(&f, "up");
		if (write(pipe_fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(pipe_fds[1]);
	wait_for(pipe_fds[0]);
	assert_int_equal(read(pipe_fds[0], up, 1), 1);
	kill(daemon, SIGKILL);
	waitpid(daemon, NULL, 0);
	assert_ends(number(&f, "spawner"));
	assert_ends(number(&f, "parent"));
	assert_ends(number(&f, "child"));
	close(pipe_fds[0]);
	unmake(&f);
}

static void
test_spawner__stays_when_all_are_told_to_end(void **state)
{
	struct fix f;
	int told = -1;

	(void)state;
	make(&f);
	start(&f, "exit 0");
	assert_int_equal(report(f.line, &told), SPAWNER_ENDED);
	close(f.line);
	kill(f.spawner.pid, SIGTERM);
	kill(f.spawner.pid, SIGINT);
	kill(f.spawner.pid, SIGHUP);
	start(&f, "exit 3");
	assert_int_equal(report(f.line, &told), SPAWNER_ENDED);
	assert_int_equal(told, 3 << 8);
	unmake(&f);
}

static void
test_spawner__its_loss_shows(void **state)
{
	struct fix f;
	struct err e;
	int told = 0, line;

	(void)state;
	make(&f);
	start(&f, "exec cat <&3");
	kill(f.spawner.pid, SIGKILL);
	assert_int_equal(report(f.line, &told), SPAWNER_LOST);
	wait_for(f.spawner.fd);
	assert_int_equal(
	    spawner_start(&f.spawner, "/bin/true", f.theirs, &line, &e), -1);
	assert_non_null(strstr(e.msg, "start mufakatd again"));
	unmake(&f);
}

/* --- requests of a wrong shape ---------------------------------------------- */

static void
send_raw(struct fix *f, const char *bytes, size_t n, int nfds)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(8 * sizeof(int))];
	} c = {.space = {0}};
	struct iovec v = {.iov_base = (char *)bytes, .iov_len = n};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	int fds[8];

	for (int i = 0; i < 8; i++)
		fds[i] = f->theirs;
	c.head.cmsg_level = SOL_SOCKET;
	c.head.cmsg_type = SCM_RIGHTS;
	c.head.cmsg_len = CMSG_LEN((size_t)nfds * sizeof(int));
	memcpy(CMSG_DATA(&c.head), fds, (size_t)nfds * sizeof(int));
	if (nfds > 0) {
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE((size_t)nfds * sizeof(int));
	}
	assert_int_equal(sendmsg(f->spawner.fd, &m, MSG_NOSIGNAL), (ssize_t)n);
}

static void
test_spawner__ends_at_a_request_of_a_wrong_shape(void **state)
{
	static char longest[2 * PATH_MAX] = "/bin/../bin/touch";
	static const struct {
		const char *bytes;
		size_t n;
		int fds;
	} wrong[] = {
	    {"/bin/true", 10, 0},
	    {"/bin/true", 10, 1},
	    {"/bin/true", 10, 3},
	    {"/bin/true", 10, 8},
	    {"/bin/true", 9, 2},     /* not ended */
	    {"/bin/true\0x", 12, 2}, /* something behind */
	    {"bin/true", 9, 2},      /* from where? */
	    {"", 1, 2},
	    {"/", 1, 2},
	    {longest, sizeof(longest), 2},
	};

	(void)state;
	memset(longest + strlen(longest), '/', 16);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct fix f;

		make(&f);
		start(&f, FAMILY);
		hear(&f, "up");
		send_raw(&f, wrong[i].bytes, wrong[i].n, wrong[i].fds);
		assert_spawner_ends(&f);
		assert_ends(number(&f, "parent"));
		assert_ends(number(&f, "child"));
		unmake(&f);
	}
}

/* A program that nobody could name to it is refused before. */
static void
test_spawner__is_asked_for_absolute_paths_only(void **state)
{
	struct fix f;
	struct err e;
	int line, told = -1;
	char *longest = mem_zalloc(2 * PATH_MAX);

	(void)state;
	make(&f);
	memset(longest, '/', 2 * PATH_MAX - 1);
	assert_int_equal(
	    spawner_start(&f.spawner, "true", f.theirs, &line, &e), -1);
	assert_int_equal(
	    spawner_start(&f.spawner, "", f.theirs, &line, &e), -1);
	assert_int_equal(
	    spawner_start(&f.spawner, longest, f.theirs, &line, &e), -1);
	start(&f, "exit 0");
	assert_int_equal(report(f.line, &told), SPAWNER_ENDED);
	free(longest);
	unmake(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_spawner__reports_how_what_it_started_ended),
	    cmocka_unit_test(test_spawner__reports_what_cannot_be_started),
	    cmocka_unit_test(
		test_spawner__hands_on_one_descriptor_and_standard_error),
	    cmocka_unit_test(
		test_spawner__starts_with_ordinary_signals_in_a_session_of_its_own),
	    cmocka_unit_test(test_spawner__starts_several_and_no_more),
	    cmocka_unit_test(test_spawner__kills_with_all_of_the_group),
	    cmocka_unit_test(test_spawner__kills_when_the_line_is_let_go),
	    cmocka_unit_test(
		test_spawner__ends_with_its_daemon_and_takes_all_along),
	    cmocka_unit_test(test_spawner__stays_when_all_are_told_to_end),
	    cmocka_unit_test(test_spawner__its_loss_shows),
	    cmocka_unit_test(test_spawner__ends_at_a_request_of_a_wrong_shape),
	    cmocka_unit_test(test_spawner__is_asked_for_absolute_paths_only),
	};

	return cmocka_run_group_tests_name("spawner", tests, NULL, NULL);
}

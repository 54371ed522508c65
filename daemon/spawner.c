#include "spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/i18n.h"

#define CHANNEL    3 /* to the daemon; in what is started, its own */
#define NAME       "mufakat-spawner" /* the kernel keeps 15 characters */
#define CONNECTION (SOCK_SEQPACKET | SOCK_CLOEXEC)

extern char **environ;

struct running {
	pid_t pid; /* 0: none, and the place is free */
	int line;  /* to the daemon */
	bool is_killed;
};

struct state {
	int signals;
	struct running list[SPAWNER_RUNNING_MAX];
};

/* With each request: what the program gets, and its line. */
union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(2 * sizeof(int))];
};

struct report {
	int failed; /* errno, or 0 */
	int status;
};

/* --- the process ----------------------------------------------------------- */

static void
report(int line, int failed, int status)
{
	struct report r = {failed, status};

	send(line, &r, sizeof(r), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(line);
}

/* It is not reaped, so that its number is its own. */
static void
kill_group(struct running *r)
{
	if (r->pid != 0)
		kill(-r->pid, SIGKILL);
	r->is_killed = true;
}

static void
reap(struct state *s)
{
	struct signalfd_siginfo said;

	/* one may stand for several */
	while (read(s->signals, &said, sizeof(said)) > 0)
		;
	for (struct running *r = s->list; r < s->list + SPAWNER_RUNNING_MAX;
	     r++) {
		int status;

		if (r->pid == 0 || waitpid(r->pid, &status, WNOHANG) != r->pid)
			continue;
		report(r->line, 0, status);
		r->pid = 0;
	}
}

static _Noreturn void
end(struct state *s)
{
	for (size_t i = 0; i < SPAWNER_RUNNING_MAX; i++)
		kill_group(&s->list[i]);
	for (size_t i = 0; i < SPAWNER_RUNNING_MAX; i++)
		if (s->list[i].pid != 0)
			waitpid(s->list[i].pid, NULL, 0);
	_exit(0);
}

/* Returns 0 when it has been started, in a session of its own, else errno. */
static int
start(const char *program, int fd, pid_t *ret)
{
	char *args[] = {(char *)program, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int rv;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID |
					   POSIX_SPAWN_SETSIGMASK |
					   POSIX_SPAWN_SETSIGDEF);
	rv = posix_spawn_file_actions_adddup2(&files, fd, CHANNEL);
	if (rv == 0)
		rv = posix_spawn_file_actions_addclosefrom_np(
		    &files, CHANNEL + 1);
	if (rv == 0)
		rv = posix_spawn(ret, program, &files, &how, args, environ);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return rv;
}

static struct running *
free_place(struct state *s)
{
	for (size_t i = 0; i < SPAWNER_RUNNING_MAX; i++)
		if (s->list[i].pid == 0)
			return &s->list[i];
	return NULL;
}

static void
serve_request(struct state *s, const char *program, const int fds[2])
{
	struct running *r = free_place(s);
	pid_t pid = 0;
	int failed = r != NULL ? start(program, fds[0], &pid) : EAGAIN;

	close(fds[0]);
	if (failed != 0)
		report(fds[1], failed, 0);
	else
		*r = (struct running){.pid = pid, .line = fds[1]};
}

/* False if the daemon has ended or says what it never does. */
static bool
take_request(struct state *s)
{
	char program[PATH_MAX] = "";
	int fds[2];
	struct iovec v = {.iov_base = program, .iov_len = sizeof(program)};
	union control c = {.space = {0}};
	struct msghdr m = {.msg_iov = &v,
	    .msg_iovlen = 1,
	    .msg_control = &c,
	    .msg_controllen = sizeof(c)};
	ssize_t n = recvmsg(CHANNEL, &m, MSG_CMSG_CLOEXEC);

	if (n == -1 && errno == EINTR)
		return true;
	if (n < 2 || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
	    m.msg_controllen != sizeof(c) || c.head.cmsg_type != SCM_RIGHTS ||
	    c.head.cmsg_len != CMSG_LEN(sizeof(fds)) || program[0] != '/' ||
	    memchr(program, '\0', (size_t)n) != program + n - 1)
		return false;
	memcpy(fds, CMSG_DATA(&c.head), sizeof(fds));
	serve_request(s, program, fds);
	return true;
}

static _Noreturn void
serve(struct state *s)
{
	bool more = true;

	while (more) {
		struct pollfd p[2 + SPAWNER_RUNNING_MAX] = {
		    {.fd = CHANNEL, .events = POLLIN},
		    {.fd = s->signals, .events = POLLIN}};

		for (size_t i = 0; i < SPAWNER_RUNNING_MAX; i++) {
			struct running *r = &s->list[i];
			bool watched = r->pid != 0 && !r->is_killed;

			p[2 + i] = (struct pollfd){
			    .fd = watched ? r->line : -1, .events = POLLIN};
		}
		if (poll(p, 2 + SPAWNER_RUNNING_MAX, -1) == -1) {
			more = errno == EINTR;
			continue;
		}
		if (p[1].revents != 0)
			reap(s);
		for (size_t i = 0; i < SPAWNER_RUNNING_MAX; i++)
			if (p[2 + i].revents != 0)
				kill_group(&s->list[i]);
		if (p[0].revents != 0)
			more = take_request(s);
	}
	end(s);
}

/* Standard error stays, for the transfer to write to; the terminal and
 * whoever reads our output do not. */
static bool
let_go(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 || dup2(fd, CHANNEL) == -1 ||
	    fcntl(CHANNEL, F_SETFD, FD_CLOEXEC) == -1)
		return false;
	closefrom(CHANNEL + 1);
	setsid();
	return true;
}

static _Noreturn void
begin(int fd)
{
	struct state s = {.signals = -1};
	sigset_t child;

	if (!let_go(fd))
		_exit(127);
	prctl(PR_SET_NAME, NAME);
	/* a service manager tells all of us to end: the daemon ends us when it
	 * has ended what it is at */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	s.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.signals == -1)
		_exit(127);
	serve(&s);
}

/* --- seen from the daemon -------------------------------------------------- */

int
spawner_open(struct spawner *s, struct err *e)
{
	int fds[2];

	*s = (struct spawner){0, -1};
	if (socketpair(AF_UNIX, CONNECTION, 0, fds) == -1)
		return err_sys(e, _("cannot start what starts transfers"));
	s->pid = fork();
	if (s->pid == 0)
		begin(fds[1]);
	close(fds[1]);
	if (s->pid == -1) {
		s->pid = 0;
		err_sys(e, _("cannot start what starts transfers"));
		close(fds[0]);
		return -1;
	}
	s->fd = fds[0];
	return 0;
}

void
spawner_close(struct spawner *s)
{
	if (s->pid == 0)
		return;
	close(s->fd);
	while (waitpid(s->pid, NULL, 0) == -1 && errno == EINTR)
		;
	*s = (struct spawner){0, -1};
}

static int
send_request(int channel, const char *program, const int fds[2])
{
	struct iovec v = {
	    .iov_base = (char *)program, .iov_len = strlen(program) + 1};
	union control c = {.space = {0}};
	struct msghdr m = {.msg_iov = &v,
	    .msg_iovlen = 1,
	    .msg_control = &c,
	    .msg_controllen = sizeof(c)};

	if (v.iov_len > PATH_MAX || program[0] != '/') {
		errno = ENOENT;
		return -1;
	}
	c.head.cmsg_level = SOL_SOCKET;
	c.head.cmsg_type = SCM_RIGHTS;
	c.head.cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(&c.head), fds, 2 * sizeof(int));
	return sendmsg(channel, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == -1 ? -1 : 0;
}

int
spawner_start(const struct spawner *s, const char *program, int fd,
    int *ret_line, struct err *e)
{
	int line[2], rv;

	if (socketpair(AF_UNIX, CONNECTION, 0, line) == -1)
		return err_sys(e, _("cannot start '%s'"), program);
	rv = send_request(s->fd, program, (int[2]){fd, line[1]});
	if (rv == -1 && (errno == EPIPE || errno == ECONNRESET))
		spawner_lost(e);
	else if (rv == -1)
		err_sys(e, _("cannot start '%s'"), program);
	close(line[1]);
	if (rv == -1)
		close(line[0]);
	else
		*ret_line = line[0];
	return rv;
}

void
spawner_kill(int line)
{
	shutdown(line, SHUT_WR);
}

enum spawner_report
spawner_report(int line, int *ret)
{
	struct report r;
	ssize_t n = recv(line, &r, sizeof(r), MSG_DONTWAIT);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return SPAWNER_NOT_YET;
	if (n != sizeof(r))
		return SPAWNER_LOST;
	*ret = r.failed != 0 ? r.failed : r.status;
	return r.failed != 0 ? SPAWNER_NOT_STARTED : SPAWNER_ENDED;
}

int
spawner_lost(struct err *e)
{
	return err_set(e, ERR_SYSTEM,
	    _("the process that starts transfers has ended: start mufakatd "
	      "again"));
}

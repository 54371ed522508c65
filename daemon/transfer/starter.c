#include "starter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/i18n.h"
#include "ssh.h"
#include "ssh_args.h"

#define ORDER_STOP  's'
#define PATIENCE_MS 300

/* What it was forked with. */
struct known {
	const struct ssh_url *url;
	const char *command;
	bool agent;
	bool create;
	int fd; /* to the round */
};

/* --- one ssh ------------------------------------------------------------- */

struct pipes {
	int in[2];
	int out[2];
	int err[2];
};

static void
close_both(int p[2])
{
	if (p[0] != -1)
		close(p[0]);
	if (p[1] != -1)
		close(p[1]);
}

static void
close_pipes(struct pipes *p)
{
	close_both(p->in);
	close_both(p->out);
	close_both(p->err);
}

/* In the child, between fork and exec. */
static _Noreturn void
become(char **args, const struct pipes *p, bool agent, pid_t parent)
{
	/* no terminal to ask on; and when we are killed, so is it */
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	unsetenv("SSH_ASKPASS");
	unsetenv("DISPLAY");
	setenv("SSH_ASKPASS_REQUIRE", "never", 1);
	if (!agent)
		unsetenv("SSH_AUTH_SOCK");
	if (dup2(p->in[0], 0) == -1 || dup2(p->out[1], 1) == -1 ||
	    dup2(p->err[1], 2) == -1)
		_exit(127);
	execvp(args[0], args);
	dprintf(2, STARTER_CANNOT_RUN "'%s': %s\n", args[0], strerror(errno));
	_exit(127);
}

static const char *
program(const struct known *k, char order)
{
	switch (order - 'a') {
	case SERVICE_UPLOAD:
		return "git-upload-pack";
	case SERVICE_RECEIVE:
		return "git-receive-pack";
	case SERVICE_CREATE:
		return k->create ? "git init --bare --quiet" : NULL;
	default:
		return NULL;
	}
}

/* Returns its pid, or -1. */
static pid_t
run(const struct known *k, const char *service, struct pipes *p)
{
	struct ssh_args a;
	pid_t self = getpid(), pid = -1;

	ssh_args_make(&a, k->command, k->url, service);
	if (pipe2(p->in, O_CLOEXEC) == 0 && pipe2(p->out, O_CLOEXEC) == 0 &&
	    pipe2(p->err, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		become(a.list, p, k->agent, self);
	ssh_args_clear(&a);
	return pid;
}

/* --- messages ------------------------------------------------------------ */

/* Three descriptors with one byte. */
union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(3 * sizeof(int))];
};

static ssize_t
send_fds(int fd, const int fds[3])
{
	char byte = 0;
	struct iovec v = {.iov_base = &byte, .iov_len = 1};
	union control c = {.space = {0}};
	struct msghdr m = {.msg_iov = &v,
	    .msg_iovlen = 1,
	    .msg_control = &c,
	    .msg_controllen = sizeof(c)};

	c.head.cmsg_level = SOL_SOCKET;
	c.head.cmsg_type = SCM_RIGHTS;
	c.head.cmsg_len = CMSG_LEN(3 * sizeof(int));
	memcpy(CMSG_DATA(&c.head), fds, 3 * sizeof(int));
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

/* 0 with the descriptors; else errno as the starter sent it. */
static int
receive_fds(int fd, int fds[3])
{
	int failed = 0;
	struct iovec v = {.iov_base = &failed, .iov_len = sizeof(failed)};
	union control c = {.space = {0}};
	struct msghdr m = {.msg_iov = &v,
	    .msg_iovlen = 1,
	    .msg_control = &c,
	    .msg_controllen = sizeof(c)};
	ssize_t n;

	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n != 1 || m.msg_controllen == 0 ||
	    c.head.cmsg_len != CMSG_LEN(3 * sizeof(int)))
		return failed != 0 ? failed : EPIPE;
	memcpy(fds, CMSG_DATA(&c.head), 3 * sizeof(int));
	return 0;
}

/* --- the process --------------------------------------------------------- */

/* Its number, or 0 where it cannot be; the round hears of both. */
static pid_t
start(const struct known *k, char order)
{
	struct pipes p = {{-1, -1}, {-1, -1}, {-1, -1}};
	const char *service = program(k, order);
	int failed = EPERM;
	pid_t pid = -1;

	if (service != NULL) {
		pid = run(k, service, &p);
		failed = errno;
	}
	if (pid != -1)
		send_fds(k->fd, (int[3]){p.in[1], p.out[0], p.err[0]});
	else
		send(k->fd, &failed, sizeof(failed), MSG_NOSIGNAL);
	close_pipes(&p);
	return pid == -1 ? 0 : pid;
}

static bool
ended(pid_t pid, int *status)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += 5) {
		pid_t got = waitpid(pid, status, WNOHANG);

		if (got == pid || (got == -1 && errno != EINTR))
			return true;
		poll(NULL, 0, 5);
	}
	return false;
}

static int
stop(pid_t pid)
{
	int status = 0;

	if (pid == 0 || ended(pid, &status))
		return status;
	kill(pid, SIGTERM);
	if (!ended(pid, &status)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return status;
}

static _Noreturn void
serve(const struct known *k)
{
	pid_t pid = 0;
	char order;
	ssize_t n;

	while ((n = recv(k->fd, &order, 1, 0)) == 1 ||
	       (n == -1 && errno == EINTR)) {
		int status;

		if (n == -1)
			continue;
		status = stop(pid);
		pid = 0;
		if (order == ORDER_STOP)
			send(k->fd, &status, sizeof(status), MSG_NOSIGNAL);
		else
			pid = start(k, order);
	}
	stop(pid);
	_exit(0);
}

/* In the starter: nothing of the round stays open but its socket. */
static _Noreturn void
begin(struct known *k, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || dup2(k->fd, 3) == -1)
		_exit(127);
	k->fd = 3;
	fcntl(3, F_SETFD, FD_CLOEXEC);
	close_range(4, ~0U, 0);
	serve(k);
}

/* --- seen from the round ------------------------------------------------- */

int
starter_open(struct starter *s, const char *command, bool agent, bool create,
    const struct ssh_url *u, struct err *e)
{
	struct known k = {
	    .url = u, .command = command, .agent = agent, .create = create};
	pid_t self = getpid();
	int fds[2];

	*s = (struct starter){0, -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return err_sys(e, _("cannot start ssh"));
	k.fd = fds[1];
	s->pid = fork();
	if (s->pid == 0)
		begin(&k, self);
	close(fds[1]);
	if (s->pid == -1) {
		s->pid = 0;
		err_sys(e, _("cannot start ssh"));
		close(fds[0]);
		return -1;
	}
	s->fd = fds[0];
	return 0;
}

int
starter_start(
    const struct starter *s, enum service what, int fds[3], struct err *e)
{
	char order = (char)('a' + what);

	if (send(s->fd, &order, 1, MSG_NOSIGNAL) == 1)
		errno = receive_fds(s->fd, fds);
	return errno == 0 ? 0 : err_sys(e, _("cannot start ssh"));
}

void
starter_stop(const struct starter *s)
{
	char order = ORDER_STOP;

	send(s->fd, &order, 1, MSG_NOSIGNAL);
}

int
starter_status(const struct starter *s)
{
	int status = -1;
	ssize_t n;

	do
		n = recv(s->fd, &status, sizeof(status), 0);
	while (n == -1 && errno == EINTR);
	return n == sizeof(status) ? status : -1;
}

void
starter_close(struct starter *s)
{
	if (s->pid == 0)
		return;
	close(s->fd);
	waitpid(s->pid, NULL, 0);
	*s = (struct starter){0, -1};
}

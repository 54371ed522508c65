#include "ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/i18n.h"
#include "common/mem.h"

#define TEXT_MAX    4096
#define ARGS_MAX    64
#define CANNOT_RUN  "cannot run "
#define PATIENCE_MS 300

/* --- the command --------------------------------------------------------- */

struct args {
	char *list[ARGS_MAX + 1];
	size_t n;
};

static void
add(struct args *a, const char *s)
{
	if (a->n < ARGS_MAX)
		a->list[a->n++] = mem_strdup(s);
}

static void
add_split(struct args *a, const char *command)
{
	char *copy = mem_strdup(command), *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save))
		add(a, w);
	free(copy);
}

static void
clear_args(struct args *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->list[i]);
}

/* For the shell on the other side, as git quotes it. */
static void
quote(const char *s, struct buf *b)
{
	buf_addc(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'' || *s == '!')
			buf_printf(b, "'\\%c'", *s);
		else
			buf_addc(b, *s);
	}
	buf_addc(b, '\'');
}

static void
build(struct args *a, const char *command, const struct ssh_url *u,
    const char *service)
{
	static const char *const options[] = {
	    "BatchMode=yes",          /* never asks */
	    "ConnectTimeout=20",      /* libgit2 knows no time limits */
	    "ServerAliveInterval=15", /* three times unheard, then it ends */
	    "ForwardAgent=no",
	    "ForwardX11=no",
	    "ClearAllForwardings=yes",
	};
	struct buf b = BUF_INIT;

	add_split(a, command);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		add(a, "-o");
		add(a, options[i]);
	}
	if (u->port != NULL) {
		add(a, "-p");
		add(a, u->port);
	}
	add(a, "--");
	add(a, u->target);
	buf_printf(&b, "%s ", service);
	quote(u->path, &b);
	add(a, buf_str(&b));
	buf_clear(&b);
	a->list[a->n] = NULL;
}

/* --- the process --------------------------------------------------------- */

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
become(struct args *a, const struct pipes *p, bool agent, pid_t parent)
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
	execvp(a->list[0], a->list);
	dprintf(2, CANNOT_RUN "'%s': %s\n", a->list[0], strerror(errno));
	_exit(127);
}

int
ssh_start(struct ssh *s, const char *command, bool agent,
    const struct ssh_url *u, const char *service, struct err *e)
{
	struct pipes p = {{-1, -1}, {-1, -1}, {-1, -1}};
	struct args a = {{NULL}, 0};
	pid_t self = getpid();
	int rv = -1;

	*s = (struct ssh){.in = -1, .out = -1, .err = -1};
	build(&a, command, u, service);
	if (pipe2(p.in, O_CLOEXEC) == -1 || pipe2(p.out, O_CLOEXEC) == -1 ||
	    pipe2(p.err, O_CLOEXEC) == -1) {
		err_sys(e, _("cannot make a pipe"));
		goto out;
	}
	s->pid = fork();
	if (s->pid == 0)
		become(&a, &p, agent, self);
	if (s->pid == -1) {
		s->pid = 0;
		err_sys(e, _("cannot start ssh"));
		goto out;
	}
	s->in = p.in[1];
	s->out = p.out[0];
	s->err = p.err[0];
	p.in[1] = p.out[0] = p.err[0] = -1;
	fcntl(s->in, F_SETFL, O_NONBLOCK);
	fcntl(s->err, F_SETFL, O_NONBLOCK);
	rv = 0;
out:
	close_pipes(&p);
	clear_args(&a);
	return rv;
}

/* Takes what stands on the child's standard error; what exceeds the limit is
 * read and dropped. */
static void
hear(struct ssh *s)
{
	char chunk[1024];
	ssize_t n;

	while (s->err != -1 && (n = read(s->err, chunk, sizeof(chunk))) != -1) {
		if (n == 0) {
			close(s->err);
			s->err = -1;
		} else if (s->text.len < TEXT_MAX) {
			buf_add(&s->text, chunk, (size_t)n);
		}
	}
}

/* Waits until fd is ready, hearing meanwhile what the child says. */
static int
wait_for(struct ssh *s, int fd, short events, struct err *e)
{
	for (;;) {
		struct pollfd p[2] = {
		    {.fd = fd, .events = events},
		    {.fd = s->err, .events = POLLIN},
		};

		if (poll(p, 2, -1) == -1) {
			if (errno == EINTR)
				continue;
			return err_sys(e, _("cannot wait for ssh"));
		}
		if (p[1].revents != 0)
			hear(s);
		if (p[0].revents != 0)
			return 0;
	}
}

int
ssh_read(struct ssh *s, char *p, size_t n, size_t *ret_n, struct err *e)
{
	ssize_t k;

	if (wait_for(s, s->out, POLLIN, e) == -1)
		return -1;
	do
		k = read(s->out, p, n);
	while (k == -1 && errno == EINTR);
	if (k == -1)
		return err_sys(e, _("cannot read from ssh"));
	*ret_n = (size_t)k;
	return 0;
}

int
ssh_write(struct ssh *s, const char *p, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t k = write(s->in, p, n);

		if (k == -1 && errno == EAGAIN) {
			if (wait_for(s, s->in, POLLOUT, e) == -1)
				return -1;
			continue;
		}
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return err_set(
			    e, ERR_OFFLINE, _("ssh ended while we wrote"));
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

static void
pause_ms(int ms)
{
	struct timespec ts = {.tv_nsec = (long)ms * 1000000};

	nanosleep(&ts, NULL);
}

static bool
ended(struct ssh *s, int patience_ms)
{
	for (int waited = 0;; waited += 5) {
		pid_t got = waitpid(s->pid, &s->status, WNOHANG);

		if (got == s->pid || (got == -1 && errno != EINTR))
			return true;
		if (waited >= patience_ms)
			return false;
		hear(s);
		pause_ms(5);
	}
}

void
ssh_stop(struct ssh *s)
{
	if (s->pid == 0)
		return;
	close(s->in);
	close(s->out);
	if (!ended(s, PATIENCE_MS)) {
		kill(s->pid, SIGTERM);
		if (!ended(s, PATIENCE_MS)) {
			kill(s->pid, SIGKILL);
			waitpid(s->pid, &s->status, 0);
		}
	}
	hear(s);
	if (s->err != -1)
		close(s->err);
	s->in = s->out = s->err = -1;
	s->pid = 0;
}

/* --- what it said -------------------------------------------------------- */

/* The last line that is not empty, which is ssh's or git's own reason. */
static void
last_line(const char *text, size_t n, const char **ret, int *ret_len)
{
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	*ret = text + n;
	while (*ret > text && (*ret)[-1] != '\n')
		--*ret;
	*ret_len = (int)(text + n - *ret);
	if (*ret_len > 120)
		*ret_len = 120;
}

static int
explain_changed(const struct ssh_url *u, struct err *e)
{
	/* as it stands in known_hosts */
	if (u->port != NULL && strcmp(u->port, "22") != 0)
		return err_set(e, ERR_UNTRUSTED,
		    _("the host key of '%s' has changed; ask who runs the "
		      "host, then: ssh-keygen -R '[%s]:%s'"),
		    u->host, u->host, u->port);
	return err_set(e, ERR_UNTRUSTED,
	    _("the host key of '%s' has changed; ask who runs the host, "
	      "then: ssh-keygen -R %s"),
	    u->host, u->host);
}

/* What is known to be the user's to mend. */
static int
explain_known(const char *text, const struct ssh_url *u, struct err *e)
{
	const char *option = u->port != NULL ? "-p " : "";
	const char *port = u->port != NULL ? u->port : "";
	const char *space = u->port != NULL ? " " : "";

	if (strstr(text, "IDENTIFICATION HAS CHANGED") != NULL)
		return explain_changed(u, e);
	if (strstr(text, "Host key verification failed") != NULL)
		return err_set(e, ERR_UNTRUSTED,
		    _("the host key of '%s' is not known; connect once with "
		      "'ssh %s%s%s%s' and compare its fingerprint"),
		    u->host, option, port, space, u->target);
	if (strstr(text, "Permission denied (") != NULL)
		return err_set(e, ERR_OFFLINE,
		    _("'%s' refused our key; try: ssh -o BatchMode=yes "
		      "%s%s%s%s"),
		    u->host, option, port, space, u->target);
	if (strstr(text, "not a git repository") != NULL ||
	    strstr(text, "not appear to be a git repository") != NULL)
		return err_set(e, ERR_INPUT,
		    _("'%s' on '%s' is not a git repository; make one there "
		      "with: git init --bare"),
		    u->path, u->host);
	if (strncmp(text, CANNOT_RUN, strlen(CANNOT_RUN)) == 0)
		return err_set(e, ERR_INPUT,
		    _("%.*s; see 'ssh' in mufakatd.conf(5)"),
		    (int)strcspn(text, "\n"), text);
	if (strstr(text, "ommand not found") != NULL ||
	    strstr(text, ": not found") != NULL)
		return err_set(
		    e, ERR_INPUT, _("there is no git on '%s'"), u->host);
	return 0;
}

int
ssh_explain(const struct ssh *s, const struct ssh_url *u, const char *reason,
    struct err *e)
{
	const char *line;
	int len;

	if (explain_known(buf_str(&s->text), u, e) == -1)
		return -1;
	if (reason != NULL)
		return err_set(e, ERR_OFFLINE, _("cannot talk to '%s': %s"),
		    u->host, reason);
	last_line(buf_str(&s->text), s->text.len, &line, &len);
	if (len == 0)
		return err_set(e, ERR_OFFLINE,
		    _("the connection to '%s' ended without a word"), u->host);
	return err_set(
	    e, ERR_OFFLINE, _("cannot reach '%s': %.*s"), u->host, len, line);
}

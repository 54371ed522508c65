#include "ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/i18n.h"

#define TEXT_MAX 4096

/* --- the process --------------------------------------------------------- */

int
ssh_start(
    struct ssh *s, const struct starter *by, enum service what, struct err *e)
{
	int fds[3];

	*s = (struct ssh){.in = -1, .out = -1, .err = -1};
	if (starter_start(by, what, fds, e) == -1)
		return -1;
	s->starter = by;
	s->in = fds[0];
	s->out = fds[1];
	s->err = fds[2];
	fcntl(s->in, F_SETFL, O_NONBLOCK);
	fcntl(s->err, F_SETFL, O_NONBLOCK);
	return 0;
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

void
ssh_stop(struct ssh *s)
{
	struct err e;

	if (s->starter == NULL)
		return;
	close(s->in);
	close(s->out);
	starter_stop(s->starter);
	/* it may have much to say before it can end */
	s->status = wait_for(s, s->starter->fd, POLLIN, &e) == -1
			? -1
			: starter_status(s->starter);
	hear(s);
	if (s->err != -1)
		close(s->err);
	s->in = s->out = s->err = -1;
	s->starter = NULL;
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
	/* perhaps an alias of ssh_config(5), under another name there */
	return err_set(e, ERR_UNTRUSTED,
	    _("the host key of '%s' has changed; ask who runs the host, "
	      "then: ssh-keygen -R %s, or as 'ssh %s' says"),
	    u->host, u->host, u->target);
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
	if (strncmp(text, STARTER_CANNOT_RUN, strlen(STARTER_CANNOT_RUN)) == 0)
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

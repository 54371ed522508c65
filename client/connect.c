#include "client/connect.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/message.h"

#define PATIENCE_MS 5000
#define HOME_SHOWN  190 /* bytes of it that fit a message */

struct link {
	int fd;
	struct buf in;
	bool has_waited; /* the user knows that it takes long */
};

static int
dial(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	memcpy(sun.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* The line that starts the daemon, as a shell takes it. */
static void
down(const char *home, struct err *e)
{
	struct buf b = BUF_INIT;

	for (const char *p = home; *p != '\0'; p++)
		if (*p == '\'')
			buf_adds(&b, "'\\''");
		else
			buf_addc(&b, *p);
	if (b.len <= HOME_SHOWN)
		err_set(e, ERR_OFFLINE,
		    _("no daemon answers; start it: mufakatd --home '%s'"),
		    buf_str(&b));
	else
		err_set(e, ERR_OFFLINE,
		    _("no daemon answers; start it: mufakatd, with the same "
		      "--home"));
	buf_clear(&b);
}

/* A daemon of somebody else would refuse us without a word, and what it says
 * is not to be believed.  Root's may be the service manager, who listens for
 * the daemon that it starts. */
static int
check_owner(int fd, struct err *e)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == -1)
		return err_sys(e, _("cannot tell whose daemon it is"));
	if (cred.uid == geteuid() || cred.uid == 0)
		return 0;
	return err_set(e, ERR_OFFLINE,
	    _("the daemon belongs to another user (uid %lu): run mufakat as "
	      "that user, or name your own office with --home"),
	    (unsigned long)cred.uid);
}

static int
reach(const char *home, int *ret_fd, struct err *e)
{
	char *path = NULL;
	int fd, rv = -1;

	if (message_socket_path(home, &path, e) == -1) {
		down(home, e);
		return -1;
	}
	fd = dial(path);
	if (fd == -1 && errno == EACCES)
		err_set(e, ERR_OFFLINE,
		    _("the daemon is not for this user: run mufakat as the "
		      "owner of '%.150s', or name your own office with "
		      "--home"),
		    home);
	else if (fd == -1)
		down(home, e);
	else if (check_owner(fd, e) == -1)
		close(fd);
	else
		rv = 0;
	free(path);
	if (rv == 0)
		*ret_fd = fd;
	return rv;
}

int
link_open(const char *home_arg, struct link **ret, struct err *e)
{
	char *home;
	int fd, rv;

	if (fs_home(home_arg, &home, e) == -1)
		return -1;
	rv = reach(home, &fd, e);
	free(home);
	if (rv == -1)
		return -1;
	*ret = mem_zalloc(sizeof(**ret));
	(*ret)->fd = fd;
	return 0;
}

void
link_close(struct link *l)
{
	if (l == NULL)
		return;
	close(l->fd);
	buf_clear(&l->in);
	free(l);
}

static int
send_all(int fd, const char *s, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t k = send(fd, s, n, MSG_NOSIGNAL);

		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1 && (errno == EPIPE || errno == ECONNRESET))
			return err_set(e, ERR_SYSTEM,
			    _("the daemon closed the connection: it serves "
			      "its own user only; see its log"));
		if (k == -1)
			return err_sys(e, _("cannot write to the daemon"));
		s += k;
		n -= (size_t)k;
	}
	return 0;
}

static void
await(struct link *l)
{
	struct pollfd p = {.fd = l->fd, .events = POLLIN};

	if (l->has_waited || !isatty(STDERR_FILENO) ||
	    poll(&p, 1, PATIENCE_MS) != 0)
		return;
	l->has_waited = true;
	fputs(
	    _("mufakatd does not answer yet; waiting, ^C ends that\n"), stderr);
}

/* Reads until the buffer holds a line; *ret_len is its length without LF. */
static int
read_line(struct link *l, size_t *ret_len, struct err *e)
{
	size_t from = 0;

	for (;;) {
		const char *lf = l->in.len > from ? memchr(l->in.data + from,
							'\n', l->in.len - from)
						  : NULL;
		ssize_t n;

		if (lf != NULL) {
			*ret_len = (size_t)(lf - l->in.data);
			return 0;
		}
		if (l->in.len > MESSAGE_REPLY_MAX)
			return err_set(e, ERR_SYSTEM,
			    _("the daemon's answer is too long"));
		from = l->in.len;
		buf_reserve(&l->in, 65536);
		await(l);
		n = recv(l->fd, l->in.data + from, 65536, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno != ECONNRESET)
			return err_sys(e, _("cannot read from the daemon"));
		if (n <= 0)
			return err_set(e, ERR_SYSTEM,
			    _("the daemon closed the connection before it "
			      "answered; see its log"));
		l->in.len += (size_t)n;
	}
}

int
link_ask(struct link *l, const json_t *request,
    void (*progress)(const json_t *p), json_t **ret, struct err *e)
{
	struct buf b = BUF_INIT;
	int rv;

	json_write(request, &b);
	buf_addc(&b, '\n');
	rv = b.len > MESSAGE_REQUEST_MAX
		 ? err_set(e, ERR_INPUT, _("too long to be sent to the daemon"))
		 : send_all(l->fd, b.data, b.len, e);
	buf_clear(&b);
	while (rv == 0) {
		size_t len = 0;
		int kind;

		if (read_line(l, &len, e) == -1)
			return -1;
		kind = message_parse_reply(l->in.data, len, ret, e);
		buf_consume(&l->in, len + 1);
		if (kind != 1)
			return kind;
		l->has_waited = true; /* it tells how far it is */
		if (progress != NULL)
			progress(json_object_get(*ret, "progress"));
		json_decref(*ret);
		*ret = NULL;
	}
	return rv;
}

#include "client/connect.h"

#include <errno.h>
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

struct link {
	int fd;
	struct buf in;
};

bool
link_is_down(const struct err *e)
{
	return e->code == ERR_OFFLINE &&
	       strstr(e->msg, "mufakatd --home") != NULL;
}

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

int
link_open(const char *home_arg, struct link **ret, struct err *e)
{
	char *home = NULL, *path = NULL;
	int fd, rv = -1;

	if (fs_home(home_arg, &home, e) == -1 ||
	    message_socket_path(home, &path, e) == -1) {
		if (home != NULL)
			err_set(e, ERR_OFFLINE,
			    _("no daemon for '%s'; start it: mufakatd --home "
			      "'%s'"),
			    home, home);
		goto out;
	}
	fd = dial(path);
	if (fd == -1 && (errno == ENOENT || errno == ECONNREFUSED)) {
		err_set(e, ERR_OFFLINE,
		    _("no daemon for '%s'; start it: mufakatd --home '%s'"),
		    home, home);
		goto out;
	}
	if (fd == -1) {
		err_sys(e, _("cannot reach the daemon at '%s'"), path);
		goto out;
	}
	*ret = mem_zalloc(sizeof(**ret));
	(*ret)->fd = fd;
	rv = 0;
out:
	free(home);
	free(path);
	return rv;
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
		if (k == -1)
			return err_sys(e, _("the daemon went away"));
		s += k;
		n -= (size_t)k;
	}
	return 0;
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
		n = recv(l->fd, l->in.data + from, 65536, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, _("cannot read from the daemon"));
		if (n == 0)
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
		if (progress != NULL)
			progress(json_object_get(*ret, "progress"));
		json_decref(*ret);
		*ret = NULL;
	}
	return rv;
}

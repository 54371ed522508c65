#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/message.h"
#include "server_private.h"

#define BACKLOG     64
#define FLUSH_MS    1000
#define SWEEP_MAX   1000
#define SECOND      ((int64_t)1000)
#define CLIENTS_MAX 64
#define INPUT_MAX   (4 * MESSAGE_REQUEST_MAX)

const struct server_limits server_limits = {
    .clients = CLIENTS_MAX,
    .request_ms = 10 * SECOND,
    .idle_ms = 60 * SECOND,
    .unread_ms = 30 * SECOND,
    .output = MESSAGE_REPLY_MAX,
    .input = INPUT_MAX,
};

/* --- the socket -------------------------------------------------------------- */

static void
address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->sun_path, path, strlen(path)); /* its length was checked */
}

/* 1 if somebody listens there, 0 if nobody does. */
static int
answers(const char *path, struct err *e)
{
	struct sockaddr_un sun;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rv = 1;

	if (fd == -1)
		return err_sys(e, _("cannot make a socket"));
	address(path, &sun);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		if (errno == ECONNREFUSED || errno == ENOENT)
			rv = 0;
		else if (errno != EAGAIN) /* a full queue is an answer */
			rv = err_sys(e, _("cannot tell who owns '%s'"), path);
	}
	close(fd);
	return rv;
}

/* Makes room for the socket. */
static int
clear_place(const char *path, struct err *e)
{
	struct stat st;
	int r;

	if (lstat(path, &st) == -1)
		return errno == ENOENT
			   ? 0
			   : err_sys(e, _("cannot look at '%s'"), path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_INPUT,
		    _("'%s' is in the way and no socket; move it away"), path);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_INPUT,
		    _("'%s' belongs to another user; remove it as that user"),
		    path);
	r = answers(path, e);
	if (r == 1)
		return err_set(
		    e, ERR_CONFLICT, _("another daemon answers at '%s'"), path);
	if (r == 0 && unlink(path) == -1 && errno != ENOENT)
		return err_sys(e, _("cannot remove the old '%s'"), path);
	return r;
}

static int
bind_and_listen(int fd, const char *path, struct err *e)
{
	struct sockaddr_un sun;
	mode_t old = umask(0177); /* 0600 from its first moment */
	int rc;

	address(path, &sun);
	rc = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	umask(old);
	if (rc == -1)
		return err_sys(e, _("cannot make '%s'"), path);
	if (listen(fd, BACKLOG) == -1)
		return err_sys(e, _("cannot listen at '%s'"), path);
	return 0;
}

int
server_listen(const char *home, int *ret_fd, struct err *e)
{
	char *path;
	int fd = -1, rv = -1;

	if (message_socket_path(home, &path, e) == -1)
		return -1;
	if (clear_place(path, e) == -1)
		goto out;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1) {
		err_sys(e, _("cannot make a socket"));
		goto out;
	}
	if (bind_and_listen(fd, path, e) == -1)
		goto out;
	*ret_fd = fd;
	rv = 0;
out:
	if (rv == -1 && fd != -1)
		close(fd);
	free(path);
	return rv;
}

void
server_unlink(const char *home)
{
	struct err e;
	struct stat st;
	char *path;

	if (message_socket_path(home, &path, &e) == -1)
		return;
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	free(path);
}

/* --- clients ----------------------------------------------------------------- */

static void
on_closed(uv_handle_t *h)
{
	struct server *s = h->data;

	if (--s->handles == 0)
		free(s);
}

static void
close_handle(uv_handle_t *h)
{
	if (!uv_is_closing(h))
		uv_close(h, on_closed);
}

static void
end_if_empty(struct server *s)
{
	if (s->nclients > 0)
		return;
	uv_timer_stop(&s->sweep);
	if (!s->is_free)
		return;
	close_handle((uv_handle_t *)&s->sweep);
	close_handle((uv_handle_t *)&s->turn);
}

void
server_dropped(struct server *s, struct client *c)
{
	struct client **at = &s->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	s->nclients--;
	end_if_empty(s);
}

size_t
server_input(const struct server *s)
{
	size_t n = 0;

	for (const struct client *c = s->clients; c != NULL; c = c->next)
		n += c->in.len;
	return n;
}

static void
on_sweep(uv_timer_t *t)
{
	struct server *s = t->data;
	int64_t now = (int64_t)uv_now(s->loop);

	for (struct client *c = s->clients; c != NULL; c = c->next)
		client_check(c, now);
}

static uint64_t
sweep_interval(const struct server_limits *l)
{
	int64_t ms = l->request_ms;

	if (l->idle_ms < ms)
		ms = l->idle_ms;
	if (l->unread_ms < ms)
		ms = l->unread_ms;
	ms = ms / 4 < SWEEP_MAX ? ms / 4 : SWEEP_MAX;
	return (uint64_t)(ms > 0 ? ms : 1);
}

/* One request of each client in a turn of the loop. */
static void
on_turn(uv_idle_t *h)
{
	struct server *s = h->data;

	uv_idle_stop(h); /* an answer with more behind it starts it again */
	s->asked = uv_now(s->loop);
	for (struct client *c = s->clients; c != NULL; c = c->next)
		client_turn(c);
}

void
server_turn(struct server *s)
{
	if (!uv_is_closing((uv_handle_t *)&s->turn))
		uv_idle_start(&s->turn, on_turn);
}

bool
server_is_busy(const struct server *s)
{
	return uv_is_active((const uv_handle_t *)&s->turn) != 0;
}

int64_t
server_quiet_ms(const struct server *s)
{
	return (int64_t)(uv_now(s->loop) - s->asked);
}

static bool
is_ours(struct client *c)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)&c->pipe, &fd) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == -1)
		return false;
	if (cred.uid == geteuid())
		return true;
	log_warn("refused", "uid=%lu", (unsigned long)cred.uid);
	return false;
}

static void
on_connection(uv_stream_t *st, int status)
{
	struct server *s = st->data;
	struct client *c;

	if (status < 0) {
		log_warn("refused", "error=\"%s\"", uv_strerror(status));
		return;
	}
	c = client_new(s);
	c->next = s->clients;
	s->clients = c;
	s->nclients++;
	if (uv_accept(st, (uv_stream_t *)&c->pipe) != 0 || !is_ours(c)) {
		client_close(c);
		return;
	}
	if (s->nclients > s->limits.clients) {
		log_warn("refused", "clients=%zu", s->nclients - 1);
		client_close(c);
		return;
	}
	uv_timer_start(&s->sweep, on_sweep, sweep_interval(&s->limits),
	    sweep_interval(&s->limits));
	client_start(c);
}

/* --- beginning and end --------------------------------------------------------- */

struct server *
server_new(struct uv_loop_s *loop, int fd, const struct server_limits *limits,
    void (*run)(struct office *o, struct client *c, const json_t *req),
    struct office *o)
{
	struct server *s = mem_zalloc(sizeof(*s));
	int rc;

	s->loop = loop;
	s->limits = *limits;
	s->run = run;
	s->office = o;
	uv_pipe_init(loop, &s->listener, 0);
	uv_timer_init(loop, &s->sweep);
	uv_idle_init(loop, &s->turn);
	s->listener.data = s->sweep.data = s->turn.data = s;
	s->handles = 3;
	rc = uv_pipe_open(&s->listener, fd);
	if (rc == 0)
		rc = uv_listen(
		    (uv_stream_t *)&s->listener, BACKLOG, on_connection);
	if (rc != 0)
		log_error("listen", "error=\"%s\"", uv_strerror(rc));
	return s;
}

static void
on_late(uv_timer_t *t)
{
	struct server *s = t->data;

	for (struct client *c = s->clients; c != NULL; c = c->next)
		client_close(c);
}

void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	s->is_free = true;
	close_handle((uv_handle_t *)&s->listener);
	uv_idle_stop(&s->turn);
	for (struct client *c = s->clients; c != NULL; c = c->next) {
		buf_clear(&c->in); /* requests that wait are not run any more */
		c->scanned = 0;
		client_end(c);
	}
	uv_timer_start(&s->sweep, on_late, FLUSH_MS, 0);
	end_if_empty(s);
}

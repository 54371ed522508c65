#include "transfer_peer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "spawner.h"

#define CHUNK     (64 * 1024)
#define LINGER_MS 2000 /* from its end to the end of what it wrote */

struct peer {
	struct peer_events ev;
	char *program;
	int line_fd;    /* to the spawner */
	uv_poll_t line; /* a handle only while line.data is set */
	uv_pipe_t pipe;
	uv_idle_t idle; /* runs while "in" may hold a whole frame */
	uv_timer_t timer;
	int handles; /* not closed yet */
	struct buf in;
	struct err why; /* the first thing that went wrong */
	bool is_running;
	bool is_over; /* nothing more can be read */
	bool is_free; /* the owner has let go */
	bool is_told; /* gone() was called */
	int status;   /* as waitpid() tells it */
};

struct output {
	uv_write_t req;
	struct buf b;
};

/* --- the end --------------------------------------------------------------- */

static void
on_closed(uv_handle_t *h)
{
	struct peer *p = h->data;

	if (--p->handles > 0)
		return;
	if (p->line_fd != -1)
		close(p->line_fd);
	buf_clear(&p->in);
	free(p->program);
	free(p);
}

static void
close_handle(uv_handle_t *h)
{
	if (!uv_is_closing(h))
		uv_close(h, on_closed);
}

static void
close_handles(struct peer *p)
{
	if (p->line.data != NULL)
		close_handle((uv_handle_t *)&p->line);
	close_handle((uv_handle_t *)&p->pipe);
	close_handle((uv_handle_t *)&p->idle);
	close_handle((uv_handle_t *)&p->timer);
}

static void
blame(struct peer *p, enum err_code code, const char *what)
{
	if (p->why.code == ERR_NONE)
		err_set(&p->why, code, "%s", what);
}

static void
kill_group(struct peer *p)
{
	if (p->is_running)
		spawner_kill(p->line_fd);
}

/* All is read and it is reaped: tells the owner, once. */
static void
settle(struct peer *p)
{
	if (p->is_running || !p->is_over || p->is_told)
		return;
	p->is_told = true;
	uv_timer_stop(&p->timer);
	uv_idle_stop(&p->idle);
	if (p->status != 0)
		blame(p, ERR_SYSTEM,
		    _("the transfer ended before its round did"));
	if (p->is_free) {
		close_handles(p);
		return;
	}
	p->ev.gone(p->ev.arg, &p->why);
}

static void
on_line(uv_poll_t *h, int status, int events)
{
	struct peer *p = h->data;
	int told = 0;
	enum spawner_report what = spawner_report(p->line_fd, &told);

	(void)status;
	(void)events;
	if (what == SPAWNER_NOT_YET)
		return;
	uv_poll_stop(h);
	p->is_running = false;
	if (what == SPAWNER_ENDED)
		p->status = told;
	else if (p->why.code != ERR_NONE)
		;
	else if (what == SPAWNER_LOST)
		spawner_lost(&p->why);
	else
		err_set(&p->why, ERR_SYSTEM, _("cannot start '%s': %s"),
		    p->program, strerror(told));
	/* a child of its own may still hold the socket */
	if (!p->is_over)
		peer_deadline(p, LINGER_MS);
	settle(p);
}

static void
stop_reading(struct peer *p)
{
	uv_read_stop((uv_stream_t *)&p->pipe);
	uv_idle_stop(&p->idle);
	p->is_over = true;
}

static void
on_deadline(uv_timer_t *t)
{
	struct peer *p = t->data;

	if (p->is_running) {
		blame(
		    p, ERR_OFFLINE, _("no answer in time; trying again later"));
		kill_group(p);
	}
	stop_reading(p);
	settle(p);
}

void
peer_deadline(struct peer *p, int64_t ms)
{
	uv_timer_start(&p->timer, on_deadline, (uint64_t)(ms > 0 ? ms : 0), 0);
}

void
peer_kill(struct peer *p, const struct err *why)
{
	if (p->why.code == ERR_NONE)
		p->why = *why;
	kill_group(p);
	stop_reading(p);
	settle(p);
}

void
peer_free(struct peer *p)
{
	if (p == NULL)
		return;
	p->is_free = true;
	kill_group(p);
	stop_reading(p);
	if (!p->is_told) {
		settle(p);
		return;
	}
	close_handles(p);
}

/* --- reading --------------------------------------------------------------- */

static void start_reading(struct peer *p);

/* One frame a turn. */
static void
on_idle(uv_idle_t *h)
{
	struct peer *p = h->data;
	struct frame f = {0};
	struct err e = {0};
	size_t used = 0;
	int got = frame_parse(p->in.data, p->in.len, &f, &used, &e);

	if (got == -1) {
		peer_kill(p, &e);
		return;
	}
	if (got == 0) {
		uv_idle_stop(h);
		if (!p->is_over)
			start_reading(p);
		return;
	}
	if (!p->is_free)
		p->ev.frame(p->ev.arg, &f);
	frame_clear(&f);
	/* the handler may have ended it: its memory lives until it is closed */
	buf_consume(&p->in, used);
}

static void
on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	struct peer *p = h->data;

	(void)suggested;
	buf_reserve(&p->in, CHUNK);
	*b = uv_buf_init(p->in.data + p->in.len, CHUNK);
}

/* Reading rests while what has come is worked on: the socket's buffer is all
 * that the other side can fill. */
static void
on_read(uv_stream_t *st, ssize_t n, const uv_buf_t *b)
{
	struct peer *p = st->data;

	(void)b;
	if (n == 0)
		return;
	if (n < 0) {
		stop_reading(p);
		settle(p);
		return;
	}
	p->in.len += (size_t)n;
	uv_read_stop(st);
	uv_idle_start(&p->idle, on_idle);
}

static void
start_reading(struct peer *p)
{
	uv_read_start((uv_stream_t *)&p->pipe, on_alloc, on_read);
}

/* --- writing --------------------------------------------------------------- */

static void
on_written(uv_write_t *req, int status)
{
	struct output *o = req->data;

	(void)status; /* a broken pipe shows as the end of the process */
	buf_clear(&o->b);
	free(o);
}

void
peer_send(struct peer *p, enum frame_type type, json_t *json, const void *bytes,
    size_t n)
{
	struct output *o = mem_zalloc(sizeof(*o));
	uv_buf_t b;

	frame_write(&o->b, type, json, bytes, n);
	json_decref(json);
	o->req.data = o;
	b = uv_buf_init(o->b.data, (unsigned)o->b.len);
	if (uv_is_closing((uv_handle_t *)&p->pipe) ||
	    uv_write(&o->req, (uv_stream_t *)&p->pipe, &b, 1, on_written) != 0)
		on_written(&o->req, -1);
}

/* --- starting -------------------------------------------------------------- */

static void
init_handles(struct peer *p, uv_loop_t *loop)
{
	uv_pipe_init(loop, &p->pipe, 0);
	uv_idle_init(loop, &p->idle);
	uv_timer_init(loop, &p->timer);
	p->pipe.data = p->idle.data = p->timer.data = p;
	p->handles = 3;
}

/* What is open at a failure is closed with the handles. */
static int
spawn(struct peer *p, uv_loop_t *loop, const struct spawner *s, struct err *e)
{
	int fds[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		return err_sys(e, _("cannot start '%s'"), p->program);
	rc = spawner_start(s, p->program, fds[1], &p->line_fd, e);
	close(fds[1]);
	if (rc == -1) {
		close(fds[0]);
		return -1;
	}
	rc = uv_pipe_open(&p->pipe, fds[0]);
	if (rc != 0)
		close(fds[0]);
	else
		rc = uv_poll_init(loop, &p->line, p->line_fd);
	if (rc != 0)
		return err_set(e, ERR_SYSTEM, _("cannot start '%s': %s"),
		    p->program, uv_strerror(rc));
	p->line.data = p;
	p->handles++;
	uv_poll_start(&p->line, UV_READABLE, on_line);
	return 0;
}

int
peer_spawn(struct uv_loop_s *loop, const struct spawner *s, const char *program,
    const struct peer_events *ev, struct peer **ret, struct err *e)
{
	struct peer *p = mem_zalloc(sizeof(*p));

	p->ev = *ev;
	p->program = mem_strdup(program);
	p->line_fd = -1;
	init_handles(p, loop);
	if (spawn(p, loop, s, e) == -1) {
		p->is_free = p->is_told = p->is_over = true;
		peer_free(p);
		return -1;
	}
	p->is_running = true;
	start_reading(p);
	*ret = p;
	return 0;
}

#include "server_private.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/message.h"

#define CHUNK        (64 * 1024)
#define PROGRESS_MAX (256 * 1024) /* waiting bytes that silence progress */

/* --- end ------------------------------------------------------------------- */

static void
on_closed(uv_handle_t *h)
{
	struct client *c = h->data;
	struct server *s = c->server;

	server_dropped(s, c);
	buf_clear(&c->in);
	free(c);
}

void
client_close(struct client *c)
{
	void (*gone)(void *arg) = c->gone;

	if (c->is_closing)
		return;
	c->is_closing = true;
	c->gone = NULL;
	uv_close((uv_handle_t *)&c->pipe, on_closed);
	if (gone != NULL)
		gone(c->arg);
}

static size_t
unwritten(const struct client *c)
{
	return uv_stream_get_write_queue_size((const uv_stream_t *)&c->pipe);
}

static void
settle(struct client *c)
{
	if (c->is_ending && !c->is_at_hand && unwritten(c) == 0 &&
	    !client_has_request(c))
		client_close(c);
}

void
client_end(struct client *c)
{
	c->is_ending = true;
	if (!c->is_closing)
		uv_read_stop((uv_stream_t *)&c->pipe);
	settle(c);
}

/* --- writing ---------------------------------------------------------------- */

struct output {
	uv_write_t req;
	struct client *client;
	struct buf b;
};

static void
on_written(uv_write_t *req, int status)
{
	struct output *o = req->data;
	struct client *c = o->client;

	buf_clear(&o->b);
	free(o);
	if (status < 0)
		client_close(c);
	else
		settle(c);
}

/* Takes the bytes.  A client that is gone, or that has let too much wait, is
 * not written to. */
static void
put(struct client *c, struct buf *b)
{
	struct output *o;
	uv_buf_t u;

	if (c->is_closing || unwritten(c) + b->len > c->server->limits.output) {
		buf_clear(b);
		client_close(c);
		return;
	}
	o = mem_zalloc(sizeof(*o));
	o->req.data = o;
	o->client = c;
	o->b = *b;
	if (unwritten(c) == 0)
		c->taken = (int64_t)uv_now(c->server->loop);
	u = uv_buf_init(o->b.data, (unsigned)o->b.len);
	if (uv_write(&o->req, (uv_stream_t *)&c->pipe, &u, 1, on_written) !=
	    0) {
		buf_clear(&o->b);
		free(o);
		client_close(c);
	}
}

static void start_reading(struct client *c);

static void
answered(struct client *c)
{
	c->is_at_hand = false;
	c->gone = NULL;
	c->since = (int64_t)uv_now(c->server->loop);
	if (c->is_closing)
		return;
	if (client_has_request(c))
		server_turn(c->server);
	else if (c->is_ending)
		settle(c);
	else
		start_reading(c);
}

void
client_reply(struct client *c, json_t *fields)
{
	struct buf b = BUF_INIT;

	message_ok(&b, fields);
	put(c, &b);
	answered(c);
}

void
client_fail(struct client *c, const struct err *e)
{
	struct buf b = BUF_INIT;

	message_error(&b, e);
	put(c, &b);
	answered(c);
}

void
client_progress(struct client *c, json_t *fields)
{
	struct buf b = BUF_INIT;

	if (c->is_closing || unwritten(c) > PROGRESS_MAX) {
		json_decref(fields);
		return;
	}
	message_progress(&b, fields);
	put(c, &b);
}

void
client_keep(struct client *c, void (*gone)(void *arg), void *arg)
{
	c->gone = gone;
	c->arg = arg;
}

/* --- requests --------------------------------------------------------------- */

bool
client_has_request(const struct client *c)
{
	return c->in.len > c->scanned && memchr(c->in.data + c->scanned, '\n',
					     c->in.len - c->scanned) != NULL;
}

/* What does not read ends the connection: nobody knows where the next
 * request would begin. */
static void
refuse(struct client *c, const struct err *e)
{
	log_warn("refused", "reason=\"%s\"", e->msg);
	c->is_at_hand = true;
	c->is_ending = true;
	buf_clear(&c->in);
	c->scanned = 0;
	uv_read_stop((uv_stream_t *)&c->pipe);
	client_fail(c, e);
}

static void
run(struct client *c, json_t *req)
{
	struct server *s = c->server;
	struct err e;

	c->is_at_hand = true;
	s->run(s->office, c, req);
	json_decref(req);
	if (c->is_at_hand && c->gone == NULL && !c->is_closing) {
		err_set(&e, ERR_SYSTEM, _("the request was not answered"));
		client_fail(c, &e);
	}
}

void
client_turn(struct client *c)
{
	const char *lf;
	json_t *req;
	struct err e = {0};
	size_t n;
	int rv;

	if (c->is_closing || c->is_at_hand || !client_has_request(c))
		return;
	lf = memchr(c->in.data + c->scanned, '\n', c->in.len - c->scanned);
	n = (size_t)(lf - c->in.data);
	rv = message_parse_request(c->in.data, n, &req, &e);
	if (rv == -1) {
		refuse(c, &e);
		return;
	}
	buf_consume(&c->in, n + 1);
	c->scanned = 0;
	if (c->in.len == 0)
		buf_clear(&c->in);
	run(c, req);
}

/* --- reading ---------------------------------------------------------------- */

static void
on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	struct client *c = h->data;

	(void)suggested;
	buf_reserve(&c->in, CHUNK);
	*b = uv_buf_init(c->in.data + c->in.len, CHUNK);
}

/* The client has closed its end.  What it asked for it may still read; but
 * for a late answer it would have to be there. */
static void
on_end(struct client *c)
{
	if (c->gone != NULL)
		client_close(c);
	else
		client_end(c);
}

static void
on_read(uv_stream_t *st, ssize_t n, const uv_buf_t *b)
{
	struct client *c = st->data;
	struct err e;
	bool crowded;

	(void)b;
	if (n < 0) {
		on_end(c);
		return;
	}
	if (n == 0)
		return;
	if (c->in.len == 0)
		c->since = (int64_t)uv_now(c->server->loop);
	c->in.len += (size_t)n;
	if (client_has_request(c)) {
		if (!c->is_at_hand)
			server_turn(c->server);
		if (c->in.len > MESSAGE_REQUEST_MAX)
			uv_read_stop(st); /* the rest can wait */
		return;
	}
	c->scanned = c->in.len;
	crowded = c->in.len > CHUNK &&
		  server_input(c->server) > c->server->limits.input;
	if (c->in.len <= MESSAGE_REQUEST_MAX && !crowded)
		return;
	if (c->is_at_hand) {
		uv_read_stop(st);
		return;
	}
	err_set(&e, ERR_INPUT, "%s",
	    crowded ? _("too many long requests at once: try again")
		    : _("request is too long"));
	refuse(c, &e);
}

static void
start_reading(struct client *c)
{
	uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
}

/* --- time ------------------------------------------------------------------- */

void
client_check(struct client *c, int64_t now)
{
	const struct server_limits *l = &c->server->limits;
	size_t waiting = unwritten(c);

	if (c->is_closing)
		return;
	if (waiting > 0) {
		if (waiting < c->waiting)
			c->taken = now;
		c->waiting = waiting;
		if (now - c->taken >= l->unread_ms)
			client_close(c);
		return;
	}
	c->waiting = 0;
	if (c->is_at_hand || client_has_request(c))
		return;
	if (now - c->since >= (c->in.len > 0 ? l->request_ms : l->idle_ms))
		client_close(c);
}

struct client *
client_new(struct server *s)
{
	struct client *c = mem_zalloc(sizeof(*c));

	c->server = s;
	c->since = (int64_t)uv_now(s->loop);
	uv_pipe_init(s->loop, &c->pipe, 0);
	c->pipe.data = c;
	return c;
}

void
client_start(struct client *c)
{
	start_reading(c);
}

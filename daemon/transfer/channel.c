#include "channel.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/i18n.h"

#define PROGRESS_MS 250
#define CHUNK       65536

void
channel_init(struct channel *c, int fd)
{
	*c = (struct channel){.fd = fd};
}

void
channel_clear(struct channel *c)
{
	buf_clear(&c->in);
	buf_clear(&c->out);
}

static int
fill(struct channel *c, struct err *e)
{
	ssize_t n;

	buf_reserve(&c->in, CHUNK);
	do
		n = read(c->fd, c->in.data + c->in.len, CHUNK);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_sys(e, _("cannot read from the daemon"));
	if (n == 0)
		return err_set(e, ERR_OFFLINE, _("the daemon has gone"));
	c->in.len += (size_t)n;
	return 0;
}

int
channel_read(struct channel *c, struct frame *ret, struct err *e)
{
	buf_consume(&c->in, c->used);
	c->used = 0;
	for (;;) {
		int got = frame_parse(c->in.data, c->in.len, ret, &c->used, e);

		if (got == -1)
			return -1;
		if (got == 1)
			return 0;
		if (fill(c, e) == -1)
			return -1;
	}
}

static int
flush(struct channel *c, struct err *e)
{
	size_t done = 0;

	while (done < c->out.len) {
		ssize_t n = send(
		    c->fd, c->out.data + done, c->out.len - done, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_set(
			    e, ERR_OFFLINE, _("the daemon has gone"));
		done += (size_t)n;
	}
	buf_reset(&c->out);
	return 0;
}

int
channel_send(struct channel *c, enum frame_type type, json_t *json,
    const void *bytes, size_t n, struct err *e)
{
	frame_write(&c->out, type, json, bytes, n);
	json_decref(json);
	return flush(c, e);
}

static int64_t
monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
channel_moved(struct channel *c, size_t bytes)
{
	struct err e;
	int64_t now = monotonic_ms();

	c->moved += (int64_t)bytes;
	if (c->last_ms == 0)
		c->last_ms = now;
	if (now - c->last_ms < PROGRESS_MS || c->moved == c->last_moved)
		return 0;
	c->last_ms = now;
	c->last_moved = c->moved;
	return channel_send(c, FRAME_PROGRESS,
	    json_pack("{s:I,s:I,s:I}", "received", (json_int_t)c->moved,
		"objects", (json_int_t)c->objects, "total",
		(json_int_t)c->total),
	    NULL, 0, &e);
}

void
channel_objects(struct channel *c, size_t objects, size_t total)
{
	c->objects = (int64_t)objects;
	c->total = (int64_t)total;
}

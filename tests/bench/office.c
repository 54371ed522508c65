#include "office.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"
#include "common/message.h"

#define CHUNK (256 * 1024)

void
office_connect(struct office_line *o, const char *home)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct err e;
	char *path;

	if (message_socket_path(home, &path, &e) == -1)
		DIE("%s", e.msg);
	memcpy(sun.sun_path, path, strlen(path));
	o->in = (struct buf)BUF_INIT;
	o->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (o->fd == -1 ||
	    connect(o->fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		DIE("cannot reach '%s': %s", path, strerror(errno));
	free(path);
}

void
office_close(struct office_line *o)
{
	close(o->fd);
	buf_clear(&o->in);
}

void
office_send(struct office_line *o, json_t *req)
{
	char *text = json_dumps(req, JSON_COMPACT);
	size_t n = strlen(text);

	text[n++] = '\n'; /* in place of the NUL */
	for (size_t at = 0; at < n;) {
		ssize_t r = write(o->fd, text + at, n - at);

		if (r == -1 && errno != EINTR)
			DIE("cannot send: %s", strerror(errno));
		at += r > 0 ? (size_t)r : 0;
	}
	free(text);
	json_decref(req);
}

/* false when nothing came in time. */
static bool
read_more(struct office_line *o, int ms)
{
	struct pollfd p = {.fd = o->fd, .events = POLLIN};
	ssize_t r;

	if (poll(&p, 1, ms) < 1)
		return false;
	buf_reserve(&o->in, CHUNK);
	r = read(o->fd, o->in.data + o->in.len, CHUNK);
	if (r < 1)
		DIE("the daemon has hung up");
	o->in.len += (size_t)r;
	return true;
}

/* One line that has come, or NULL. */
static json_t *
take_line(struct office_line *o)
{
	char *end = o->in.len > 0 ? memchr(o->in.data, '\n', o->in.len) : NULL;
	json_t *j;
	size_t n;

	if (end == NULL)
		return NULL;
	n = (size_t)(end - o->in.data);
	j = json_loadb(o->in.data, n, 0, NULL);
	if (j == NULL)
		DIE("not JSON: %.*s", (int)n, o->in.data);
	buf_consume(&o->in, n + 1);
	return j;
}

size_t
office_wait(struct office_line *o)
{
	const char *end = NULL;

	while (o->in.len == 0 ||
	       (end = memchr(o->in.data, '\n', o->in.len)) == NULL)
		read_more(o, -1);
	return (size_t)(end - o->in.data);
}

json_t *
office_reply(struct office_line *o, int ms)
{
	for (;;) {
		json_t *j = take_line(o);

		if (j != NULL && json_object_get(j, "progress") == NULL)
			return j;
		json_decref(j);
		if (j == NULL && !read_more(o, ms))
			return NULL;
	}
}

bool
office_ok(const json_t *reply)
{
	return json_is_true(json_object_get(reply, "ok"));
}

json_t *
office_ask(struct office_line *o, json_t *req)
{
	json_t *j;

	office_send(o, req);
	j = office_reply(o, -1);
	if (!office_ok(j))
		DIE("refused: %s", json_dumps(j, 0));
	return j;
}

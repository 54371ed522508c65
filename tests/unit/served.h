/*
 * served: a server on a socket of its own, and clients that say to it what
 * they like.
 */
#ifndef TESTS_SERVED_H
#define TESTS_SERVED_H

#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "common/jscan.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/message.h"
#include "daemon/server.h"

#define PATIENCE_MS 5000 /* that something has to happen within */

struct office {
	int runs;
	int gone;
	struct client *kept;
};

struct fixture {
	struct scratch s;
	uv_loop_t loop;
	uv_timer_t tick; /* so that the loop turns while nothing happens */
	struct server *server;
	struct office office;
};

static inline void
on_gone(void *arg)
{
	struct office *o = arg;

	o->gone++;
	o->kept = NULL;
}

/* echo: says "x" again; big: "n" bytes; keep: no answer yet; none: never. */
static inline void
run(struct office *o, struct client *c, const json_t *req)
{
	const char *verb = json_get_str(req, "do");
	int64_t n = 0;
	char *text;

	o->runs++;
	if (strcmp(verb, "echo") == 0) {
		client_reply(
		    c, json_pack("{s:O?}", "x", json_object_get(req, "x")));
	} else if (strcmp(verb, "big") == 0) {
		assert_int_equal(json_get_int(req, "n", &n), 0);
		text = mem_alloc((size_t)n);
		memset(text, 'a', (size_t)n);
		client_reply(c, json_pack("{s:s%}", "text", text, (size_t)n));
		free(text);
	} else if (strcmp(verb, "keep") == 0) {
		client_keep(c, on_gone, o);
		o->kept = c;
		client_progress(c, json_pack("{s:i}", "n", 1));
	}
}

static inline void
on_tick(uv_timer_t *t)
{
	(void)t;
}

static inline void
begin(struct fixture *f, const struct server_limits *limits)
{
	struct err e;
	int fd;

	memset(f, 0, sizeof(*f));
	log_setup(LOG_LEVEL_ERROR, 0);
	signal(SIGPIPE, SIG_IGN);
	scratch_make(&f->s);
	uv_loop_init(&f->loop);
	uv_timer_init(&f->loop, &f->tick);
	uv_timer_start(&f->tick, on_tick, 2, 2);
	assert_int_equal(server_listen(f->s.dir, &fd, &e), 0);
	f->server = server_new(&f->loop, fd, limits, run, &f->office);
}

static inline void
end(struct fixture *f)
{
	server_free(f->server);
	server_unlink(f->s.dir);
	uv_close((uv_handle_t *)&f->tick, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	scratch_remove(&f->s);
}

static inline int
dial(struct fixture *f)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	strcpy(sun.sun_path, scratch_path(&f->s, "socket"));
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static inline void
say(int fd, const char *s)
{
	assert_int_equal(
	    send(fd, s, strlen(s), MSG_NOSIGNAL), (ssize_t)strlen(s));
}

static inline void
turn(struct fixture *f)
{
	uv_run(&f->loop, UV_RUN_ONCE);
}

/* Reads a line or what comes before the end; "" at an end at once. */
static inline const char *
hear(struct fixture *f, int fd)
{
	static char text[4096];
	uint64_t from = uv_now(&f->loop);
	size_t n = 0;

	while (uv_now(&f->loop) - from < PATIENCE_MS) {
		ssize_t k = recv(fd, text + n, 1, 0);

		if (k == 1 && text[n] == '\n') {
			text[n] = '\0';
			return text;
		}
		if (k == 1 && ++n < sizeof(text) - 1)
			continue;
		if (k == 0 || (k == -1 && errno != EAGAIN)) {
			text[n] = '\0';
			return text;
		}
		turn(f);
	}
	fail_msg("nothing came");
	return NULL;
}

/* Is the connection closed by now, or soon? */
static inline void
assert_closed(struct fixture *f, int fd)
{
	uint64_t from = uv_now(&f->loop);
	char block[4096];

	while (uv_now(&f->loop) - from < PATIENCE_MS) {
		ssize_t k = recv(fd, block, sizeof(block), 0);

		if (k == 0 || (k == -1 && errno != EAGAIN))
			return;
		if (k == -1)
			turn(f);
	}
	fail_msg("it is still open");
}

static inline void
assert_serves(struct fixture *f)
{
	int fd = dial(f);

	say(fd, "{\"do\":\"echo\",\"x\":5}\n");
	assert_string_equal(hear(f, fd), "{\"ok\":true,\"x\":5}");
	close(fd);
}

#endif

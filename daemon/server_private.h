/*
 * server_private: what server.c (listening, the set of clients) and client.c
 * (one of them) share.
 */
#ifndef MUFAKAT_SERVER_PRIVATE_H
#define MUFAKAT_SERVER_PRIVATE_H

#include <uv.h>

#include "common/buf.h"
#include "server.h"

struct client {
	struct server *server;
	struct client *next;
	uv_pipe_t pipe;
	struct buf in;
	size_t scanned;  /* bytes of "in" without LF */
	int64_t since;   /* when it began to be idle, or its request to come */
	size_t waiting;  /* bytes not taken at the last look */
	int64_t taken;   /* when it took some last */
	bool is_at_hand; /* a request is being handled */
	bool is_ending;  /* closed as soon as all is written */
	bool is_closing;
	void (*gone)(void *arg);
	void *arg;
};

struct server {
	uv_loop_t *loop;
	struct server_limits limits;
	void (*run)(struct office *o, struct client *c, const json_t *req);
	struct office *office;
	uv_pipe_t listener;
	uv_timer_t sweep; /* runs while there are clients */
	uv_idle_t turn;   /* runs while requests wait for their turn */
	uint64_t asked;   /* uv_now() of the last turn */
	int handles;      /* not closed yet */
	struct client *clients;
	size_t nclients;
	bool is_free;
};

/* Bytes that clients have sent and that are not handled yet. */
size_t server_input(const struct server *s);

/* A connection that was accepted; takes the handle's place in the list. */
struct client *client_new(struct server *s);
void client_start(struct client *c);
/* Runs the next request, if a whole one is there. */
void client_turn(struct client *c);
bool client_has_request(const struct client *c);
/* Closes it if it has been too slow. */
void client_check(struct client *c, int64_t now);
/* Closes it once it has taken what waits for it. */
void client_end(struct client *c);
void client_close(struct client *c);

/* Of the client's handle: it is off the list and freed. */
void server_dropped(struct server *s, struct client *c);
void server_turn(struct server *s);

#endif

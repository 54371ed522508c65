/*
 * office: a connection to a daemon, for the benchmark: requests may be sent
 * ahead of their replies.
 */
#ifndef TESTS_BENCH_OFFICE_H
#define TESTS_BENCH_OFFICE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/buf.h"

struct office_line {
	int fd;
	struct buf in;
};

void office_connect(struct office_line *o, const char *home);
void office_close(struct office_line *o);

/* Sends a request; takes it. */
void office_send(struct office_line *o, json_t *req);
/* Waits for a whole line, which stays at o->in.data; its length. */
size_t office_wait(struct office_line *o);
/* The next reply, past lines of progress; waits up to "ms" (-1: for ever),
 * then NULL.  The caller owns it.  An error reply is returned as it is. */
json_t *office_reply(struct office_line *o, int ms);
bool office_ok(const json_t *reply);
/* Both; anything but a good reply ends the program. */
json_t *office_ask(struct office_line *o, json_t *req);

#endif

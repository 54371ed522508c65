/*
 * sync_look: which coalitions are there?  For joining by URL alone: lists a
 * URL, reads the logs that stand there, keeps nothing.
 */
#ifndef MUFAKAT_SYNC_LOOK_H
#define MUFAKAT_SYNC_LOOK_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "sync.h"

struct look;

/* done() comes once; the owner frees then or later. */
int
look_begin(struct uv_loop_s *loop, const struct sync_config *c, const char *url,
    void (*done)(
	void *arg, const uint8_t *coalitions, size_t n, const struct err *e),
    void *arg, struct look **ret, struct err *e);
void look_free(struct look *l);

#endif

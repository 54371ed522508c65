/*
 * round: what the daemon asked for (FRAME_ROUND, PROTOCOL.md section 2).
 */
#ifndef MUFAKAT_TRANSFER_ROUND_H
#define MUFAKAT_TRANSFER_ROUND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct round {
	char *remote; /* a name that can stand in a ref */
	char *url;
	char *repo;       /* the trusted repository */
	char *quarantine; /* made and removed by us */
	char *prefix;     /* "refs/heads/mufakat/" */
	bool create;
	char *mark;      /* of the folder, when it was last found whole; NULL */
	json_t *members; /* id -> true: logs that are listed before others */
	char *ssh_command;
	bool ssh_agent;
	struct {
		size_t refs;
		size_t blob;
		size_t pack;
		size_t progress;
	} limits;
};

/* ERR_INPUT for a value that cannot be used. */
int round_read(const json_t *j, struct round *ret, struct err *e);
void round_clear(struct round *r);

#endif

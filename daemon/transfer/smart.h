/*
 * smart: a remote that speaks git's protocol, through libgit2 with ssh.h as
 * its transport.  One connection serves for one listing and one fetch, or
 * for one push; the next operation makes a new one.
 */
#ifndef MUFAKAT_TRANSFER_SMART_H
#define MUFAKAT_TRANSFER_SMART_H

#include <stdbool.h>

#include "channel.h"
#include "common/err.h"
#include "quarantine.h"
#include "refs.h"
#include "round.h"
#include "ssh.h"
#include "trusted.h"
#include "want.h"

/* Refs a connection fetches; and known tips it can tell, since libgit2 ends
 * the negotiation after some twenty. */
#define SMART_REFS  64
#define SMART_KNOWN 20

struct smart {
	const struct round *round;
	struct channel *channel;
	struct ssh_url url;
	git_smart_subtransport_definition definition;
	struct starter starter; /* of all its connections */
	struct ssh ssh;         /* of the connection */
	git_remote *remote;     /* NULL: none is open */
	struct known *known;
	size_t carried;   /* bytes read on this connection */
	size_t said;      /* progress text on it */
	size_t most;      /* bytes it may carry */
	bool connected;   /* the listing came */
	struct err err;   /* the reason why it failed, once known */
	struct put *puts; /* being pushed */
	size_t nputs;
};

int smart_init(
    struct smart *s, const struct round *r, struct channel *c, struct err *e);
void smart_close(struct smart *s);

/* A new listing; its connection stays open for smart_bring(). */
int smart_list(
    struct smart *s, struct quarantine *q, struct refs *r, struct err *e);

/* Makes a bare repository there, where the account may run "git init". */
int smart_create(struct smart *s, struct err *e);

/* Fetches the wanted refs into the quarantine, exactly what is missing.  At
 * most SMART_REFS, of which at most SMART_KNOWN are known.  *ret_objects is
 * the number that came over. */
int smart_bring(struct smart *s, struct trusted *t, struct quarantine *q,
    struct want *w, size_t n, size_t *ret_objects, struct err *e);

/* Pushes in one connection; what failed is noted in each put. */
void smart_push(struct smart *s, struct quarantine *q, struct put *p, size_t n);

#endif

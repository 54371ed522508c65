/*
 * connect: the client's end of the socket (daemon/PROTOCOL.md).
 */
#ifndef MUFAKAT_CONNECT_H
#define MUFAKAT_CONNECT_H

#include <jansson.h>

#include "common/err.h"

struct link;

/* Connects to the daemon of a home (NULL: the usual one).  When nobody
 * answers, the error names the line that starts it. */
int link_open(const char *home_arg, struct link **ret, struct err *e);
void link_close(struct link *l);

/* Sends a request, hands progress on, and gives the final reply. */
int link_ask(struct link *l, const json_t *request,
    void (*progress)(const json_t *p), json_t **ret, struct err *e);

#endif

/*
 * message: what mufakat and mufakatd say to each other over the unix socket.
 *
 * A request is one JSON object on one line, {"do":"<verb>", ...}; the reply
 * is any number of lines {"progress":{...}} and then one line, either
 * {"ok":true, ...} or {"ok":false,"error":{"code":"input","message":"..."}}.
 * One request at a time on a connection; several one after the other.
 * The verbs are described in daemon/PROTOCOL.md.
 */
#ifndef MUFAKAT_MESSAGE_H
#define MUFAKAT_MESSAGE_H

#include <jansson.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "text.h"

#define MESSAGE_REQUEST_MAX (4 * 1024 * 1024)
#define MESSAGE_REPLY_MAX   (64 * 1024 * 1024)

/* Parses a request line (without LF).  Refuses what jscan() refuses, what
 * is not an object, and what lacks "do".  The caller owns *ret. */
int message_parse_request(const char *s, size_t n, json_t **ret, struct err *e);

/* Replies; appended with their LF. */
void message_ok(struct buf *b, json_t *fields /* taken, may be NULL */);
void message_error(struct buf *b, const struct err *e);
void message_progress(struct buf *b, json_t *fields /* taken */);

/* Client side: parses one reply line.  Returns 1 for progress, 0 for a final
 * ok, -1 for an error reply or a broken line (e filled). */
int message_parse_reply(const char *s, size_t n, json_t **ret, struct err *e);

/* "<home>/socket", or through /proc/self/fd when that is over 107 bytes;
 * fails with a clear message when neither will do. */
int message_socket_path(const char *home, char **ret, struct err *e);

#endif

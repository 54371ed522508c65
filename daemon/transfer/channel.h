/*
 * channel: frames to and from the daemon over a descriptor (common/frame.h).
 * Writing waits until the daemon takes it, which holds us back as long as
 * the daemon is behind.
 */
#ifndef MUFAKAT_TRANSFER_CHANNEL_H
#define MUFAKAT_TRANSFER_CHANNEL_H

#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/frame.h"

struct channel {
	int fd;
	struct buf in;
	size_t used; /* of "in", by the frame handed out last */
	struct buf out;
	int64_t last_ms; /* of the last progress frame, monotonic */
	int64_t moved;   /* bytes, both ways */
	int64_t last_moved;
	int64_t objects;
	int64_t total;
};

void channel_init(struct channel *c, int fd);
void channel_clear(struct channel *c);

/* The next frame; its bytes stand until the next call.  ERR_OFFLINE if the
 * daemon has gone. */
int channel_read(struct channel *c, struct frame *ret, struct err *e);

/* Takes "json" (freed here). */
int channel_send(struct channel *c, enum frame_type type, json_t *json,
    const void *bytes, size_t n, struct err *e);

/* Counts bytes that came from or went to the remote, and tells the daemon at
 * most four times a second.  -1 if it is gone. */
int channel_moved(struct channel *c, size_t bytes);
void channel_objects(struct channel *c, size_t objects, size_t total);

#endif

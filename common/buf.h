/*
 * buf: a growing byte buffer.  The contents are always followed by a NUL
 * that is not counted, so that text in a buf can be used as a string.
 *
 *	struct buf b = BUF_INIT;
 *	buf_printf(&b, "%s %d", name, n);
 *	...
 *	buf_clear(&b);
 */
#ifndef MUFAKAT_BUF_H
#define MUFAKAT_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* NULL while nothing was ever added */
	size_t len;
	size_t cap;
};

#define BUF_INIT                                                               \
	{                                                                      \
		0                                                              \
	}

void buf_add(struct buf *b, const void *p, size_t n);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_u32be(struct buf *b, uint32_t n);
void buf_reserve(struct buf *b, size_t more); /* room for "more" bytes */
void buf_reset(struct buf *b);                /* empty, memory kept */
void buf_consume(struct buf *b, size_t n);    /* drop n bytes in front */
char *buf_steal(struct buf *b);               /* caller frees; never NULL */
void buf_clear(struct buf *b);                /* free; b is BUF_INIT again */
const char *buf_str(const struct buf *b);     /* "" when empty */

#endif

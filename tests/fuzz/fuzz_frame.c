/* A stream of frames: each that reads is written again to the same meaning. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_written(const struct frame *f)
{
	struct buf b = BUF_INIT;
	struct frame again;
	struct err e;
	size_t used;

	frame_write(&b, f->type, f->json, f->bytes, f->nbytes);
	if (frame_parse(b.data, b.len, &again, &used, &e) != 1 ||
	    used != b.len || again.type != f->type ||
	    again.nbytes != f->nbytes || !json_equal(again.json, f->json) ||
	    (f->nbytes > 0 && memcmp(again.bytes, f->bytes, f->nbytes) != 0))
		abort();
	frame_clear(&again);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;

	while (size > 0) {
		struct frame f;
		struct err e;
		size_t used;

		if (frame_parse(s, size, &f, &used, &e) != 1)
			break;
		if (used == 0 || used > size ||
		    (f.nbytes > 0 &&
			(f.bytes < s || f.bytes + f.nbytes > s + used)))
			abort();
		check_written(&f);
		frame_clear(&f);
		s += used;
		size -= used;
	}
	return 0;
}

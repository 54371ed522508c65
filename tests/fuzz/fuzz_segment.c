/* A blob: what reads is written again as segments that give the same ids. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ids of all changes of one coalition, and the same changes as a blob. */
static void
pass(const char *s, size_t n, const uint8_t w[static HASH_LEN], struct buf *ids,
    struct buf *ret)
{
	struct segment_reader r;
	struct segment_writer sw;

	segment_writer_init(&sw, ret, w);
	segment_reader_init(&r, s, n);
	while (segment_next(&r)) {
		if (memcmp(r.place.coalition, w, HASH_LEN) != 0)
			continue;
		if (r.line < s || r.line + r.line_len >= s + n ||
		    r.place.nprevious > CHANGE_PREVIOUS_MAX)
			abort();
		buf_add(ids, r.id, HASH_LEN);
		segment_writer_add(
		    &sw, &r.place, r.id, &r.change, r.id[0] < 64);
	}
	segment_writer_end(&sw);
	segment_writer_clear(&sw);
	segment_reader_clear(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct segment_reader r;
	struct buf first = BUF_INIT, second = BUF_INIT;
	struct buf blob = BUF_INIT, again = BUF_INIT;
	uint8_t w[HASH_LEN] = {0};

	segment_reader_init(&r, s, size);
	if (segment_next(&r))
		memcpy(w, r.place.coalition, HASH_LEN);
	segment_reader_clear(&r);
	pass(s, size, w, &first, &blob);
	pass(buf_str(&blob), blob.len, w, &second, &again);
	if (first.len != second.len || blob.len != again.len ||
	    (first.len > 0 && memcmp(first.data, second.data, first.len) != 0))
		abort();
	buf_clear(&first);
	buf_clear(&second);
	buf_clear(&blob);
	buf_clear(&again);
	return 0;
}

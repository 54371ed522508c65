/* The message of a record signature: one spelling for one meaning. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/recsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b = BUF_INIT;
	struct recsig r;
	struct err e;

	if (recsig_decode((const char *)data, size, &r, &e) == -1)
		return 0;
	if (recsig_encode(&r, &b, &e) == -1 || b.len != size ||
	    memcmp(b.data, data, size) != 0)
		abort();
	recsig_clear(&r);
	buf_clear(&b);
	return 0;
}

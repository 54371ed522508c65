/* JSON: what the scan lets pass, jansson parses; what was read and written
 * passes again and is the same value. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/jscan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_written(const json_t *j)
{
	struct buf b = BUF_INIT;
	struct err e;
	json_t *again = NULL;

	json_write(j, &b);
	if (json_read(b.data, b.len, &again, &e) == -1 || !json_equal(j, again))
		abort();
	json_decref(again);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct err e;
	json_t *j;

	if (jscan(s, size, &e) == -1) {
		if (json_read(s, size, &j, &e) == 0)
			abort();
		return 0;
	}
	j = json_loadb(s, size, JSON_DECODE_ANY, NULL);
	if (j == NULL)
		abort();
	json_decref(j);
	if (json_read(s, size, &j, &e) == 0) {
		check_written(j);
		json_decref(j);
	}
	return 0;
}

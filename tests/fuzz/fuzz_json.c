/* JSON: what the scan lets pass, jansson parses to the value that we build;
 * what was read and written passes again and is the same value. */
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
	json_t *j, *plain;

	/* safe on anything, also on what the scan would refuse */
	if (json_build(s, size, &j, &e) == 0)
		json_decref(j);
	if (jscan(s, size, &e) == -1) {
		if (json_read(s, size, &j, &e) == 0)
			abort();
		return 0;
	}
	plain = json_loadb(s, size, JSON_DECODE_ANY, NULL);
	if (plain == NULL)
		abort();
	json_decref(plain);
	plain = json_loadb(s, size, JSON_REJECT_DUPLICATES, NULL);
	if (json_read(s, size, &j, &e) == 0) {
		if (!json_equal(j, plain))
			abort();
		check_written(j);
		json_decref(j);
	} else if (json_is_object(plain)) {
		abort();
	}
	json_decref(plain);
	return 0;
}

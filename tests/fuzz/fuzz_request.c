/* What arrives on the socket, read as a request and as a reply; an error is
 * told as one line that reads back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/jscan.h"
#include "common/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_error(const struct err *e)
{
	struct buf b = BUF_INIT;
	struct err got;
	json_t *j;

	message_error(&b, e);
	if (b.data[b.len - 1] != '\n' || jscan(b.data, b.len - 1, &got) == -1 ||
	    message_parse_reply(b.data, b.len - 1, &j, &got) != -1 ||
	    got.code != e->code)
		abort();
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	json_t *j = NULL;
	struct err e;

	if (message_parse_request(s, size, &j, &e) == -1) {
		check_error(&e);
	} else if (json_get_str(j, "do") == NULL) {
		abort();
	}
	json_decref(j);
	j = NULL;
	if (message_parse_reply(s, size, &j, &e) == -1)
		check_error(&e);
	json_decref(j);
	return 0;
}

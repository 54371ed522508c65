/* An invitation: what reads is written the same; numbers as words read back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/ident.h"
#include "common/mem.h"
#include "common/text.h"
#include "daemon/invitation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_words(const char *s)
{
	uint8_t bytes[32], again[32];
	char words[sizeof(bytes) / 2 * 6];
	size_t n, m;

	if (text_unwords(s, bytes, sizeof(bytes), &n) == -1)
		return;
	if (n == 0 || n > sizeof(bytes) || n % 2 != 0)
		abort();
	text_words(bytes, n, words);
	if (text_unwords(words, again, sizeof(again), &m) == -1 || m != n ||
	    memcmp(bytes, again, n) != 0)
		abort();
}

static void
check_line(const struct invitation *i)
{
	struct buf line = BUF_INIT, again = BUF_INIT;
	struct invitation j;
	struct err e;

	invitation_line(i, &line);
	if (invitation_parse(buf_str(&line), &j, &e) == -1)
		abort();
	invitation_line(&j, &again);
	if (strcmp(buf_str(&line), buf_str(&again)) != 0)
		abort();
	invitation_clear(&j);
	buf_clear(&line);
	buf_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t w[HASH_LEN];
	char *line = mem_strndup((const char *)data, size);
	char hex[HEX_SIZE];
	struct invitation i;
	struct err e = {0};

	if (invitation_parse(line, &i, &e) == 0) {
		text_hex(i.coalition, HASH_LEN, hex);
		if (i.heads.len % HASH_LEN != 0 || strstr(line, hex) == NULL)
			abort();
		check_line(&i);
		invitation_clear(&i);
	} else if (e.code != ERR_INPUT || e.msg[0] == '\0') {
		abort();
	}
	check_words(line);
	ident_coalition_is(w, line);
	free(line);
	return 0;
}

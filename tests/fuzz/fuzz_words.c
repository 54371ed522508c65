/* Text into tokens, and what a person typed into an FTS5 expression: tokens
 * are short, never empty and lie inside the text; an expression is quoted
 * strings, AND and * alone. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "daemon/store_search.h"
#include "daemon/store_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
check_token(void *arg, const struct words_token *t)
{
	const size_t *size = arg;

	if (t->n == 0 || t->n > WORDS_TOKEN_MAX || t->start >= t->end ||
	    t->end > *size)
		abort();
	return 0;
}

static void
check_match(const char *s)
{
	for (bool quoted = false; *s != '\0'; s++)
		if (*s == '"')
			quoted = !quoted;
		else if (!quoted && strchr(" AND*", *s) == NULL)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf match = BUF_INIT;
	struct err e = {0};
	char *s = mem_alloc(size + 1);

	memcpy(s, data, size);
	s[size] = '\0';
	words_each(s, size, false, check_token, &size);
	words_each(s, size, true, check_token, &size);
	if (store_search_match(s, &match, &e) == 0)
		check_match(buf_str(&match));
	else if (e.code != ERR_INPUT || e.msg[0] == '\0')
		abort();
	buf_clear(&match);
	free(s);
	return 0;
}

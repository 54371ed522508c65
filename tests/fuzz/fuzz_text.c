/* Text that people wrote: normalising twice changes nothing, what is escaped
 * is safe and stays so, what fits a column fits it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

#define COLUMNS 20
#define FIT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_normal(const char *s, size_t n)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;

	text_normalise(s, n, &once);
	text_normalise(buf_str(&once), once.len, &twice);
	if (once.len != twice.len ||
	    memcmp(buf_str(&once), buf_str(&twice), once.len) != 0 ||
	    (text_is_utf8(s, n) && !text_is_utf8(buf_str(&once), once.len)))
		abort();
	buf_clear(&once);
	buf_clear(&twice);
}

static void
check_safe(const char *s, size_t n, bool lines)
{
	struct buf b = BUF_INIT, again = BUF_INIT;
	size_t fit;

	text_escape(s, n, lines, &b);
	for (size_t i = 0; i < b.len; i++)
		if (((unsigned char)b.data[i] < 0x20 || b.data[i] == 0x7f) &&
		    !(lines && (b.data[i] == '\n' || b.data[i] == '\t')))
			abort();
	if (!text_is_utf8(buf_str(&b), b.len))
		abort();
	text_escape(buf_str(&b), b.len, lines, &again);
	if (b.len != again.len ||
	    memcmp(buf_str(&b), buf_str(&again), b.len) != 0)
		abort();
	fit = text_fit(buf_str(&b), b.len, COLUMNS);
	if (fit > b.len || fit > FIT_MAX ||
	    text_width(buf_str(&b), fit) > COLUMNS)
		abort();
	buf_clear(&b);
	buf_clear(&again);
}

static void
check_fit(const char *s, size_t n)
{
	size_t fit = text_fit(s, n, COLUMNS);

	if (fit > n || fit > FIT_MAX || text_width(s, fit) > COLUMNS)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct text_look look;
	struct err e = {0};

	check_normal(s, size);
	check_safe(s, size, false);
	check_safe(s, size, true);
	check_fit(s, size);
	text_look(s, size, &look);
	if (!text_looks_like(&look, &look))
		abort();
	text_look_clear(&look);
	if (text_check(s, size, &e) == 0 ? !text_is_utf8(s, size)
					 : e.code != ERR_INPUT)
		abort();
	return 0;
}

#include "render.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "text.h"

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Ids of records, sorted, one space between. */
static void
render_ids(const json_t *ids, struct buf *b)
{
	size_t n = json_array_size(ids);
	const char **sorted = mem_zalloc((n + 1) * sizeof(sorted[0]));
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(ids, i));

		if (s != NULL)
			sorted[count++] = s;
	}
	qsort(sorted, count, sizeof(sorted[0]), by_text);
	for (size_t i = 0; i < count; i++)
		buf_printf(b, " %s", sorted[i]);
	if (count == 0)
		buf_adds(b, " -");
	free(sorted);
}

/* One line: NFC; line ends, which a received value may hold, become spaces;
 * an empty value and "-" itself are told apart by a backslash. */
static void
render_line(const json_t *value, struct buf *b)
{
	struct buf nfc = BUF_INIT;
	const char *s = json_string_value(value);

	if (s == NULL) {
		buf_adds(b, " -");
		return;
	}
	text_normalise(s, json_string_length(value), &nfc);
	for (size_t i = 0; i < nfc.len; i++)
		if (nfc.data[i] == '\n')
			nfc.data[i] = ' ';
	buf_addc(b, ' ');
	if (nfc.len == 0 || nfc.data[0] == '-' || nfc.data[0] == '\\')
		buf_addc(b, '\\');
	buf_add(b, buf_str(&nfc), nfc.len);
	buf_clear(&nfc);
}

/* The long text: NFC, LF, exactly one line end at its end. */
static void
render_long(const json_t *value, struct buf *b)
{
	struct buf nfc = BUF_INIT;

	if (json_is_string(value))
		text_normalise(
		    json_string_value(value), json_string_length(value), &nfc);
	while (nfc.len > 0 && nfc.data[nfc.len - 1] == '\n')
		nfc.len--;
	buf_add(b, buf_str(&nfc), nfc.len);
	buf_addc(b, '\n');
	buf_clear(&nfc);
}

int
render_text(int rule, const struct type *t, const json_t *values, struct buf *b,
    struct err *e)
{
	const struct field *text = NULL;
	size_t count = 0;

	if (rule != RENDER_RULE)
		return err_set(
		    e, ERR_INPUT, "rendering rule %d is unknown", rule);
	for (const struct field *f = t->fields; f->name != NULL; f++)
		count += (f->flags & FIELD_SIGNED) != 0;
	if (count == 0)
		return err_set(
		    e, ERR_INPUT, "a %s has no text to sign", t->name);
	buf_printf(b, "%s\n", t->name);
	for (const struct field *f = t->fields; f->name != NULL; f++) {
		const json_t *value = json_object_get(values, f->name);

		if ((f->flags & FIELD_SIGNED) == 0)
			continue;
		if (f->kind == FIELD_TEXT) {
			text = f; /* the only one, and last */
			continue;
		}
		buf_printf(b, "%s:", f->name);
		if (f->kind == FIELD_REFS)
			render_ids(value, b);
		else
			render_line(value, b);
		buf_addc(b, '\n');
	}
	buf_addc(b, '\n');
	render_long(
	    text != NULL ? json_object_get(values, text->name) : NULL, b);
	return 0;
}

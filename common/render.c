#include "render.h"

#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "ident.h"
#include "mem.h"
#include "text.h"

static bool
is_empty(const json_t *value)
{
	return value == NULL || json_is_null(value) ||
	       (json_is_string(value) && json_string_length(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0);
}

/* What was received may be anything.  A value that this rule has no text for
 * is refused: two different values must never read the same. */
static int
unfit(const struct field *f, struct err *e)
{
	return err_set(e, ERR_INPUT,
	    _("%s: its value cannot be part of a signed text; edit it first"),
	    f->name);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Ids of records, sorted, one space between. */
static int
render_ids(
    const struct field *f, const json_t *ids, struct buf *b, struct err *e)
{
	const size_t n = json_array_size(ids);
	const char **sorted;

	for (size_t i = 0; i < n; i++) {
		const json_t *id = json_array_get(ids, i);

		if (!json_is_string(id) ||
		    !ident_ok(json_string_value(id), json_string_length(id)))
			return unfit(f, e);
	}
	if (n == 0) /* a value that is no array */
		return unfit(f, e);
	sorted = mem_array(NULL, n, sizeof(sorted[0]));
	for (size_t i = 0; i < n; i++)
		sorted[i] = json_string_value(json_array_get(ids, i));
	qsort(sorted, n, sizeof(sorted[0]), by_text);
	for (size_t i = 0; i < n; i++)
		buf_printf(b, " %s", sorted[i]);
	free(sorted);
	return 0;
}

/* C0, DEL and C1; "lines" lets LF and TAB pass. */
static bool
has_control(const char *s, size_t n, bool lines)
{
	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)s[i];

		if (lines && (c == '\n' || c == '\t'))
			continue;
		if (c < 0x20 || c == 0x7f ||
		    (c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0))
			return true;
	}
	return false;
}

/* A value in NFC with LF, appended. */
static int
normal(const struct field *f, const json_t *value, bool lines, struct buf *b,
    struct err *e)
{
	const size_t start = b->len;

	if (!json_is_string(value))
		return unfit(f, e);
	text_normalise(json_string_value(value), json_string_length(value), b);
	if (has_control(b->data + start, b->len - start, lines)) {
		b->len = start;
		return unfit(f, e);
	}
	return 0;
}

/* One line.  "-" stands for an empty one, so a value that could be taken for
 * that, or for its own escape, gets a backslash before it. */
static int
render_line(
    const struct field *f, const json_t *value, struct buf *b, struct err *e)
{
	struct buf nfc = BUF_INIT;
	int rv = normal(f, value, false, &nfc, e);

	if (rv == 0) {
		buf_addc(b, ' ');
		if (nfc.data[0] == '\\' || strcmp(nfc.data, "-") == 0)
			buf_addc(b, '\\');
		buf_add(b, nfc.data, nfc.len);
	}
	buf_clear(&nfc);
	return rv;
}

/* The long text, last: exactly one line end at its end. */
static int
render_long(
    const struct field *f, const json_t *value, struct buf *b, struct err *e)
{
	const size_t start = b->len;

	if (!is_empty(value) && normal(f, value, true, b, e) == -1)
		return -1;
	while (b->len > start && b->data[b->len - 1] == '\n')
		b->len--;
	buf_addc(b, '\n');
	return 0;
}

static int
render_field(
    const struct field *f, const json_t *value, struct buf *b, struct err *e)
{
	int rv = 0;

	buf_printf(b, "%s:", f->name);
	if (is_empty(value))
		buf_adds(b, " -");
	else if (f->kind == FIELD_REFS)
		rv = render_ids(f, value, b, e);
	else
		rv = render_line(f, value, b, e);
	buf_addc(b, '\n');
	return rv;
}

static int
render_fields(
    const struct type *t, const json_t *values, struct buf *b, struct err *e)
{
	const struct field *text = NULL;
	size_t count = 0;

	buf_printf(b, "%s\n", t->name);
	for (const struct field *f = t->fields; f->name != NULL; f++) {
		if ((f->flags & FIELD_SIGNED) == 0)
			continue;
		count++;
		if (f->kind == FIELD_TEXT)
			text = f; /* the only one, and last */
		else if (render_field(
			     f, json_object_get(values, f->name), b, e) == -1)
			return -1;
	}
	if (count == 0)
		return err_set(
		    e, ERR_INPUT, _("nothing of type %s is signed"), t->name);
	if (text == NULL)
		return 0;
	buf_addc(b, '\n');
	return render_long(text, json_object_get(values, text->name), b, e);
}

int
render_text(int rule, const struct type *t, const json_t *values, struct buf *b,
    struct err *e)
{
	const size_t start = b->len;

	if (rule != RENDER_RULE)
		return err_set(
		    e, ERR_INPUT, _("rendering rule %d is unknown"), rule);
	if (render_fields(t, values, b, e) == 0)
		return 0;
	b->len = start; /* nothing half done */
	if (b->data != NULL)
		b->data[start] = '\0';
	return -1;
}

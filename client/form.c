#include "client/form.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/print.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/types.h"

#define MARK_MIN 5 /* '=' of a mark: more than people draw below a heading */
/* A text has lines with so many different runs of '=' only if it is longer
 * than 8 MiB, which no change can carry. */
#define MARK_MAX 4096

static const struct type *
type_of(const json_t *record)
{
	return type_find(json_get_str(record, "type"));
}

/* C0 but TAB, DEL and C1, of text that is UTF-8. */
static bool
has_control(const char *s, size_t n, bool lines)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '\t' || (lines && c == '\n'))
			continue;
		if (c < 0x20 || c == 0x7f ||
		    (c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0))
			return true;
	}
	return false;
}

/* Without the white space that is not kept either: of a line around it, of a
 * text behind it. */
static void
trim(const char **s, size_t *n, bool lines)
{
	while (*n > 0 && strchr(" \t\n", (*s)[*n - 1]) != NULL)
		(*n)--;
	while (!lines && *n > 0 && strchr(" \t", **s) != NULL) {
		(*s)++;
		(*n)--;
	}
}

/* A value as the form shows it, appended; false if it cannot stand there. */
static bool
show(const json_t *record, const char *name, bool lines, struct buf *b)
{
	struct buf raw = BUF_INIT, nfc = BUF_INIT;
	const char *s;
	size_t n;

	print_value(
	    json_object_get(json_object_get(record, "values"), name), &raw);
	text_normalise(buf_str(&raw), raw.len, &nfc);
	s = buf_str(&nfc);
	n = nfc.len;
	trim(&s, &n, lines);
	buf_add(b, s, n);
	buf_clear(&raw);
	buf_clear(&nfc);
	return !has_control(buf_str(b), b->len, lines);
}

/* --- marks ---------------------------------------------------------------- */

/* The '=' that a line begins with. */
static size_t
run_of(const char *s, size_t n)
{
	size_t run = 0;

	while (run < n && s[run] == '=')
		run++;
	return run;
}

/* Notes with how many '=' the lines of a text begin. */
static void
note_runs(const char *s, size_t n, bool used[static MARK_MAX])
{
	while (n > 0) {
		const char *lf = memchr(s, '\n', n);
		size_t len = lf != NULL ? (size_t)(lf - s) + 1 : n;
		size_t run = run_of(s, len);

		if (run < MARK_MAX)
			used[run] = true;
		s += len;
		n -= len;
	}
}

/* How many '=' the marks in the form of this record have. */
static size_t
mark_of(const json_t *record)
{
	bool used[MARK_MAX] = {false};
	struct buf b = BUF_INIT;
	size_t run = MARK_MIN;

	for (const struct field *f = type_of(record)->fields; f->name != NULL;
	     f++) {
		if (f->kind != FIELD_TEXT)
			continue;
		buf_reset(&b);
		if (show(record, f->name, true, &b))
			note_runs(buf_str(&b), b.len, used);
	}
	while (run + 1 < MARK_MAX && used[run])
		run++;
	buf_clear(&b);
	return run;
}

static void
add_run(struct buf *b, size_t run)
{
	while (run-- > 0)
		buf_addc(b, '=');
}

static void
add_mark(struct buf *b, size_t run, const char *name)
{
	add_run(b, run);
	buf_printf(b, " %s ", name);
	add_run(b, run);
	buf_addc(b, '\n');
}

/* --- writing ---------------------------------------------------------------- */

/* What the reader is told; each line of it behind a '#'. */
static void
add_comment(struct buf *b, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		buf_adds(b, "# ");
		buf_add(b, text, n);
		buf_addc(b, '\n');
		text += n + (text[n] != '\0');
	}
}

static void
add_help(const json_t *record, struct buf *b)
{
	const char *id = json_get_str(record, "id");

	buf_printf(b, "# %s %s\n", type_of(record)->name, id != NULL ? id : "");
	add_comment(b,
	    _("Above the first mark, a field to a line; lines with # are not "
	      "read.\nA field without a value is emptied, one that you take "
	      "out "
	      "stays as it is."));
}

/* A value that would be more than its line: as it is safe to look at. */
static void
add_refused(const char *name, const char *value, struct buf *b)
{
	struct buf line = BUF_INIT;

	buf_printf(&line, "%s: ", name);
	text_escape(value, strlen(value), false, &line);
	add_comment(b, buf_str(&line));
	buf_reset(&line);
	buf_printf(&line,
	    _("(it holds control characters; '%s: ...' in a line of its own "
	      "replaces it)"),
	    name);
	add_comment(b, buf_str(&line));
	buf_clear(&line);
}

static void
add_line(const json_t *record, const char *name, struct buf *b)
{
	struct buf v = BUF_INIT;

	if (show(record, name, false, &v))
		buf_printf(
		    b, "%s:%s%s\n", name, v.len > 0 ? " " : "", buf_str(&v));
	else
		add_refused(name, buf_str(&v), b);
	buf_clear(&v);
}

static void
add_tags(const json_t *record, struct buf *b)
{
	const struct type *t = type_of(record);
	json_t *values = json_object_get(record, "values"), *v;
	const char *name;

	json_object_foreach (values, name, v)
		if (strncmp(name, "tags/", 5) == 0 &&
		    type_field(t, name) != NULL)
			add_line(record, name, b);
}

static void
add_text(const json_t *record, const char *name, size_t run, struct buf *b)
{
	struct buf v = BUF_INIT;

	if (show(record, name, true, &v)) {
		buf_addc(b, '\n');
		add_mark(b, run, name);
		buf_printf(b, "%s%s", buf_str(&v), v.len > 0 ? "\n" : "");
	}
	buf_clear(&v);
}

/* Above the marks, where there are comments, those that are not below one. */
static void
add_refused_text(
    const json_t *record, const char *name, size_t run, struct buf *b)
{
	struct buf v = BUF_INIT, mark = BUF_INIT, line = BUF_INIT;

	if (!show(record, name, true, &v)) {
		add_run(&mark, run);
		buf_printf(&line,
		    _("%s: holds control characters; what you write below a "
		      "line '%s %s %s' replaces it"),
		    name, buf_str(&mark), name, buf_str(&mark));
		add_comment(b, buf_str(&line));
	}
	buf_clear(&v);
	buf_clear(&mark);
	buf_clear(&line);
}

void
form_write(const json_t *record, struct buf *b)
{
	const struct field *fields = type_of(record)->fields;
	size_t run = mark_of(record);

	add_help(record, b);
	for (const struct field *f = fields; f->name != NULL; f++) {
		if ((f->flags & FIELD_FIXED) != 0)
			continue;
		if (f->kind == FIELD_TEXT)
			add_refused_text(record, f->name, run, b);
		else
			add_line(record, f->name, b);
	}
	add_tags(record, b);
	for (const struct field *f = fields; f->name != NULL; f++)
		if (f->kind == FIELD_TEXT && (f->flags & FIELD_FIXED) == 0)
			add_text(record, f->name, run, b);
}

/* --- reading ---------------------------------------------------------------- */

struct reading {
	const struct type *t;
	size_t run;      /* '=' of a mark */
	size_t line;     /* its number, from 1 */
	char *now;       /* the field whose text we are in, or NULL */
	struct buf text; /* what there is of it */
	json_t *typed;   /* field -> text, all that was read */
};

static int
refuse(const struct reading *r, const char *s, size_t n, const char *what,
    struct err *e)
{
	return err_set(e, ERR_INPUT, _("line %zu: '%.*s' %s"), r->line,
	    (int)text_fit(s, n, 40), s, what);
}

static int
refuse_unknown(const struct reading *r, const char *s, size_t n, struct err *e)
{
	struct buf all = BUF_INIT;

	for (const struct field *f = r->t->fields; f->name != NULL; f++)
		if ((f->flags & FIELD_FIXED) == 0)
			buf_printf(
			    &all, "%s%s", all.len > 0 ? ", " : "", f->name);
	err_set(e, ERR_INPUT,
	    _("line %zu: '%.*s' is no field of a %s; it has %s"), r->line,
	    (int)text_fit(s, n, 40), s, r->t->name, buf_str(&all));
	buf_clear(&all);
	return -1;
}

/* The name of a field (heap) of a kind that has its place here. */
static int
find(const struct reading *r, const char *s, size_t n, bool is_text, char **ret,
    struct err *e)
{
	char *name = mem_strndup(s, n);
	const struct field *f = type_field(r->t, name);
	int rv = 0;

	if (f == NULL)
		rv = refuse_unknown(r, s, n, e);
	else if ((f->kind == FIELD_TEXT) != is_text)
		rv = refuse(r, s, n,
		    is_text ? _("is a field of one line: write 'field: value' "
				"above the first mark")
			    : _("is a long text: write it below a mark of its "
				"own"),
		    e);
	else if (json_object_get(r->typed, name) != NULL)
		rv = refuse(r, s, n, _("is there twice"), e);
	if (rv == -1) {
		free(name);
		return -1;
	}
	*ret = name;
	return 0;
}

static int
read_field(struct reading *r, const char *s, size_t n, struct err *e)
{
	const char *colon = memchr(s, ':', n), *value;
	size_t len, name_len;
	char *name;

	if (colon == NULL)
		return refuse(r, s, n,
		    _("is no 'field: value': a value stands on one line"), e);
	name_len = (size_t)(colon - s);
	trim(&s, &name_len, false);
	value = colon + 1;
	len = (size_t)(s + n - value);
	if (find(r, s, name_len, false, &name, e) == -1)
		return -1;
	trim(&value, &len, false);
	json_object_set_new(r->typed, name, json_stringn(value, len));
	free(name);
	return 0;
}

/* Keeps the text that was read last. */
static void
end_text(struct reading *r)
{
	const char *s = buf_str(&r->text);
	size_t n = r->text.len;

	if (r->now == NULL)
		return;
	trim(&s, &n, true);
	json_object_set_new(r->typed, r->now, json_stringn(s, n));
	buf_reset(&r->text);
	free(r->now);
	r->now = NULL;
}

/* "===== text =====", the right part of which may be missing. */
static int
read_mark(struct reading *r, const char *s, size_t n, struct err *e)
{
	end_text(r);
	s += r->run;
	n -= r->run;
	while (n > 0 && strchr("= \t", s[n - 1]) != NULL)
		n--;
	trim(&s, &n, false);
	return find(r, s, n, true, &r->now, e);
}

static bool
is_mark(const struct reading *r, const char *s, size_t n)
{
	return run_of(s, n) == r->run && n > r->run &&
	       strchr(" \t", s[r->run]) != NULL;
}

/* One line, without its LF. */
static int
read_line(struct reading *r, const char *s, size_t n, struct err *e)
{
	const char *p = s;
	size_t len = n;

	r->line++;
	if (is_mark(r, s, n))
		return read_mark(r, s, n, e);
	if (r->now != NULL) {
		buf_add(&r->text, s, n);
		buf_addc(&r->text, '\n');
		return 0;
	}
	trim(&p, &len, false);
	if (len == 0 || *p == '#')
		return 0;
	return read_field(r, p, len, e);
}

static int
read_lines(struct reading *r, const char *s, size_t n, struct err *e)
{
	while (n > 0) {
		const char *lf = memchr(s, '\n', n);
		size_t len = lf != NULL ? (size_t)(lf - s) : n;

		if (read_line(r, s, len, e) == -1)
			return -1;
		len += lf != NULL;
		s += len;
		n -= len;
	}
	end_text(r);
	return 0;
}

/* Of what was typed, that which the form did not say. */
static json_t *
changed(const json_t *record, const struct reading *r)
{
	json_t *fields = json_object(), *v;
	const char *name;

	json_object_foreach (r->typed, name, v) {
		bool lines = type_field(r->t, name)->kind == FIELD_TEXT;
		struct buf b = BUF_INIT;

		if (!show(record, name, lines, &b) ||
		    strcmp(buf_str(&b), json_string_value(v)) != 0)
			json_object_set_new(fields, name,
			    json_string_length(v) > 0 ? json_incref(v)
						      : json_null());
		buf_clear(&b);
	}
	return fields;
}

int
form_read(
    const json_t *record, const char *s, size_t n, json_t **ret, struct err *e)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct reading r = {.t = type_of(record), .run = mark_of(record)};
	struct buf nfc = BUF_INIT;
	int rv = -1;

	if (!text_is_utf8(s, n))
		return err_set(e, ERR_INPUT,
		    _("what you typed is not UTF-8 text: convert it, for "
		      "example with iconv"));
	if (n >= 3 && memcmp(s, bom, 3) == 0) {
		s += 3;
		n -= 3;
	}
	r.typed = json_object();
	text_normalise(s, n, &nfc);
	if (read_lines(&r, buf_str(&nfc), nfc.len, e) == 0) {
		*ret = changed(record, &r);
		rv = 0;
	}
	json_decref(r.typed);
	buf_clear(&r.text);
	buf_clear(&nfc);
	free(r.now);
	return rv;
}

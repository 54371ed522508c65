/*
 * The values of text that jscan() let pass.  Several times faster than a
 * parser that looks at each byte for itself: grammar, numbers, escapes and
 * UTF-8 are known to be sound.  What does not hold to that is refused all the
 * same, never read beyond.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "jscan.h"
#include "mem.h"

struct build {
	const char *p, *end;
	unsigned depth;
	bool is_duplicate;
	struct buf key; /* of the object at hand, and of decoded strings */
};

static json_t *value(struct build *b);

static char
next(struct build *b)
{
	while (b->p < b->end && *b->p == ' ')
		b->p++;
	return b->p < b->end ? *b->p : '\0';
}

static unsigned
hex4(const char *p)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0'
						    : (p[i] | 32) - 'a' + 10);
	return v;
}

static void
put_utf8(struct buf *out, unsigned u)
{
	if (u < 0x80) {
		buf_addc(out, (char)u);
		return;
	}
	if (u < 0x800) {
		buf_addc(out, (char)(0xc0 | u >> 6));
	} else if (u < 0x10000) {
		buf_addc(out, (char)(0xe0 | u >> 12));
		buf_addc(out, (char)(0x80 | (u >> 6 & 0x3f)));
	} else {
		buf_addc(out, (char)(0xf0 | u >> 18));
		buf_addc(out, (char)(0x80 | (u >> 12 & 0x3f)));
		buf_addc(out, (char)(0x80 | (u >> 6 & 0x3f)));
	}
	buf_addc(out, (char)(0x80 | (u & 0x3f)));
}

/* After a backslash; returns what follows, or NULL. */
static const char *
escape(const char *p, const char *end, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	unsigned u;

	if (p == end)
		return NULL;
	if (*p != 'u') {
		at = memchr(from, *p, sizeof(from) - 1);
		if (at == NULL)
			return NULL;
		buf_addc(out, to[at - from]);
		return p + 1;
	}
	if (end - p < 5)
		return NULL;
	u = hex4(p + 1);
	p += 5;
	if (u >= 0xd800 && u < 0xdc00) {
		if (end - p < 6)
			return NULL;
		u = 0x10000 + ((u - 0xd800) << 10) + (hex4(p + 2) - 0xdc00);
		p += 6;
	}
	put_utf8(out, u);
	return p;
}

/* The bytes of the string at the opening quote, in the text itself or, if it
 * has escapes, in b->key until the next call. */
static int
string(struct build *b, const char **ret, size_t *ret_n)
{
	const char *s = ++b->p;
	const char *p = s;

	buf_reset(&b->key);
	while (p < b->end && *p != '"') {
		const char *from = p;

		while (p < b->end && *p != '"' && *p != '\\')
			p++;
		if (p < b->end && *p == '\\') {
			buf_add(&b->key, from, (size_t)(p - from));
			p = escape(p + 1, b->end, &b->key);
			if (p == NULL)
				return -1;
			s = NULL;
		} else if (s == NULL) {
			buf_add(&b->key, from, (size_t)(p - from));
		}
	}
	if (p >= b->end)
		return -1;
	*ret = s != NULL ? s : buf_str(&b->key);
	*ret_n = s != NULL ? (size_t)(p - s) : b->key.len;
	b->p = p + 1;
	return 0;
}

static json_t *
number(struct build *b)
{
	bool negative = *b->p == '-';
	json_int_t v = 0;

	if (negative)
		b->p++;
	for (; b->p < b->end && *b->p >= '0' && *b->p <= '9'; b->p++) {
		if (v >= (json_int_t)1 << 53)
			return NULL;
		v = v * 10 + (*b->p - '0');
	}
	return json_integer(negative ? -v : v);
}

static json_t *
array(struct build *b)
{
	json_t *a = json_array();
	char c;

	b->p++;
	if (next(b) == ']') {
		b->p++;
		return a;
	}
	do {
		/* takes no NULL, so that what failed ends here */
		if (json_array_append_new(a, value(b)) == -1)
			goto fail;
		c = next(b);
		b->p++;
	} while (c == ',');
	if (c == ']')
		return a;
fail:
	json_decref(a);
	return NULL;
}

/* Key and value; a key that is there already is refused. */
static int
member(struct build *b, json_t *o)
{
	char few[64];
	char *key = few;
	const char *s;
	size_t n;
	int rv = -1;

	if (next(b) != '"' || string(b, &s, &n) == -1)
		return -1;
	if (n > sizeof(few))
		key = mem_alloc(n);
	memcpy(key, s, n);
	if (json_object_getn(o, key, n) != NULL) {
		b->is_duplicate = true;
		goto out;
	}
	if (next(b) != ':')
		goto out;
	b->p++;
	rv = json_object_setn_new_nocheck(o, key, n, value(b));
out:
	if (key != few)
		free(key);
	return rv;
}

static json_t *
object(struct build *b)
{
	json_t *o = json_object();
	char c;

	b->p++;
	if (next(b) == '}') {
		b->p++;
		return o;
	}
	do {
		if (member(b, o) == -1)
			goto fail;
		c = next(b);
		b->p++;
	} while (c == ',');
	if (c == '}')
		return o;
fail:
	json_decref(o);
	return NULL;
}

static json_t *
word(struct build *b, const char *w, json_t *j)
{
	size_t n = strlen(w);

	if ((size_t)(b->end - b->p) < n || memcmp(b->p, w, n) != 0)
		return NULL;
	b->p += n;
	return j;
}

static json_t *
nested(struct build *b, json_t *(*read)(struct build *))
{
	json_t *j;

	if (b->depth == JSCAN_DEPTH)
		return NULL;
	b->depth++;
	j = read(b);
	b->depth--;
	return j;
}

static json_t *
value(struct build *b)
{
	const char *s;
	size_t n;

	switch (next(b)) {
	case '{':
		return nested(b, object);
	case '[':
		return nested(b, array);
	case '"':
		return string(b, &s, &n) == 0 ? json_stringn_nocheck(s, n)
					      : NULL;
	case 't':
		return word(b, "true", json_true());
	case 'f':
		return word(b, "false", json_false());
	case 'n':
		return word(b, "null", json_null());
	case '\0':
		return NULL;
	default:
		return number(b);
	}
}

static int
build(const char *s, size_t n, bool any, json_t **ret, struct err *e)
{
	struct build b = {.p = s, .end = s + n};
	json_t *j = NULL;

	if (next(&b) == '{' || any)
		j = value(&b);
	if (j != NULL && next(&b) == '\0' && b.p == b.end) {
		buf_clear(&b.key);
		*ret = j;
		return 0;
	}
	json_decref(j);
	buf_clear(&b.key);
	return err_set(e, ERR_UNTRUSTED, _("bad JSON: %s"),
	    b.is_duplicate ? "duplicate key"
	    : any          ? "not a value"
			   : "not an object");
}

int
json_build(const char *s, size_t n, json_t **ret, struct err *e)
{
	return build(s, n, false, ret, e);
}

int
json_read_value(const char *s, size_t n, json_t **ret, struct err *e)
{
	return jscan(s, n, e) == -1 ? -1 : build(s, n, true, ret, e);
}

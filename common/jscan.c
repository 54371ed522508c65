#include "jscan.h"

#include <stdbool.h>
#include <string.h>

#include "i18n.h"
#include "text.h"

/*
 * A recursive-descent scan made flat: "open" holds the kinds of the brackets
 * that are open, "want" what may come next.
 */
enum want {
	WANT_VALUE,        /* a value */
	WANT_VALUE_OR_END, /* a value or ] */
	WANT_KEY,          /* a key */
	WANT_KEY_OR_END,   /* a key or } */
	WANT_COLON,
	WANT_COMMA_OR_END,
	WANT_NOTHING,
};

struct scan {
	const char *start, *p, *end;
	char open[JSCAN_DEPTH];
	int depth;
	unsigned marks;
	enum want want;
	struct err *e;
};

static int
bad(const struct scan *s, const char *why)
{
	return err_set(s->e, ERR_UNTRUSTED, _("bad JSON at byte %td: %s"),
	    s->p - s->start, why);
}

/* Bytes of strings that need no closer look: ASCII from space on but " and \. */
static const bool plain[256] = {[0x20] = 1,
    [0x21] = 1,
#define P4(n) [n] = 1, [(n) + 1] = 1, [(n) + 2] = 1, [(n) + 3] = 1
    [0x23] = 1,
    P4(0x24),
    P4(0x28),
    P4(0x2c),
    P4(0x30),
    P4(0x34),
    P4(0x38),
    P4(0x3c),
    P4(0x40),
    P4(0x44),
    P4(0x48),
    P4(0x4c),
    P4(0x50),
    P4(0x54),
    [0x58] = 1,
    [0x59] = 1,
    [0x5a] = 1,
    [0x5b] = 1,
    [0x5d] = 1,
    [0x5e] = 1,
    [0x5f] = 1,
    P4(0x60),
    P4(0x64),
    P4(0x68),
    P4(0x6c),
    P4(0x70),
    P4(0x74),
    P4(0x78),
    P4(0x7c)
#undef P4
};

static int
hex4(const char *p, const char *end, unsigned *ret)
{
	unsigned v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (unsigned)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v = v << 4 | (unsigned)(c - 'A' + 10);
		else
			return -1;
	}
	*ret = v;
	return 0;
}

/* After a backslash. */
static int
escape(struct scan *s)
{
	unsigned u, low;

	if (s->p < s->end && *s->p != '\0' &&
	    strchr("\"\\/bfnrt", *s->p) != NULL) {
		s->p++;
		return 0;
	}
	if (s->p == s->end || *s->p != 'u' || hex4(s->p + 1, s->end, &u) == -1)
		return bad(s, "unknown escape");
	if (u == 0)
		return bad(s, "escaped NUL");
	if (u >= 0xdc00 && u <= 0xdfff)
		return bad(s, "lone surrogate");
	s->p += 5;
	if (u < 0xd800 || u > 0xdbff)
		return 0;
	if (s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u' ||
	    hex4(s->p + 2, s->end, &low) == -1 || low < 0xdc00 || low > 0xdfff)
		return bad(s, "lone surrogate");
	s->p += 6;
	return 0;
}

/* A run of bytes outside ASCII. */
static int
wide(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && (unsigned char)*s->p >= 0x80)
		s->p++;
	if (!text_is_utf8(from, (size_t)(s->p - from)))
		return bad(s, "not UTF-8");
	return 0;
}

/* At the opening quote. */
static int
string(struct scan *s)
{
	for (s->p++;;) {
		unsigned char c;

		while (s->p < s->end && plain[(unsigned char)*s->p])
			s->p++;
		if (s->p == s->end)
			return bad(s, "unterminated string");
		c = (unsigned char)*s->p;
		if (c == '"') {
			s->p++;
			return 0;
		}
		if (c == '\\') {
			s->p++;
			if (escape(s) == -1)
				return -1;
		} else if (c >= 0x80) {
			if (wide(s) == -1)
				return -1;
		} else {
			return bad(s, "control character");
		}
	}
}

static int
number(struct scan *s)
{
	bool negative = *s->p == '-';
	uint64_t v = 0;
	const char *digits;

	if (negative)
		s->p++;
	digits = s->p;
	while (s->p < s->end && *s->p >= '0' && *s->p <= '9') {
		v = v * 10 + (uint64_t)(*s->p - '0');
		if (v >= (uint64_t)1 << 53)
			return bad(s, "number too large");
		s->p++;
	}
	if (s->p == digits || (*digits == '0' && s->p - digits > 1) ||
	    (negative && v == 0))
		return bad(s, "not a plain integer");
	if (s->p < s->end && strchr(".eE+", *s->p) != NULL)
		return bad(s, "not a plain integer");
	return 0;
}

static int
word(struct scan *s, const char *w)
{
	size_t n = strlen(w);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, w, n) != 0)
		return bad(s, "unknown word");
	s->p += n;
	return 0;
}

static void
value_done(struct scan *s)
{
	s->want = s->depth > 0 ? WANT_COMMA_OR_END : WANT_NOTHING;
}

static int
mark(struct scan *s)
{
	s->p++;
	if (++s->marks > JSCAN_MARKS)
		return bad(s, "too many parts");
	return 0;
}

static int
opening(struct scan *s, char c)
{
	if (s->depth == JSCAN_DEPTH)
		return bad(s, "too deep");
	s->open[s->depth++] = c;
	s->want = c == '[' ? WANT_VALUE_OR_END : WANT_KEY_OR_END;
	return mark(s);
}

static int
closing(struct scan *s, char c)
{
	char match = c == ']' ? '[' : '{';
	enum want empty = c == ']' ? WANT_VALUE_OR_END : WANT_KEY_OR_END;

	if (s->depth == 0 || s->open[s->depth - 1] != match ||
	    (s->want != empty && s->want != WANT_COMMA_OR_END))
		return bad(s, "misplaced bracket");
	s->depth--;
	s->p++;
	value_done(s);
	return 0;
}

static bool
wants_value(const struct scan *s)
{
	return s->want == WANT_VALUE || s->want == WANT_VALUE_OR_END;
}

static int
scalar(struct scan *s, char c)
{
	int rv;

	if (!wants_value(s))
		return bad(s, "misplaced value");
	if (c == 't')
		rv = word(s, "true");
	else if (c == 'f')
		rv = word(s, "false");
	else if (c == 'n')
		rv = word(s, "null");
	else
		rv = number(s);
	value_done(s);
	return rv;
}

static int
quoted(struct scan *s)
{
	bool is_key = s->want == WANT_KEY || s->want == WANT_KEY_OR_END;

	if (!is_key && !wants_value(s))
		return bad(s, "misplaced string");
	if (string(s) == -1)
		return -1;
	if (is_key)
		s->want = WANT_COLON;
	else
		value_done(s);
	return 0;
}

static int
comma(struct scan *s)
{
	if (s->want != WANT_COMMA_OR_END)
		return bad(s, "misplaced comma");
	s->want = s->open[s->depth - 1] == '[' ? WANT_VALUE : WANT_KEY;
	return mark(s);
}

static int
colon(struct scan *s)
{
	if (s->want != WANT_COLON)
		return bad(s, "misplaced colon");
	s->want = WANT_VALUE;
	return mark(s);
}

static int
token(struct scan *s)
{
	char c = *s->p;

	switch (c) {
	case ' ':
		s->p++;
		return 0;
	case '"':
		return quoted(s);
	case '[':
	case '{':
		if (!wants_value(s))
			return bad(s, "misplaced bracket");
		return opening(s, c);
	case ']':
	case '}':
		return closing(s, c);
	case ',':
		return comma(s);
	case ':':
		return colon(s);
	default:
		if (c == '-' || (c >= '0' && c <= '9') || c == 't' ||
		    c == 'f' || c == 'n')
			return scalar(s, c);
		return bad(s, "unexpected byte");
	}
}

int
jscan(const char *text, size_t n, struct err *e)
{
	struct scan s = {.start = text, .p = text, .end = text + n, .e = e};

	while (s.p < s.end)
		if (token(&s) == -1)
			return -1;
	if (s.want != WANT_NOTHING)
		return bad(&s, "unfinished");
	return 0;
}

int
json_read(const char *s, size_t n, json_t **ret, struct err *e)
{
	if (jscan(s, n, e) == -1)
		return -1;
	return json_build(s, n, ret, e);
}

const char *
json_get_str(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

int
json_get_int(const json_t *o, const char *key, int64_t *ret)
{
	const json_t *j = json_object_get(o, key);

	if (!json_is_integer(j))
		return -1;
	*ret = json_integer_value(j);
	return 0;
}

/* JSON as text: what jansson writes with JSON_COMPACT | JSON_ENCODE_ANY, but
 * straight into the buffer. */
#include <stdbool.h>
#include <stdio.h>

#include "jscan.h"

static void
add_integer(json_int_t n, struct buf *b)
{
	char digits[24];

	buf_add(b, digits,
	    (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)n));
}

static void
add_escaped(unsigned char c, struct buf *b)
{
	/* by what follows the backslash */
	static const char shorts[] = "b\bf\fn\nr\rt\t\"\"\\\\";
	char text[8];

	for (const char *s = shorts; *s != '\0'; s += 2)
		if ((unsigned char)s[1] == c) {
			buf_add(b, (const char[]){'\\', s[0]}, 2);
			return;
		}
	snprintf(text, sizeof(text), "\\u%04X", c);
	buf_add(b, text, 6);
}

static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\';
}

static void
add_string(const char *s, size_t n, struct buf *b)
{
	size_t from = 0;

	buf_reserve(b, n + 2);
	buf_addc(b, '"');
	for (size_t i = 0; i < n; i++) {
		if (is_plain((unsigned char)s[i]))
			continue;
		buf_add(b, s + from, i - from);
		add_escaped((unsigned char)s[i], b);
		from = i + 1;
	}
	buf_add(b, s + from, n - from);
	buf_addc(b, '"');
}

static void
add_array(const json_t *j, struct buf *b)
{
	const size_t n = json_array_size(j);

	buf_addc(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		json_write(json_array_get(j, i), b);
	}
	buf_addc(b, ']');
}

/* Only its iterators want an object that could be changed. */
static void
add_object(json_t *j, struct buf *b)
{
	const void *first = json_object_iter(j);

	buf_addc(b, '{');
	for (void *i = json_object_iter(j); i != NULL;
	     i = json_object_iter_next(j, i)) {
		if (i != first)
			buf_addc(b, ',');
		add_string(
		    json_object_iter_key(i), json_object_iter_key_len(i), b);
		buf_addc(b, ':');
		json_write(json_object_iter_value(i), b);
	}
	buf_addc(b, '}');
}

static int
append(const char *p, size_t n, void *arg)
{
	buf_add(arg, p, n);
	return 0;
}

void
json_write(const json_t *j, struct buf *b)
{
	if (j == NULL)
		return;
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		add_object((json_t *)j, b);
		return;
	case JSON_ARRAY:
		add_array(j, b);
		return;
	case JSON_STRING:
		add_string(json_string_value(j), json_string_length(j), b);
		return;
	case JSON_INTEGER:
		add_integer(json_integer_value(j), b);
		return;
	case JSON_REAL: /* of no format of ours */
		json_dump_callback(j, append, b, JSON_ENCODE_ANY);
		return;
	case JSON_TRUE:
		buf_adds(b, "true");
		return;
	case JSON_FALSE:
		buf_adds(b, "false");
		return;
	case JSON_NULL:
		buf_adds(b, "null");
		return;
	}
}

static size_t
object_size(json_t *j)
{
	size_t n = 2;

	for (void *i = json_object_iter(j); i != NULL;
	     i = json_object_iter_next(j, i))
		n += json_object_iter_key_len(i) + 4 +
		     json_size(json_object_iter_value(i));
	return n;
}

size_t
json_size(const json_t *j)
{
	size_t n = 2;

	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return object_size((json_t *)j);
	case JSON_ARRAY:
		for (size_t i = 0; i < json_array_size(j); i++)
			n += json_size(json_array_get(j, i)) + 1;
		return n;
	case JSON_STRING:
		return json_string_length(j) + 2;
	default:
		return 5;
	}
}

void
json_write_string(const char *s, size_t n, struct buf *b)
{
	add_string(s, n, b);
}

/* A form: what others wrote, however it looks, is no change when it comes back
 * as it was; what is typed is read as fields of the type, or refused. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/form.h"
#include "common/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A record whose values are the parts of the input between bytes 0xff. */
static json_t *
record_of(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
	    "text", "rationale", "title", "order", "tags/x"};
	json_t *values = json_object();

	for (size_t i = 0; i < 5 && size > 0; i++) {
		const uint8_t *end = memchr(data, 0xff, size);
		size_t n = end != NULL ? (size_t)(end - data) : size;
		json_t *v = json_stringn((const char *)data, n);

		if (v != NULL && memchr(data, '\0', n) == NULL)
			json_object_set(values, names[i], v);
		json_decref(v);
		n += end != NULL;
		data += n;
		size -= n;
	}
	return json_pack(
	    "{s:s,s:o}", "type", "recommendation", "values", values);
}

static void
check_unchanged(const json_t *record)
{
	struct buf b = BUF_INIT;
	struct err e = {0};
	json_t *fields;

	form_write(record, &b);
	if (form_read(record, b.data, b.len, &fields, &e) == -1 ||
	    json_object_size(fields) > 0)
		abort();
	json_decref(fields);
	buf_clear(&b);
}

static void
check_typed(const json_t *record, const char *s, size_t n)
{
	const struct type *t = type_find("recommendation");
	struct err e = {0};
	json_t *fields, *v;
	const char *name;

	if (form_read(record, s, n, &fields, &e) == -1) {
		if (e.code != ERR_INPUT || e.msg[0] == '\0')
			abort();
		return;
	}
	json_object_foreach (fields, name, v)
		if (type_field(t, name) == NULL ||
		    !(json_is_null(v) || json_string_length(v) > 0))
			abort();
	json_decref(fields);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *record = record_of(data, size);

	check_unchanged(record);
	check_typed(record, (const char *)data, size);
	json_decref(record);
	return 0;
}

#include "evidence_names.h"

#include <string.h>

#include "common/jscan.h"
#include "common/text.h"

#define NAMES_MAX 200

static size_t
id_chars(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n &&
	       ((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '2' && s[i] <= '7')))
		i++;
	return i;
}

static const char *
name_of(const json_t *values)
{
	static const char *const fields[] = {"title", "name", "theme"};

	for (size_t i = 0; i < 3; i++)
		if (json_get_str(values, fields[i]) != NULL)
			return json_get_str(values, fields[i]);
	return NULL;
}

/* Returns 1 if there is such a record with a name, 0, -1. */
static int
add_name(const struct office *o, const char *id, struct buf *b, struct err *e)
{
	struct view_record r;
	const char *name;
	json_t *j;

	if (view_find(office_store(o), id, &r, e) == -1)
		return e->code == ERR_NOTFOUND ? 0 : -1;
	if (r.n == 0)
		return 0;
	if (view_values(office_store(o), r.n, &j, e) == -1)
		return -1;
	name = name_of(json_object_get(j, "values"));
	if (name != NULL) {
		buf_printf(b, "   %s  %s  ", id, r.type);
		text_escape(name, strlen(name), false, b);
		buf_addc(b, '\n');
	}
	json_decref(j);
	return name != NULL;
}

int
evidence_names(const struct office *o, const char *text, size_t n,
    struct buf *b, struct err *e)
{
	struct buf names = BUF_INIT;
	char id[ID_SIZE] = "";
	int found = 0, r = 0;

	for (size_t i = 0; i < n && r != -1 && found < NAMES_MAX;) {
		size_t len = id_chars(text + i, n - i);

		if (len == ID_CHARS) {
			memcpy(id, text + i, ID_CHARS);
			r = strstr(buf_str(&names), id) == NULL
				? add_name(o, id, &names, e)
				: 0;
			found += r == 1;
		}
		i += len > 0 ? len : 1;
	}
	if (r != -1 && names.len > 0)
		buf_printf(b,
		    "   The text names these by their ids. What they are "
		    "called stands beside them as\n   the office that wrote "
		    "this folder knows it; nobody signed it.\n\n%s\n",
		    buf_str(&names));
	buf_clear(&names);
	return r == -1 ? -1 : 0;
}

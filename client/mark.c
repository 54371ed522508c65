#include "client/mark.h"

#include <stdio.h>
#include <string.h>

#include "common/i18n.h"

bool
mark_lists(const json_t *names, const char *name)
{
	size_t i;
	json_t *v;

	json_array_foreach (names, i, v)
		if (json_is_string(v) &&
		    strcmp(json_string_value(v), name) == 0)
			return true;
	return false;
}

bool
mark_is_due(const json_t *row, const char *field)
{
	return mark_lists(json_object_get(row, "conflicts"), field);
}

bool
mark_cell(struct table *t, const json_t *row, const char *field)
{
	const json_t *values = json_object_get(row, "values");
	bool is_due = mark_is_due(row, field);
	struct buf b = BUF_INIT;

	if (is_due)
		buf_adds(&b, "! ");
	if (field != NULL && mark_lists(json_object_get(row, "missing"), field))
		buf_adds(&b, _("(not arrived)"));
	else
		print_value(json_object_get(values, field), &b);
	table_cell(t, buf_str(&b));
	buf_clear(&b);
	return is_due;
}

void
mark_explain(void)
{
	print_styled(STYLE_WARN, "!");
	puts(_(" is in conflict: mufakat conflicts"));
}

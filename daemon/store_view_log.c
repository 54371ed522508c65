/* Values that the derived tables do not keep, from the log. */
#include "common/i18n.h"
#include "store_view.h"

#include <string.h>

#include "common/jscan.h"

int
view_change_open(
    struct store *s, int64_t n, struct view_change *ret, struct err *e)
{
	struct view_change c;

	memset(&c, 0, sizeof(c));
	if (log_get(s, n, &c.entry, e) == -1)
		return -1;
	if (head_parse(c.entry.change.head, c.entry.change.head_len, c.entry.id,
		c.entry.change.nportions, &c.head, e) == -1) {
		log_entry_clear(&c.entry);
		return err_wrap(e, _("change %lld of the log"), (long long)n);
	}
	*ret = c;
	return 0;
}

void
view_change_close(struct view_change *c)
{
	head_clear(&c->head);
	log_entry_clear(&c->entry);
}

json_t *
view_change_value(const struct view_change *c, const struct op *op, size_t i)
{
	const struct change *change = &c->entry.change;
	json_t *values = NULL, *inner, *value;
	struct err ignored;

	if (op->portion >= change->nportions ||
	    portion_values(&change->portions[op->portion],
		head_portion_count(&c->head, op->portion), &values,
		&ignored) == -1)
		return NULL;
	inner = json_array_get(values, op->value);
	value = json_incref(json_array_get(inner, i));
	if ((op->op == OP_NEW || op->op == OP_SET) &&
	    json_array_size(inner) != op->nfields) {
		json_decref(value);
		value = NULL;
	}
	json_decref(values);
	return value != NULL ? value_resolve(value, c->entry.id) : NULL;
}

/* If a change writes a field twice, the last counts. */
static const struct op *
find_write(
    const struct head *h, const char *record, const char *field, size_t *ret_i)
{
	for (size_t k = h->nops; k-- > 0;) {
		const struct op *op = &h->ops[k];

		if ((op->op != OP_NEW && op->op != OP_SET) ||
		    strcmp(op->record, record) != 0)
			continue;
		for (size_t i = 0; i < op->nfields; i++)
			if (op_field(op, i) != NULL &&
			    strcmp(op_field(op, i), field) == 0) {
				*ret_i = i;
				return op;
			}
	}
	return NULL;
}

int
view_logged(struct store *s, int64_t change, const char *record,
    const char *field, struct buf *b, struct err *e)
{
	struct view_change c;
	const struct op *op;
	json_t *value = NULL;
	size_t i = 0;

	if (view_change_open(s, change, &c, e) == -1)
		return -1;
	op = find_write(&c.head, record, field, &i);
	if (op != NULL)
		value = view_change_value(&c, op, i);
	if (value != NULL)
		json_write(value, b);
	json_decref(value);
	view_change_close(&c);
	return value != NULL;
}

/*
 * store_view: what the files behind view.h share.
 */
#ifndef MUFAKAT_STORE_VIEW_H
#define MUFAKAT_STORE_VIEW_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/op.h"
#include "log_read.h"

struct query;
struct store;

/* A change read back from the log, its head taken apart. */
struct view_change {
	struct log_entry entry;
	struct head head;
};
int view_change_open(
    struct store *s, int64_t n, struct view_change *ret, struct err *e);
void view_change_close(struct view_change *c);

/* Value i of an operation, {"@":n} resolved; the caller owns it.  NULL if it
 * reads missing. */
json_t *
view_change_value(const struct view_change *c, const struct op *op, size_t i);

/* The JSON text of what a change wrote to a field of a record, appended.
 * Returns 1, 0 if it reads missing, -1 on error. */
int view_logged(struct store *s, int64_t change, const char *record,
    const char *field, struct buf *b, struct err *e);

/* The row of a record as view_list() gives it. */
int view_row(struct store *s, int64_t record, json_t **ret, struct err *e);

/* The same, of a query whose columns are VIEW_ROW, from VIEW_RECORD. */
#define VIEW_ROW "r.n, r.id, t.text, o.text, r.flags"
#define VIEW_RECORD                                                            \
	"record r JOIN name t ON t.n = r.type JOIN name o ON o.n = r.org"
int view_row_of(struct store *s, struct query *q, json_t **ret, struct err *e);

/* What to call a record with these values: its title, name, theme or the
 * beginning of its text; "" if it has none.  Appended, one line.  Returns the
 * field it is from, or NULL. */
const char *view_title(const json_t *values, struct buf *b);

#endif

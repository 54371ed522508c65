#include "writes.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/op.h"
#include "common/text.h"
#include "view.h"

static int
keep(void *arg, const struct view_write *v)
{
	struct writes *w = arg;
	struct write *to;
	size_t n = v->value != NULL ? strlen(v->value) : 0;

	if (w->n % 16 == 0)
		w->w = mem_array(w->w, w->n + 16, sizeof(w->w[0]));
	to = &w->w[w->n++];
	*to = (struct write){.field = mem_strdup(v->field),
	    .t = v->t,
	    .has_value = v->value != NULL,
	    .counts = v->counts,
	    .is_live = v->live,
	    .is_shown = v->is_shown,
	    .is_erased = v->is_erased};
	memcpy(to->change, v->change, HASH_LEN);
	memcpy(to->key, v->key, KEY_LEN);
	if (v->value != NULL)
		crypto_digest(v->value, n, to->hash);
	if (v->is_shown || w->bytes + n <= WRITES_MOST) {
		to->value = view_json(v->value);
		w->bytes += n;
	}
	return 0;
}

int
writes_load(struct store *s, int64_t record, const char *field,
    struct writes *ret, struct err *e)
{
	struct writes w = {0};

	if (view_writes(s, record, field, keep, &w, e) == -1) {
		writes_clear(&w);
		return -1;
	}
	*ret = w;
	return 0;
}

int
writes_load_live(
    struct store *s, int64_t record, struct writes *ret, struct err *e)
{
	struct writes w = {0};

	if (view_live_writes(s, record, keep, &w, e) == -1) {
		writes_clear(&w);
		return -1;
	}
	*ret = w;
	return 0;
}

void
writes_clear(struct writes *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->w[i].field);
		json_decref(w->w[i].value);
	}
	free(w->w);
	*w = (struct writes){0};
}

const struct write *
writes_shown(const struct writes *w, const char *field)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->w[i].is_shown && strcmp(w->w[i].field, field) == 0)
			return &w->w[i];
	return NULL;
}

bool
writes_same(const struct write *a, const struct write *b)
{
	return a->has_value && b->has_value &&
	       memcmp(a->hash, b->hash, HASH_LEN) == 0;
}

struct fetched {
	const uint8_t *change;
	json_t *value;
};

static int
fetch(void *arg, const struct view_write *v)
{
	struct fetched *f = arg;

	if (memcmp(v->change, f->change, HASH_LEN) != 0)
		return 0;
	f->value = view_json(v->value);
	return 1;
}

int
writes_fetch(struct store *s, int64_t record, const struct write *w,
    json_t **ret, struct err *e)
{
	struct fetched f = {w->change, NULL};

	if (w->value == NULL && w->has_value &&
	    view_writes(s, record, w->field, fetch, &f, e) == -1)
		return -1;
	*ret = w->value != NULL ? json_incref(w->value) : f.value;
	return 0;
}

bool
writes_conflict(const struct writes *w, const char *field)
{
	const struct write *first = NULL;

	for (size_t i = 0; i < w->n; i++) {
		const struct write *x = &w->w[i];

		if (!x->is_live || strcmp(x->field, field) != 0)
			continue;
		if (first == NULL)
			first = x;
		else if (!writes_same(x, first))
			return true;
	}
	return false;
}

int
writes_find(const struct writes *w, const char *field, const char *hex,
    const struct write **ret, struct err *e)
{
	const struct write *found = NULL;
	char text[HEX_SIZE];
	size_t n = strlen(hex);

	if (n < 4 || n >= sizeof(text) || strspn(hex, "0123456789abcdef") != n)
		return err_set(e, ERR_INPUT,
		    _("'%.64s' is no change: give at least 4 characters of "
		      "its id"),
		    hex);
	for (size_t i = 0; i < w->n; i++) {
		text_hex(w->w[i].change, HASH_LEN, text);
		if (strcmp(w->w[i].field, field) != 0 ||
		    strncmp(text, hex, n) != 0)
			continue;
		if (found != NULL)
			return err_set(e, ERR_INPUT,
			    _("ambiguous change '%.64s': give more of its id"),
			    hex);
		found = &w->w[i];
	}
	if (found == NULL)
		return err_set(e, ERR_NOTFOUND,
		    _("%s: no change '%.64s' wrote it: 'mufakat history' "
		      "lists those that did"),
		    field, hex);
	*ret = found;
	return 0;
}

json_t *
writes_prefix(const uint8_t change[static HASH_LEN])
{
	char hex[PREFIX_CHARS + 1];

	text_hex(change, PREFIX_LEN, hex);
	return json_string(hex);
}

json_t *
writes_live(const struct writes *w, const char *field)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n && json_array_size(list) < OP_OVER_MAX; i++)
		if (w->w[i].is_live && strcmp(w->w[i].field, field) == 0)
			json_array_append_new(
			    list, writes_prefix(w->w[i].change));
	return writes_sort(list);
}

bool
writes_are_many(const struct writes *w, const char *field)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->w[i].is_live && strcmp(w->w[i].field, field) == 0;
	return n > OP_OVER_MAX;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a),
	    json_string_value(*(json_t *const *)b));
}

json_t *
writes_sort(json_t *prefixes)
{
	const size_t n = json_array_size(prefixes);
	json_t **all = mem_alloc((n + 1) * sizeof(all[0]));
	json_t *sorted = json_array();

	for (size_t i = 0; i < n; i++)
		all[i] = json_array_get(prefixes, i);
	qsort(all, n, sizeof(all[0]), by_text);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || by_text(&all[i - 1], &all[i]) != 0)
			json_array_append(sorted, all[i]);
	free(all);
	json_decref(prefixes);
	return sorted;
}

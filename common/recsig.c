#include "recsig.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "mem.h"
#include "recsig_internal.h"
#include "text.h"

/* --- writing ---------------------------------------------------------------- */

static void
put(struct buf *b, const char *name, const char *value)
{
	buf_printf(
	    b, "%s %s\n", name, value != NULL && *value != '\0' ? value : "-");
}

static void
put_hash(struct buf *b, const char *name, const uint8_t hash[static HASH_LEN])
{
	char hex[HEX_SIZE];

	text_hex(hash, HASH_LEN, hex);
	put(b, name, hex);
}

static void
put_previous(struct buf *b, const struct recsig *r)
{
	char hex[HEX_SIZE];

	buf_adds(b, "previous ");
	if (r->nprevious == 0)
		buf_addc(b, '-');
	for (size_t i = 0; i < r->nprevious; i++) {
		text_hex(r->previous[i], HASH_LEN, hex);
		buf_printf(b, "%s%s", i > 0 ? " " : "", hex);
	}
	buf_addc(b, '\n');
}

/* "id name", or "-" */
static void
put_org(struct buf *b, const char *field, const char *id, const char *name)
{
	if (*id == '\0')
		put(b, field, NULL);
	else
		buf_printf(b, "%s %s %s\n", field, id, name);
}

static void
put_replaces(struct buf *b, const struct recsig *r)
{
	buf_adds(b, "replaces ");
	if (r->nreplaces == 0)
		buf_addc(b, '-');
	for (size_t i = 0; i < r->nreplaces; i++)
		buf_printf(b, "%s%s", i > 0 ? " " : "", r->replaces[i]);
	buf_addc(b, '\n');
}

static int
check(const char *name, const char *value, bool required, struct err *e)
{
	if (value == NULL || *value == '\0')
		return required
			   ? err_set(e, ERR_INPUT, _("%s: is missing"), name)
			   : 0;
	if (!recsig_is_value(value, strlen(value)))
		return err_set(e, ERR_INPUT,
		    _("%s: must be one line of at most %d bytes, not '-'"),
		    name, RECSIG_TEXT);
	return 0;
}

static int
check_values(const struct recsig *r, struct err *e)
{
	if (check("organisation", r->organisation_name, true, e) == -1 ||
	    check("person", r->person, false, e) == -1 ||
	    check("for", r->for_name, r->for_id[0] != '\0', e) == -1)
		return -1;
	if (r->items != NULL && !recsig_is_items(r->items, strlen(r->items)))
		return err_set(e, ERR_INPUT,
		    _("items: must read like 3=object,7=stand-aside"));
	if (!recsig_is_date(r->date, strlen(r->date)))
		return err_set(
		    e, ERR_INPUT, _("date: '%s' is not YYYY-MM-DD"), r->date);
	return 0;
}

static void
put_all(struct buf *b, const struct recsig *r)
{
	char key[KEY_SIZE];

	ident_key(r->key, key);
	put(b, "mufakat", "record 1");
	put_hash(b, "coalition", r->coalition);
	put(b, "key", key);
	put_previous(b, r);
	put_hash(b, "act", r->act);
	put(b, "record", r->record);
	put(b, "version", r->version);
	put_hash(b, "text", r->text);
	put(b, "capacity", recsig_capacity_word(r->capacity));
	put(b, "stance", recsig_stance_word(r->stance));
	put(b, "items", r->items);
	put_org(b, "organisation", r->organisation, r->organisation_name);
	put(b, "person", r->person);
	put_org(b, "for", r->for_id, r->for_name);
	put(b, "date", r->date);
	put_replaces(b, r);
}

/* --- reading ---------------------------------------------------------------- */

struct reader {
	const char *p, *end;
	bool failed;
};

/* The value of the line "name value", or marks the reader as failed. */
static const char *
take(struct reader *r, const char *name, size_t *ret_n)
{
	size_t n = strlen(name);
	const char *lf =
	    r->failed ? NULL : memchr(r->p, '\n', (size_t)(r->end - r->p));
	const char *value;

	*ret_n = 0;
	if (lf == NULL || (size_t)(lf - r->p) < n + 2 ||
	    memcmp(r->p, name, n) != 0 || r->p[n] != ' ') {
		r->failed = true;
		return "";
	}
	value = r->p + n + 1;
	*ret_n = (size_t)(lf - value);
	r->p = lf + 1;
	return value;
}

static bool
is_dash(const char *s, size_t n)
{
	return n == 1 && *s == '-';
}

static void
take_word(struct reader *r, const char *name, const char *word)
{
	size_t n;
	const char *s = take(r, name, &n);

	if (n != strlen(word) || memcmp(s, word, n) != 0)
		r->failed = true;
}

static void
take_hash(struct reader *r, const char *name, uint8_t ret[static HASH_LEN])
{
	size_t n;
	const char *s = take(r, name, &n);

	if (text_unhex(s, n, ret, HASH_LEN) == -1)
		r->failed = true;
}

static void
take_id(struct reader *r, const char *name, char ret[static ID_SIZE])
{
	size_t n;
	const char *s = take(r, name, &n);

	if (!ident_ok(s, n))
		r->failed = true;
	else
		memcpy(ret, s, n);
}

static void
take_text(struct reader *r, const char *name, char **ret)
{
	size_t n;
	const char *s = take(r, name, &n);

	if (is_dash(s, n))
		return;
	if (!recsig_is_value(s, n))
		r->failed = true;
	else
		*ret = mem_strndup(s, n);
}

static void
take_items(struct reader *rd, struct recsig *r)
{
	size_t n;
	const char *s = take(rd, "items", &n);

	if (is_dash(s, n))
		return;
	if (!recsig_is_items(s, n))
		rd->failed = true;
	else
		r->items = mem_strndup(s, n);
}

/* A word of one of the two lists, ended so that it can be looked up. */
static const char *
take_word_of(struct reader *r, const char *name, char ret[static 32])
{
	size_t n;
	const char *s = take(r, name, &n);

	if (n > 31 || memchr(s, '\0', n) != NULL)
		n = 0; /* no word of ours */
	memcpy(ret, s, n);
	ret[n] = '\0';
	return ret;
}

static void
take_choices(struct reader *rd, struct recsig *r)
{
	char word[32];

	if (recsig_parse_capacity(
		take_word_of(rd, "capacity", word), &r->capacity) == -1 ||
	    recsig_parse_stance(take_word_of(rd, "stance", word), &r->stance) ==
		-1)
		rd->failed = true;
}

static void
take_org(struct reader *r, const char *name, bool required,
    char id[static ID_SIZE], char **ret_name)
{
	size_t n;
	const char *s = take(r, name, &n);

	if (is_dash(s, n) && !required)
		return;
	if (n < ID_CHARS + 2 || !ident_ok(s, ID_CHARS) || s[ID_CHARS] != ' ' ||
	    !recsig_is_value(s + ID_CHARS + 1, n - ID_CHARS - 1)) {
		r->failed = true;
		return;
	}
	memcpy(id, s, ID_CHARS);
	*ret_name = mem_strndup(s + ID_CHARS + 1, n - ID_CHARS - 1);
}

/* Splits a list at single spaces; calls each member "step" bytes long. */
static bool
is_list(const char *s, size_t n, size_t step, size_t max)
{
	if ((n + 1) % (step + 1) != 0 || (n + 1) / (step + 1) > max)
		return false;
	for (size_t i = step; i < n; i += step + 1)
		if (s[i] != ' ')
			return false;
	for (size_t i = step + 1; i < n; i += step + 1)
		if (memcmp(s + i - step - 1, s + i, step) >= 0)
			return false; /* sorted, distinct */
	return true;
}

static void
take_previous(struct reader *rd, struct recsig *r)
{
	const size_t step = 2 * HASH_LEN;
	size_t n;
	const char *s = take(rd, "previous", &n);

	if (is_dash(s, n))
		return;
	if (!is_list(s, n, step, CHANGE_PREVIOUS_MAX)) {
		rd->failed = true;
		return;
	}
	r->nprevious = (n + 1) / (step + 1);
	for (size_t i = 0; i < r->nprevious; i++)
		if (text_unhex(s + i * (step + 1), step, r->previous[i],
			HASH_LEN) == -1)
			rd->failed = true;
}

static void
take_replaces(struct reader *rd, struct recsig *r)
{
	size_t n;
	const char *s = take(rd, "replaces", &n);

	if (is_dash(s, n))
		return;
	if (!is_list(s, n, ID_CHARS, RECSIG_REPLACE)) {
		rd->failed = true;
		return;
	}
	r->nreplaces = (n + 1) / ID_SIZE;
	r->replaces = mem_zalloc(r->nreplaces * ID_SIZE);
	for (size_t i = 0; i < r->nreplaces; i++) {
		memcpy(r->replaces[i], s + i * ID_SIZE, ID_CHARS);
		if (!ident_ok(r->replaces[i], ID_CHARS))
			rd->failed = true;
	}
}

static void
take_key(struct reader *rd, struct recsig *r)
{
	size_t n;
	const char *s = take(rd, "key", &n);

	if (ident_parse_key(s, n, r->key) == -1)
		rd->failed = true;
}

static void
take_date(struct reader *rd, struct recsig *r)
{
	size_t n;
	const char *s = take(rd, "date", &n);

	if (!recsig_is_date(s, n))
		rd->failed = true;
	else
		memcpy(r->date, s, n);
}

int
recsig_decode(const char *s, size_t n, struct recsig *ret, struct err *e)
{
	struct reader rd = {s, s + n, n > RECSIG_MAX};
	struct recsig r = {0};

	take_word(&rd, "mufakat", "record 1");
	take_hash(&rd, "coalition", r.coalition);
	take_key(&rd, &r);
	take_previous(&rd, &r);
	take_hash(&rd, "act", r.act);
	take_id(&rd, "record", r.record);
	take_id(&rd, "version", r.version);
	take_hash(&rd, "text", r.text);
	take_choices(&rd, &r);
	take_items(&rd, &r);
	take_org(
	    &rd, "organisation", true, r.organisation, &r.organisation_name);
	take_text(&rd, "person", &r.person);
	take_org(&rd, "for", false, r.for_id, &r.for_name);
	take_date(&rd, &r);
	take_replaces(&rd, &r);
	if (rd.failed || rd.p != rd.end) {
		recsig_clear(&r);
		return err_set(e, ERR_UNTRUSTED,
		    _("record signature: its message does not read"));
	}
	*ret = r;
	return 0;
}

void
recsig_clear(struct recsig *r)
{
	free(r->items);
	free(r->organisation_name);
	free(r->person);
	free(r->for_name);
	free(r->replaces);
	*r = (struct recsig){0};
}

int
recsig_encode(const struct recsig *r, struct buf *b, struct err *e)
{
	const size_t start = b->len;
	struct recsig again;
	struct err why;

	if (check_values(r, e) == -1)
		return -1;
	put_all(b, r);
	/* ids, lists and lengths are judged by the reader alone */
	if (recsig_decode(b->data + start, b->len - start, &again, &why) ==
	    -1) {
		b->len = start;
		b->data[start] = '\0';
		return err_set(e, ERR_INPUT,
		    _("cannot sign this: a value "
		      "does not fit the message"));
	}
	recsig_clear(&again);
	return 0;
}

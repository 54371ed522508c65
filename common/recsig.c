#include "recsig.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "text.h"

static const char *const capacities[] = {
    [CAPACITY_POSITION] = "position",
    [CAPACITY_ENDORSEMENT] = "endorsement",
    [CAPACITY_WITNESS] = "witness",
    [CAPACITY_RECEIPT] = "receipt",
    [CAPACITY_TRANSLATION] = "translation",
};

static const char *const stances[] = {
    [STANCE_SUPPORT] = "support",
    [STANCE_RESERVATION] = "support-with-reservation",
    [STANCE_ASIDE] = "stand-aside",
    [STANCE_OBJECT] = "object",
    [STANCE_NONE] = "none",
    [STANCE_WITHDRAWN] = "withdrawn",
    [STANCE_CONFIRMED] = "confirmed",
    [STANCE_DISPUTED] = "disputed",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
find(const char *const *table, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (s != NULL && strcmp(table[i], s) == 0)
			return (int)i;
	return -1;
}

const char *
recsig_capacity_word(enum recsig_capacity c)
{
	return capacities[c];
}

const char *
recsig_stance_word(enum recsig_stance s)
{
	return stances[s];
}

int
recsig_parse_capacity(const char *s, enum recsig_capacity *ret)
{
	int i = find(capacities, COUNT(capacities), s);

	if (i == -1)
		return -1;
	*ret = (enum recsig_capacity)i;
	return 0;
}

int
recsig_parse_stance(const char *s, enum recsig_stance *ret)
{
	int i = find(stances, COUNT(stances), s);

	if (i == -1)
		return -1;
	*ret = (enum recsig_stance)i;
	return 0;
}

/* Text that can be a value: UTF-8 without control characters, not "-", not
 * empty, no space at either end. */
static bool
is_value(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n == 0 || n > RECSIG_TEXT || (n == 1 && *s == '-') || *s == ' ' ||
	    s[n - 1] == ' ' || !text_is_utf8(s, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (u[i] < 0x20 || u[i] == 0x7f ||
		    (u[i] == 0xc2 && i + 1 < n && u[i + 1] < 0xa0))
			return false;
	return true;
}

/* The number of an item: no leading zero, at most 9 digits; 0 is none. */
static unsigned long
item_number(const char *s, size_t n)
{
	unsigned long v = 0;

	if (n == 0 || n > 9 || *s == '0')
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		v = v * 10 + (unsigned long)(s[i] - '0');
	}
	return v;
}

static bool
is_stance(const char *s, size_t n)
{
	for (size_t i = 0; i < COUNT(stances); i++)
		if (strlen(stances[i]) == n && memcmp(stances[i], s, n) == 0)
			return true;
	return false;
}

/* "3=object,7=stand-aside", numbers rising; or "#" and a hash. */
static bool
is_items(const char *s, size_t n)
{
	uint8_t hash[HASH_LEN];
	const char *end = s + n;
	unsigned long last = 0;

	if (n == 0 || n > RECSIG_ITEMS)
		return false;
	if (*s == '#')
		return text_unhex(s + 1, n - 1, hash, HASH_LEN) == 0;
	while (s <= end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		const char *to = comma != NULL ? comma : end;
		const char *equal = memchr(s, '=', (size_t)(to - s));
		unsigned long number;

		if (equal == NULL ||
		    !is_stance(equal + 1, (size_t)(to - equal) - 1))
			return false;
		number = item_number(s, (size_t)(equal - s));
		if (number <= last)
			return false;
		last = number;
		s = to + 1;
	}
	return true;
}

static bool
is_date(const char *s, size_t n)
{
	if (n != 10)
		return false;
	for (size_t i = 0; i < n; i++)
		if (i == 4 || i == 7 ? s[i] != '-' : s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

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
		return required ? err_set(e, ERR_INPUT, "%s: is missing", name)
				: 0;
	if (!is_value(value, strlen(value)))
		return err_set(e, ERR_INPUT,
		    "%s: must be one line of at most %d bytes, not '-'", name,
		    RECSIG_TEXT);
	return 0;
}

static int
check_values(const struct recsig *r, struct err *e)
{
	if (check("organisation", r->organisation_name, true, e) == -1 ||
	    check("person", r->person, false, e) == -1 ||
	    check("for", r->for_name, r->for_id[0] != '\0', e) == -1)
		return -1;
	if (r->items != NULL && !is_items(r->items, strlen(r->items)))
		return err_set(e, ERR_INPUT,
		    "items: must read like 3=object,7=stand-aside");
	if (!is_date(r->date, strlen(r->date)))
		return err_set(
		    e, ERR_INPUT, "date: '%s' is not YYYY-MM-DD", r->date);
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
	if (!is_value(s, n))
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
	if (!is_items(s, n))
		rd->failed = true;
	else
		r->items = mem_strndup(s, n);
}

static int
take_choice(
    struct reader *r, const char *name, const char *const *table, size_t count)
{
	size_t n;
	const char *s = take(r, name, &n);

	for (size_t i = 0; i < count; i++)
		if (strlen(table[i]) == n && memcmp(table[i], s, n) == 0)
			return (int)i;
	r->failed = true;
	return 0;
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
	    !is_value(s + ID_CHARS + 1, n - ID_CHARS - 1)) {
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

	if (!is_date(s, n))
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
	r.capacity = (enum recsig_capacity)take_choice(
	    &rd, "capacity", capacities, COUNT(capacities));
	r.stance = (enum recsig_stance)take_choice(
	    &rd, "stance", stances, COUNT(stances));
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
		    "record signature: its message does not read");
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
		    "cannot sign this: a value "
		    "does not fit the message");
	}
	recsig_clear(&again);
	return 0;
}

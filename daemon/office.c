#include "office.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/ident.h"
#include "common/text.h"
#include "gate.h"
#include "log_read.h"
#include "store.h"

#define NAME_MAX_BYTES 200

struct store *
office_store(const struct office *o)
{
	return gate_store(o->gate);
}

int
office_need_coalition(const struct office *o, struct err *e)
{
	if (gate_coalition(o->gate) != NULL)
		return 0;
	return err_set(e, ERR_INPUT,
	    _("this office is in no coalition: 'mufakat init' founds one, "
	      "'mufakat join' enters one"));
}

int
office_need_member(
    const struct office *o, const struct trust_org **ret, struct err *e)
{
	const struct trust_org *org;

	if (office_need_coalition(o, e) == -1)
		return -1;
	if (gate_key(o->gate) == NULL)
		return err_set(e, ERR_CONFLICT,
		    _("the key of this office is not here: put the file 'key' "
		      "of its home back into '%s' and start again, or join "
		      "anew with another home (--home)"),
		    o->home);
	org = gate_organisation(o->gate);
	if (org == NULL)
		return err_set(e, ERR_CONFLICT,
		    _("not admitted yet: ask a convenor ('mufakat requests' "
		      "there), sync, then try again"));
	*ret = org;
	return 0;
}

int
office_is_orphan(const struct office *o, bool *ret, struct err *e)
{
	char *word;

	*ret = false;
	if (gate_coalition(o->gate) != NULL || gate_key(o->gate) == NULL)
		return 0;
	if (store_setting(office_store(o), OFFICE_LOST_DATABASE, &word, e) ==
	    -1)
		return -1;
	*ret = word != NULL;
	free(word);
	return 0;
}

/* --- what a request says ------------------------------------------------- */

int
request_text(const json_t *req, const char *key, bool required,
    const char **ret, struct err *e)
{
	const json_t *j = json_object_get(req, key);

	if (j == NULL || json_is_null(j)) {
		if (required)
			return err_set(e, ERR_INPUT, _("%s: is missing"), key);
		*ret = NULL;
		return 0;
	}
	if (!json_is_string(j))
		return err_set(e, ERR_INPUT, _("%s: must be text"), key);
	*ret = json_string_value(j);
	return 0;
}

int
request_number(const json_t *req, const char *key, int64_t *ret, struct err *e)
{
	const json_t *j = json_object_get(req, key);

	if (j == NULL || json_is_null(j)) {
		*ret = 0;
		return 0;
	}
	if (!json_is_integer(j) || json_integer_value(j) < 0)
		return err_set(
		    e, ERR_INPUT, _("%s: must be a number of at least 0"), key);
	*ret = json_integer_value(j);
	return 0;
}

int
request_limit(const json_t *req, int *ret, struct err *e)
{
	int64_t n;

	if (request_number(req, "limit", &n, e) == -1)
		return -1;
	if (n == 0)
		n = PAGE_DEFAULT;
	*ret = n > PAGE_MAX ? PAGE_MAX : (int)n;
	return 0;
}

static bool
has_control(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c == 0x7f ||
		    (c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0))
			return true;
	}
	return false;
}

/* The name stands in acts and in the message of every signature, for ever. */
static int
check_name(const char *key, const struct buf *b, struct err *e)
{
	if (b->len == 0)
		return err_set(e, ERR_INPUT, _("%s: is empty"), key);
	if (b->len > NAME_MAX_BYTES)
		return err_set(e, ERR_INPUT,
		    _("%s: %zu bytes are too many, at most %d"), key, b->len,
		    NAME_MAX_BYTES);
	if (has_control(b->data, b->len))
		return err_set(e, ERR_INPUT,
		    _("%s: holds a control character or a line end"), key);
	if (strcmp(b->data, "-") == 0)
		return err_set(e, ERR_INPUT, _("%s: '-' is no name"), key);
	return text_check(b->data, b->len, e) == -1 ? err_wrap(e, "%s", key)
						    : 0;
}

int
request_name(const json_t *req, const char *key, char **ret, struct err *e)
{
	struct buf b = BUF_INIT;
	const char *s;

	if (request_text(req, key, true, &s, e) == -1)
		return -1;
	if (!text_is_utf8(s, strlen(s)))
		return err_set(e, ERR_INPUT, _("%s: not UTF-8 text"), key);
	s += strspn(s, " ");
	text_normalise(s, strlen(s), &b);
	while (b.len > 0 && b.data[b.len - 1] == ' ')
		b.data[--b.len] = '\0';
	if (check_name(key, &b, e) == -1) {
		buf_clear(&b);
		return -1;
	}
	*ret = buf_steal(&b);
	return 0;
}

int
office_record(const struct office *o, const json_t *req, const char *key,
    struct view_record *ret, struct err *e)
{
	struct view_record r;
	const char *id;

	if (office_need_coalition(o, e) == -1 ||
	    request_text(req, key, true, &id, e) == -1 ||
	    view_find(office_store(o), id, &r, e) == -1)
		return -1;
	if (r.n == 0)
		return err_set(e, ERR_INPUT, _("'%.26s' is a %s, not a record"),
		    r.id, r.type);
	*ret = r;
	return 0;
}

/* --- who is who ---------------------------------------------------------- */

const struct trust_org *
office_org_of(const struct office *o, const uint8_t key[static KEY_LEN])
{
	const struct trust *t = gate_trust(o->gate);
	const struct trust_key *k = t != NULL ? trust_key(t, key) : NULL;

	return k != NULL ? trust_org(t, k->org) : NULL;
}

void
office_set_org(json_t *j, const struct trust_org *org)
{
	json_object_set_new(j, "organisation",
	    org != NULL ? json_string(org->id) : json_null());
	json_object_set_new(
	    j, "name", org != NULL ? json_string(org->name) : json_null());
}

static bool
within(void *arg, const uint8_t change[static HASH_LEN],
    const uint8_t (*heads)[HASH_LEN], size_t nheads)
{
	return log_within(arg, change, heads, nheads);
}

bool
office_counts(const struct office *o, const uint8_t key[static KEY_LEN],
    const uint8_t change[static HASH_LEN])
{
	const struct trust *t = gate_trust(o->gate);
	const struct trust_ancestry a = {within, office_store(o)};

	return t != NULL && trust_counts(t, &a, key, change);
}

/* Who founded the coalition needs nobody's word for it. */
static bool
is_founder(const struct office *o)
{
	const uint8_t *w = gate_coalition(o->gate), *key = gate_key(o->gate);
	struct log_entry l;
	struct err missing;
	bool ours;

	if (w == NULL || key == NULL ||
	    log_by_id(office_store(o), w, &l, &missing) == -1)
		return false;
	ours = memcmp(l.place.key, key, KEY_LEN) == 0;
	log_entry_clear(&l);
	return ours;
}

int
office_confirmed(const struct office *o, bool *ret, struct err *e)
{
	struct log_entry l;
	char *word = NULL;
	uint8_t act[HASH_LEN];
	struct err missing;

	if (is_founder(o)) {
		*ret = true;
		return 0;
	}
	if (store_setting(office_store(o), "confirmed", &word, e) == -1)
		return -1;
	*ret = word != NULL && strcmp(word, "yes") == 0;
	if (word != NULL &&
	    text_unhex(word, strlen(word), act, HASH_LEN) == 0 &&
	    log_by_id(office_store(o), act, &l, &missing) == 0) {
		*ret = l.authentic;
		log_entry_clear(&l);
	}
	free(word);
	return 0;
}

const uint8_t *
office_last_act(const struct office *o)
{
	const struct trust *t = gate_trust(o->gate);
	size_t n = 0;
	const uint8_t(*chain)[HASH_LEN] = t != NULL ? trust_chain(t, &n) : NULL;

	return n > 0 ? chain[n - 1] : NULL;
}

static int
record_type(void *arg, const char *id, char ret[static 65])
{
	struct err ignored;

	return view_type(office_store(arg), id, ret, &ignored);
}

static bool
is_organisation(void *arg, const char *id)
{
	const struct office *o = arg;
	const struct trust *t = gate_trust(o->gate);
	const struct trust_org *org = t != NULL ? trust_org(t, id) : NULL;

	return org != NULL && org->is_active;
}

struct types_lookup
office_lookup(struct office *o)
{
	return (struct types_lookup){record_type, is_organisation, o};
}

/* --- JSON ---------------------------------------------------------------- */

json_t *
office_hex(const uint8_t hash[static HASH_LEN])
{
	char hex[HEX_SIZE];

	text_hex(hash, HASH_LEN, hex);
	return json_string(hex);
}

json_t *
office_key(const uint8_t key[static KEY_LEN])
{
	char text[KEY_SIZE];

	ident_key(key, text);
	return json_string(text);
}

json_t *
office_key_words(const uint8_t key[static KEY_LEN])
{
	char words[IDENT_WORDS_SIZE];

	ident_key_words(key, words);
	return json_string(words);
}

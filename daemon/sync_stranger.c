#include "sync_stranger.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/text.h"
#include "log_read.h"
#include "store.h"
#include "sync_round_private.h"

/* --- who is one ------------------------------------------------------------ */

static bool
is_of_key(const uint8_t *key, const char *id)
{
	char text[KEY_SIZE];

	ident_key(key, text);
	return strncmp(text, id, ID_CHARS) == 0;
}

/* Until the founding is held nobody can be told from a member. */
static bool
is_stranger(const struct round *r, const char *id)
{
	const struct trust *t = gate_trust(r->s.gate);
	const uint8_t *us = gate_key(r->s.gate);
	size_t n = 0;
	const struct trust_key *keys = t != NULL ? trust_keys(t, &n) : NULL;

	for (size_t i = 0; i < n; i++)
		if (is_of_key(keys[i].key, id))
			return false;
	return n > 0 && (us == NULL || !is_of_key(us, id));
}

static size_t
count_keys(const struct round *r)
{
	const struct trust *t = gate_trust(r->s.gate);
	size_t n = 0;

	if (t != NULL)
		trust_keys(t, &n);
	return n;
}

/* --- the order ------------------------------------------------------------- */

/* Those that were put off, unless somebody was admitted since. */
static json_t *
put_off(struct round *r)
{
	struct push_memory *m = r->s.memory;
	size_t keys = count_keys(r);

	if (m->put_off == NULL)
		m->put_off = json_object();
	if (m->keys != keys)
		json_object_clear(m->put_off);
	m->keys = keys;
	return m->put_off;
}

void
strangers_last(struct round *r, json_t *names, bool *ret_more)
{
	const json_t *off = put_off(r);
	size_t members = 0, strangers = 0;
	struct plan_ref p;

	for (size_t i = json_array_size(names); i-- > 0;) {
		const char *name = json_string_value(json_array_get(names, i));

		if (plan_ref_parse(name, &p) &&
		    json_object_get(off, p.id) != NULL)
			json_array_remove(names, i);
		else if (plan_ref_parse(name, &p) && is_stranger(r, p.id))
			strangers++;
		else
			members++;
	}
	if (ret_more == NULL)
		return;
	*ret_more = members > 0 && strangers > 0;
	if (!*ret_more)
		return;
	for (size_t i = json_array_size(names); i-- > 0;)
		if (plan_ref_parse(
			json_string_value(json_array_get(names, i)), &p) &&
		    is_stranger(r, p.id))
			json_array_remove(names, i);
}

/* --- how much -------------------------------------------------------------- */

struct held {
	const char *id;
	int64_t changes;
};

static int
count_held(void *arg, const struct log_info *l)
{
	struct held *h = arg;

	if (!is_of_key(l->key, h->id))
		return 0;
	h->changes = l->changes;
	return 1;
}

static size_t
whole_lines(const char *blob, size_t n)
{
	const char *end = n > 0 ? memrchr(blob, '\n', n) : NULL;

	return end == NULL ? 0 : (size_t)(end - blob) + 1;
}

static void
say(struct round *r, const char *id)
{
	char *whose = round_whose(r, id);

	round_alarm(r, "stranger", id,
	    _("nothing to do: it counts for nothing; the rest is fetched if "
	      "it is admitted"),
	    _("remote '%s' holds more of %s than is taken"), r->s.name, whose);
	free(whose);
}

/* Of a log of a stranger: its beginning. */
static int
share_log(
    struct round *r, const char *id, const void *blob, size_t *n, struct err *e)
{
	struct held h = {.id = id};
	size_t most, all = *n;

	if (log_each(round_store(r), count_held, &h, e) == -1)
		return -1;
	most = r->of_ref >= STRANGER_BYTES || h.changes >= STRANGER_CHANGES
		   ? 0
		   : STRANGER_BYTES - r->of_ref;
	if (most > STRANGERS_BYTES - r->of_strangers)
		most = STRANGERS_BYTES - r->of_strangers;
	if (all > most) {
		*n = whole_lines(blob, most);
		r->is_cut = true;
		json_object_set_new(put_off(r), id, json_true());
		say(r, id);
	}
	r->of_ref += *n;
	r->of_strangers += *n;
	return 0;
}

/* --- among the lines of a member -------------------------------------------- */

#define OPENING    "mufakat 1\t"
#define AT_KEY     (strlen(OPENING) + 2 * HASH_LEN + 1)
#define LINE_LEAST (AT_KEY + KEY_CHARS + 1)

/* A blob of a member, as far as it was looked at. */
struct skim {
	const struct round *r;
	char w[HEX_SIZE];
	const char *last; /* the key that was looked at, in the blob */
	bool was_stray;   /* and what came of it */
};

static bool
is_unadmitted(const struct round *r, const char *text)
{
	const struct trust *t = gate_trust(r->s.gate);
	const uint8_t *us = gate_key(r->s.gate);
	uint8_t key[KEY_LEN];

	return text_unb32(text, KEY_CHARS, key, KEY_LEN) == 0 &&
	       trust_key(t, key) == NULL &&
	       (us == NULL || memcmp(us, key, KEY_LEN) != 0);
}

/* Is this a segment of our coalition whose key is not admitted? */
static bool
is_stray(struct skim *s, const char *segment, size_t n)
{
	const char *key = segment + AT_KEY;

	if (n < LINE_LEAST || memcmp(segment, OPENING, strlen(OPENING)) != 0 ||
	    memcmp(segment + strlen(OPENING), s->w, 2 * HASH_LEN) != 0)
		return false;
	if (s->last == NULL || memcmp(s->last, key, KEY_CHARS) != 0) {
		s->last = key;
		s->was_stray = is_unadmitted(s->r, key);
	}
	return s->was_stray;
}

static const char *
next_segment(const char *p, const char *end)
{
	const char *at =
	    memmem(p, (size_t)(end - p), "\n" OPENING, strlen("\n" OPENING));

	return at != NULL ? at + 1 : end;
}

/* How much of a segment is to be taken. */
static size_t
share_segment(struct round *r, struct skim *s, const char *p, size_t n)
{
	size_t left = STRANGER_BYTES - r->of_strays;

	if (!is_stray(s, p, n))
		return n;
	if (n > left)
		n = whole_lines(p, left);
	r->of_strays += n;
	return n;
}

/* Leaves out what is too much of strangers; copies what is behind it. */
static bool
skim(struct round *r, const char *blob, size_t n, struct buf *copy)
{
	const char *end = blob + n, *next;
	struct skim s = {.r = r};
	bool any = false;

	text_hex(gate_coalition(r->s.gate), HASH_LEN, s.w);
	for (const char *p = blob; p < end; p = next) {
		size_t take;

		next = next_segment(p, end);
		take = share_segment(r, &s, p, (size_t)(next - p));
		if (!any && take < (size_t)(next - p)) {
			any = true;
			buf_add(copy, blob, (size_t)(p - blob));
		}
		if (any)
			buf_add(copy, p, take);
	}
	return any;
}

int
stranger_share(struct round *r, const char *id, const void **blob, size_t *n,
    struct buf *copy, struct err *e)
{
	if (is_stranger(r, id))
		return share_log(r, id, *blob, n, e);
	if (count_keys(r) > 0 && skim(r, *blob, *n, copy)) {
		r->is_skimmed = true;
		*blob = copy->data;
		*n = copy->len;
	}
	return 0;
}

void
stranger_skimmed(struct round *r, const char *ref, const char *oid)
{
	struct push_memory *m = r->s.memory;
	struct plan_ref p;
	char *whose;

	if (!plan_ref_parse(ref, &p))
		return;
	if (m->skimmed == NULL)
		m->skimmed = json_object();
	json_object_set_new(m->skimmed, ref, json_string(oid));
	whose = round_whose(r, p.id);
	round_alarm(r, "stranger", ref,
	    _("nothing to do: they count for nothing"),
	    _("remote '%s' holds more lines of keys that are not admitted "
	      "among those of %s than are taken"),
	    r->s.name, whose);
	free(whose);
}

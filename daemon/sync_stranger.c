#include "sync_stranger.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
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

int
stranger_share(struct round *r, const char *id, const void *blob, size_t n,
    size_t *ret, struct err *e)
{
	struct held h = {.id = id};
	size_t most;

	*ret = n;
	if (!is_stranger(r, id))
		return 0;
	if (log_each(round_store(r), count_held, &h, e) == -1)
		return -1;
	most = r->of_ref >= STRANGER_BYTES || h.changes >= STRANGER_CHANGES
		   ? 0
		   : STRANGER_BYTES - r->of_ref;
	if (most > STRANGERS_BYTES - r->of_strangers)
		most = STRANGERS_BYTES - r->of_strangers;
	if (n > most) {
		*ret = whole_lines(blob, most);
		json_object_set_new(put_off(r), id, json_true());
		say(r, id);
	}
	r->of_ref += *ret;
	r->of_strangers += *ret;
	return 0;
}

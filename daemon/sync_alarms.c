/* What a person should see of remotes, as long as it is so. */
#include "sync_private.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/log.h"
#include "store.h"

#define ALARMS_MAX 32
#define MONTH_MS   (30 * 24 * 60 * 60 * 1000LL)

static bool
is_text(const json_t *v, const char *key, const char *text)
{
	const char *have = json_get_str(v, key);

	return have != NULL && strcmp(have, text) == 0;
}

static bool
is_of(const json_t *v, int64_t remote)
{
	int64_t n;

	return json_get_int(v, "remote", &n) == 0 && n == remote;
}

/* They outlive the daemon. */
static void
save(const struct sync *s)
{
	json_t *all = json_pack("{s:O}", "alarms", s->alarms);
	struct buf b = BUF_INIT;
	struct err e;

	json_write(all, &b);
	if (store_set_setting(gate_store(s->gate), "alarms", buf_str(&b), &e) ==
	    -1)
		log_error("alarm", "error=\"%s\"", e.msg);
	buf_clear(&b);
	json_decref(all);
}

void
sync_load_alarms(struct sync *s)
{
	char *value = NULL;
	json_t *all = NULL;
	struct err e;

	if (store_setting(gate_store(s->gate), "alarms", &value, &e) == -1 ||
	    (value != NULL && json_build(value, strlen(value), &all, &e) == -1))
		log_error("alarm", "error=\"%s\"", e.msg);
	s->alarms = json_incref(json_object_get(all, "alarms"));
	if (!json_is_array(s->alarms)) {
		json_decref(s->alarms);
		s->alarms = json_array();
	}
	json_decref(all);
	free(value);
}

static json_t *
pack(const struct sync *s, int64_t remote, const struct alarm *a,
    const char *text)
{
	return json_pack("{s:I,s:s,s:s,s:s,s:s,s:I,s:b}", "remote",
	    (json_int_t)remote, "kind", a->kind, "about", a->about, "text",
	    text, "next", a->next, "t",
	    (json_int_t)clock_wall(gate_clock(s->gate)), "fresh", 1);
}

/* Of how much account an alarm is: whoever can write to a hub makes any number
 * of those that come last, and must not hide the others by them. */
static int
weight(const char *kind)
{
	static const char *const kinds[] = {
	    "stranger", "ref", "listing", "host", "fork"};
	const int n = sizeof(kinds) / sizeof(kinds[0]);

	for (int i = 0; kind != NULL && i < n; i++)
		if (strcmp(kinds[i], kind) == 0)
			return i;
	return n;
}

/* Room for one more of this kind: the oldest of the least account goes.
 * False if that would be the new one itself. */
static bool
make_room(struct sync *s, const char *kind)
{
	size_t least = 0, i;
	json_t *v;

	if (json_array_size(s->alarms) < ALARMS_MAX)
		return true;
	json_array_foreach (s->alarms, i, v)
		if (weight(json_get_str(v, "kind")) <
		    weight(
			json_get_str(json_array_get(s->alarms, least), "kind")))
			least = i;
	if (weight(json_get_str(json_array_get(s->alarms, least), "kind")) >
	    weight(kind))
		return false;
	json_array_remove(s->alarms, least);
	return true;
}

void
sync_alarm(struct sync *s, int64_t remote, const struct alarm *a)
{
	json_t *v, *was = NULL;
	size_t i;

	json_array_foreach (s->alarms, i, v)
		if (is_of(v, remote) && is_text(v, "kind", a->kind) &&
		    is_text(v, "about", a->about)) {
			was = json_incref(v);
			json_array_remove(s->alarms, i);
			break;
		}
	if (was == NULL || !is_text(was, "text", a->text))
		log_warn("alarm", "kind=%s text=\"%s\" next=\"%s\"", a->kind,
		    a->text, a->next);
	json_decref(was);
	if (!make_room(s, a->kind))
		return;
	v = pack(s, remote, a, a->text);
	if (v == NULL) /* what a remote said is no text */
		v = pack(s, remote, a, _("see the log"));
	json_array_append_new(s->alarms, v);
	save(s);
}

/* What happened once, and will not be proven otherwise. */
static bool
is_past(const struct sync *s, const json_t *v)
{
	int64_t t;

	return is_text(v, "kind", "fork") &&
	       (json_get_int(v, "t", &t) == -1 ||
		   clock_wall(gate_clock(s->gate)) - t > MONTH_MS);
}

static bool
is_to_stay(const struct sync *s, const json_t *v,
    bool (*stands)(void *arg, const char *kind, const char *about), void *arg)
{
	const char *kind = json_get_str(v, "kind");
	const char *about = json_get_str(v, "about");

	if (json_is_true(json_object_get(v, "fresh")))
		return true;
	return kind != NULL && about != NULL && !is_past(s, v) &&
	       stands(arg, kind, about);
}

void
sync_calm(struct sync *s, int64_t remote,
    bool (*stands)(void *arg, const char *kind, const char *about), void *arg)
{
	const size_t n = json_array_size(s->alarms);
	bool is_changed = false;

	for (size_t i = n; i-- > 0;) {
		json_t *v = json_array_get(s->alarms, i);

		if (!is_of(v, remote))
			continue;
		if (!is_to_stay(s, v, stands, arg)) {
			json_array_remove(s->alarms, i);
			is_changed = true;
		} else if (json_is_true(json_object_get(v, "fresh"))) {
			json_object_set_new(v, "fresh", json_false());
			is_changed = true;
		}
	}
	if (is_changed)
		save(s);
}

void
sync_forget_alarms(struct sync *s, int64_t remote)
{
	const size_t n = json_array_size(s->alarms);

	for (size_t i = n; i-- > 0;)
		if (is_of(json_array_get(s->alarms, i), remote))
			json_array_remove(s->alarms, i);
	if (json_array_size(s->alarms) < n)
		save(s);
}

/* --- as they are told ------------------------------------------------------ */

/* Of whose log it is: the ref begins with the key. */
static bool
is_of_member(const struct sync *s, const json_t *v)
{
	const struct trust *t = gate_trust(s->gate);
	const char *about = json_get_str(v, "about");
	size_t n = 0;
	const struct trust_key *keys = t != NULL ? trust_keys(t, &n) : NULL;
	char text[KEY_SIZE];

	for (size_t i = 0; i < n && about != NULL; i++) {
		ident_key(keys[i].key, text);
		if (strncmp(text, about, ID_CHARS) == 0)
			return true;
	}
	return false;
}

/* Whoever can write to a hub, another coalition above all, makes one of these
 * for each of its logs, and nothing can be done about any. */
static bool
is_idle(const struct sync *s, const json_t *v)
{
	return is_text(v, "kind", "stranger") ||
	       (is_text(v, "kind", "ref") && !is_of_member(s, v));
}

/* How many of that remote and kind stand from the one at "i" on; 0 if one
 * before it speaks for it. */
static size_t
count_like(const struct sync *s, size_t i)
{
	const json_t *first = json_array_get(s->alarms, i), *v;
	const char *kind = json_get_str(first, "kind");
	int64_t remote = 0;
	size_t k, n = 0;

	if (!is_idle(s, first) || json_get_int(first, "remote", &remote) == -1)
		return 1;
	json_array_foreach (s->alarms, k, v) {
		if (!is_of(v, remote) || !is_text(v, "kind", kind) ||
		    !is_idle(s, v))
			continue;
		if (k < i)
			return 0;
		n++;
	}
	return n;
}

static json_t *
told(const json_t *v, size_t n)
{
	const char *kind = json_get_str(v, "kind");
	const char *text = json_get_str(v, "text");
	const char *next = json_get_str(v, "next");
	struct buf b = BUF_INIT;
	json_t *ret;

	if (kind == NULL || text == NULL || next == NULL)
		return NULL;
	buf_adds(&b, text);
	if (n > 1)
		buf_printf(&b,
		    P_("; and so for %zu other", "; and so for %zu others",
			n - 1),
		    n - 1);
	ret = json_pack(
	    "{s:s,s:s,s:s}", "kind", kind, "text", buf_str(&b), "next", next);
	buf_clear(&b);
	return ret;
}

json_t *
sync_alarms(const struct sync *s)
{
	json_t *list = json_array(), *one;
	const json_t *v;
	size_t i, n;

	json_array_foreach (s->alarms, i, v) {
		n = count_like(s, i);
		one = n > 0 ? told(v, n) : NULL;
		if (one != NULL)
			json_array_append_new(list, one);
	}
	return list;
}

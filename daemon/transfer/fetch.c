#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "session.h"

#define CONNECTIONS_MAX 200 /* in one fetch, retries included */

/* What one FRAME_WANT asks for. */
struct fetch {
	struct session *s;
	struct want *wants;
	size_t n;
	size_t connections;
	struct walk_from from;
};

/* --- bringing objects into the quarantine -------------------------------- */

struct search {
	const struct fetch *f;
	struct packfile *found;
};

static int
pick_new(void *arg, const struct packfile *p, struct err *e)
{
	struct search *x = arg;
	const struct session *s = x->f->s;

	(void)e;
	for (size_t i = 0; i < s->nhauls; i++)
		if (strcmp(s->hauls[i].pack.name, p->name) == 0)
			return 0;
	*x->found = *p;
	return 0;
}

/* Notes what a connection brought, and where its pack lies. */
static int
add_haul(struct fetch *f, size_t objects, struct err *e)
{
	struct session *s = f->s;
	struct haul h = {.objects = objects};
	struct search x = {f, &h.pack};

	if (objects > 0 &&
	    packfile_each(s->quarantine.packs, pick_new, &x, e) == -1)
		return -1;
	s->hauls = mem_array(s->hauls, s->nhauls + 1, sizeof(*s->hauls));
	s->hauls[s->nhauls++] = h;
	if (git_odb_refresh(s->quarantine.odb) < 0)
		return git_err(e, ERR_SYSTEM, "cannot read the quarantine");
	return 0;
}

static void
fail_all(struct want *w, size_t n, const struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (w[i].err.code == ERR_NONE)
			w[i].err = *e;
}

/* --- handing over -------------------------------------------------------- */

static size_t
count_objects(const struct want *w)
{
	struct oids o = {0};
	size_t n;

	walk_objects(&w->walk, &o);
	n = o.n;
	oids_clear(&o);
	return n;
}

static int
send_blobs(struct fetch *f, struct want *w, struct err *e)
{
	char hex[OID_HEX + 1];

	for (size_t i = w->walk.n; i-- > 0;) {
		const struct step *st = &w->walk.steps[i];
		git_odb_object *o = NULL;
		int rv;

		if (walk_blob(&f->from, st, &o, &w->err) == -1)
			return 0; /* that ref fails, the others go on */
		git_oid_tostr(hex, sizeof(hex), &st->commit);
		rv = channel_send(&f->s->channel, FRAME_BLOB,
		    json_pack("{s:s,s:s}", "ref", w->name, "commit", hex),
		    git_odb_object_data(o), git_odb_object_size(o), e);
		if (rv == 0 && f->s->is_folder &&
		    channel_moved(&f->s->channel, git_odb_object_size(o)) == -1)
			rv = err_set(e, ERR_OFFLINE, _("the daemon has gone"));
		git_odb_object_free(o);
		if (rv == -1)
			return -1;
	}
	return 0;
}

static int
send_end(struct fetch *f, const struct want *w, size_t objects, struct err *e)
{
	bool ok = w->err.code == ERR_NONE;
	char hex[OID_HEX + 1], base[OID_HEX + 1];

	git_oid_tostr(hex, sizeof(hex), &w->oid);
	git_oid_tostr(base, sizeof(base), &w->walk.base);
	return channel_send(&f->s->channel, FRAME_END,
	    json_pack("{s:s,s:s,s:s?,s:b,s:s,s:s,s:I}", "ref", w->name, "oid",
		hex, "base", w->walk.has_base ? base : NULL, "ok", (int)ok,
		"code", ok ? "" : err_word(w->err.code), "error",
		ok ? "" : w->err.msg, "objects", (json_int_t)objects),
	    NULL, 0, e);
}

/* The objects of a haul's refs that came well, or that were kept; says
 * whether that is all there was. */
static bool
gather(const struct fetch *f, size_t haul, bool kept, struct oids *o)
{
	bool all = true;

	for (size_t i = 0; i < f->n; i++) {
		const struct want *w = &f->wants[i];

		if (w->haul != haul)
			continue;
		if (kept ? w->kept : w->err.code == ERR_NONE)
			walk_objects(&w->walk, o);
		else
			all = false;
	}
	oids_unique(o);
	return all;
}

static void
drop_held(const struct trusted *t, struct oids *o)
{
	size_t k = 0;

	for (size_t i = 0; i < o->n; i++)
		if (!trusted_has(t, &o->list[i]))
			o->list[k++] = o->list[i];
	o->n = k;
}

/* Packs what a folder brought while the daemon is busy with what we have
 * handed over, on the bet that it will keep all of it. */
static int
pack_ahead(struct fetch *f, struct err *e)
{
	struct session *s = f->s;
	struct haul *h = &s->hauls[0];
	struct oids o = {0};
	int rv;

	gather(f, 0, false, &o);
	h->objects = o.n;
	drop_held(&s->trusted, &o);
	rv = packfile_build(
	    s->quarantine.repo, &o, s->quarantine.packs, &h->pack, e);
	oids_clear(&o);
	return rv;
}

/* The objects of all ENDs of a haul add up to what came over: what no ref
 * needed is counted with the last. */
static int
hand_over(struct fetch *f, struct want *w, size_t n, size_t came, struct err *e)
{
	size_t told = 0;

	for (size_t i = 0; i < n; i++) {
		size_t objects = 0;

		w[i].haul = f->s->nhauls - 1;
		if (w[i].err.code == ERR_NONE)
			walk_log(&f->from, &w[i].oid, &w[i].walk, &w[i].err);
		if (w[i].err.code == ERR_NONE) {
			objects = count_objects(&w[i]);
			if (send_blobs(f, &w[i], e) == -1)
				return -1;
		}
		told += objects;
		if (i == n - 1 && came > told)
			objects += came - told;
		if (send_end(f, &w[i], objects, e) == -1)
			return -1;
	}
	return 0;
}

static int
hand_over_failed(struct fetch *f, struct want *w, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (send_end(f, &w[i], 0, e) == -1)
			return -1;
	return 0;
}

static int
fetch_folder(struct fetch *f, struct err *e)
{
	struct session *s = f->s;
	struct err far = {0};

	if (folder_bring(&s->folder, s->round.prefix, &s->quarantine, f->wants,
		f->n, &far) == -1) {
		fail_all(f->wants, f->n, &far);
		return hand_over_failed(f, f->wants, f->n, e);
	}
	f->from.loose = s->folder.objects;
	if (add_haul(f, 0, e) == -1 || hand_over(f, f->wants, f->n, 0, e) == -1)
		return -1;
	return pack_ahead(f, e);
}

/* One log that cannot be packed must not keep the others from coming: what
 * failed together is tried in halves, unless the remote is out of reach. */
static int
fetch_chunk(struct fetch *f, struct want *w, size_t n, struct err *e)
{
	struct session *s = f->s;
	struct err far = {0};
	size_t came = 0;
	bool listed;

	if (f->connections++ >= CONNECTIONS_MAX)
		err_set(&far, ERR_OFFLINE, _("too many failed attempts"));
	else if (smart_bring(&s->smart, &s->trusted, &s->quarantine, w, n,
		     &came, &far) == 0) {
		if (add_haul(f, came, e) == -1)
			return -1;
		return hand_over(f, w, n, came, e);
	}
	listed = s->smart.connected;
	if (listed && n > 1 && f->connections < CONNECTIONS_MAX) {
		for (size_t i = 0; i < n; i++)
			w[i].err = (struct err){0};
		if (fetch_chunk(f, w, n / 2, e) == -1)
			return -1;
		return fetch_chunk(f, w + n / 2, n - n / 2, e);
	}
	/* out of reach: do not knock once for every ref */
	if (!listed)
		f->connections = CONNECTIONS_MAX;
	fail_all(w, n, &far);
	return hand_over_failed(f, w, n, e);
}

/* As many refs as one connection can negotiate exactly. */
static size_t
chunk_size(struct fetch *f, size_t from)
{
	size_t known = 0, i;

	for (i = from; i < f->n && i - from < SMART_REFS; i++) {
		known +=
		    trusted_known(&f->s->trusted, f->wants[i].name) != NULL;
		if (known > SMART_KNOWN)
			break;
	}
	return i - from;
}

static int
fetch_far(struct fetch *f, struct err *e)
{
	for (size_t i = 0; i < f->n;) {
		size_t n = chunk_size(f, i);

		if (fetch_chunk(f, f->wants + i, n, e) == -1)
			return -1;
		i += n;
	}
	return 0;
}

/* --- taking over what the daemon accepted -------------------------------- */

static struct want *
find_want(struct fetch *f, const char *name, size_t hint)
{
	for (size_t i = 0; i < f->n; i++) {
		struct want *w = &f->wants[(hint + i) % f->n];

		if (strcmp(w->name, name) == 0)
			return w;
	}
	return NULL;
}

static int
read_keep(struct fetch *f, size_t hint, bool *ret_counts, struct err *e)
{
	struct frame fr = {0};
	const char *name;
	struct want *w;
	int rv = -1;

	if (channel_read(&f->s->channel, &fr, e) == -1)
		return -1;
	name = json_get_str(fr.json, "ref");
	w = name == NULL ? NULL : find_want(f, name, hint);
	if (fr.type != FRAME_KEEP || w == NULL) {
		err_set(e, ERR_INPUT,
		    _("the daemon sent '%s' in place of keep"),
		    frame_word(fr.type));
	} else {
		w->kept = w->err.code == ERR_NONE &&
			  json_is_true(json_object_get(fr.json, "keep"));
		*ret_counts = w->err.code == ERR_NONE;
		rv = 0;
	}
	frame_clear(&fr);
	return rv;
}

static int
read_keeps(struct fetch *f, struct err *e)
{
	size_t open = 0;

	for (size_t i = 0; i < f->n; i++)
		open += f->wants[i].err.code == ERR_NONE;
	for (size_t i = 0; open > 0; i++) {
		bool counts = false;

		if (read_keep(f, i, &counts, e) == -1)
			return -1;
		open -= counts;
	}
	return 0;
}

/* A pack that holds exactly what was accepted comes over as it is, any other
 * is made anew of what was accepted. */
static int
take_haul(struct fetch *f, size_t haul, struct err *e)
{
	struct session *s = f->s;
	const struct haul *h = &s->hauls[haul];
	struct packfile p = h->pack;
	struct oids o = {0};
	bool all = gather(f, haul, true, &o);
	int rv = -1;

	if (!all || o.n != h->objects) {
		drop_held(&s->trusted, &o);
		if (packfile_build(s->quarantine.repo, &o, s->quarantine.packs,
			&p, e) == -1)
			goto out;
	}
	rv = trusted_take(&s->trusted, &p, s->quarantine.packs, e);
out:
	oids_clear(&o);
	return rv;
}

static int
take_over(struct fetch *f, struct err *e)
{
	struct session *s = f->s;
	char hex[OID_HEX + 1];
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++)
		kept += f->wants[i].kept;
	if (kept == 0)
		return 0;
	for (size_t i = 0; i < s->nhauls; i++)
		if (take_haul(f, i, e) == -1)
			return -1;
	for (size_t i = 0; i < f->n; i++)
		if (f->wants[i].kept)
			trusted_note(&s->trusted, f->wants[i].name,
			    git_oid_tostr(hex, sizeof(hex), &f->wants[i].oid));
	return trusted_save(&s->trusted, e);
}

/* --- all of it ----------------------------------------------------------- */

static int
read_names(struct fetch *f, const json_t *want, struct err *e)
{
	const json_t *names = json_object_get(want, "refs");
	const json_t *v;
	size_t i;

	if (!json_is_array(names))
		return err_set(e, ERR_INPUT, _("a want has no refs"));
	f->wants = mem_zalloc((json_array_size(names) + 1) * sizeof(*f->wants));
	json_array_foreach (names, i, v) {
		const char *name = json_string_value(v);

		if (name == NULL || !refs_is_name(name))
			return err_set(
			    e, ERR_INPUT, _("a want names no log of ours"));
		strcpy(f->wants[f->n++].name, name);
	}
	return 0;
}

int
session_fetch(struct session *s, const json_t *want, struct err *e)
{
	struct fetch f = {.s = s};
	int rv = -1;

	s->nhauls = 0;
	if (read_names(&f, want, e) == -1)
		goto out;
	if (f.n == 0) {
		rv = 0;
		goto out;
	}
	if (session_ready(s, e) == -1)
		goto out;
	f.from = (struct walk_from){.odb = s->quarantine.odb,
	    .held = json_is_true(json_object_get(want, "whole"))
			? NULL
			: s->trusted.odb,
	    .blob_max = s->round.limits.blob};
	if ((s->is_folder ? fetch_folder(&f, e) : fetch_far(&f, e)) == -1 ||
	    read_keeps(&f, e) == -1)
		goto out;
	rv = take_over(&f, e);
out:
	for (size_t i = 0; i < f.n; i++)
		walk_clear(&f.wants[i].walk);
	free(f.wants);
	return rv;
}

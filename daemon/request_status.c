/* status, log, backup, state, stop: the office itself. */
#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/op.h"
#include "gate.h"
#include "log_read.h"
#include "membership.h"
#include "office.h"
#include "remote.h"
#include "remotes.h"
#include "store.h"
#include "store_unseen.h"
#include "sync.h"

/* --- status -------------------------------------------------------------- */

static json_t *
coalition_words_json(const struct office *o)
{
	char words[IDENT_WORDS_SIZE];

	ident_coalition_words(gate_coalition(o->gate), words);
	return json_string(words);
}

/* Who we are; null for what we are not yet. */
static int
set_identity(const struct office *o, json_t *j, struct err *e)
{
	const struct trust *t = gate_trust(o->gate);
	const struct trust_org *org = gate_organisation(o->gate);
	const bool in = gate_coalition(o->gate) != NULL;
	bool confirmed = false;

	if (in && office_confirmed(o, &confirmed, e) == -1)
		return -1;
	json_object_set_new(j, "coalition",
	    in ? office_hex(gate_coalition(o->gate)) : json_null());
	json_object_set_new(
	    j, "coalition_words", in ? coalition_words_json(o) : json_null());
	json_object_set_new(j, "coalition_name",
	    t != NULL ? json_string(trust_coalition_name(t)) : json_null());
	json_object_set_new(j, "key",
	    gate_key(o->gate) != NULL ? office_key(gate_key(o->gate))
				      : json_null());
	json_object_set_new(j, "key_words",
	    gate_key(o->gate) != NULL ? office_key_words(gate_key(o->gate))
				      : json_null());
	json_object_set_new(j, "organisation",
	    org != NULL
		? json_pack("{s:s, s:s}", "id", org->id, "name", org->name)
		: json_null());
	json_object_set_new(j, "admitted", json_boolean(org != NULL));
	json_object_set_new(
	    j, "convenor", json_boolean(org != NULL && org->is_convenor));
	json_object_set_new(j, "membership_confirmed", json_boolean(confirmed));
	return 0;
}

static int
set_state_hash(const struct office *o, json_t *j, struct err *e)
{
	uint8_t hash[HASH_LEN];

	if (gate_coalition(o->gate) == NULL) {
		json_object_set_new(j, "state_hash", json_null());
		return 0;
	}
	if (gate_state_hash(o->gate, hash, e) == -1)
		return -1;
	json_object_set_new(j, "state_hash", office_hex(hash));
	return 0;
}

static int
set_counts(const struct office *o, json_t *j, struct err *e)
{
	struct view_counts c = {0};
	int64_t index = 0, unchecked = 0;

	if (view_counts(office_store(o), &c, e) == -1 ||
	    gate_backlog(o->gate, &index, &unchecked, e) == -1 ||
	    view_unchecked(office_store(o), &unchecked, e) == -1)
		return -1;
	json_object_set_new(j, "changes", json_integer(c.changes));
	json_object_set_new(j, "records", json_integer(c.records));
	json_object_set_new(j, "conflicts", json_integer(c.conflicts));
	json_object_set_new(j, "versions", json_integer(c.versions));
	json_object_set_new(j, "signatures", json_integer(c.signatures));
	json_object_set_new(j, "waiting_changes", json_integer(c.waiting));
	json_object_set_new(j, "missing", json_integer(c.missing));
	json_object_set_new(j, "absent", json_integer(c.absent));
	json_object_set_new(j, "index_behind", json_integer(index));
	json_object_set_new(j, "unchecked", json_integer(unchecked));
	return 0;
}

struct forks {
	const struct office *o;
	json_t *forks, *alarms;
};

static void
alarm_json(json_t *alarms, const char *kind, const char *text, const char *next)
{
	json_array_append_new(alarms, json_pack("{s:s, s:s, s:s}", "kind", kind,
					  "text", text, "next", next));
}

static int
note_fork(void *arg, const struct log_info *l)
{
	struct forks *f = arg;
	const uint8_t *us = gate_key(f->o->gate);

	if (l->heads < 2 ||
	    (office_org_of(f->o, l->key) == NULL &&
		(us == NULL || memcmp(us, l->key, KEY_LEN) != 0)))
		return 0; /* a stranger's is nobody's concern */
	json_array_append_new(f->forks, office_key(l->key));
	if (us != NULL && memcmp(us, l->key, KEY_LEN) == 0)
		alarm_json(f->alarms, "own-fork",
		    _("our own log goes on in two directions: a restored "
		      "backup or a copied home"),
		    _("make sure that only one device uses this home; the "
		      "next change joins both sides, nothing is lost"));
	return 0;
}

static const char *
alarm_kind(enum trust_alarm_kind kind)
{
	return kind == ALARM_RIVAL_ACTS ? "rival-acts" : "two-organisations";
}

static const char *
alarm_next(enum trust_alarm_kind kind)
{
	return kind == ALARM_RIVAL_ACTS
		   ? _("ask that convenor by phone which of the two is meant: "
		       "its key may be in other hands; 'mufakat admit' admits "
		       "again whom the other one admitted; told until the key "
		       "is replaced, which no command does yet")
		   : _("ask both organisations by phone whose key it is");
}

static int
note_membership(const struct office *o, json_t *alarms, struct err *e)
{
	json_t *alarm;

	if (membership_alarm(o, &alarm, e) == -1)
		return -1;
	if (alarm != NULL)
		json_array_append_new(alarms, alarm);
	return 0;
}

static int
note_key(const struct office *o, json_t *alarms, struct err *e)
{
	bool is_orphan;

	if (gate_coalition(o->gate) != NULL && gate_key(o->gate) == NULL)
		alarm_json(alarms, "key",
		    _("the key of this office is not here: it shows and "
		      "brings, but can write and sign nothing"),
		    _("put the file 'key' of its home back and start again, "
		      "or join anew with another home (--home)"));
	if (office_is_orphan(o, &is_orphan, e) == -1)
		return -1;
	if (is_orphan)
		alarm_json(alarms, "database",
		    _("the key of an office is here, but its database was "
		      "gone"),
		    _("stop mufakatd and restore a backup, or 'mufakat join' "
		      "the same coalition again: what others hold comes back; "
		      "for another one move the file 'key' away, then start"));
	return 0;
}

struct unseen {
	const struct trust *t;
	json_t *alarms;
};

static int
note_unseen(void *arg, const uint8_t key[static KEY_LEN], int64_t count)
{
	struct unseen *u = arg;
	const struct trust_key *k = u->t != NULL ? trust_key(u->t, key) : NULL;
	const struct trust_org *org =
	    k != NULL ? trust_org(u->t, k->org) : NULL;
	char *text;

	if (org == NULL)
		return 0;
	text = mem_printf(ngettext("%s has received %lld change that no remote "
				   "shows this office",
			      "%s has received %lld changes that no remote "
			      "shows this office",
			      (unsigned long)count),
	    org->name, (long long)count);
	alarm_json(u->alarms, "withheld", text,
	    _("the host may keep back a log: sync with that office another "
	      "way, a folder on a stick say"));
	free(text);
	return 0;
}

static int
set_alarms(const struct office *o, json_t *j, struct err *e)
{
	struct forks f = {o, json_array(), json_array()};
	const struct trust *t = gate_trust(o->gate);
	size_t n = 0;
	const struct trust_alarm *a = t != NULL ? trust_alarms(t, &n) : NULL;

	json_object_set_new(j, "forks", f.forks);
	json_object_set_new(j, "alarms", f.alarms);
	for (size_t i = 0; i < n; i++)
		alarm_json(f.alarms, alarm_kind(a[i].kind), a[i].text,
		    alarm_next(a[i].kind));
	if (note_key(o, f.alarms, e) == -1 ||
	    note_membership(o, f.alarms, e) == -1 ||
	    unseen_each(office_store(o), note_unseen,
		&(struct unseen){t, f.alarms}, e) == -1)
		return -1;
	if (o->sync != NULL) {
		json_t *more = sync_alarms(o->sync);

		json_array_extend(f.alarms, more);
		json_decref(more);
	}
	return log_each(office_store(o), note_fork, &f, e) == -1 ? -1 : 0;
}

/* The age of the last word from each organisation. */
static void
set_organisations(const struct office *o, json_t *j)
{
	const struct trust *t = gate_trust(o->gate);
	size_t norgs = 0, nkeys = 0;
	const struct trust_org *orgs = t != NULL ? trust_orgs(t, &norgs) : NULL;
	const struct trust_key *keys = t != NULL ? trust_keys(t, &nkeys) : NULL;
	json_t *list = json_array();

	for (size_t i = 0; i < norgs; i++) {
		int64_t heard = 0;

		for (size_t k = 0; k < nkeys; k++) {
			struct log_info info;
			struct err missing;

			if (strcmp(keys[k].org, orgs[i].id) == 0 &&
			    log_of_key(office_store(o), keys[k].key, &info,
				&missing) == 0 &&
			    info.heard_ms > heard)
				heard = info.heard_ms;
		}
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:I}", "id", orgs[i].id, "name",
			      orgs[i].name, "last_heard", (json_int_t)heard));
	}
	json_object_set_new(j, "organisations", list);
}

int
request_status(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	json_t *j = json_pack(
	    "{s:s, s:s}", "version", MUFAKAT_VERSION, "home", o->home);
	json_t *remotes;

	(void)req;
	if (j == NULL) /* a home whose path is not UTF-8 */
		j = json_pack("{s:s, s:n}", "version", MUFAKAT_VERSION, "home");
	if (set_identity(o, j, e) == -1 || set_state_hash(o, j, e) == -1 ||
	    set_counts(o, j, e) == -1 || set_alarms(o, j, e) == -1 ||
	    remotes_json(o, &remotes, e) == -1) {
		json_decref(j);
		return -1;
	}
	json_object_set_new(j, "remotes", remotes);
	set_organisations(o, j);
	*ret = j;
	return 0;
}

/* --- log ----------------------------------------------------------------- */

struct sent {
	const struct office *o;
	const struct log_entry *l;
	bool found;
	struct err *e;
};

static int
is_at_remote(void *arg, const struct remote *r)
{
	struct sent *s = arg;
	struct store *store = office_store(s->o);
	int64_t upto;

	if (remote_upto(store, r->n, s->l->log, &upto, s->e) == -1)
		return -1;
	s->found = s->l->n <= upto;
	if (!s->found &&
	    remote_is_marked(store, r->n, s->l->n, &s->found, s->e) == -1)
		return -1;
	return s->found;
}

/* "set text title of abcd", and the like. */
static void
summarise_op(const struct op *op, struct buf *b)
{
	const char *word = json_get_str(op->j, "op");
	const char *kind = json_get_str(json_object_get(op->j, "act"), "kind");
	const char *version = json_get_str(op->j, "version");

	buf_printf(
	    b, "%s%s", b->len > 0 ? "; " : "", word != NULL ? word : "?");
	if (op->op == OP_NEW)
		buf_printf(b, " %s %.12s", op->type, op->record);
	else if (op->op == OP_SET || op->op == OP_VERSION)
		buf_printf(b, " %.12s", op->record);
	else if (op->op == OP_SIGN)
		buf_printf(b, " %.12s", version != NULL ? version : "?");
	else if (kind != NULL)
		buf_printf(b, " %.40s", kind);
	for (size_t i = 0; op->op == OP_SET && i < op->nfields && i < 8; i++)
		buf_printf(b, "%s%s", i == 0 ? ": " : ", ",
		    op_field(op, i) != NULL ? op_field(op, i) : "?");
}

static int
entry_json(const struct office *o, const struct log_entry *l, json_t **ret,
    struct err *e)
{
	struct sent s = {o, l, false, e};
	struct buf b = BUF_INIT;
	struct head h;
	json_t *j;

	if (remote_each(office_store(o), is_at_remote, &s, e) == -1 ||
	    head_parse(l->change.head, l->change.head_len, l->id,
		l->change.nportions, &h, e) == -1)
		return -1;
	for (size_t i = 0; i < h.nops && i < 4; i++)
		summarise_op(&h.ops[i], &b);
	if (h.nops > 4)
		buf_printf(&b, "; %zu more", h.nops - 4);
	j = json_pack("{s:I, s:o, s:I, s:o, s:s, s:s, s:b, s:b}", "n",
	    (json_int_t)l->n, "change", office_hex(l->id), "t",
	    (json_int_t)l->t, "key", office_key(l->place.key), "kind",
	    h.is_act ? "act" : "edit", "summary", buf_str(&b), "authentic",
	    l->authentic, "sent", s.found);
	office_set_org(j, office_org_of(o, l->place.key));
	head_clear(&h);
	buf_clear(&b);
	*ret = j;
	return 0;
}

static int
add_entries(const struct office *o, int64_t *at, int64_t last, int limit,
    json_t *list, struct err *e)
{
	while (*at < last && json_array_size(list) < (size_t)limit) {
		struct log_entry l;
		json_t *j;
		int rv;

		if (log_get(office_store(o), ++*at, &l, e) == -1) {
			if (e->code != ERR_NOTFOUND)
				return -1;
			continue; /* a number that a failed commit used up */
		}
		rv = entry_json(o, &l, &j, e);
		log_entry_clear(&l);
		if (rv == -1)
			return -1;
		json_array_append_new(list, j);
	}
	return 0;
}

/* The number of the change to go on from. */
static int
log_after(struct office *o, const json_t *req, int64_t *ret, struct err *e)
{
	struct log_entry l;
	const char *hex;

	if (request_text(req, "after", false, &hex, e) == -1)
		return -1;
	*ret = 0;
	if (hex == NULL)
		return 0;
	if (log_find(office_store(o), hex, &l, e) == -1)
		return err_wrap(e, "after");
	*ret = l.n;
	log_entry_clear(&l);
	return 0;
}

int
request_log(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	int64_t at, last;
	json_t *list;
	size_t n;
	int limit;

	if (office_need_coalition(o, e) == -1 ||
	    log_after(o, req, &at, e) == -1 ||
	    request_limit(req, &limit, e) == -1 ||
	    log_last(office_store(o), &last, e) == -1)
		return -1;
	list = json_array();
	if (add_entries(o, &at, last, limit, list, e) == -1) {
		json_decref(list);
		return -1;
	}
	n = json_array_size(list);
	*ret = json_pack("{s:o, s:O?}", "log", list, "next",
	    at < last && n > 0
		? json_object_get(json_array_get(list, n - 1), "change")
		: NULL);
	return 0;
}

/* --- backup, state, stop ------------------------------------------------- */

int
request_backup(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const char *path;
	struct stat st;

	if (request_text(req, "path", true, &path, e) == -1)
		return -1;
	if (path[0] != '/')
		return err_set(
		    e, ERR_INPUT, _("path: '%.200s' is not absolute"), path);
	if (lstat(path, &st) == 0)
		return err_set(e, ERR_INPUT,
		    _("'%.200s' is there already: give a new name"), path);
	if (store_backup(office_store(o), path, e) == -1)
		return -1;
	if (stat(path, &st) == -1)
		return err_sys(e, _("cannot read '%s'"), path);
	*ret = json_pack(
	    "{s:s, s:I}", "path", path, "bytes", (json_int_t)st.st_size);
	return 0;
}

int
request_state(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct buf lines = BUF_INIT;
	uint8_t hash[HASH_LEN];
	int rv = -1;

	(void)req;
	if (office_need_coalition(o, e) == -1)
		return -1;
	if (gate_state_hash(o->gate, hash, e) == 0 &&
	    gate_state_lines(o->gate, &lines, e) == 0) {
		*ret = json_pack("{s:o, s:s}", "hash", office_hex(hash),
		    "lines", buf_str(&lines));
		rv = 0;
	}
	buf_clear(&lines);
	return rv;
}

int
request_stop(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	(void)req;
	(void)e;
	*ret = NULL;
	if (o->stop != NULL)
		o->stop(o->stop_arg);
	return 0;
}

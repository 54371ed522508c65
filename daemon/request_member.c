/* init, invite, requests, admit, members: who is in. */
#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "gate.h"
#include "invitation.h"
#include "log_read.h"
#include "office.h"
#include "remote.h"

/* --- init ---------------------------------------------------------------- */

static json_t *
identity_json(const struct office *o)
{
	char words[IDENT_WORDS_SIZE];

	ident_coalition_words(gate_coalition(o->gate), words);
	return json_pack("{s:o, s:s, s:o, s:o}", "coalition",
	    office_hex(gate_coalition(o->gate)), "coalition_words", words,
	    "key", office_key(gate_key(o->gate)), "key_words",
	    office_key_words(gate_key(o->gate)));
}

/* A key is used in one coalition. */
static int
check_fresh(const struct office *o, struct err *e)
{
	bool is_orphan;

	if (office_is_orphan(o, &is_orphan, e) == -1)
		return -1;
	if (!is_orphan)
		return 0;
	return err_set(e, ERR_CONFLICT,
	    _("the key here was made before this database, and may be of "
	      "another coalition: 'mufakat status' tells how it comes back; "
	      "to found one, stop mufakatd, move the file 'key' away, start"));
}

int
request_init(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	char *name = NULL, *org = NULL;
	const char *hex;
	uint8_t recovery[HASH_LEN];
	int rv = -1;

	if (request_name(req, "name", &name, e) == -1 ||
	    request_name(req, "org", &org, e) == -1 ||
	    request_text(req, "recovery", true, &hex, e) == -1)
		goto out;
	if (text_unhex(hex, strlen(hex), recovery, HASH_LEN) == -1) {
		err_set(e, ERR_INPUT,
		    _("recovery: must be the hash of a recovery key, 64 hex "
		      "characters"));
		goto out;
	}
	if (check_fresh(o, e) == -1 ||
	    gate_found(o->gate, name, org, recovery, e) == -1)
		goto out;
	*ret = identity_json(o);
	rv = 0;
out:
	free(name);
	free(org);
	return rv;
}

/* --- invite -------------------------------------------------------------- */

/* Heads of the logs of the convenors' keys, HASH_LEN bytes each. */
static int
convenor_heads(const struct office *o, struct buf *heads, struct err *e)
{
	const struct trust *t = gate_trust(o->gate);
	size_t n;
	const struct trust_key *keys = trust_keys(t, &n);

	for (size_t i = 0; i < n; i++) {
		const struct trust_org *org = trust_org(t, keys[i].org);
		struct log_info info;
		struct err missing;

		if (org == NULL || !org->is_convenor || !keys[i].is_root ||
		    (keys[i].is_cut && keys[i].ncut == 0) ||
		    log_of_key(office_store(o), keys[i].key, &info, &missing) ==
			-1)
			continue;
		if (log_heads(office_store(o), info.log, heads, e) == -1)
			return -1;
	}
	if (heads->len > INVITATION_HEADS_MAX * HASH_LEN)
		heads->len = INVITATION_HEADS_MAX * HASH_LEN;
	return 0;
}

static int
first_url(void *arg, const struct remote *r)
{
	*(char **)arg = mem_strdup(r->url);
	return 1;
}

/* An invitation is a word for the coalition: it takes one to give one. */
static int
need_confirmed(const struct office *o, struct err *e)
{
	bool confirmed;

	if (office_confirmed(o, &confirmed, e) == -1)
		return -1;
	if (confirmed)
		return 0;
	return err_set(e, ERR_UNTRUSTED,
	    _("it is not confirmed here that this is the coalition which is "
	      "meant: 'mufakat status' says what to do"));
}

int
request_invite(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct invitation i = {0};
	struct buf line = BUF_INIT, words = BUF_INIT;
	const uint8_t *act;
	int rv = -1;

	(void)req;
	if (office_need_coalition(o, e) == -1)
		return -1;
	act = office_last_act(o);
	if (act == NULL)
		return err_set(e, ERR_OFFLINE,
		    _("the founding has not arrived here yet: sync, then try "
		      "again"));
	memcpy(i.coalition, gate_coalition(o->gate), HASH_LEN);
	memcpy(i.act, act, HASH_LEN);
	if (need_confirmed(o, e) == -1 ||
	    convenor_heads(o, &i.heads, e) == -1 ||
	    remote_each(office_store(o), first_url, &i.url, e) == -1)
		goto out;
	invitation_line(&i, &line);
	invitation_words(&i, &words);
	*ret = json_pack("{s:s, s:s, s:o, s:s?}", "line", buf_str(&line),
	    "words", buf_str(&words), "coalition", office_hex(i.coalition),
	    "url", i.url);
	rv = 0;
out:
	invitation_clear(&i);
	buf_clear(&line);
	buf_clear(&words);
	return rv;
}

/* --- requests, admit ----------------------------------------------------- */

static json_t *
request_json(const struct trust *t, const struct trust_request *r)
{
	const struct trust_org *like = trust_lookalike(t, r->name);
	json_t *j = json_pack("{s:o, s:s, s:s, s:o, s:o, s:I, s:i, s:i}", "id",
	    office_hex(r->id), "organisation", r->org, "name", r->name, "key",
	    office_key(r->key), "words", office_key_words(r->key), "t",
	    (json_int_t)r->t, "approvals", (int)r->approvals, "needed",
	    (int)r->needed);

	json_object_set_new(j, "lookalike",
	    like != NULL
		? json_pack("{s:s, s:s}", "id", like->id, "name", like->name)
		: json_null());
	return j;
}

int
request_requests(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const struct trust_request *r;
	json_t *list;
	size_t n;

	(void)req;
	if (office_need_coalition(o, e) == -1)
		return -1;
	r = trust_requests(gate_trust(o->gate), &n);
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    list, request_json(gate_trust(o->gate), &r[i]));
	*ret = json_pack("{s:o}", "requests", list);
	return 0;
}

static int
find_request(const struct office *o, const char *hex,
    const struct trust_request **ret, struct err *e)
{
	const struct trust_request *found = NULL;
	size_t n, len = strlen(hex);
	const struct trust_request *r = trust_requests(gate_trust(o->gate), &n);

	if (len < 4 || len > 2 * HASH_LEN ||
	    strspn(hex, "0123456789abcdef") != len)
		return err_set(e, ERR_INPUT,
		    _("'%.64s' is no request: give at least 4 characters of "
		      "an id that 'mufakat requests' lists"),
		    hex);
	for (size_t i = 0; i < n; i++) {
		char id[HEX_SIZE];

		text_hex(r[i].id, HASH_LEN, id);
		if (strncmp(id, hex, len) != 0)
			continue;
		if (found != NULL)
			return err_set(e, ERR_INPUT,
			    _("ambiguous request '%.64s': give more of its "
			      "id"),
			    hex);
		found = &r[i];
	}
	if (found == NULL)
		return err_set(e, ERR_NOTFOUND,
		    _("no request '%.64s' here: 'mufakat requests' lists them"),
		    hex);
	*ret = found;
	return 0;
}

/* Words of the first key that counts for an organisation. */
static void
org_words(
    const struct trust *t, const char *org, char ret[static IDENT_WORDS_SIZE])
{
	size_t n;
	const struct trust_key *keys = trust_keys(t, &n);

	ret[0] = '\0';
	for (size_t i = 0; i < n && ret[0] == '\0'; i++)
		if (strcmp(keys[i].org, org) == 0 &&
		    (!keys[i].is_cut || keys[i].ncut > 0))
			ident_key_words(keys[i].key, ret);
}

/* Two organisations whose names a reader cannot tell apart: the second is
 * refused, whoever it is. */
static int
check_lookalike(
    const struct trust *t, const struct trust_request *r, struct err *e)
{
	const struct trust_org *like = trust_lookalike(t, r->name);
	char theirs[IDENT_WORDS_SIZE], ours[IDENT_WORDS_SIZE];

	if (like == NULL)
		return 0;
	ident_key_words(r->key, theirs);
	org_words(t, like->id, ours);
	return err_set(e, ERR_CONFLICT,
	    _("'%.40s' (%s) looks like '%.40s' (%s): let it join under "
	      "another name"),
	    r->name, theirs, like->name, ours);
}

/* A name that this program would not let anybody take, since no signature of
 * its bearer could be written. */
static int
check_asked_name(const struct trust_request *r, struct err *e)
{
	json_t *j = json_pack("{s:s}", "name", r->name);
	char words[IDENT_WORDS_SIZE];
	char *name = NULL;
	int rv = request_name(j, "name", &name, e);

	ident_key_words(r->key, words);
	if (rv == -1)
		err_set(e, ERR_INPUT,
		    _("the name '%.60s' (%s) cannot stand in a signature: let "
		      "it join under another one"),
		    r->name, words);
	free(name);
	json_decref(j);
	return rv;
}

/* After the commit: r points nowhere any more. */
static json_t *
admitted_json(const struct office *o, const uint8_t *act, const char *org,
    const char *name, const uint8_t *request)
{
	const struct trust *t = gate_trust(o->gate);
	size_t n;
	const struct trust_request *r = trust_requests(t, &n);
	bool in_force = trust_in_force(t, act);
	unsigned approvals = trust_k(t), needed = trust_k(t);

	for (size_t i = 0; i < n; i++)
		if (memcmp(r[i].id, request, HASH_LEN) == 0) {
			approvals = r[i].approvals;
			needed = r[i].needed;
		}
	return json_pack("{s:o, s:i, s:i, s:s, s:s, s:b}", "act",
	    office_hex(act), "approvals", (int)approvals, "needed", (int)needed,
	    "organisation", org, "name", name, "in_force", in_force);
}

/* The act that was approved: the one named, or the change that proposes. */
static void
act_of(const json_t *op, const uint8_t *change, uint8_t ret[static HASH_LEN])
{
	const char *hex = json_get_str(op, "act");

	if (hex == NULL || text_unhex(hex, strlen(hex), ret, HASH_LEN) == -1)
		memcpy(ret, change, HASH_LEN);
}

int
request_admit(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const struct trust_request *r = NULL;
	uint8_t change[HASH_LEN], act[HASH_LEN], request[HASH_LEN];
	char org[ID_SIZE];
	char *name;
	const char *hex;
	struct draft *d;
	json_t *op;
	int rv;

	if (office_need_coalition(o, e) == -1 ||
	    request_text(req, "request", true, &hex, e) == -1 ||
	    find_request(o, hex, &r, e) == -1 || check_asked_name(r, e) == -1 ||
	    check_lookalike(gate_trust(o->gate), r, e) == -1 ||
	    trust_admission(
		gate_trust(o->gate), gate_key(o->gate), r->id, &op, e) == -1)
		return -1;
	memcpy(request, r->id, HASH_LEN);
	memcpy(org, r->org, ID_SIZE);
	name = mem_strdup(r->name);
	d = draft_new(true);
	draft_add(d, json_incref(op), NULL);
	rv = gate_commit(o->gate, &d, change, e);
	if (rv == 0) {
		act_of(op, change, act);
		*ret = admitted_json(o, act, org, name, request);
	}
	json_decref(op);
	free(name);
	return rv;
}

/* --- members ------------------------------------------------------------- */

static json_t *
mandates_json(unsigned mandates)
{
	json_t *list = json_array();

	if (mandates & MANDATE_EDIT)
		json_array_append_new(list, json_string("edit"));
	if (mandates & MANDATE_SIGN)
		json_array_append_new(list, json_string("sign"));
	return list;
}

static json_t *
cut_json(const struct trust_key *k)
{
	json_t *list;

	if (!k->is_cut)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < k->ncut; i++)
		json_array_append_new(list, office_hex(k->cut[i]));
	return list;
}

/* What the logs of an organisation's keys tell. */
struct heard {
	int64_t when, t, changes;
};

static void
add_key(const struct office *o, const struct trust_key *k, json_t *keys,
    struct heard *h)
{
	struct log_info info = {0};
	struct err missing;

	if (log_of_key(office_store(o), k->key, &info, &missing) == 0) {
		h->changes += info.changes;
		if (info.heard_ms > h->when)
			h->when = info.heard_ms;
		if (info.last_t > h->t)
			h->t = info.last_t;
	}
	json_array_append_new(keys,
	    json_pack("{s:o, s:o, s:o, s:b, s:o, s:b}", "key",
		office_key(k->key), "words", office_key_words(k->key),
		"mandates", mandates_json(k->mandates), "root", k->is_root,
		"cut", cut_json(k), "forked", info.heads > 1));
}

static json_t *
member_json(const struct office *o, const struct trust_org *org)
{
	size_t n;
	const struct trust_key *keys = trust_keys(gate_trust(o->gate), &n);
	json_t *list = json_array();
	struct heard h = {0};

	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].org, org->id) == 0)
			add_key(o, &keys[i], list, &h);
	return json_pack("{s:s, s:s, s:b, s:b, s:o, s:I, s:I, s:I}", "id",
	    org->id, "name", org->name, "convenor", org->is_convenor, "active",
	    org->is_active, "keys", list, "last_heard", (json_int_t)h.when,
	    "last_t", (json_int_t)h.t, "changes", (json_int_t)h.changes);
}

static int
by_name(const void *a, const void *b)
{
	const struct trust_org *const *x = a, *const *y = b;
	int order = strcasecmp((*x)->name, (*y)->name);

	return order != 0 ? order : strcmp((*x)->id, (*y)->id);
}

/* Where somebody finds them; the caller frees. */
static const struct trust_org **
orgs_by_name(const struct trust *t, size_t *ret_n)
{
	const struct trust_org *orgs = trust_orgs(t, ret_n);
	const struct trust_org **sorted =
	    mem_zalloc((*ret_n + 1) * sizeof(sorted[0]));

	for (size_t i = 0; i < *ret_n; i++)
		sorted[i] = &orgs[i];
	qsort(sorted, *ret_n, sizeof(sorted[0]), by_name);
	return sorted;
}

int
request_members(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const struct trust_org **orgs;
	json_t *list;
	size_t n;

	(void)req;
	if (office_need_coalition(o, e) == -1)
		return -1;
	orgs = orgs_by_name(gate_trust(o->gate), &n);
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, member_json(o, orgs[i]));
	free(orgs);
	*ret = json_pack("{s:o, s:i}", "organisations", list, "k",
	    (int)trust_k(gate_trust(o->gate)));
	return 0;
}

/* sync, join: what takes a round, and is answered when it is over. */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "gate.h"
#include "invitation.h"
#include "membership.h"
#include "office.h"
#include "remote.h"
#include "server.h"
#include "store.h"
#include "sync.h"

#define LOOK_MANY 16 /* a look names no more coalitions: ours may be another */

static void
send_progress(struct client *c, const char *remote, const char *phase,
    int64_t received, int64_t objects)
{
	client_progress(c, json_pack("{s:s,s:s,s:I,s:I}", "remote", remote,
			       "phase", phase, "received", (json_int_t)received,
			       "objects", (json_int_t)objects));
}

/* --- sync ------------------------------------------------------------------- */

struct sync_job {
	struct office *o;
	struct client *c;
	size_t open; /* rounds that are not over */
	json_t *rounds;
	bool is_starting;
};

static void
free_job(struct sync_job *j)
{
	json_decref(j->rounds);
	free(j);
}

static void
finish_sync(struct sync_job *j)
{
	if (j->open > 0 || j->is_starting)
		return;
	client_reply(j->c, json_pack("{s:O}", "rounds", j->rounds));
	free_job(j);
}

static json_t *
round_json(const struct sync_result *r)
{
	const char *why = r->err.code != ERR_NONE ? r->err.msg : r->why;

	return json_pack("{s:s,s:b,s:I,s:I,s:s?,s:I}", "remote", r->remote,
	    "proven", (int)r->proven, "taken", (json_int_t)r->taken, "sent",
	    (json_int_t)r->sent, "error", *why != '\0' ? why : NULL, "waiting",
	    (json_int_t)r->waiting);
}

static void
sync_done(void *arg, const struct sync_result *r)
{
	struct sync_job *j = arg;

	json_array_append_new(j->rounds, round_json(r));
	j->open--;
	finish_sync(j);
}

static void
sync_progress(void *arg, const char *remote, const char *phase,
    int64_t received, int64_t objects)
{
	const struct sync_job *j = arg;

	send_progress(j->c, remote, phase, received, objects);
}

static void
sync_gone(void *arg)
{
	struct sync_job *j = arg;

	sync_abandon(j->o->sync, j);
	free_job(j);
}

static int
start_one(void *arg, const struct remote *r)
{
	struct sync_job *j = arg;

	j->open++;
	sync_now(j->o->sync, r->n, sync_done, sync_progress, j);
	return 0;
}

static int
start_rounds(struct sync_job *j, const json_t *req, struct err *e)
{
	struct remote r = {0};
	const char *name;

	if (request_text(req, "remote", false, &name, e) == -1 ||
	    office_need_coalition(j->o, e) == -1)
		return -1;
	if (name == NULL) {
		if (remote_each(office_store(j->o), start_one, j, e) == -1)
			return -1;
	} else {
		if (remote_find(office_store(j->o), name, &r, e) == -1)
			return -1;
		start_one(j, &r);
		remote_clear(&r);
	}
	if (j->open == 0)
		return err_set(e, ERR_INPUT,
		    _("no remotes yet: 'mufakat remote add NAME URL'"));
	return 0;
}

void
request_sync(struct office *o, struct client *c, const json_t *req)
{
	struct sync_job *j = mem_zalloc(sizeof(*j));
	struct err e = {0};

	j->o = o;
	j->c = c;
	j->rounds = json_array();
	j->is_starting = true;
	if (start_rounds(j, req, &e) == -1) {
		sync_abandon(o->sync, j);
		free_job(j);
		client_fail(c, &e);
		return;
	}
	j->is_starting = false;
	client_keep(c, sync_gone, j);
	finish_sync(j);
}

/* --- join ------------------------------------------------------------------- */

struct join {
	struct office *o;
	struct client *c;
	char *url;
	char *remote;
	char *org;
	char *coalition; /* as the user gave it, or NULL */
	uint8_t w[HASH_LEN];
	bool has_w;
	bool is_invited;
	struct invitation invitation; /* if is_invited */
	char *request;                /* id of ours, hex */
};

static void
free_join(struct join *j)
{
	free(j->url);
	free(j->remote);
	free(j->org);
	free(j->coalition);
	free(j->request);
	invitation_clear(&j->invitation);
	free(j);
}

static void
fail_join(struct join *j, const struct err *e)
{
	client_fail(j->c, e);
	free_join(j);
}

static void
join_gone(void *arg)
{
	struct join *j = arg;

	sync_abandon(j->o->sync, j);
	free_join(j);
}

static void
join_progress(void *arg, const char *remote, const char *phase,
    int64_t received, int64_t objects)
{
	const struct join *j = arg;

	send_progress(j->c, remote, phase, received, objects);
}

/* Joined is joined: a first round that fails is made up for later.  As long as
 * its founding is not here, nothing but the user's word says that there is such
 * a coalition. */
static void
join_done(void *arg, const struct sync_result *r)
{
	struct join *j = arg;
	char words[IDENT_WORDS_SIZE];
	const uint8_t *w = gate_coalition(j->o->gate);
	struct buf invited = BUF_INIT;

	ident_coalition_words(w, words);
	if (j->is_invited)
		invitation_words(&j->invitation, &invited);
	client_reply(
	    j->c, json_pack("{s:o,s:s,s:b,s:o,s:o,s:s?,s:b,s:s?,s:s?}",
		      "coalition", office_hex(w), "coalition_words", words,
		      "known", office_last_act(j->o) != NULL, "key",
		      office_key(gate_key(j->o->gate)), "key_words",
		      office_key_words(gate_key(j->o->gate)), "request",
		      j->request, "proven", (int)r->proven, "waiting",
		      r->err.code != ERR_NONE ? r->err.msg : NULL, "words",
		      j->is_invited ? buf_str(&invited) : NULL));
	buf_clear(&invited);
	free_join(j);
}

/* What makes our verdicts say "admitted" rather than "membership not
 * confirmed": an act that must be held, or the user's own word for W. */
static int
set_confirmed(struct join *j, struct err *e)
{
	struct store *s = office_store(j->o);
	char act[HEX_SIZE];

	if (!j->is_invited && j->coalition == NULL)
		return 0;
	if (!j->is_invited)
		return store_set_setting(s, "confirmed", "yes", e);
	text_hex(j->invitation.act, HASH_LEN, act);
	return store_set_setting(s, "confirmed", act, e);
}

static int
keep_heads(struct join *j, struct err *e)
{
	return j->is_invited ? membership_keep(j->o, &j->invitation, e) : 0;
}

/* The request is the first change of our log: the head of a log just made. */
static int
note_request(struct join *j, struct err *e)
{
	const struct change_place *at;
	char hex[HEX_SIZE];

	if (gate_place(j->o->gate, &at, e) == -1)
		return -1;
	if (at->nprevious > 0) {
		text_hex(at->previous[0], HASH_LEN, hex);
		j->request = mem_strdup(hex);
	}
	return 0;
}

static int
enter(struct join *j, int64_t *ret_remote, struct err *e)
{
	struct store *s = office_store(j->o);
	struct remote r = {0};
	struct err ignored;

	if (remote_add(s, j->remote, j->url, e) == -1)
		return -1;
	if (remote_find(s, j->remote, &r, e) == -1 ||
	    gate_join(j->o->gate, j->w, j->org, e) == -1) {
		remote_clear(&r);
		remote_remove(s, j->remote, &ignored);
		return -1;
	}
	*ret_remote = r.n;
	remote_clear(&r);
	if (set_confirmed(j, e) == -1 || keep_heads(j, e) == -1)
		return -1;
	return note_request(j, e);
}

/* "why" it could not be looked at what is there: then there is no round now. */
static void
join_now(struct join *j, const struct err *why)
{
	const struct sync_result none = {.err = *why};
	struct err e = {0};
	int64_t remote;

	if (enter(j, &remote, &e) == -1) {
		fail_join(j, &e);
		return;
	}
	sync_reload(j->o->sync);
	if (why->code != ERR_NONE)
		join_done(j, &none);
	else
		sync_now(j->o->sync, remote, join_done, join_progress, j);
}

/* --- joined already -------------------------------------------------------- */

/* Does the user name the coalition that we are in? */
static bool
is_ours(const struct join *j)
{
	const uint8_t *w = gate_coalition(j->o->gate);

	return j->has_w ? memcmp(j->w, w, HASH_LEN) == 0
			: j->coalition != NULL &&
			      ident_coalition_is(w, j->coalition);
}

static int
refuse_other(const struct join *j, struct err *e)
{
	char words[IDENT_WORDS_SIZE];

	ident_coalition_words(gate_coalition(j->o->gate), words);
	if (office_last_act(j->o) == NULL)
		return err_set(e, ERR_CONFLICT,
		    _("this office is in a coalition already (%s), of which "
		      "nothing has come yet; if it was joined by mistake, "
		      "stop mufakatd, throw its home away and join anew"),
		    words);
	return err_set(e, ERR_CONFLICT,
	    _("this office is in a coalition already (%s); another one needs a "
	      "home of its own (--home)"),
	    words);
}

/* The name that this office has, or asked for; NULL if nothing is known of it
 * yet. */
static const char *
own_name(const struct join *j)
{
	const struct trust_org *org = gate_organisation(j->o->gate);
	const struct trust_request *r;
	size_t n;

	if (org != NULL)
		return org->name;
	r = trust_requests(gate_trust(j->o->gate), &n);
	for (size_t i = 0; i < n; i++)
		if (gate_key(j->o->gate) != NULL &&
		    memcmp(r[i].key, gate_key(j->o->gate), KEY_LEN) == 0)
			return r[i].name;
	return NULL;
}

/* Whoever joined by an address alone says later which coalition he means. */
static int
confirm(struct join *j, struct err *e)
{
	const char *name = own_name(j);
	bool confirmed;

	if (!is_ours(j))
		return refuse_other(j, e);
	if (name != NULL && strcmp(name, j->org) != 0)
		return err_set(e, ERR_CONFLICT,
		    _("this office is that of %s; another name needs a home of "
		      "its own (--home)"),
		    name);
	if (office_confirmed(j->o, &confirmed, e) == -1)
		return -1;
	if (!confirmed && set_confirmed(j, e) == -1)
		return -1;
	return keep_heads(j, e);
}

static void
join_again(struct join *j)
{
	struct sync_result none = {.waiting = 0};
	struct err e = {0};

	if (confirm(j, &e) == -1)
		fail_join(j, &e);
	else
		join_done(j, &none);
}

/* --- which coalition ------------------------------------------------------- */

/* Several, and the user named none: which ones there are. */
static int
refuse_many(const uint8_t *all, size_t n, struct err *e)
{
	struct buf b = BUF_INIT;
	char words[IDENT_WORDS_SIZE];

	for (size_t i = 0; i < n; i++) {
		ident_coalition_words(all + i * HASH_LEN, words);
		buf_printf(&b, "%s%s", i > 0 ? ", " : "", words);
	}
	err_set(e, ERR_INPUT,
	    _("%zu coalitions there, name yours with --coalition: %s"), n,
	    buf_str(&b));
	buf_clear(&b);
	return -1;
}

/* W is known.  Where other coalitions are and that one is not, a character of
 * it was lost on the way, or the address is wrong. */
static int
check_there(const struct join *j, const uint8_t *all, size_t n, struct err *e)
{
	char hex[HEX_SIZE];

	for (size_t i = 0; i < n; i++)
		if (memcmp(all + i * HASH_LEN, j->w, HASH_LEN) == 0)
			return 0;
	if (n == 0 || n >= LOOK_MANY)
		return 0;
	text_hex(j->w, HASH_LEN, hex); /* words are but the half of it */
	return err_set(e, ERR_NOTFOUND,
	    _("the coalition %s is not at '%.100s': take the invitation, or "
	      "its coalition, anew from whom you have it"),
	    hex, j->url);
}

static int
choose(struct join *j, const uint8_t *all, size_t n, struct err *e)
{
	const uint8_t *one = NULL;

	if (j->has_w)
		return check_there(j, all, n, e);
	for (size_t i = 0; i < n; i++)
		if (j->coalition == NULL ||
		    ident_coalition_is(all + i * HASH_LEN, j->coalition))
			one = all + i * HASH_LEN;
	if (n == 0)
		return err_set(e, ERR_NOTFOUND,
		    _("no coalition at '%.120s': check the address, or ask "
		      "for an invitation"),
		    j->url);
	if (one == NULL)
		return err_set(e, ERR_NOTFOUND,
		    _("the coalition '%.80s' is not at '%.80s'"), j->coalition,
		    j->url);
	if (j->coalition == NULL && n > 1)
		return refuse_many(all, n, e);
	memcpy(j->w, one, HASH_LEN);
	j->has_w = true;
	return 0;
}

static void
join_looked(
    void *arg, const uint8_t *coalitions, size_t n, const struct err *why)
{
	struct join *j = arg;
	struct err e = *why;
	bool is_away = why->code == ERR_OFFLINE && j->has_w;

	if (!is_away &&
	    (e.code != ERR_NONE || choose(j, coalitions, n, &e) == -1)) {
		fail_join(j, &e);
		return;
	}
	join_now(j, why);
}

static int
read_coalition(struct join *j, const char *text, struct err *e)
{
	uint8_t w[HASH_LEN];
	size_t n;

	if (text == NULL)
		return 0;
	j->coalition = mem_strdup(text);
	if (text_unhex(text, strlen(text), w, HASH_LEN) == 0) {
		if (j->has_w && memcmp(w, j->w, HASH_LEN) != 0)
			return err_set(e, ERR_CONFLICT,
			    _("the invitation is to another coalition than "
			      "--coalition names"));
		memcpy(j->w, w, HASH_LEN);
		j->has_w = true;
		return 0;
	}
	if (text_unwords(text, w, sizeof(w), &n) == -1 || n != 16)
		return err_set(e, ERR_INPUT,
		    _("'%.100s' is no coalition: give its 64 hex characters "
		      "or its 8 words"),
		    text);
	if (j->has_w && !ident_coalition_is(j->w, text))
		return err_set(e, ERR_CONFLICT,
		    _("the invitation is to another coalition than "
		      "--coalition names"));
	return 0;
}

static int
read_invitation(struct join *j, const char *line, struct err *e)
{
	if (line == NULL)
		return 0;
	if (invitation_parse(line, &j->invitation, e) == -1)
		return -1;
	j->is_invited = true;
	memcpy(j->w, j->invitation.coalition, HASH_LEN);
	j->has_w = true;
	if (j->url == NULL && j->invitation.url != NULL)
		j->url = mem_strdup(j->invitation.url);
	return 0;
}

static int
read_join(struct join *j, const json_t *req, struct err *e)
{
	const char *url, *remote, *coalition, *line;

	if (request_text(req, "url", false, &url, e) == -1 ||
	    request_text(req, "remote", false, &remote, e) == -1 ||
	    request_text(req, "coalition", false, &coalition, e) == -1 ||
	    request_text(req, "invitation", false, &line, e) == -1 ||
	    request_name(req, "org", &j->org, e) == -1)
		return -1;
	j->remote = mem_strdup(remote != NULL ? remote : "hub");
	if (url != NULL)
		j->url = mem_strdup(url);
	if (read_invitation(j, line, e) == -1 ||
	    read_coalition(j, coalition, e) == -1)
		return -1;
	if (gate_coalition(j->o->gate) != NULL)
		return 0;
	if (j->url == NULL)
		return err_set(e, ERR_INPUT,
		    _("the invitation names no address: give that of the "
		      "shared repository with --url"));
	return remote_check_url(j->url, e);
}

void
request_join(struct office *o, struct client *c, const json_t *req)
{
	struct join *j = mem_zalloc(sizeof(*j));
	struct err e = {0};

	j->o = o;
	j->c = c;
	if (read_join(j, req, &e) == -1) {
		fail_join(j, &e);
		return;
	}
	if (gate_coalition(o->gate) != NULL) {
		join_again(j);
		return;
	}
	client_keep(c, join_gone, j);
	sync_look(o->sync, j->url, join_looked, j);
}

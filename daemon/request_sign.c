/* sign, unsign, preview. */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/recsig.h"
#include "common/render.h"
#include "gate.h"
#include "office.h"
#include "signatures.h"
#include "signed_text.h"

/* --- what is asked ------------------------------------------------------- */

static int
parse_capacity(const json_t *req, struct recsig *r, struct err *e)
{
	const char *s;

	if (request_text(req, "capacity", false, &s, e) == -1)
		return -1;
	if (recsig_parse_capacity(
		s != NULL ? s : "endorsement", &r->capacity) == 0)
		return 0;
	return err_set(e, ERR_INPUT,
	    _("capacity: '%.60s' is not one of position, endorsement, witness, "
	      "receipt, translation"),
	    s);
}

/* Withdrawn, confirmed and disputed answer an earlier signature. */
static int
parse_stance(const json_t *req, struct recsig *r, struct err *e)
{
	const char *s;

	if (request_text(req, "stance", false, &s, e) == -1)
		return -1;
	if (recsig_parse_stance(s != NULL ? s : "support", &r->stance) == 0 &&
	    r->stance <= STANCE_NONE)
		return 0;
	return err_set(e, ERR_INPUT,
	    _("stance: '%.60s' is not one of support, "
	      "support-with-reservation, stand-aside, object, none"),
	    s);
}

/* Today if none is given, as a day in UTC. */
static int
parse_date(struct office *o, const json_t *req, struct recsig *r, struct err *e)
{
	const struct type *t = type_find("signature");
	char today[CLOCK_ISO_SIZE];
	json_t *v = NULL;
	const char *s;

	if (request_text(req, "date", false, &s, e) == -1)
		return -1;
	if (s == NULL || *s == '\0') {
		clock_iso(clock_wall(gate_clock(o->gate)), today);
		today[10] = '\0';
		s = today;
	}
	if (types_parse(t, type_field(t, "date"), s, &v, e) == -1)
		return -1;
	memcpy(r->date, json_string_value(v), sizeof(r->date));
	json_decref(v);
	return 0;
}

static int
parse(struct office *o, const json_t *req, struct recsig *r, struct err *e)
{
	const char *person;

	if (parse_capacity(req, r, e) == -1 || parse_stance(req, r, e) == -1 ||
	    parse_date(o, req, r, e) == -1 ||
	    request_text(req, "person", false, &person, e) == -1)
		return -1;
	if (person != NULL && *person != '\0')
		return request_name(req, "person", &r->person, e);
	return 0;
}

/* --- what we are --------------------------------------------------------- */

static int
need_mandate(struct office *o, const struct trust_org **us, struct err *e)
{
	const struct trust_key *k;

	if (office_need_member(o, us, e) == -1)
		return -1;
	k = trust_key(gate_trust(o->gate), gate_key(o->gate));
	if (k == NULL || (k->mandates & MANDATE_SIGN) == 0)
		return err_set(e, ERR_INPUT,
		    _("this device may not sign for %s: its mandate is to edit "
		      "only"),
		    (*us)->name);
	return 0;
}

/* Fills in all that the signer does not choose; "place" is that of the
 * change which will carry the signature. */
static int
fill(struct office *o, const struct trust_org *us, struct recsig *r,
    struct err *e)
{
	const struct change_place *place;
	const uint8_t *act = office_last_act(o);

	if (act == NULL || gate_place(o->gate, &place, e) == -1)
		return act != NULL ? -1
				   : err_set(e, ERR_SYSTEM,
					 _("no governance act is held"));
	memcpy(r->coalition, gate_coalition(o->gate), HASH_LEN);
	memcpy(r->key, gate_key(o->gate), KEY_LEN);
	memcpy(r->act, act, HASH_LEN);
	r->nprevious = place->nprevious;
	if (place->nprevious > 0)
		memcpy(
		    r->previous, place->previous, place->nprevious * HASH_LEN);
	memcpy(r->organisation, us->id, ID_SIZE);
	free(r->organisation_name);
	r->organisation_name = mem_strdup(us->name);
	return 0;
}

/* Adds the sign operation for a filled message. */
static int
add_sign(
    struct office *o, struct draft *d, const struct recsig *r, struct err *e)
{
	struct buf msg = BUF_INIT;
	uint8_t sig[SIG_LEN];
	char b64[TEXT_B64_LEN(SIG_LEN) + 1];
	int rv = -1;

	if (recsig_encode(r, &msg, e) == -1 ||
	    gate_sign_record(o->gate, buf_str(&msg), msg.len, sig, e) == -1)
		goto out;
	text_b64(sig, SIG_LEN, b64);
	draft_add(d,
	    json_pack("{s:s, s:s}", "op", "sign", "version", r->version),
	    json_pack("[o, s]", json_stringn(msg.data, msg.len), b64));
	rv = 0;
out:
	buf_clear(&msg);
	return rv;
}

/* --- replacing ----------------------------------------------------------- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Our own older signatures in the slot that r will fill. */
static void
find_replaced(const struct signatures *all, struct recsig *r)
{
	r->replaces = mem_zalloc(RECSIG_REPLACE * sizeof(r->replaces[0]));
	for (size_t i = 0; i < all->n && r->nreplaces < RECSIG_REPLACE; i++) {
		const struct signature *s = &all->s[i];

		if (!s->in_state || !s->has_message ||
		    strcmp(s->r.organisation, r->organisation) != 0 ||
		    !signature_same_slot(&s->r, r))
			continue;
		memcpy(r->replaces[r->nreplaces++], s->id, ID_SIZE);
	}
	if (r->nreplaces > 1)
		qsort(
		    r->replaces, r->nreplaces, sizeof(r->replaces[0]), by_text);
}

/* --- sign ---------------------------------------------------------------- */

/* The version that holds exactly this text; made if there is none yet. */
static int
need_version(struct office *o, const struct view_record *rec,
    const struct signed_text *text, char ret[static ID_SIZE], struct err *e)
{
	const struct signed_version *current;
	struct signed_versions v;
	uint8_t change[HASH_LEN];
	struct draft *d;

	if (signed_versions_load(o, rec, &v, e) == -1)
		return -1;
	current = signed_versions_current(&v);
	if (current != NULL) {
		memcpy(ret, current->id, ID_SIZE);
		signed_versions_clear(&v);
		return 0;
	}
	signed_versions_clear(&v);
	d = draft_new(false);
	draft_add(d,
	    json_pack("{s:s, s:s, s:i, s:O}", "op", "version", "record",
		rec->id, "rule", RENDER_RULE, "of", text->of),
	    json_pack("[o]", json_stringn(text->text.data, text->text.len)));
	if (gate_commit(o->gate, &d, change, e) == -1)
		return -1;
	ident_make(change, 0, ret);
	return 0;
}

/* What a person signed: the rest nobody chooses. */
static json_t *
choice_json(const struct recsig *r)
{
	return json_pack("{s:s, s:s, s:s?, s:s}", "capacity",
	    recsig_capacity_word(r->capacity), "stance",
	    recsig_stance_word(r->stance), "person", r->person, "date",
	    r->date);
}

static json_t *
replaces_json(const struct recsig *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->nreplaces; i++)
		json_array_append_new(list, json_string(r->replaces[i]));
	return list;
}

static int
commit_sign(
    struct office *o, const struct recsig *r, json_t **ret, struct err *e)
{
	struct draft *d = draft_new(false);
	uint8_t change[HASH_LEN];
	char id[ID_SIZE];

	if (add_sign(o, d, r, e) == -1) {
		draft_free(d);
		return -1;
	}
	if (gate_commit(o->gate, &d, change, e) == -1)
		return -1;
	ident_make(change, 0, id);
	*ret = choice_json(r);
	json_object_set_new(*ret, "id", json_string(id));
	json_object_set_new(*ret, "version", json_string(r->version));
	json_object_set_new(*ret, "text_hash", office_hex(r->text));
	json_object_set_new(*ret, "change", office_hex(change));
	json_object_set_new(*ret, "replaces", replaces_json(r));
	return 0;
}

int
request_sign(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct recsig r = {0};
	struct signed_text text = {.text = BUF_INIT};
	struct signatures all = {0};
	const struct trust_org *us;
	struct view_record rec;
	int rv = -1;

	if (office_record(o, req, "record", &rec, e) == -1 ||
	    need_mandate(o, &us, e) == -1)
		return -1;
	if (rec.deleted)
		return err_set(e, ERR_CONFLICT,
		    _("'%.12s' is deleted: mufakat undelete %.12s"), rec.id,
		    rec.id);
	/* the place is asked for only after the version is committed */
	if (parse(o, req, &r, e) == -1 ||
	    signed_text_make(o, &rec, &text, e) == -1 ||
	    need_version(o, &rec, &text, r.version, e) == -1 ||
	    fill(o, us, &r, e) == -1 ||
	    signatures_load(o, rec.id, &all, e) == -1)
		goto out;
	memcpy(r.record, rec.id, ID_SIZE);
	memcpy(r.text, text.hash, HASH_LEN);
	find_replaced(&all, &r);
	rv = commit_sign(o, &r, ret, e);
out:
	recsig_clear(&r);
	signed_text_clear(&text);
	signatures_clear(&all);
	return rv;
}

/* --- unsign -------------------------------------------------------------- */

/* The record whose signatures are meant, and the one of them, or "". */
static int
find_target(struct office *o, const json_t *req, char record[static ID_SIZE],
    char one[static ID_SIZE], struct err *e)
{
	struct signatures all;
	struct view_record r;
	const char *id;

	if (request_text(req, "id", true, &id, e) == -1 ||
	    view_find(office_store(o), id, &r, e) == -1)
		return -1;
	record[0] = one[0] = '\0';
	if (r.n != 0) {
		memcpy(record, r.id, ID_SIZE);
		return 0;
	}
	if (strcmp(r.type, "signature") != 0)
		return err_set(e, ERR_INPUT,
		    _("'%.26s' is a %s, neither a signature nor a record"),
		    r.id, r.type);
	if (signatures_load(o, NULL, &all, e) == -1)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (strcmp(all.s[i].id, r.id) == 0 && all.s[i].has_message)
			memcpy(record, all.s[i].r.record, ID_SIZE);
	signatures_clear(&all);
	memcpy(one, r.id, ID_SIZE);
	return 0;
}

static bool
is_ours(const struct signature *s, const struct trust_org *us, const char *one)
{
	return s->in_state && s->has_message &&
	       s->r.stance != STANCE_WITHDRAWN &&
	       strcmp(s->r.organisation, us->id) == 0 &&
	       (one[0] == '\0' || strcmp(s->id, one) == 0);
}

/* The same message again, withdrawn, in place of the old one. */
static int
add_withdrawal(struct office *o, struct draft *d, const struct trust_org *us,
    const struct signature *s, const json_t *req, struct err *e)
{
	struct recsig r = s->r; /* borrows; what is owned is set apart below */
	int rv = -1;

	r.replaces = mem_zalloc(sizeof(r.replaces[0]));
	memcpy(r.replaces[0], s->id, ID_SIZE);
	r.nreplaces = 1;
	r.stance = STANCE_WITHDRAWN;
	r.organisation_name = NULL;
	if (parse_date(o, req, &r, e) == 0 && fill(o, us, &r, e) == 0)
		rv = add_sign(o, d, &r, e);
	free(r.replaces);
	free(r.organisation_name);
	return rv;
}

/* "withdrawn" is what they take back. */
static int
commit_withdrawals(struct office *o, struct draft *d, json_t *withdrawn,
    json_t **ret, struct err *e)
{
	const size_t n = draft_count(d);
	uint8_t change[HASH_LEN];
	char id[ID_SIZE];
	json_t *ids;

	if (gate_commit(o->gate, &d, change, e) == -1)
		return -1;
	ids = json_array();
	for (size_t i = 0; i < n; i++) {
		ident_make(change, i, id);
		json_array_append_new(ids, json_string(id));
	}
	*ret = json_pack("{s:O, s:o, s:o, s:O}", "id", json_array_get(ids, 0),
	    "ids", ids, "change", office_hex(change), "withdrawn", withdrawn);
	return 0;
}

static void
note_withdrawn(const struct signature *s, json_t *withdrawn)
{
	json_t *j = choice_json(&s->r);

	json_object_set_new(j, "id", json_string(s->id));
	json_array_append_new(withdrawn, j);
}

int
request_unsign(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	char record[ID_SIZE], one[ID_SIZE];
	const struct trust_org *us;
	struct signatures all;
	json_t *withdrawn;
	struct draft *d;
	int rv = 0;

	if (need_mandate(o, &us, e) == -1 ||
	    find_target(o, req, record, one, e) == -1 ||
	    signatures_load(o, record, &all, e) == -1)
		return -1;
	d = draft_new(false);
	withdrawn = json_array();
	for (size_t i = 0; i < all.n && rv == 0; i++) {
		if (!is_ours(&all.s[i], us, one))
			continue;
		note_withdrawn(&all.s[i], withdrawn);
		rv = add_withdrawal(o, d, us, &all.s[i], req, e);
	}
	signatures_clear(&all);
	if (rv == 0 && draft_count(d) == 0)
		rv = err_set(e, ERR_INPUT,
		    _("%s has no signature on '%.12s' to withdraw"), us->name,
		    one[0] != '\0' ? one : record);
	if (rv == -1)
		draft_free(d);
	else
		rv = commit_withdrawals(o, d, withdrawn, ret, e);
	json_decref(withdrawn);
	return rv;
}

/* --- preview ------------------------------------------------------------- */

int
request_preview(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const struct signed_version *current;
	struct signed_text text;
	struct signed_versions v;
	struct view_record r;
	int rv;

	if (office_record(o, req, "record", &r, e) == -1 ||
	    signed_text_make(o, &r, &text, e) == -1)
		return -1;
	rv = signed_versions_load(o, &r, &v, e);
	if (rv == 0) {
		current = signed_versions_current(&v);
		*ret = json_pack("{s:o, s:o, s:s?}", "text",
		    json_stringn(text.text.data, text.text.len), "text_hash",
		    office_hex(text.hash), "version",
		    current != NULL ? current->id : NULL);
		signed_versions_clear(&v);
	}
	signed_text_clear(&text);
	return rv;
}

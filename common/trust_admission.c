/* What a convenor writes to admit somebody, and what he is warned of. */
#include <string.h>

#include "i18n.h"
#include "trust_internal.h"

const struct trust_org *
trust_lookalike(const struct trust *t, const char *name)
{
	const struct trust_org *found = NULL;
	struct text_look want, other;

	text_look(name, strlen(name), &want);
	for (size_t i = 0; i < t->norgs && found == NULL; i++) {
		if (!t->orgs[i].is_active)
			continue;
		text_look(t->orgs[i].name, strlen(t->orgs[i].name), &other);
		if (text_looks_like(&want, &other))
			found = &t->orgs[i];
		text_look_clear(&other);
	}
	text_look_clear(&want);
	return found;
}

static json_t *
propose(const struct trust *t, const struct act *request, const char *hex)
{
	const struct deed *d = request->deed;
	char after[HEX_SIZE], org[ID_SIZE], key[KEY_SIZE], recovery[HEX_SIZE];
	json_t *act;

	text_hex(t->chain[t->nchain - 1], HASH_LEN, after);
	ident_make(request->id, 0, org);
	ident_key(request->key, key);
	act = json_pack("{s:s,s:s,s:s,s:s,s:[s]}", "kind", "admit", "request",
	    hex, "organisation", org, "name", d->name, "keys", key);
	if (d->has_recovery) {
		text_hex(d->recovery, HASH_LEN, recovery);
		json_object_set_new(act, "recovery", json_string(recovery));
	}
	return json_pack(
	    "{s:s,s:s,s:o}", "op", "propose", "after", after, "act", act);
}

static json_t *
approve(const struct act *proposal)
{
	char hex[HEX_SIZE];

	text_hex(proposal->id, HASH_LEN, hex);
	return json_pack("{s:s,s:s}", "op", "approve", "act", hex);
}

int
trust_admission(const struct trust *t, const uint8_t key[static KEY_LEN],
    const uint8_t request[static HASH_LEN], json_t **ret, struct err *e)
{
	const struct act *r = trust_find_act(t, request);
	const struct org_row *convenor = world_root(&t->world, key);
	const struct act *p;
	char hex[HEX_SIZE];

	text_hex(request, HASH_LEN, hex);
	if (r == NULL || r->kind != OP_REQUEST)
		return err_set(
		    e, ERR_INPUT, _("there is no request '%.12s'"), hex);
	if (convenor == NULL || !convenor->is_convenor)
		return err_set(e, ERR_INPUT,
		    _("only a convenor admits; this office is none"));
	if (trust_key(t, r->key) != NULL)
		return err_set(e, ERR_INPUT,
		    _("'%.12s': this key is or was admitted already"), hex);
	p = trust_open_proposal(t, r);
	if (p != NULL && trust_approved(t, p, convenor))
		return err_set(e, ERR_INPUT,
		    _("this organisation has approved '%.12s' already"), hex);
	*ret = p != NULL ? approve(p) : propose(t, r, hex);
	return 0;
}

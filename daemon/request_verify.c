/* verify, evidence, allowed-signers: who signed which text. */
#include "request.h"

#include <string.h>

#include "common/buf.h"
#include "common/evidence.h"
#include "evidence.h"
#include "gate.h"
#include "office.h"
#include "signatures.h"

int
request_verify(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct view_record r;

	if (office_record(o, req, "record", &r, e) == -1)
		return -1;
	return signatures_verify(o, &r, ret, e);
}

struct version_of {
	struct view_record *record;
	const struct office *o;
	struct err *e;
};

static int
find_record(void *arg, const struct view_version *v)
{
	struct version_of *x = arg;

	return view_find(office_store(x->o), v->record, x->record, x->e);
}

/* The id of a record, or of a version of one. */
static int
find_text(struct office *o, const json_t *req, struct view_record *ret,
    char version[static ID_SIZE], struct err *e)
{
	struct version_of x = {ret, o, e};
	const char *id;

	version[0] = '\0';
	if (office_need_coalition(o, e) == -1 ||
	    request_text(req, "record", true, &id, e) == -1 ||
	    view_find(office_store(o), id, ret, e) == -1)
		return -1;
	if (strcmp(ret->type, "version") != 0)
		return office_record(o, req, "record", ret, e);
	memcpy(version, ret->id, ID_SIZE);
	return view_version(office_store(o), version, find_record, &x, e);
}

int
request_evidence(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct view_record r;
	char named[ID_SIZE];
	const char *version;
	json_t *files;

	if (find_text(o, req, &r, named, e) == -1 ||
	    request_text(req, "version", false, &version, e) == -1 ||
	    evidence_make(o, &r,
		version == NULL && named[0] != '\0' ? named : version, &files,
		e) == -1)
		return -1;
	*ret = json_pack("{s:o}", "files", files);
	return 0;
}

/* Every key that ever counted for something: signatures outlive keys. */
int
request_allowed_signers(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct buf b = BUF_INIT;
	const struct trust_key *keys;
	size_t n;

	(void)req;
	if (office_need_coalition(o, e) == -1)
		return -1;
	keys = trust_keys(gate_trust(o->gate), &n);
	for (size_t i = 0; i < n; i++)
		if (!keys[i].is_cut || keys[i].ncut > 0)
			evidence_signer(keys[i].org, keys[i].key, &b);
	*ret = json_pack("{s:s}", "content", buf_str(&b));
	buf_clear(&b);
	return 0;
}

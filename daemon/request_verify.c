/* verify, evidence, allowed-signers: who signed which text. */
#include "request.h"

#include "common/buf.h"
#include "common/evidence.h"
#include "evidence.h"
#include "gate.h"
#include "named_text.h"
#include "office.h"
#include "signatures.h"

int
request_verify(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct view_record r;
	char version[ID_SIZE];

	if (named_text_find(o, req, "record", &r, version, e) == -1)
		return -1;
	return signatures_verify(o, &r, ret, e);
}

int
request_evidence(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct view_record r;
	char named[ID_SIZE];
	const char *version;
	json_t *files;
	bool current;

	if (named_text_find(o, req, "record", &r, named, e) == -1 ||
	    request_text(req, "version", false, &version, e) == -1 ||
	    evidence_make(o, &r,
		version == NULL && named[0] != '\0' ? named : version, &files,
		&current, e) == -1)
		return -1;
	*ret = json_pack("{s:o, s:b}", "files", files, "current", current);
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

#include "request.h"

#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "server.h"

const struct request request_table[] = {
    {"status", request_status, NULL},
    {"init", request_init, NULL},
    {"invite", request_invite, NULL},
    {"join", NULL, request_join},
    {"requests", request_requests, NULL},
    {"admit", request_admit, NULL},
    {"members", request_members, NULL},
    {"remote-add", request_remote_add, NULL},
    {"remote-list", request_remote_list, NULL},
    {"remote-set-url", request_remote_set_url, NULL},
    {"remote-remove", request_remote_remove, NULL},
    {"sync", NULL, request_sync},
    {"new", request_new, NULL},
    {"edit", request_edit, NULL},
    {"show", request_show, NULL},
    {"types", request_types, NULL},
    {"list", request_list, NULL},
    {"search", request_search, NULL},
    {"history", request_history, NULL},
    {"diff", request_diff, NULL},
    {"conflicts", request_conflicts, NULL},
    {"resolve", request_resolve, NULL},
    {"delete", request_delete, NULL},
    {"undelete", request_undelete, NULL},
    {"comment", request_comment, NULL},
    {"sign", request_sign, NULL},
    {"unsign", request_unsign, NULL},
    {"preview", request_preview, NULL},
    {"verify", request_verify, NULL},
    {"evidence", request_evidence, NULL},
    {"allowed-signers", request_allowed_signers, NULL},
    {"log", request_log, NULL},
    {"backup", request_backup, NULL},
    {"state", request_state, NULL},
    {"stop", request_stop, NULL},
    {NULL, NULL, NULL},
};

static const struct request *
find(const char *verb)
{
	for (const struct request *r = request_table; r->verb != NULL; r++)
		if (verb != NULL && strcmp(r->verb, verb) == 0)
			return r;
	return NULL;
}

void
request_run(struct office *o, struct client *c, const json_t *req)
{
	const char *verb = json_get_str(req, "do");
	const struct request *r = find(verb);
	struct err e = {0};
	json_t *reply = NULL;

	if (r == NULL) {
		err_set(&e, ERR_INPUT,
		    _("unknown request '%.40s': client and daemon are of "
		      "different versions"),
		    verb != NULL ? verb : "");
		client_fail(c, &e);
	} else if (r->async != NULL) {
		r->async(o, c, req);
	} else if (r->fn(o, req, &reply, &e) == -1) {
		client_fail(c, &e);
	} else {
		client_reply(c, reply);
	}
}

/* remote-add, remote-list, remote-set-url, remote-remove */
#include "request.h"

#include <string.h>

#include "common/i18n.h"
#include "office.h"
#include "remote.h"
#include "remotes.h"
#include "sync.h"

#define NAME_MAX_CHARS 40

struct listing {
	const struct office *o;
	json_t *list;
	struct err *e;
};

static int
add_remote(void *arg, const struct remote *r)
{
	struct listing *l = arg;
	int64_t waiting = 0, since = 0, next = 0;
	bool running = false;

	if (remote_waiting(office_store(l->o), r->n, &waiting, &since, l->e) ==
	    -1)
		return -1;
	if (l->o->sync != NULL)
		sync_state(l->o->sync, r->n, &running, &next);
	json_array_append_new(l->list,
	    json_pack("{s:s, s:s, s:I, s:I, s:o, s:s?, s:b, s:I}", "name",
		r->name, "url", r->url, "last_proven", (json_int_t)r->proven_ms,
		"waiting", (json_int_t)waiting, "waiting_since",
		waiting > 0 ? json_integer(since) : json_null(), "error",
		r->error, "running", running, "next", (json_int_t)next));
	return 0;
}

int
remotes_json(const struct office *o, json_t **ret, struct err *e)
{
	struct listing l = {o, json_array(), e};

	if (remote_each(office_store(o), add_remote, &l, e) == -1) {
		json_decref(l.list);
		return -1;
	}
	*ret = l.list;
	return 0;
}

/* A name that is also safe as part of a ref and of a folder. */
static int
check_name(const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (n >= 1 && n <= NAME_MAX_CHARS && name[0] != '-' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n)
		return 0;
	return err_set(e, ERR_INPUT,
	    _("name: '%.60s' must be 1 to %d of a-z, 0-9, '-' and '_', not "
	      "beginning with '-'"),
	    name, NAME_MAX_CHARS);
}

static void
reload(const struct office *o)
{
	if (o->sync != NULL)
		sync_reload(o->sync);
}

/* As 'remote add' made it, so that --create may be said later. */
static bool
is_there(const struct office *o, const char *name, const char *url)
{
	struct remote r = {0};
	struct err ignored;
	bool same;

	if (remote_find(office_store(o), name, &r, &ignored) == -1)
		return false;
	same = strcmp(r.url, url) == 0;
	remote_clear(&r);
	return same;
}

int
request_remote_add(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	bool create = json_is_true(json_object_get(req, "create"));
	const char *name, *url;
	struct remote r;

	if (office_need_coalition(o, e) == -1 ||
	    request_text(req, "name", true, &name, e) == -1 ||
	    request_text(req, "url", true, &url, e) == -1 ||
	    check_name(name, e) == -1 || remote_check_url(url, e) == -1)
		return -1;
	if (!(create && is_there(o, name, url)) &&
	    remote_add(office_store(o), name, url, e) == -1)
		return -1;
	if (create && o->sync != NULL) {
		if (remote_find(office_store(o), name, &r, e) == -1)
			return -1;
		sync_create(o->sync, r.n);
		remote_clear(&r);
	}
	reload(o);
	*ret = json_pack("{s:s, s:s}", "name", name, "url", url);
	return 0;
}

int
request_remote_list(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	json_t *list;

	(void)req;
	if (remotes_json(o, &list, e) == -1)
		return -1;
	*ret = json_pack("{s:o}", "remotes", list);
	return 0;
}

int
request_remote_set_url(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const char *name, *url;

	if (request_text(req, "name", true, &name, e) == -1 ||
	    request_text(req, "url", true, &url, e) == -1 ||
	    remote_check_url(url, e) == -1 ||
	    remote_set_url(office_store(o), name, url, e) == -1)
		return -1;
	reload(o);
	*ret = json_pack("{s:s, s:s}", "name", name, "url", url);
	return 0;
}

int
request_remote_remove(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const char *name;

	if (request_text(req, "name", true, &name, e) == -1 ||
	    remote_remove(office_store(o), name, e) == -1)
		return -1;
	reload(o);
	*ret = json_pack("{s:s}", "name", name);
	return 0;
}

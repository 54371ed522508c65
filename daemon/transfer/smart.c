#include "smart.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "smart_io.h"

int
smart_init(
    struct smart *s, const struct round *r, struct channel *c, struct err *e)
{
	*s = (struct smart){.round = r, .channel = c};
	if (ssh_url_read(r->url, &s->url, e) == -1)
		return -1;
	return starter_open(
	    &s->starter, r->ssh_command, r->ssh_agent, r->create, &s->url, e);
}

static void
hang_up(struct smart *s)
{
	git_remote_free(s->remote);
	s->remote = NULL;
	if (s->known != NULL)
		known_stop(s->known);
}

void
smart_close(struct smart *s)
{
	hang_up(s);
	starter_close(&s->starter);
	ssh_url_clear(&s->url);
	buf_clear(&s->ssh.text);
}

/* What failed on a connection that stood, by the part of libgit2 that says
 * so: the line, this machine, or what the other side sent. */
static enum err_code
blame(int class)
{
	switch (class) {
	case GIT_ERROR_NONE:
	case GIT_ERROR_NET:
	case GIT_ERROR_SSH:
		return ERR_OFFLINE;
	case GIT_ERROR_OS:
	case GIT_ERROR_NOMEMORY:
	case GIT_ERROR_FILESYSTEM:
		return ERR_SYSTEM;
	default:
		return ERR_UNTRUSTED;
	}
}

/* Why the connection failed: what we know ourselves, what ssh said, or what
 * libgit2 makes of it. */
static int
why(struct smart *s, struct err *e)
{
	const git_error *last = git_error_last();
	enum err_code code = ERR_OFFLINE;
	char text[160] = "";

	if (last != NULL) {
		code = blame(last->klass);
		memcpy(text, last->message,
		    strnlen(last->message, sizeof(text) - 1));
	}
	/* only the end of ssh brings all that it says */
	hang_up(s);
	if (s->err.code != ERR_NONE)
		*e = s->err;
	else if (s->connected && code != ERR_OFFLINE)
		err_set(e, code, _("cannot use what '%s' sends: %s"),
		    s->url.host, text);
	else /* libgit2 gives no reason for some broken answers to a push */
		ssh_explain(&s->ssh, &s->url,
		    s->connected && *text != '\0' ? text : NULL, e);
	git_error_clear();
	return -1;
}

static int
on_progress(const git_indexer_progress *p, void *smart)
{
	struct smart *s = smart;

	/* the pack comes: the negotiation is over */
	known_stop(s->known);
	channel_objects(s->channel, p->received_objects, p->total_objects);
	return 0;
}

/* What the other side says while it works is dropped; endless talk ends the
 * connection. */
static int
on_text(const char *text, int n, void *smart)
{
	struct smart *s = smart;

	(void)text;
	s->said += n > 0 ? (size_t)n : 0;
	if (s->said <= s->round->limits.progress)
		return 0;
	err_set(&s->err, ERR_UNTRUSTED, _("the remote talks without end"));
	return -1;
}

static int
on_status(const char *ref, const char *status, void *smart)
{
	struct smart *s = smart;
	size_t n = strlen(s->round->prefix);

	if (strncmp(ref, s->round->prefix, n) != 0)
		return 0;
	for (size_t i = 0; i < s->nputs; i++) {
		struct put *p = &s->puts[i];

		if (strcmp(p->name, ref + n) != 0 || p->err.code != ERR_OFFLINE)
			continue;
		if (status == NULL)
			p->err = (struct err){0};
		else
			err_set(&p->err, ERR_CONFLICT,
			    _("the remote refused it: %.120s"), status);
	}
	return 0;
}

static git_remote_callbacks
callbacks(struct smart *s)
{
	git_remote_callbacks c;

	git_remote_init_callbacks(&c, GIT_REMOTE_CALLBACKS_VERSION);
	c.transport = smart_transport;
	c.transfer_progress = on_progress;
	c.sideband_progress = on_text;
	c.push_update_reference = on_status;
	c.payload = s;
	return c;
}

static int
connect(struct smart *s, struct quarantine *q, git_direction direction,
    struct err *e)
{
	git_remote_create_options make;
	git_remote_connect_options o;

	git_remote_create_options_init(
	    &make, GIT_REMOTE_CREATE_OPTIONS_VERSION);
	git_remote_connect_options_init(&o, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
	hang_up(s);
	s->err = (struct err){0};
	s->carried = s->said = 0;
	s->connected = false;
	s->most = SMART_LISTING_MAX;
	s->known = q->known;
	make.repository = q->repo;
	make.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF |
		     GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
	o.callbacks = callbacks(s);
	o.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	git_error_clear();
	if (git_remote_create_with_opts(&s->remote, s->round->url, &make) < 0)
		return git_err(e, ERR_SYSTEM, "cannot set up a connection");
	if (git_remote_connect_ext(s->remote, direction, &o) < 0)
		return why(s, e);
	s->connected = true;
	return 0;
}

/* The refs below the prefix that the open connection has announced. */
static int
announced(struct smart *s, struct refs *r, struct err *e)
{
	size_t n = strlen(s->round->prefix), count;
	const git_remote_head **heads;
	char hex[OID_HEX + 1];

	if (git_remote_ls(&heads, &count, s->remote) < 0)
		return why(s, e);
	for (size_t i = 0; i < count; i++) {
		const char *name = heads[i]->name;
		size_t len = strlen(name);

		/* what a tag points to is announced beside it */
		if (strncmp(name, s->round->prefix, n) != 0 ||
		    (len > 3 && strcmp(name + len - 3, "^{}") == 0))
			continue;
		git_oid_tostr(hex, sizeof(hex), &heads[i]->oid);
		refs_add(r, name + n, hex);
	}
	refs_sort(r);
	return 0;
}

int
smart_list(struct smart *s, struct quarantine *q, struct refs *r, struct err *e)
{
	if (connect(s, q, GIT_DIRECTION_FETCH, e) == -1)
		return -1;
	return announced(s, r, e);
}

int
smart_create(struct smart *s, struct err *e)
{
	char chunk[256];
	size_t n = 1;

	hang_up(s);
	buf_clear(&s->ssh.text);
	if (ssh_start(&s->ssh, &s->starter, SERVICE_CREATE, e) == -1)
		return -1;
	while (n > 0)
		if (ssh_read(&s->ssh, chunk, sizeof(chunk), &n, e) == -1)
			break;
	ssh_stop(&s->ssh);
	if (n > 0 || s->ssh.status != 0)
		return ssh_explain(&s->ssh, &s->url, NULL, e);
	return 0;
}

/* --- fetching ------------------------------------------------------------ */

static int
download(struct smart *s, const struct want *w, size_t n, struct err *e)
{
	git_fetch_options o;
	git_strarray specs = {
	    .strings = mem_array(NULL, n, sizeof(char *)), .count = 0};
	int rv = 0;

	for (size_t i = 0; i < n; i++)
		if (w[i].err.code == ERR_NONE)
			specs.strings[specs.count++] =
			    mem_printf("%s%s:refs/came/%s", s->round->prefix,
				w[i].name, w[i].name);
	git_fetch_options_init(&o, GIT_FETCH_OPTIONS_VERSION);
	o.callbacks = callbacks(s);
	o.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	o.update_fetchhead = 0;
	o.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	git_error_clear();
	s->most = s->carried + s->round->limits.pack;
	/* no refspecs would mean HEAD */
	if (specs.count > 0 && git_remote_download(s->remote, &specs, &o) < 0)
		rv = why(s, e);
	known_stop(s->known);
	for (size_t i = 0; i < specs.count; i++)
		free(specs.strings[i]);
	free(specs.strings);
	return rv;
}

static void
place(const struct refs *now, struct want *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *oid = refs_find(now, w[i].name);

		if (oid == NULL)
			err_set(&w[i].err, ERR_CONFLICT,
			    _("the remote does not list it any more"));
		else
			git_oid_of(oid, &w[i].oid, &w[i].err);
	}
}

static void
known_tips(struct trusted *t, const struct want *w, size_t n, struct oids *o)
{
	for (size_t i = 0; i < n; i++) {
		const char *hex = trusted_known(t, w[i].name);
		git_oid id;
		struct err e;

		if (hex != NULL && git_oid_of(hex, &id, &e) == 0 &&
		    trusted_has(t, &id))
			oids_add(o, &id);
	}
	oids_unique(o);
}

int
smart_bring(struct smart *s, struct trusted *t, struct quarantine *q,
    struct want *w, size_t n, size_t *ret_objects, struct err *e)
{
	struct oids tips = {0};
	struct refs now;
	int rv = -1;

	refs_init(&now, SIZE_MAX);
	if (s->remote == NULL && connect(s, q, GIT_DIRECTION_FETCH, e) == -1)
		goto out;
	if (announced(s, &now, e) == -1)
		goto out;
	place(&now, w, n);
	known_tips(t, w, n, &tips);
	if (quarantine_refs(q, "known", &tips, e) == -1)
		goto out;
	known_start(s->known, &tips);
	if (download(s, w, n, e) == -1)
		goto out;
	*ret_objects = git_remote_stats(s->remote)->total_objects;
	rv = 0;
out:
	hang_up(s);
	oids_clear(&tips);
	refs_clear(&now);
	return rv;
}

/* --- pushing ------------------------------------------------------------- */

static bool
lease_holds(const struct refs *now, const struct put *p)
{
	const char *oid = refs_find(now, p->name);

	return strcmp(oid == NULL ? "" : oid, p->old) == 0;
}

/* What goes is marked as unanswered: only the remote's word on each ref
 * clears it, since libgit2 reports success for a push that was refused. */
static size_t
sort_out(const struct refs *now, struct put *p, size_t n, struct oids *o)
{
	size_t open = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i].err.code != ERR_NONE)
			continue;
		if (!lease_holds(now, &p[i])) {
			err_set(&p[i].err, ERR_CONFLICT,
			    _("another office moved it meanwhile"));
			continue;
		}
		err_set(&p[i].err, ERR_OFFLINE,
		    _("the remote did not say what became of it"));
		if (p[i].mode != PUT_DELETE)
			oids_add(o, &p[i].oid);
		open++;
	}
	return open;
}

static int
upload(struct smart *s, struct err *e)
{
	git_push_options opts;
	git_strarray specs = {
	    .strings = mem_array(NULL, s->nputs, sizeof(char *)), .count = 0};
	size_t k = 0;
	int rv = 0;

	for (size_t i = 0; i < s->nputs; i++) {
		const struct put *p = &s->puts[i];

		if (p->err.code != ERR_OFFLINE)
			continue;
		/* "+": that it follows from the old one we made sure of */
		specs.strings[specs.count++] =
		    p->mode == PUT_DELETE
			? mem_printf(":%s%s", s->round->prefix, p->name)
			: mem_printf("+refs/push/%08zu:%s%s", k++,
			      s->round->prefix, p->name);
	}
	git_push_options_init(&opts, GIT_PUSH_OPTIONS_VERSION);
	opts.callbacks = callbacks(s);
	opts.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	git_error_clear();
	s->most = s->carried + SMART_LISTING_MAX;
	if (git_remote_upload(s->remote, &specs, &opts) < 0)
		rv = why(s, e);
	for (size_t i = 0; i < specs.count; i++)
		free(specs.strings[i]);
	free(specs.strings);
	return rv;
}

static void
fail_open(struct put *p, size_t n, enum err_code code, const struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (p[i].err.code == code)
			p[i].err = *e;
}

void
smart_push(struct smart *s, struct quarantine *q, struct put *p, size_t n)
{
	struct oids o = {0};
	struct refs now;
	struct err e = {0};

	refs_init(&now, SIZE_MAX);
	s->puts = p;
	s->nputs = n;
	if (connect(s, q, GIT_DIRECTION_PUSH, &e) == -1 ||
	    announced(s, &now, &e) == -1) {
		fail_open(p, n, ERR_NONE, &e);
		goto out;
	}
	if (sort_out(&now, p, n, &o) > 0 &&
	    (quarantine_refs(q, "push", &o, &e) == -1 || upload(s, &e) == -1))
		fail_open(p, n, ERR_OFFLINE, &e);
out:
	hang_up(s);
	s->puts = NULL;
	s->nputs = 0;
	refs_clear(&now);
	oids_clear(&o);
}

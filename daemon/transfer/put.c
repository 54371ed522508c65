#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "object.h"
#include "session.h"

/* --- queueing ------------------------------------------------------------ */

static int
read_mode(const json_t *j, enum put_mode *ret, struct err *e)
{
	static const char *const words[] = {
	    [PUT_APPEND] = "append",
	    [PUT_ROOT] = "root",
	    [PUT_COPY] = "copy",
	    [PUT_DELETE] = "delete",
	};
	const char *mode = json_get_str(j, "mode");

	for (size_t i = 0; mode != NULL && i < 4; i++)
		if (strcmp(mode, words[i]) == 0) {
			*ret = (enum put_mode)i;
			return 0;
		}
	return err_set(e, ERR_INPUT, _("a put has no mode"));
}

static int
read_head(const json_t *j, struct put *p, struct err *e)
{
	const char *name = json_get_str(j, "ref");
	const char *old = json_get_str(j, "old");

	if (name == NULL || !refs_is_name(name))
		return err_set(e, ERR_INPUT, _("a put names no log of ours"));
	if (old != NULL && !git_is_oid(old))
		return err_set(e, ERR_INPUT, _("a put has no usable old id"));
	strcpy(p->name, name);
	strcpy(p->old, old == NULL ? "" : old);
	return read_mode(j, &p->mode, e);
}

static int
write_object(struct session *s, struct put *p, git_object_t type,
    const void *data, size_t n, git_oid *ret)
{
	git_error_clear();
	if (git_odb_write(ret, s->quarantine.odb, data, n, type) < 0)
		return git_err(
		    &p->err, ERR_SYSTEM, "cannot prepare what is to be pushed");
	oids_add(&p->objects, ret);
	return 0;
}

/* Blob, tree and commit come to lie in the quarantine. */
static int
write_commit(struct session *s, const struct frame *f, struct put *p,
    const git_oid *parent)
{
	const char *message = json_get_str(f->json, "message");
	struct buf b = BUF_INIT;
	git_oid blob, tree;
	int64_t t = 0;
	int rv = -1;

	json_get_int(f->json, "t", &t);
	if (message == NULL || strlen(message) > OBJECT_MESSAGE_MAX ||
	    f->nbytes == 0 || f->nbytes > s->round.limits.blob)
		return err_set(&p->err, ERR_INPUT,
		    _("a put has no content, or too much of it"));
	if (write_object(s, p, GIT_OBJECT_BLOB, f->bytes, f->nbytes, &blob) ==
	    -1)
		goto out;
	object_write_tree(&blob, &b);
	if (write_object(s, p, GIT_OBJECT_TREE, b.data, b.len, &tree) == -1)
		goto out;
	buf_reset(&b);
	object_write_commit(&tree, parent, t, message, &b);
	rv = write_object(s, p, GIT_OBJECT_COMMIT, b.data, b.len, &p->oid);
out:
	buf_clear(&b);
	return rv;
}

static void
prepare_append(struct session *s, const struct frame *f, struct put *p)
{
	git_oid old;

	if (git_oid_of(p->old, &old, &p->err) == -1)
		return;
	/* without it neither the push nor our own repository is whole */
	if (!trusted_has(&s->trusted, &old))
		err_set(&p->err, ERR_NOTFOUND,
		    _("what it builds on was not taken in; fetch it first"));
	else
		write_commit(s, f, p, &old);
}

static void
prepare(struct session *s, const struct frame *f, struct put *p)
{
	const char *commit = json_get_str(f->json, "commit");

	switch (p->mode) {
	case PUT_APPEND:
		prepare_append(s, f, p);
		break;
	case PUT_ROOT:
		write_commit(s, f, p, NULL);
		break;
	case PUT_COPY:
		if (git_oid_of(commit, &p->oid, &p->err) == 0 &&
		    !trusted_has(&s->trusted, &p->oid))
			err_set(&p->err, ERR_NOTFOUND,
			    _("the commit to copy is not here"));
		break;
	case PUT_DELETE:
		if (p->old[0] == '\0')
			err_set(&p->err, ERR_INPUT,
			    _("a ref to delete has no old id"));
		break;
	}
}

int
session_put(struct session *s, const struct frame *f, struct err *e)
{
	struct put *p;

	if (session_ready(s, e) == -1)
		return -1;
	if (s->nputs == s->cap_puts) {
		s->cap_puts = s->cap_puts == 0 ? 16 : s->cap_puts * 2;
		s->puts = mem_array(s->puts, s->cap_puts, sizeof(*s->puts));
	}
	p = &s->puts[s->nputs];
	*p = (struct put){0};
	/* a daemon that writes nonsense is a bug, not a bad remote */
	if (read_head(f->json, p, e) == -1)
		return -1;
	s->nputs++;
	prepare(s, f, p);
	return 0;
}

void
session_clear_puts(struct session *s)
{
	for (size_t i = 0; i < s->nputs; i++)
		oids_clear(&s->puts[i].objects);
	free(s->puts);
	s->puts = NULL;
	s->nputs = s->cap_puts = 0;
}

/* --- pushing ------------------------------------------------------------- */

static int
build_pack(
    struct session *s, struct oids *o, struct packfile *ret, struct err *e)
{
	const struct oids *pushed = &s->folder.pushed_objects;

	oids_unique(o);
	if (o->n > 0 && o->n == pushed->n &&
	    memcmp(o->list, pushed->list, o->n * sizeof(*o->list)) == 0) {
		*ret = s->folder.pushed;
		return 0;
	}
	return packfile_build(
	    s->quarantine.repo, o, s->quarantine.packs, ret, e);
}

/* What was pushed is kept: the next commit builds on it, and other remotes
 * get the same commits. */
static int
keep_pushed(struct session *s, struct err *e)
{
	struct packfile pack;
	struct oids o = {0};
	char hex[OID_HEX + 1];
	int rv = -1;

	for (size_t i = 0; i < s->nputs; i++) {
		const struct put *p = &s->puts[i];

		if (p->err.code != ERR_NONE)
			continue;
		for (size_t k = 0; k < p->objects.n; k++)
			if (!trusted_has(&s->trusted, &p->objects.list[k]))
				oids_add(&o, &p->objects.list[k]);
		trusted_note(&s->trusted, p->name,
		    p->mode == PUT_DELETE
			? NULL
			: git_oid_tostr(hex, sizeof(hex), &p->oid));
	}
	if (build_pack(s, &o, &pack, e) == -1 ||
	    trusted_take(&s->trusted, &pack, s->quarantine.packs, e) == -1)
		goto out;
	rv = trusted_save(&s->trusted, e);
out:
	oids_clear(&o);
	return rv;
}

static int
send_written(struct session *s, const struct put *p, struct err *e)
{
	bool ok = p->err.code == ERR_NONE;
	char hex[OID_HEX + 1];

	git_oid_tostr(hex, sizeof(hex), &p->oid);
	return channel_send(&s->channel, FRAME_WRITTEN,
	    json_pack("{s:s,s:b,s:s?,s:s,s:s}", "ref", p->name, "ok", (int)ok,
		"oid", ok && p->mode != PUT_DELETE ? hex : NULL, "code",
		ok ? "" : err_word(p->err.code), "error", ok ? "" : p->err.msg),
	    NULL, 0, e);
}

static bool
any_open(const struct session *s)
{
	for (size_t i = 0; i < s->nputs; i++)
		if (s->puts[i].err.code == ERR_NONE)
			return true;
	return false;
}

int
session_push(struct session *s, struct err *e)
{
	if (any_open(s)) {
		if (s->is_folder)
			folder_push(&s->folder, s->round.prefix, &s->trusted,
			    &s->quarantine, s->puts, s->nputs, &s->channel);
		else
			smart_push(
			    &s->smart, &s->quarantine, s->puts, s->nputs);
		if (any_open(s) && keep_pushed(s, e) == -1)
			return -1;
	}
	for (size_t i = 0; i < s->nputs; i++)
		if (send_written(s, &s->puts[i], e) == -1)
			return -1;
	session_clear_puts(s);
	return 0;
}

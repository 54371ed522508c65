#include "folder.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "common/fs.h"
#include "common/mem.h"
#include "refdir.h"

/* What is pushed and where from. */
struct cargo {
	struct folder *f;
	git_odb *there; /* the remote's objects */
	struct quarantine *q;
	struct oids objects;
};

static int
write_pack(struct cargo *c, struct err *e)
{
	struct folder *f = c->f;
	struct packfile p;

	if (c->objects.n == 0)
		return 0;
	mkdir(f->packs, 0777);
	if (packfile_build(c->q->repo, &c->objects, c->q->packs, &p, e) == -1 ||
	    packfile_copy(&p, c->q->packs, f->packs, e) == -1)
		return -1;
	oids_clear(&f->pushed_objects);
	f->grown = true;
	f->pushed = p;
	f->pushed_objects = c->objects;
	c->objects = (struct oids){0};
	return 0;
}

/* A copied commit with all its history that the remote lacks. */
static int
add_copy(struct cargo *c, struct trusted *t, const struct put *p, struct err *e)
{
	struct walk_from from = {
	    .odb = t->odb, .held = c->there, .blob_max = SIZE_MAX};
	struct walk w = {0};

	if (walk_log(&from, &p->oid, &w, e) == -1)
		return -1;
	walk_objects(&w, &c->objects);
	walk_clear(&w);
	return 0;
}

static void
add_lacking(struct cargo *c, const struct oids *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (git_odb_exists_ext(
			c->there, &o->list[i], GIT_ODB_LOOKUP_NO_REFRESH) != 1)
			oids_add(&c->objects, &o->list[i]);
}

static int
gather(
    struct cargo *c, struct trusted *t, struct put *p, size_t n, struct err *e)
{
	if (folder_check_objects(c->f, e) == -1)
		return -1;
	git_error_clear();
	if (git_odb_open(&c->there, c->f->objects) < 0)
		return git_err(e, ERR_OFFLINE, "cannot open '%s'", c->f->path);
	for (size_t i = 0; i < n; i++) {
		if (p[i].err.code != ERR_NONE)
			continue;
		if (p[i].mode == PUT_COPY)
			add_copy(c, t, &p[i], &p[i].err);
		else
			add_lacking(c, &p[i].objects);
	}
	oids_unique(&c->objects);
	return write_pack(c, e);
}

/* A ref that was not listed may be there, hollow. */
static void
move_ref(struct folder *f, const char *prefix, struct put *p)
{
	char *ref = mem_printf("%s%s", prefix, p->name);
	char hex[OID_HEX + 1], hollow[OID_HEX + 1];
	const char *old = p->old[0] == '\0' ? NULL : p->old;
	struct err e;

	git_oid_tostr(hex, sizeof(hex), &p->oid);
	if (old == NULL && folder_find_hollow(f, ref, hollow, &e) == 1)
		old = hollow;
	if (refdir_swap(f->path, ref, old, p->mode == PUT_DELETE ? NULL : hex,
		&e) == -1)
		p->err = e;
	free(ref);
}

void
folder_push(struct folder *f, const char *prefix, struct trusted *t,
    struct quarantine *q, struct put *p, size_t n, struct channel *ch)
{
	struct cargo c = {.f = f, .q = q};
	struct err e = {0};
	int rc = gather(&c, t, p, n, &e);

	for (size_t i = 0; i < n; i++) {
		if (p[i].err.code != ERR_NONE)
			continue;
		if (rc == -1)
			p[i].err = e;
		else
			move_ref(f, prefix, &p[i]);
		channel_moved(ch, sizeof(p[i].name));
	}
	oids_clear(&c.objects);
	git_odb_free(c.there);
}

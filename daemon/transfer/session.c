#include "session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "confine.h"
#include "tidy.h"

#define MARK_MAX 65536 /* bytes; our own folders have some dozen packs */

int
session_ready(struct session *s, struct err *e)
{
	if (s->ready)
		return 0;
	if (git_setup(s->round.limits.blob * 2, e) == -1 ||
	    trusted_odb(&s->trusted, e) == -1 ||
	    quarantine_open(&s->quarantine, s->round.repo, e) == -1)
		return -1;
	s->ready = true;
	return 0;
}

static int
list_far(struct session *s, struct refs *r, struct err *e)
{
	if (smart_list(&s->smart, &s->quarantine, r, e) == 0)
		return 0;
	if (!s->round.create || e->code != ERR_INPUT)
		return -1;
	s->round.create = false;
	if (smart_create(&s->smart, e) == -1)
		return -1;
	return smart_list(&s->smart, &s->quarantine, r, e);
}

/* Whether its refs are hollow is looked at when packs went; it may be that they
 * were merged only. */
static int
list_near(struct session *s, struct refs *r, struct err *e)
{
	struct buf mark = BUF_INIT;
	struct err why;
	bool whole = true;
	size_t n;
	int rv = -1;

	if (folder_list(&s->folder, s->round.prefix, r, e) == -1)
		goto out;
	folder_mark(&s->folder, &mark);
	n = r->n;
	if (n > 0 && (s->round.mark == NULL ||
			 !folder_mark_within(s->round.mark, buf_str(&mark)))) {
		if (session_ready(s, e) == -1)
			goto out;
		/* what cannot be looked into fails when it is wanted */
		whole =
		    folder_drop_hollow(&s->folder, r, &why) == 0 && r->n == n;
	}
	whole = whole && mark.len <= MARK_MAX;
	free(s->round.mark);
	s->round.mark = whole ? mem_strdup(buf_str(&mark)) : NULL;
	rv = 0;
out:
	buf_clear(&mark);
	return rv;
}

static int
list(struct session *s, struct err *e)
{
	struct refs r;
	json_t *j;
	int rv;

	refs_init(&r, s->round.limits.refs);
	r.members = s->round.members;
	rv = s->is_folder ? list_near(s, &r, e) : list_far(s, &r, e);
	if (rv == 0) {
		j = refs_json(&r);
		if (s->round.mark != NULL)
			json_object_set_new(
			    j, "mark", json_string(s->round.mark));
		rv = channel_send(&s->channel, FRAME_REFS, j, NULL, 0, e);
	}
	refs_clear(&r);
	return rv;
}

/* From now on no file counts but those of the round. */
static int
confine_round(struct session *s, struct err *e)
{
	const char *folders[4] = {s->quarantine.path, s->trusted.path,
	    s->is_folder ? s->folder.path : NULL};
	char *home;
	int rv;

	/* it does not have to last, as fs_mkdirs() sees to */
	if (mkdir(s->quarantine.path, 0700) == -1 &&
	    fs_mkdirs(s->quarantine.path, e) == -1)
		return -1;
	home = mem_strndup(s->quarantine.path,
	    (size_t)(strrchr(s->quarantine.path, '/') - s->quarantine.path));
	rv = confine(folders, *home == '\0' ? "/" : home, e);
	free(home);
	return rv;
}

static int
open_remote(struct session *s, struct err *e)
{
	if (s->is_folder)
		return folder_open(
		    &s->folder, s->round.url, s->round.create, e);
	if (!ssh_is_url(s->round.url))
		return err_set(e, ERR_INPUT,
		    _("'%s' is neither a folder nor an ssh address"),
		    s->round.url);
	return smart_init(&s->smart, &s->round, &s->channel, e);
}

static int
begin(struct session *s, struct err *e)
{
	struct frame f = {0};
	int rv = -1;

	if (channel_read(&s->channel, &f, e) == -1)
		return -1;
	if (f.type != FRAME_ROUND)
		err_set(
		    e, ERR_INPUT, _("the daemon did not begin with a round"));
	else
		rv = round_read(f.json, &s->round, e);
	frame_clear(&f);
	if (rv == -1 ||
	    quarantine_init(&s->quarantine, s->round.quarantine, e) == -1 ||
	    trusted_open(&s->trusted, s->round.repo, s->round.remote, e) == -1)
		return -1;
	s->is_folder = folder_is_url(s->round.url);
	if (open_remote(s, e) == -1 || confine_round(s, e) == -1)
		return -1;
	return s->is_folder ? 0 : session_ready(s, e);
}

/* 1 at the end of the round. */
static int
serve(struct session *s, const struct frame *f, struct err *e)
{
	switch (f->type) {
	case FRAME_WANT:
		return session_fetch(s, f->json, e);
	case FRAME_KEEP:
		return 0; /* the answer to a ref that had failed */
	case FRAME_PUT:
		return session_put(s, f, e);
	case FRAME_LIST:
		if (session_push(s, e) == -1)
			return -1;
		return list(s, e);
	case FRAME_DONE:
		return 1;
	default:
		return err_set(e, ERR_INPUT,
		    _("the daemon sent '%s' out of turn"), frame_word(f->type));
	}
}

/* All that was asked is done: what this lacks now, a full disk say, it may
 * have the next time. */
static void
tidy(struct session *s)
{
	struct quarantine *q = &s->quarantine;
	struct err e;

	if (!s->ready)
		return;
	tidy_packs(s->trusted.packs, q->repo, q->packs, &e);
	folder_tidy(&s->folder, q, &e);
}

static int
converse(struct session *s, struct err *e)
{
	int rc;

	if (begin(s, e) == -1 || list(s, e) == -1)
		return -1;
	do {
		struct frame f = {0};

		if (channel_read(&s->channel, &f, e) == -1)
			return -1;
		rc = serve(s, &f, e);
		frame_clear(&f);
	} while (rc == 0);
	if (rc == -1)
		return -1;
	tidy(s);
	return 0;
}

static void
end(struct session *s)
{
	session_clear_puts(s);
	free(s->hauls);
	if (s->smart.round != NULL)
		smart_close(&s->smart);
	folder_close(&s->folder);
	quarantine_close(&s->quarantine);
	trusted_close(&s->trusted);
	round_clear(&s->round);
	channel_clear(&s->channel);
	git_teardown();
}

int
session_run(int fd, struct err *e)
{
	struct session s = {0};
	struct err gone;
	int rv;

	channel_init(&s.channel, fd);
	rv = converse(&s, e);
	if (rv == -1)
		channel_send(&s.channel, FRAME_FAILED,
		    json_pack("{s:s,s:s}", "code", err_word(e->code), "error",
			e->msg),
		    NULL, 0, &gone);
	end(&s);
	return rv;
}

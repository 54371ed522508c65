/*
 * folder: a remote that is a repository in a folder: local, shared, on a
 * stick.  It is opened and checked, never handed to libgit2's local
 * transport (which copies foreign refs and loses concurrent updates), and
 * nothing in it may lead outside.
 */
#ifndef MUFAKAT_TRANSFER_FOLDER_H
#define MUFAKAT_TRANSFER_FOLDER_H

#include "channel.h"
#include "common/buf.h"
#include "common/err.h"
#include "quarantine.h"
#include "refs.h"
#include "round.h"
#include "trusted.h"
#include "want.h"

struct folder {
	char *path;    /* of the git directory */
	char *objects; /* its objects */
	char *packs;   /* its objects/pack */
	git_odb *odb;  /* those, once they were looked at */
	bool borrowed; /* the quarantine sees its objects */
	bool grown;    /* a pack was pushed */
	/* what was pushed last as a pack: the trusted repository mostly
	 * wants the same */
	struct packfile pushed;
	struct oids pushed_objects;
};

/* Is this the URL of a folder: a path or file://? */
bool folder_is_url(const char *url);

/* ERR_OFFLINE if the folder is not there, ERR_INPUT if it is no repository
 * or belongs to someone else, ERR_UNTRUSTED if it would lead us outside. */
int folder_open(struct folder *f, const char *url, bool create, struct err *e);
void folder_close(struct folder *f);

int folder_list(
    struct folder *f, const char *prefix, struct refs *r, struct err *e);

/* Which packs there are, a line each: while those of an earlier listing are all
 * there, no object was lost with a file.  Needs no libgit2.  Appended. */
void folder_mark(const struct folder *f, struct buf *ret);
/* Has "now" all the lines of "old"? */
bool folder_mark_within(const char *old, const char *now);
/* Drops refs of which some commit, tree or blob is not there: what they lead
 * to cannot be read. */
int folder_drop_hollow(struct folder *f, struct refs *r, struct err *e);
/* 1 and the id (41 bytes) if the ref is there, but not all of it; 0, -1. */
int
folder_find_hollow(struct folder *f, const char *ref, char *ret, struct err *e);

/* Makes the objects of the wanted refs readable in the quarantine. */
int folder_bring(struct folder *f, const char *prefix, struct quarantine *q,
    struct want *w, size_t n, struct err *e);

/* Writes objects, then moves refs one by one; what failed is noted in each
 * put. */
void folder_push(struct folder *f, const char *prefix, struct trusted *t,
    struct quarantine *q, struct put *p, size_t n, struct channel *c);

/* Merges small packs there, if something was pushed. */
int folder_tidy(struct folder *f, struct quarantine *q, struct err *e);

/* Packs are opened by libgit2: nothing among them may be a link or a FIFO. */
int folder_check_objects(const struct folder *f, struct err *e);

#endif

/*
 * hub: a hub in a folder, and offices in folders beside it.
 */
#ifndef TESTS_HUB_H
#define TESTS_HUB_H

#include "peer.h"

struct fix {
	struct scratch s;
	char hub[96];
};

static inline void
make(struct fix *f)
{
	scratch_make(&f->s);
	snprintf(f->hub, sizeof(f->hub), "%s/hub.git", f->s.dir);
	sh(f->s.dir, "git init -q --bare hub.git");
}

/* A round of an office that wants all that is listed. */
static inline struct catch take_all(
    struct fix *f, const char *office, const char *refused)
{
	struct peer p;
	struct catch c;

	peer_start(&p, f->s.dir, office, f->hub, NULL);
	c = peer_fetch(&p, refused);
	assert_clean(p.repo);
	return c;
}

/* What the trusted repository of an office has for a ref of the hub. */
static inline const char *
trusted_ref(struct fix *f, const char *office, const char *name)
{
	return sh(f->s.dir,
	    "git -C %s/repo.git rev-parse -q --verify refs/mufakat/hub/%s || "
	    "true",
	    office, name);
}

#endif

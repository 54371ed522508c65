/*
 * scratch: a folder of its own for each test, kept when the test fails.
 *
 *	struct scratch s;
 *
 *	scratch_make(&s);
 *	... scratch_path(&s, "file") ...
 *	scratch_remove(&s);	(never reached by a test that failed)
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fs.h"

struct scratch {
	char dir[64];
	char *path[8]; /* what scratch_path() handed out last */
	unsigned turn;
};

static inline void
scratch_make(struct scratch *s)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->dir, sizeof(s->dir), "/tmp/mufakat-test-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
}

/* "dir/name"; good until eight others were asked for. */
static inline const char *
scratch_path(struct scratch *s, const char *name)
{
	char **p = &s->path[s->turn++ % 8];

	free(*p);
	*p = fs_join(s->dir, name);
	return *p;
}

static inline void
scratch_remove(struct scratch *s)
{
	struct err e;

	if (fs_remove_tree(s->dir, &e) == -1)
		fail_msg("%s", e.msg);
	for (int i = 0; i < 8; i++)
		free(s->path[i]);
}

#endif

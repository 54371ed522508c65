/*
 * scratch: a folder for a target whose parser reads files; in memory where
 * that can be, removed when the target ends.
 */
#ifndef FUZZ_SCRATCH_H
#define FUZZ_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>

#include "common/fs.h"

static char scratch_dir[64];

static void
scratch_remove(void)
{
	struct err e;

	fs_remove_tree(scratch_dir, &e);
}

/* The folder, made by the first call. */
static const char *
scratch(void)
{
	if (scratch_dir[0] != '\0')
		return scratch_dir;
	snprintf(
	    scratch_dir, sizeof(scratch_dir), "/dev/shm/mufakat-fuzz-XXXXXX");
	if (mkdtemp(scratch_dir) == NULL) {
		snprintf(scratch_dir, sizeof(scratch_dir),
		    "/tmp/mufakat-fuzz-XXXXXX");
		if (mkdtemp(scratch_dir) == NULL)
			abort();
	}
	atexit(scratch_remove);
	return scratch_dir;
}

/* Puts bytes into a file of the folder; its path is the caller's to free. */
static __attribute__((unused)) char *
scratch_write(const char *name, const void *p, size_t n)
{
	char *path = fs_join(scratch(), name);
	FILE *f = fopen(path, "wb");

	if (f == NULL || (n > 0 && fwrite(p, 1, n, f) != n) || fclose(f) != 0)
		abort();
	return path;
}

#endif

/*
 * refs: names of logs as FORMAT.md section 5 has them, and lists of them.
 */
#ifndef MUFAKAT_TRANSFER_REFS_H
#define MUFAKAT_TRANSFER_REFS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define REFS_NAME_MAX 33 /* 26 characters, '-', 6 digits */

/* <id>, <id>-<n> or <id>.<n>, exactly. */
bool refs_is_name(const char *name);

struct ref {
	char name[REFS_NAME_MAX + 1];
	char oid[41];
};

struct refs {
	struct ref *list; /* sorted by name once refs_sort() has run */
	size_t n;
	size_t cap;
	size_t max;            /* what lies beyond is dropped, and capped set */
	const json_t *members; /* borrowed: ids of logs that have as much room
				* again, whatever others put there; or NULL */
	size_t ignored;        /* foreign or unusable refs below the prefix */
	bool capped;
};

void refs_init(struct refs *r, size_t max);
void refs_clear(struct refs *r);

/* Takes a ref if its name and id are of the right form, else counts it as
 * ignored. */
void refs_add(struct refs *r, const char *name, const char *oid);

/* Sorts; of two refs of one name the one that was added first stays. */
void refs_sort(struct refs *r);

/* The id of a name, or NULL; after refs_sort(). */
const char *refs_find(const struct refs *r, const char *name);

/* Adds, changes or (oid NULL) removes one; keeps the order. */
void refs_set(struct refs *r, const char *name, const char *oid);

/* {"refs":{...},"ignored":n,"capped":bool} */
json_t *refs_json(const struct refs *r);

#endif

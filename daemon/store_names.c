#include "store_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "query.h"
#include "store.h"

#define BUCKETS 256
#define MOST    16384 /* names held in memory; others may write any number */

struct held {
	struct name name;
	struct held *next; /* with the same hash of the text */
};

struct names {
	struct store *s;
	struct held *buckets[BUCKETS];
	size_t n;
	struct held spare; /* for one that does not find room */
};

struct names *
names_new(struct store *s)
{
	struct names *n = mem_zalloc(sizeof(*n));

	n->s = s;
	return n;
}

void
names_drop(struct names *names)
{
	for (size_t i = 0; i < BUCKETS; i++)
		while (names->buckets[i] != NULL) {
			struct held *h = names->buckets[i];

			names->buckets[i] = h->next;
			free(h);
		}
	names->n = 0;
}

void
names_free(struct names *names)
{
	if (names == NULL)
		return;
	names_drop(names);
	free(names);
}

static struct held **
bucket(struct names *names, const char *text)
{
	uint32_t h = 2166136261u;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return &names->buckets[(h ^ h >> 16) % BUCKETS];
}

static const struct name *
keep(struct names *names, int64_t n, const char *text)
{
	struct held *h = &names->spare;

	if (names->n < MOST) {
		struct held **at = bucket(names, text);

		h = mem_zalloc(sizeof(*h));
		h->next = *at;
		*at = h;
		names->n++;
	}
	h->name.n = n;
	snprintf(h->name.text, sizeof(h->name.text), "%s", text);
	return &h->name;
}

static int
insert(struct names *names, const char *text, int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(names->s, &q, "INSERT INTO name(text) VALUES(?1)", e) ==
		-1 ||
	    query_bind_text(q, 1, text, e) == -1 || query_run(q, e) == -1)
		goto out;
	*ret = store_last_id(names->s);
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
names_find(struct names *names, const char *text, const struct name **ret,
    struct err *e)
{
	struct query *q = NULL;
	int64_t n = 0;
	int r = -1;

	for (struct held *h = *bucket(names, text); h != NULL; h = h->next)
		if (strcmp(h->name.text, text) == 0) {
			*ret = &h->name;
			return 0;
		}
	if (query_open(names->s, &q, "SELECT n FROM name WHERE text = ?1", e) ==
		-1 ||
	    query_bind_text(q, 1, text, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		n = query_int(q, 0);
	else if (r == 0)
		r = insert(names, text, &n, e);
	if (r != -1)
		*ret = keep(names, n, text);
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

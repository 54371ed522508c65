/*
 * sim_fleet: a coalition of 50 organisations for git fast-import.
 *
 *	sim_fleet | git -C HUB fast-import
 *	sim_fleet --moved 10 | git -C HUB fast-import
 *	sim_fleet --coalition
 *
 * The first writes one commit for each of 50 logs: all are admitted, and each
 * has made a record.  The second puts one more commit with one more change on
 * top of some of them.  The third prints W.  Keys and times are always the
 * same, so each call knows what the others did.
 */
#define WORLD_KEYS    50
#define WORLD_CHANGES 400

#include <stdio.h>

#include "world.h"

static void
record(struct world *w, unsigned key, const char *text)
{
	struct draft *d = draft_new(false);

	draft_add(d,
	    json_pack("{s:s, s:s, s:[s, s, s, s]}", "op", "new", "type",
		"recommendation", "fields", "title", "text", "section",
		"language"),
	    json_pack("[s, s, s, s]", text, text, "national", "en"));
	world_change(w, key, d);
}

/* Commits what a log has from a change on. */
static void
commit(struct world *w, unsigned key, unsigned from, bool is_first)
{
	struct buf b = BUF_INIT;
	char text[KEY_SIZE];

	ident_key(w->keys[key].key, text);
	world_blob(w, key, from, w->n, false, &b);
	printf("commit refs/heads/mufakat/%.26s\n", text);
	printf("committer mufakat <mufakat@localhost> %lld +0000\n",
	    (long long)(w->t / 1000));
	printf("data 1\nx\n");
	if (!is_first)
		printf("from refs/heads/mufakat/%.26s^0\n", text);
	printf("M 100644 inline changes\ndata %zu\n", b.len);
	fwrite(b.data, 1, b.len, stdout);
	printf("\n");
	buf_clear(&b);
}

static void
found(struct world *w)
{
	w->t = 1795000000000;
	w->is_tame = true;
	world_keys(w, WORLD_KEYS);
	world_genesis(w);
	for (unsigned i = 1; i < w->nkeys; i++)
		world_request(w, i);
	for (unsigned i = 1; i < w->nkeys; i++)
		world_admit(w, i);
	for (unsigned i = 0; i < w->nkeys; i++)
		record(w, i, "Ratify");
}

int
main(int argc, char **argv)
{
	static struct world w;
	unsigned moved = 0, n;
	char hex[HEX_SIZE];

	crypto_setup();
	found(&w);
	n = w.n;
	text_hex(w.w, HASH_LEN, hex);
	if (argc == 2 && strcmp(argv[1], "--coalition") == 0) {
		printf("%s\n", hex);
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "--moved") == 0)
		moved = (unsigned)strtoul(argv[2], NULL, 10);
	for (unsigned i = 0; i < moved && i < w.nkeys; i++) {
		record(&w, i, "Ratify this year");
		commit(&w, i, n, false);
	}
	for (unsigned i = 0; moved == 0 && i < w.nkeys; i++)
		commit(&w, i, 0, true);
	world_clear(&w);
	return 0;
}

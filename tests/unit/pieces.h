/*
 * pieces: much that does not compress, moved both ways in little memory.
 */
#ifndef TESTS_PIECES_H
#define TESTS_PIECES_H

#include "peer.h"

#define MOVED     20
#define MOVED_LEN (1 << 20)

/* A mebibyte that does not compress, other for each seed. */
static inline char *
noise(unsigned seed)
{
	char *s = mem_zalloc(MOVED_LEN + 1);

	for (size_t i = 0; i < MOVED_LEN; i++) {
		seed = seed * 1103515245u + 12345u;
		s[i] = (char)('0' + (seed >> 16) % 64);
	}
	return s;
}

/* Offices "a" and "b" push and fetch twenty pieces of a mebibyte through an
 * empty hub, each in at most 128 MB. */
static inline void
move_pieces(const char *dir, const char *url, const char *ssh)
{
	struct peer_round r = {.ssh = ssh};
	struct peer p;
	struct catch c;
	json_t *refs, *w;

	peer_start(&p, dir, "a", url, &r);
	json_decref(peer_refs(&p));
	for (unsigned i = 0; i < MOVED; i++) {
		char *s = noise(i);

		peer_put(&p, log_name(i), NULL, "root", NULL, s);
		free(s);
	}
	refs = peer_list(&p, &w);
	for (unsigned i = 0; i < MOVED; i++)
		assert_string_equal(written_code(w, log_name(i)), "");
	json_decref(refs);
	json_decref(w);
	peer_done(&p);
	if (!is_sanitized() && p.usage.ru_maxrss > 128 * 1024)
		fail_msg("pushing took %ld KB", p.usage.ru_maxrss);
	peer_start(&p, dir, "b", url, &r);
	c = peer_fetch(&p, NULL);
	assert_int_equal(json_array_size(c.blobs), MOVED);
	assert_int_equal(strlen(catch_content(&c, 0)), MOVED_LEN);
	catch_clear(&c);
	if (!is_sanitized() && p.usage.ru_maxrss > 128 * 1024)
		fail_msg("fetching took %ld KB", p.usage.ru_maxrss);
	assert_clean(p.repo);
}

#endif

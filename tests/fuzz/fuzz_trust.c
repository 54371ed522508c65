/*
 * trust: any set of acts resolves, and in any order alike.
 *
 * One act a line: a letter, the key that makes it, then the operation.  In
 * the operation, #n is the id of line n, %n the organisation made by line n,
 * $x the key of letter x, so that mutations can build chains.  The first line
 * is the genesis.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/trust.h"

#define LINES 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct line {
	uint8_t id[HASH_LEN];
	uint8_t key[KEY_LEN];
	struct head head;
};

static void
key_of(char letter, uint8_t ret[static KEY_LEN])
{
	static struct {
		bool is_made;
		uint8_t key[KEY_LEN];
	} made[32];
	const size_t n = (size_t)letter % 32;
	uint8_t seed[SEED_LEN] = {(uint8_t)n};
	struct secret *s;

	if (!made[n].is_made) {
		crypto_setup();
		s = secret_from_seed(seed);
		secret_public(s, made[n].key);
		secret_free(s);
		made[n].is_made = true;
	}
	memcpy(ret, made[n].key, KEY_LEN);
}

/* What stands for "mark" and the character after it; false if nothing does. */
static bool
expand(const struct line *lines, size_t n, char mark, char c, struct buf *b)
{
	const size_t which = (size_t)(c - '0');
	char text[HEX_SIZE];
	uint8_t key[KEY_LEN];

	if (mark == '$') {
		key_of(c, key);
		ident_key(key, text);
	} else if (mark == '#' && which < n) {
		text_hex(lines[which].id, HASH_LEN, text);
	} else if (mark == '%' && which < n) {
		ident_make(lines[which].id, 0, text);
	} else {
		return false;
	}
	buf_adds(b, text);
	return true;
}

/* Makes line n of the input's text; false if it is no act. */
static bool
make(struct line *lines, size_t n, const char *s, size_t len)
{
	struct buf b = BUF_INIT;
	struct err e;
	bool ok;

	if (len < 2)
		return false;
	buf_printf(&b, "{\"t\":%zu,\"kind\":\"act\",\"ops\":[", n);
	for (size_t i = 1; i < len; i++) {
		if (i + 1 < len && expand(lines, n, s[i], s[i + 1], &b))
			i++;
		else
			buf_addc(&b, s[i]);
	}
	buf_adds(&b, "]}");
	key_of(s[0], lines[n].key);
	crypto_digest(b.data, b.len, lines[n].id);
	ok = head_parse(b.data, b.len, lines[n].id, 1, &lines[n].head, &e) == 0;
	buf_clear(&b);
	return ok;
}

static struct trust *
resolve(const struct line *lines, size_t n, bool backwards)
{
	struct trust *t = trust_new(lines[0].id);

	for (size_t i = 0; i < n; i++) {
		const struct line *l = &lines[backwards ? n - 1 - i : i];

		trust_add(t, l->id, l->key, &l->head);
		if (backwards)
			trust_add(t, l->id, l->key, &l->head);
	}
	trust_resolve(t, NULL);
	return t;
}

static void
compare(const struct trust *a, const struct trust *b)
{
	struct buf added = BUF_INIT;
	size_t na, nb;
	const uint8_t(*ca)[HASH_LEN] = trust_chain(a, &na);
	const uint8_t(*cb)[HASH_LEN] = trust_chain(b, &nb);

	if (na != nb || (na > 0 && memcmp(ca, cb, na * HASH_LEN) != 0) ||
	    trust_rebuild_needed(a, b, &added) || added.len > 0)
		abort();
	trust_alarms(a, &na);
	trust_alarms(b, &nb);
	if (na != nb)
		abort();
	buf_clear(&added);
}

/* What programs ask of what came out. */
static void
use(const struct trust *t)
{
	size_t n;
	const struct trust_request *r = trust_requests(t, &n);
	uint8_t convenor[KEY_LEN];
	json_t *op;
	struct err e;

	key_of('A', convenor);
	for (size_t i = 0; i < n; i++) {
		trust_lookalike(t, r[i].name);
		if (trust_admission(t, convenor, r[i].id, &op, &e) == 0)
			json_decref(op);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct line lines[LINES];
	const char *s = (const char *)data, *end = s + size;
	size_t n = 0;

	while (s < end && n < LINES) {
		const char *lf = memchr(s, '\n', (size_t)(end - s));
		const char *stop = lf != NULL ? lf : end;

		if (make(lines, n, s, (size_t)(stop - s)))
			n++;
		s = stop + 1;
	}
	if (n > 0) {
		struct trust *a = resolve(lines, n, false);
		struct trust *b = resolve(lines, n, true);

		compare(a, b);
		use(a);
		trust_free(a);
		trust_free(b);
	}
	for (size_t i = 0; i < n; i++)
		head_clear(&lines[i].head);
	return 0;
}

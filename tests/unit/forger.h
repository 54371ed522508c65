/*
 * forger: a member with a key of its own who writes whatever bytes it likes,
 * well signed, and hands them to offices as blobs.
 *
 *	struct forger f;
 *
 *	forger_join(&f, &office, 9);		admitted there
 *	forger_open(&f, &blob);			a segment that goes on its log
 *	forger_write(&f, head, portion, &blob, id);
 *	t = branch_take(&office, &blob);
 *	forger_clear(&f);
 */
#ifndef TESTS_FORGER_H
#define TESTS_FORGER_H

#include "tests/author.h"
#include "tests/unit/gates.h"

struct forger {
	struct author a;
	char org[ID_SIZE];
};

/* The line that opens a segment; the next change written goes below it. */
static GATES_UNUSED void
forger_open(const struct forger *f, struct buf *b)
{
	char hex[HEX_SIZE], key[KEY_SIZE];

	text_hex(f->a.at.coalition, HASH_LEN, hex);
	ident_key(f->a.at.key, key);
	buf_printf(b, "mufakat 1\t%s\t%s\t", hex, key);
	for (size_t i = 0; i < f->a.at.nprevious; i++) {
		text_hex(f->a.previous[i], HASH_LEN, hex);
		buf_printf(b, "%s%s", i > 0 ? " " : "", hex);
	}
	buf_addc(b, '\n');
}

/* Signs head and portions ("one TAB two") exactly as they are, well formed or
 * not, without moving on. */
static GATES_UNUSED void
forger_sign(const struct forger *f, const char *head, const char *portions,
    struct buf *b, uint8_t ret_id[static HASH_LEN])
{
	struct portion parts[8];
	struct change c = {
	    .head = head, .head_len = strlen(head), .portions = parts};

	for (const char *p = portions;; p++) {
		struct portion *at = &parts[c.nportions++];

		*at = (struct portion){.p = p, .len = strcspn(p, "\t")};
		if (*p == '#' && at->len == HEX_SIZE)
			at->form = PORTION_HASH;
		p += at->len;
		if (*p == '\0')
			break;
	}
	change_sign(&f->a.at, &c, f->a.secret);
	change_id(&f->a.at, &c, ret_id);
	change_join(&c, true, b);
}

/* The same, as the next change of the log. */
static GATES_UNUSED void
forger_write(struct forger *f, const char *head, const char *portions,
    struct buf *b, uint8_t ret_id[static HASH_LEN])
{
	forger_sign(f, head, portions, b, ret_id);
	author_follow(&f->a, ret_id);
}

/* An edit of these operations, in a segment of its own. */
static GATES_UNUSED void
forger_edit(struct forger *f, const char *ops, const char *portions,
    struct buf *b, uint8_t ret_id[static HASH_LEN])
{
	struct buf head = BUF_INIT;

	buf_printf(&head, "{\"t\":%lld,\"kind\":\"edit\",\"ops\":[%s]}",
	    (long long)f->a.t++, ops);
	forger_open(f, b);
	forger_write(f, head.data, portions, b, ret_id);
	buf_clear(&head);
}

/* Admits whoever asked with this key. */
static GATES_UNUSED void
forger_admit(struct forger *f, struct branch *founder)
{
	const struct trust_request *r;
	struct draft *d = draft_new(true);
	struct err e = {0};
	json_t *op;
	size_t n;

	r = trust_requests(gate_trust(founder->g), &n);
	for (; n > 0 && memcmp(r->key, f->a.at.key, KEY_LEN) != 0; n--)
		r++;
	assert_true(n > 0);
	ident_make(r->id, 0, f->org);
	OK(trust_admission(
	    gate_trust(founder->g), gate_key(founder->g), r->id, &op, &e));
	draft_add(d, op, NULL);
	branch_commit(founder, d, NULL);
	assert_non_null(trust_key(gate_trust(founder->g), f->a.at.key));
}

static GATES_UNUSED void
forger_join(struct forger *f, struct branch *founder, uint8_t seed)
{
	struct buf b = BUF_INIT;
	uint8_t id[HASH_LEN];
	char head[128];

	author_init(&f->a, seed, gate_coalition(founder->g));
	snprintf(head, sizeof(head),
	    "{\"t\":1,\"kind\":\"act\",\"ops\":[{\"op\":\"request\","
	    "\"name\":\"Forger %u\"}]}",
	    seed);
	forger_open(f, &b);
	forger_write(f, head, "{\"v\":[[]]}", &b, id);
	assert_int_equal(branch_take(founder, &b).added, 1);
	forger_admit(f, founder);
	buf_clear(&b);
}

static GATES_UNUSED void
forger_clear(struct forger *f)
{
	author_clear(&f->a);
}

/* --- a stage for it --------------------------------------------------------- */

/* An office and a member of its coalition who wishes it ill. */
struct stage {
	struct branch o;
	struct forger f;
	char record[ID_SIZE]; /* a recommendation of the office */
	uint8_t change[HASH_LEN];
	uint8_t hash[HASH_LEN]; /* see note_state() */
};

static GATES_UNUSED void
note_state(struct stage *s)
{
	struct err e = {0};

	OK(gate_state_hash(s->o.g, s->hash, &e));
}

static GATES_UNUSED void
assert_unchanged(struct stage *s)
{
	uint8_t now[HASH_LEN];
	struct err e = {0};

	OK(gate_state_hash(s->o.g, now, &e));
	assert_memory_equal(now, s->hash, HASH_LEN);
}

static GATES_UNUSED void
stage_make(struct stage *s)
{
	memset(s, 0, sizeof(*s));
	branch_make(&s->o);
	branch_found(&s->o);
	branch_new(
	    &s->o, "recommendation", "title", "Rest day", s->record, s->change);
	forger_join(&s->f, &s->o, 9);
	note_state(s);
}

static GATES_UNUSED void
stage_remove(struct stage *s)
{
	forger_clear(&s->f);
	branch_remove(&s->o);
}

/* A plain edit of the member counts, whatever it sent before. */
static GATES_UNUSED void
assert_log_goes_on(struct stage *s)
{
	struct buf b = BUF_INIT;
	uint8_t id[HASH_LEN];
	char record[ID_SIZE];
	struct gate_taken t;

	forger_edit(&s->f,
	    "{\"op\":\"new\",\"type\":\"group\",\"fields\":[\"theme\"]}",
	    "{\"v\":[[\"goes on\"]]}", &b, id);
	t = branch_take(&s->o, &b);
	assert_int_equal(t.added, 1);
	assert_int_equal(t.waiting, 0);
	ident_make(id, 0, record);
	assert_shows(&s->o, record, "theme", "goes on");
	note_state(s);
	buf_clear(&b);
}

static GATES_UNUSED void
branch_idle(struct branch *b)
{
	struct err e = {0};
	int r;

	do
		OK(r = gate_idle(b->g, &e));
	while (r == 1);
}

#endif

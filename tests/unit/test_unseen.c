#include "tests/unit/offices.h"

#include "common/change.h"
#include "common/crypto.h"
#include "common/mem.h"
#include "common/op.h"
#include "common/text.h"
#include "daemon/remote.h"
#include "daemon/store.h"
#include "daemon/store_unseen.h"

/* Three offices; c holds what b wrote, and names it in what it writes. */
struct fix {
	struct desk a, b, c;
};

static const uint8_t *only; /* the key of the one log to hand over */

static int
hand_one(void *arg, const struct log_info *l)
{
	return memcmp(l->key, only, KEY_LEN) == 0 ? hand_log(arg, l) : 0;
}

/* What one office holds of its own log, to another: as a host would that
 * keeps the others back. */
static void
give_own(struct desk *from, struct desk *to)
{
	struct handover h = {.from = from, .to = to, .blob = BUF_INIT};
	struct gate_taken taken;

	only = gate_key(from->o.gate);
	segment_writer_init(&h.w, &h.blob, gate_coalition(from->o.gate));
	if (log_each(gate_store(from->o.gate), hand_one, &h, &h.e) == -1)
		fail_msg("%s", h.e.msg);
	segment_writer_end(&h.w);
	segment_writer_clear(&h.w);
	if (gate_take(
		to->o.gate, NULL, h.blob.data, h.blob.len, &taken, &h.e) == -1)
		fail_msg("%s", h.e.msg);
	buf_clear(&h.blob);
}

static const char *
write_one(struct desk *d)
{
	return pick(ask(d, request_new,
			json_pack("{s:s,s:{s:s,s:s}}", "type", "addressee",
			    "fields", "name", "ILO", "level", "igo")),
	    "id");
}

static void
make(struct fix *f)
{
	struct err e;

	desk_open(&f->a);
	desk_open(&f->b);
	desk_open(&f->c);
	found(&f->a);
	join(&f->a, &f->b, "HRWG");
	admit(&f->a, &f->b);
	join(&f->a, &f->c, "ASPEK");
	admit(&f->a, &f->c);
	if (remote_add(gate_store(f->a.o.gate), "hub", "/nowhere", &e) == -1)
		fail_msg("%s", e.msg);
	write_one(&f->b);
	give(&f->b, &f->c);
	/* hours later: "seen" is not in every change */
	offices_now += (int64_t)24 * 3600 * 1000;
	write_one(&f->c);
}

static void
unmake(struct fix *f)
{
	desk_close(&f->a);
	desk_close(&f->b);
	desk_close(&f->c);
}

/* A round with the remote of a is proven so much later. */
static void
prove(struct fix *f, int64_t later)
{
	struct remote r;
	struct store *s = gate_store(f->a.o.gate);
	struct err e;

	offices_now += later;
	if (remote_find(s, "hub", &r, &e) == -1 ||
	    remote_note(s, r.n, offices_now, true, NULL, &e) == -1)
		fail_msg("%s", e.msg);
	remote_clear(&r);
}

/* The alarm that says so, or NULL. */
static const char *
withheld(struct fix *f)
{
	json_t *r = ask(&f->a, request_status, json_object());
	const char *text = NULL;
	size_t i;
	json_t *v;

	json_array_foreach (json_object_get(r, "alarms"), i, v) {
		if (strcmp(json_get_str(v, "kind"), "withheld") == 0)
			text = pick(json_incref(v), "text");
	}
	json_decref(r);
	return text;
}

static void
test_unseen__a_host_that_keeps_a_log_back_is_found(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	give_own(&f.c, &f.a);
	prove(&f, UNSEEN_PATIENCE * 2);
	assert_string_equal(withheld(&f),
	    "ASPEK has received 1 change that no remote shows this office");
	give(&f.b, &f.a);
	assert_null(withheld(&f));
	unmake(&f);
}

static void
test_unseen__what_may_still_come_is_no_alarm(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	prove(&f, 0);
	give_own(&f.c, &f.a);
	assert_null(withheld(&f));
	prove(&f, 1);
	assert_null(withheld(&f));
	give(&f.b, &f.a);
	prove(&f, UNSEEN_PATIENCE * 2);
	assert_null(withheld(&f));
	unmake(&f);
}

static void
test_unseen__what_is_held_already_is_not_noted(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	give(&f.b, &f.a);
	give_own(&f.c, &f.a);
	prove(&f, UNSEEN_PATIENCE * 2);
	assert_null(withheld(&f));
	unmake(&f);
}

static int
note_count(void *arg, const uint8_t key[static KEY_LEN], int64_t count)
{
	(void)key;
	if (count > *(int64_t *)arg)
		*(int64_t *)arg = count;
	return 0;
}

static void
test_unseen__a_log_that_names_without_end_is_capped(void **state)
{
	struct fix f;
	struct head h = {.nseen = SEEN_MAX};
	struct store *s;
	int64_t count = 0;
	struct err e;

	(void)state;
	make(&f);
	give_own(&f.c, &f.a);
	s = gate_store(f.a.o.gate);
	h.seen = mem_array(NULL, SEEN_MAX, PREFIX_LEN);
	for (int64_t k = 0; k < 6; k++) {
		for (size_t i = 0; i < SEEN_MAX; i++) {
			memset(h.seen[i], (int)k, PREFIX_LEN);
			memcpy(h.seen[i], &i, sizeof(i));
		}
		if (unseen_note(s, 1, 1 + k % 3, &h, 1, &e) == -1)
			fail_msg("%s", e.msg);
	}
	prove(&f, UNSEEN_PATIENCE * 2);
	if (unseen_each(s, note_count, &count, &e) == -1)
		fail_msg("%s", e.msg);
	assert_in_range(count, SEEN_MAX, UNSEEN_MAX);
	free(h.seen);
	unmake(&f);
}

/* A line in the name of somebody's key that nothing signs, with as many
 * prefixes as go. */
static void
slander(struct desk *to, struct desk *of, int number)
{
	struct buf b = BUF_INIT;
	struct gate_taken taken;
	char w[HEX_SIZE], key[KEY_SIZE];
	struct err e;

	text_hex(gate_coalition(to->o.gate), HASH_LEN, w);
	ident_key(gate_key(of->o.gate), key);
	buf_printf(&b, "mufakat 1\t%s\t%s\t%064d\n", w, key, number);
	buf_printf(&b, "\t{\"t\":9000000000000,\"kind\":\"edit\",\"seen\":[");
	for (int i = 0; i < SEEN_MAX; i++)
		buf_printf(
		    &b, "%s\"%032d\"", i > 0 ? "," : "", number * SEEN_MAX + i);
	buf_adds(&b, "],\"ops\":[]}\t{\"v\":[[]]}\n");
	if (gate_take(to->o.gate, NULL, b.data, b.len, &taken, &e) == -1)
		fail_msg("%s", e.msg);
	assert_int_equal(taken.added, 1);
	assert_int_equal(taken.waiting, 1);
	buf_clear(&b);
}

static void
test_unseen__what_nothing_signs_is_no_word(void **state)
{
	struct log_info was, is;
	struct store *s;
	struct fix f;
	struct err e;

	(void)state;
	make(&f);
	s = gate_store(f.a.o.gate);
	if (log_of_key(s, gate_key(f.c.o.gate), &was, &e) == -1)
		fail_msg("%s", e.msg);
	offices_now += 1000;
	for (int i = 1; i <= UNSEEN_MAX / SEEN_MAX + 1; i++)
		slander(&f.a, &f.c, i);
	if (log_of_key(s, gate_key(f.c.o.gate), &is, &e) == -1)
		fail_msg("%s", e.msg);
	assert_true(is.heard_ms == was.heard_ms);
	assert_true(is.last_t == was.last_t);
	give_own(&f.c, &f.a);
	prove(&f, UNSEEN_PATIENCE * 2);
	assert_non_null(withheld(&f));
	unmake(&f);
}

#define T(name) cmocka_unit_test(test_unseen__##name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_host_that_keeps_a_log_back_is_found),
	    T(what_may_still_come_is_no_alarm),
	    T(what_is_held_already_is_not_noted),
	    T(a_log_that_names_without_end_is_capped),
	    T(what_nothing_signs_is_no_word),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("unseen", tests, NULL, NULL);
}

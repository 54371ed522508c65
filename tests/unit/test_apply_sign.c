/* Versions and signatures, applied. */
#include "gates.h"

#include "common/recsig.h"
#include "common/sshsig.h"

struct text {
	char version[ID_SIZE];
	char record[ID_SIZE];
	uint8_t hash[HASH_LEN];
	uint8_t change[HASH_LEN];
};

static void
make_version(
    struct branch *b, const char *rec, const char *text, struct text *ret)
{
	struct draft *d = draft_new(false);

	draft_add(d,
	    json_pack("{s:s, s:s, s:i, s:[]}", "op", "version", "record", rec,
		"rule", 1, "of"),
	    json_pack("[s]", text));
	branch_commit(b, d, ret->change);
	ident_make(ret->change, 0, ret->version);
	memcpy(ret->record, rec, ID_SIZE);
	crypto_digest(text, strlen(text), ret->hash);
}

struct signing {
	enum recsig_stance stance;
	const char *replaces;
	const struct branch *on_behalf; /* recorded for another */
	bool spoil;
};

static void
sign(struct branch *b, const struct text *v, struct signing how,
    char ret[static ID_SIZE])
{
	const struct change_place *place;
	struct recsig r = {.capacity = CAPACITY_ENDORSEMENT,
	    .stance = how.stance,
	    .date = "2007-05-12"};
	struct draft *d = draft_new(false);
	struct buf msg = BUF_INIT;
	uint8_t sig[SIG_LEN], id[HASH_LEN];
	char b64[TEXT_B64_LEN(SIG_LEN) + 1];
	char replaces[1][ID_SIZE];
	struct err e = {0};

	OK(gate_place(b->g, &place, &e));
	memcpy(r.coalition, place->coalition, HASH_LEN);
	memcpy(r.key, place->key, KEY_LEN);
	memcpy(r.previous, place->previous, place->nprevious * HASH_LEN);
	r.nprevious = place->nprevious;
	memcpy(r.record, v->record, ID_SIZE);
	memcpy(r.version, v->version, ID_SIZE);
	memcpy(r.text, v->hash, HASH_LEN);
	memcpy(r.organisation, org_of(b), ID_SIZE);
	r.organisation_name = (char *)(uintptr_t) "Name";
	if (how.replaces != NULL) {
		memcpy(replaces[0], how.replaces, ID_SIZE);
		r.replaces = replaces;
		r.nreplaces = 1;
	}
	if (how.on_behalf != NULL) {
		memcpy(
		    r.for_id, gate_organisation(how.on_behalf->g)->id, ID_SIZE);
		r.for_name = r.organisation_name;
	}
	OK(recsig_encode(&r, &msg, &e));
	OK(gate_sign_record(b->g, msg.data, msg.len, sig, &e));
	if (how.spoil)
		sig[5] ^= 1;
	text_b64(sig, SIG_LEN, b64);
	draft_add(d,
	    json_pack("{s:s, s:s}", "op", "sign", "version", v->version),
	    json_pack("[s, s]", msg.data, b64));
	branch_commit(b, d, id);
	ident_make(id, 0, ret);
	buf_clear(&msg);
}

/* "g" good, "c" counts, "s" stands, "x" contested. */
static void
assert_signature(struct branch *b, const char *id, const char *want)
{
	struct query *q = NULL;
	struct err e = {0};
	char have[8];
	int64_t f;

	OK(query_open(gate_store(b->g), &q,
	    "SELECT flags FROM signature WHERE id = ?1", &e));
	OK(query_bind_text(q, 1, id, &e));
	assert_int_equal(query_step(q, &e), 1);
	f = query_int(q, 0);
	query_close(q);
	snprintf(have, sizeof(have), "%s%s%s%s", f & 1 ? "g" : "",
	    f & 2 ? "c" : "", f & 4 ? "s" : "", f & 8 ? "x" : "");
	assert_string_equal(have, want);
}

static void
test_apply_sign__a_signature_stands_until_it_is_replaced(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE], one[ID_SIZE], two[ID_SIZE], three[ID_SIZE];
	struct text v, w;

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "recommendation", "title", "x", rec, NULL);
	make_version(&a, rec, "text\n", &v);
	branch_send(&a, &b);
	sign(&b, &v, (struct signing){STANCE_SUPPORT, NULL, NULL, false}, one);
	assert_signature(&b, one, "gcs");
	sign(&b, &v, (struct signing){STANCE_OBJECT, NULL, NULL, false}, two);
	assert_signature(&b, one, "gcsx");
	assert_signature(&b, two, "gcsx");
	sign(&b, &v, (struct signing){STANCE_WITHDRAWN, one, NULL, false},
	    three);
	assert_signature(&b, one, "gc");
	/* also when it is of another version: that is another slot */
	make_version(&a, rec, "new text\n", &w);
	branch_send(&a, &b);
	sign(&b, &w, (struct signing){STANCE_SUPPORT, two, NULL, false}, one);
	assert_signature(&b, two, "gc");
	assert_signature(&b, one, "gcs");
	assert_signature(&b, three, "gcs");
	swap(&a, &b);
	pair_remove(&a, &b);
}

static void
test_apply_sign__nobody_replaces_the_signature_of_another(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE], one[ID_SIZE], two[ID_SIZE];
	struct text v;

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "recommendation", "title", "x", rec, NULL);
	make_version(&a, rec, "text\n", &v);
	branch_send(&a, &b);
	sign(&b, &v, (struct signing){STANCE_SUPPORT, NULL, NULL, false}, one);
	branch_send(&b, &a);
	sign(&a, &v, (struct signing){STANCE_SUPPORT, one, NULL, false}, two);
	swap(&a, &b);
	assert_signature(&a, one, "gcs");
	assert_signature(&a, two, "gcs");
	pair_remove(&a, &b);
}

static void
test_apply_sign__ones_own_displaces_what_was_recorded(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE], one[ID_SIZE], two[ID_SIZE];
	struct text v;

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "recommendation", "title", "x", rec, NULL);
	make_version(&a, rec, "text\n", &v);
	branch_send(&a, &b);
	sign(&a, &v, (struct signing){STANCE_SUPPORT, NULL, &b, false}, one);
	assert_signature(&a, one, "gcs");
	sign(&b, &v, (struct signing){STANCE_OBJECT, NULL, NULL, false}, two);
	swap(&a, &b);
	assert_signature(&a, one, "gc");
	assert_signature(&a, two, "gcs");
	pair_remove(&a, &b);
}

static void
test_apply_sign__a_signature_needs_its_text(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE], bad[ID_SIZE], early[ID_SIZE], wrong[ID_SIZE];
	struct text v, other;

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "recommendation", "title", "x", rec, NULL);
	make_version(&a, rec, "text\n", &v);
	/* b was told of the version, but has it not */
	sign(
	    &b, &v, (struct signing){STANCE_SUPPORT, NULL, NULL, false}, early);
	assert_signature(&b, early, "g");
	branch_send(&a, &b);
	assert_signature(&b, early, "gcs");
	sign(&b, &v, (struct signing){STANCE_SUPPORT, NULL, NULL, true}, bad);
	assert_signature(&b, bad, "");
	other = v;
	other.hash[0] ^= 1;
	sign(&b, &other, (struct signing){STANCE_OBJECT, NULL, NULL, false},
	    wrong);
	assert_signature(&b, wrong, "g");
	assert_signature(&b, early, "gcs");
	swap(&a, &b);
	pair_remove(&a, &b);
}

static void
test_apply_sign__versions_and_signatures_cannot_be_erased(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE], one[ID_SIZE];
	struct text v;

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "recommendation", "title", "x", rec, NULL);
	make_version(&a, rec, "text\n", &v);
	sign(&a, &v, (struct signing){STANCE_SUPPORT, NULL, NULL, false}, one);
	branch_erase(&a, v.change, 0);
	assert_signature(&a, one, "gcs");
	assert_int_equal(
	    branch_count(&a, "SELECT count(*) FROM version WHERE hash IS NULL"),
	    0);
	swap(&a, &b);
	pair_remove(&a, &b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_apply_sign__a_signature_stands_until_it_is_replaced),
	    cmocka_unit_test(
		test_apply_sign__nobody_replaces_the_signature_of_another),
	    cmocka_unit_test(
		test_apply_sign__ones_own_displaces_what_was_recorded),
	    cmocka_unit_test(test_apply_sign__a_signature_needs_its_text),
	    cmocka_unit_test(
		test_apply_sign__versions_and_signatures_cannot_be_erased),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("apply_sign", tests, NULL, NULL);
}

#include "tests/unit/vectors.h"

#include "common/op.h"
#include "common/recsig.h"
#include "common/segment.h"
#include "common/sshsig.h"

/* tests/data read by our own code; tests/data/check reads it without. */

/* Is the author's own line, with this suffix, the same change? */
static void
assert_stored(struct segment_reader *r, const char *name, const char *suffix)
{
	struct buf b = BUF_INIT;
	struct change c = {0};
	struct change_place at = r->place;
	uint8_t id[HASH_LEN];
	char path[128];
	struct err e;

	snprintf(path, sizeof(path), "changes/%s%s", name, suffix);
	load(path, &b);
	assert_int_equal(change_split(b.data, b.len - 1, &c, &e), 0);
	change_identify(&at, &c, id);
	assert_memory_equal(id, r->id, HASH_LEN);
	assert_int_equal(at.is_genesis, r->place.is_genesis);
	assert_true(change_verify(&at, &c));
	change_clear(&c);
	buf_clear(&b);
}

static void
test_vectors__the_blob_gives_the_ids(void **state)
{
	struct buf blob = BUF_INIT, ids = BUF_INIT;
	struct segment_reader r;
	char hex[HEX_SIZE], name[64];
	uint8_t w[HASH_LEN];
	const char *p;
	struct err e;

	(void)state;
	load("blob", &blob);
	load("ids", &ids);
	load_hash("coalition", w);
	p = ids.data;
	segment_reader_init(&r, blob.data, blob.len);
	while (segment_next(&r)) {
		struct head h;

		text_hex(r.id, HASH_LEN, hex);
		assert_memory_equal(p, hex, HEX_SIZE - 1);
		assert_int_equal(sscanf(p + HEX_SIZE, "%63s", name), 1);
		assert_memory_equal(r.place.coalition, w, HASH_LEN);
		assert_int_equal(r.place.is_genesis, p == ids.data);
		if (r.change.is_signed)
			assert_true(change_verify(&r.place, &r.change));
		assert_int_equal(head_parse(r.change.head, r.change.head_len,
				     r.id, r.change.nportions, &h, &e),
		    0);
		for (size_t i = 0; i < h.nops; i++)
			assert_int_not_equal(h.ops[i].op, OP_NONE);
		head_clear(&h);
		if (strcmp(name, "-") != 0)
			assert_stored(&r, name, "");
		if (strcmp(name, "05-personal") == 0)
			assert_stored(&r, name, ".erased");
		p = strchr(p, '\n') + 1;
	}
	assert_int_equal(*p, '\0');
	assert_int_equal(r.bad, 0);
	segment_reader_clear(&r);
	buf_clear(&blob);
	buf_clear(&ids);
}

static void
test_vectors__the_record_signature_is_good(void **state)
{
	struct buf message = BUF_INIT, armour = BUF_INIT, text = BUF_INIT;
	uint8_t key[KEY_LEN], sig[SIG_LEN], hash[HASH_LEN];
	struct recsig r;
	struct err e;

	(void)state;
	load("record/message", &message);
	load("record/message.sig", &armour);
	load("record/text.txt", &text);
	assert_int_equal(recsig_decode(message.data, message.len, &r, &e), 0);
	assert_int_equal(sshsig_parse(armour.data, armour.len, SSHSIG_NS_RECORD,
			     key, sig, &e),
	    0);
	assert_memory_equal(key, r.key, KEY_LEN);
	assert_true(crypto_verify(
	    key, SSHSIG_NS_RECORD, message.data, message.len, sig));
	crypto_digest(text.data, text.len, hash);
	assert_memory_equal(hash, r.text, HASH_LEN);
	recsig_clear(&r);
	buf_clear(&message);
	buf_clear(&armour);
	buf_clear(&text);
}

static void
assert_refused(const char *name)
{
	struct buf message = BUF_INIT, armour = BUF_INIT;
	uint8_t key[KEY_LEN], sig[SIG_LEN];
	struct err e;

	load("changes/04-records.message", &message);
	load(name, &armour);
	assert_int_equal(sshsig_parse(armour.data, armour.len, SSHSIG_NS_CHANGE,
			     key, sig, &e),
	    0);
	assert_false(crypto_verify(
	    key, SSHSIG_NS_CHANGE, message.data, message.len, sig));
	buf_clear(&message);
	buf_clear(&armour);
}

static void
test_vectors__signatures_that_openssh_accepts_are_refused(void **state)
{
	(void)state;
	assert_refused("bad/malleated.sig");
	assert_refused("bad/small-order.sig");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors__the_blob_gives_the_ids),
	    cmocka_unit_test(test_vectors__the_record_signature_is_good),
	    cmocka_unit_test(
		test_vectors__signatures_that_openssh_accepts_are_refused),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}

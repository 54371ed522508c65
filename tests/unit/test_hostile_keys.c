/* Keys and signatures that are none (hostile input 29, 30, 38, 40), as an
 * office meets them: in lines, in acts, in armour. */
#include "tests/unit/forger.h"
#include "tests/unit/keys.h"
#include "tests/unit/vectors.h"

#include "common/sshsig.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define SIG_CHARS TEXT_B64_LEN(SIG_LEN)
#define ZEROS32   "00000000000000000000000000000000"
#define ZEROS64   ZEROS32 ZEROS32

/* The text form, which ident_key() gives of any 32 bytes. */
static void
weak_key(size_t i, char ret[static KEY_SIZE])
{
	uint8_t key[KEY_LEN];

	keys_unhex(keys_bad[i], key, sizeof(key));
	ident_key(key, ret);
}

/* --- keys (30) --------------------------------------------------------------- */

/* Who asks with such a key is not even seen. */
static void
test_hostile_keys__no_weak_key_can_ask(void **state)
{
	struct stage s;
	struct buf b = BUF_INIT;
	char w[HEX_SIZE], key[KEY_SIZE], sig[SIG_CHARS + 1];
	uint8_t forged[SIG_LEN];
	struct gate_taken t;
	size_t n;

	(void)state;
	stage_make(&s);
	text_hex(gate_coalition(s.o.g), HASH_LEN, w);
	/* for the identity this signs anything, says the equation */
	keys_unhex(KEYS_IDENTITY_SIGNED, forged, sizeof(forged));
	text_b64(forged, sizeof(forged), sig);
	for (size_t i = 0; keys_bad[i] != NULL; i++) {
		weak_key(i, key);
		buf_reset(&b);
		buf_printf(&b,
		    "mufakat 1\t%s\t%s\t\n"
		    "%s\t{\"t\":1,\"kind\":\"act\",\"ops\":[{\"op\":"
		    "\"request\",\"name\":\"Weak\"}]}\t{\"v\":[[]]}\n",
		    w, key, sig);
		t = branch_take(&s.o, &b);
		assert_int_equal(t.bad, 1);
		assert_int_equal(t.added, 0);
	}
	trust_requests(gate_trust(s.o.g), &n);
	assert_int_equal(n, 0);
	assert_unchanged(&s);
	buf_clear(&b);
	stage_remove(&s);
}

static bool
is_listed(struct branch *o, size_t i)
{
	uint8_t key[KEY_LEN];

	keys_unhex(keys_bad[i], key, sizeof(key));
	return trust_key(gate_trust(o->g), key) != NULL;
}

/* The last act that stands, in hex. */
static void
last_act(struct branch *o, char ret[static HEX_SIZE])
{
	size_t n;
	const uint8_t(*chain)[HASH_LEN] = trust_chain(gate_trust(o->g), &n);

	text_hex(chain[n - 1], HASH_LEN, ret);
}

/* An act of the only convenor, which is in force at once. */
static void
decree(struct branch *o, json_t *deed)
{
	struct draft *d = draft_new(true);
	char after[HEX_SIZE];

	last_act(o, after);
	assert_non_null(deed);
	draft_add(d,
	    json_pack("{s:s, s:s, s:o}", "op", "propose", "after", after, "act",
		deed),
	    NULL);
	branch_commit(o, d, NULL);
}

/* Admits a key, for an organisation made up from "number". */
static void
decree_admission(struct branch *o, int number, const char *key)
{
	char request[HEX_SIZE], org[ID_SIZE];
	uint8_t id[HASH_LEN];

	memset(id, number, sizeof(id));
	text_hex(id, HASH_LEN, request);
	ident_make(id, 0, org);
	decree(o,
	    json_pack("{s:s, s:s, s:s, s:s, s:[s]}", "kind", "admit", "request",
		request, "organisation", org, "name", "Weak", "keys", key));
}

static size_t
count_orgs(struct branch *o)
{
	size_t n;

	trust_orgs(gate_trust(o->g), &n);
	return n;
}

/* Not even a convenor lets one in: the act stands and lists nobody. */
static void
test_hostile_keys__no_weak_key_is_admitted(void **state)
{
	struct stage s;
	char key[KEY_SIZE];
	struct secret *good = keys_secret();
	uint8_t k[KEY_LEN];
	const size_t before = 2;

	(void)state;
	stage_make(&s);
	for (size_t i = 0; keys_bad[i] != NULL; i++) {
		weak_key(i, key);
		decree_admission(&s.o, (int)i + 1, key);
		assert_int_equal(count_orgs(&s.o), before);
		assert_false(is_listed(&s.o, i));
	}
	secret_public(good, k);
	ident_key(k, key);
	decree_admission(&s.o, 200, key);
	assert_int_equal(count_orgs(&s.o), before + 1);
	note_state(&s);
	assert_log_goes_on(&s);
	secret_free(good);
	stage_remove(&s);
}

/* Joins the coalition of a genesis that lists the key of f and this one; how
 * many organisations are in it? */
static size_t
founded_with(struct forger *f, const char *key)
{
	struct branch o;
	struct buf b = BUF_INIT, head = BUF_INIT, line = BUF_INIT;
	char own[KEY_SIZE];
	uint8_t w[HASH_LEN];
	struct err e = {0};
	size_t n;

	f->a.at.is_genesis = true;
	ident_key(f->a.at.key, own);
	buf_printf(&head,
	    "{\"t\":1,\"kind\":\"act\",\"ops\":[{\"op\":\"found\",\"name\":"
	    "\"C\",\"convenors\":[{\"name\":\"O\",\"keys\":[\"%s\",\"%s\"],"
	    "\"recovery\":\"" ZEROS64 "\"}],\"k\":1}]}",
	    own, key);
	forger_sign(f, head.data, "{\"v\":[[]]}", &line, w);
	memcpy(f->a.at.coalition, w, HASH_LEN);
	forger_open(f, &b);
	buf_add(&b, line.data, line.len);
	branch_make(&o);
	OK(gate_join(o.g, w, "Reader", &e));
	assert_int_equal(branch_take(&o, &b).added, 1);
	n = count_orgs(&o);
	buf_clear(&b);
	buf_clear(&head);
	buf_clear(&line);
	branch_remove(&o);
	return n;
}

/* A genesis that lists one, or one key twice, founds nothing. */
static void
test_hostile_keys__no_weak_key_founds(void **state)
{
	static const uint8_t nowhere[HASH_LEN];
	struct forger f;
	struct secret *good = keys_secret();
	char key[KEY_SIZE];
	uint8_t k[KEY_LEN];

	(void)state;
	author_init(&f.a, 9, nowhere);
	for (size_t i = 0; keys_bad[i] != NULL; i++) {
		weak_key(i, key);
		assert_int_equal(founded_with(&f, key), 0);
	}
	ident_key(f.a.at.key, key);
	assert_int_equal(founded_with(&f, key), 0);
	secret_public(good, k);
	ident_key(k, key);
	assert_int_equal(founded_with(&f, key), 1);
	secret_free(good);
	forger_clear(&f);
}

/* --- signatures (29) --------------------------------------------------------- */

static const char plain_head[] =
    "{\"t\":9,\"kind\":\"edit\",\"ops\":[{\"op\":\"new\",\"type\":\"group\"}]"
    "}";

/* Gives the change with other characters in place of its signature. */
static struct gate_taken
take_with(struct stage *s, const struct buf *line, const char *sig)
{
	struct buf b = BUF_INIT;
	struct gate_taken t;

	forger_open(&s->f, &b);
	buf_adds(&b, sig);
	buf_add(&b, line->data + SIG_CHARS, line->len - SIG_CHARS);
	t = branch_take(&s->o, &b);
	assert_false(t.verified);
	assert_unchanged(s);
	buf_clear(&b);
	return t;
}

/* S + the order of the group, which satisfies the equation too. */
static void
malleate(uint8_t sig[static SIG_LEN])
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
	    0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
	    0x14, [31] = 0x10};
	unsigned carry = 0;

	for (int i = 0; i < 32; i++) {
		carry += (unsigned)sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
}

/* Takes a signature of n bytes, of which the first come from "from". */
static struct gate_taken
take_bytes(
    struct stage *s, const struct buf *line, const uint8_t *from, size_t n)
{
	uint8_t bytes[80] = {0};
	char text[TEXT_B64_LEN(80) + 1];

	memcpy(bytes, from, n < SIG_LEN ? n : SIG_LEN);
	text_b64(bytes, n, text);
	return take_with(s, line, text);
}

static void
test_hostile_keys__no_forged_signature_counts(void **state)
{
	static const size_t lengths[] = {1, 32, 63, 65, 66};
	static const uint8_t zero[SIG_LEN];
	struct stage s;
	struct buf line = BUF_INIT, b = BUF_INIT;
	uint8_t id[HASH_LEN], sig[SIG_LEN], other[SIG_LEN];
	size_t n;

	(void)state;
	stage_make(&s);
	forger_sign(&s.f, plain_head, "{\"v\":[[]]}", &line, id);
	assert_int_equal(text_unb64(line.data, SIG_CHARS, sig, SIG_LEN, &n), 0);

	for (size_t i = 0; i < COUNT(lengths); i++)
		assert_int_equal(take_bytes(&s, &line, sig, lengths[i]).bad, 1);
	assert_int_equal(take_bytes(&s, &line, zero, SIG_LEN).waiting, 1);
	memcpy(other, sig, SIG_LEN);
	malleate(other);
	assert_int_equal(take_bytes(&s, &line, other, SIG_LEN).known, 1);
	for (size_t i = 0; i < 8; i++) { /* R of small order */
		memcpy(other, sig, SIG_LEN);
		keys_unhex(keys_bad[i], other, 32);
		take_bytes(&s, &line, other, SIG_LEN);
	}
	/* the next change does not lend it an ear either */
	forger_open(&s.f, &b);
	buf_add(&b, line.data, line.len);
	assert_true(branch_take(&s.o, &b).verified);
	assert_int_equal(branch_count(&s.o,
			     "SELECT count(*) FROM change WHERE NOT flags & 1"),
	    0);
	assert_log_goes_on(&s);
	buf_clear(&line);
	buf_clear(&b);
	stage_remove(&s);
}

/* The segment of the vectors that begins with the change whose head and
 * portions are "rest", up to there. */
static void
opening_of(const struct buf *blob, const struct buf *rest, struct buf *b)
{
	const char *at = memmem(blob->data, blob->len, rest->data, rest->len);
	const char *from = blob->data;

	assert_non_null(at);
	for (const char *p = blob->data; p < at; p++)
		if (strncmp(p, "\nmufakat 1\t", 11) == 0)
			from = p + 1;
	buf_reset(b);
	buf_add(b, from, (size_t)(at - from));
	if (b->data[b->len - 1] != '\n')
		b->len -= SIG_CHARS;
}

/* What OpenSSH 9.2 accepts (tests/data/bad), in the line of that change. */
static void
test_hostile_keys__what_openssh_accepts_alone_does_not_count(void **state)
{
	static const char *const bad[] = {
	    "bad/malleated.sig", "bad/small-order.sig"};
	struct buf blob = BUF_INIT, good = BUF_INIT, sig = BUF_INIT;
	struct buf rest = BUF_INIT, b = BUF_INIT;
	uint8_t w[HASH_LEN], key[KEY_LEN], raw[SIG_LEN];
	char text[SIG_CHARS + 1];
	struct branch o;
	struct err e = {0};

	(void)state;
	load("blob", &blob);
	load("coalition", &good);
	assert_int_equal(text_unhex(good.data, HEX_SIZE - 1, w, HASH_LEN), 0);
	load("changes/04-records", &good);
	buf_add(&rest, good.data + SIG_CHARS, good.len - SIG_CHARS);
	for (size_t i = 0; i < COUNT(bad); i++) {
		branch_make(&o);
		OK(gate_join(o.g, w, "Reader", &e));
		load(bad[i], &sig);
		assert_int_equal(sshsig_parse(sig.data, sig.len,
				     SSHSIG_NS_CHANGE, key, raw, &e),
		    0);
		text_b64(raw, SIG_LEN, text);
		opening_of(&blob, &rest, &b);
		buf_printf(&b, "%s%s", text, rest.data);
		branch_take(&o, &b);
		assert_int_equal(
		    branch_count(&o, "SELECT count(*) FROM record"), 0);
		assert_int_equal(
		    branch_count(
			&o, "SELECT count(*) FROM change WHERE NOT flags & 1"),
		    1);
		opening_of(&blob, &rest, &b);
		buf_add(&b, good.data, good.len);
		branch_take(&o, &b);
		assert_int_equal(
		    branch_count(
			&o, "SELECT count(*) FROM change WHERE NOT flags & 1"),
		    0);
		branch_remove(&o);
	}
	buf_clear(&blob);
	buf_clear(&good);
	buf_clear(&sig);
	buf_clear(&rest);
	buf_clear(&b);
}

/* --- lengths within an armour (38, 40) ---------------------------------------- */

static void
wrap(const uint8_t *blob, size_t n, struct buf *b)
{
	char b64[TEXT_B64_LEN(256) + 1];

	text_b64(blob, n, b64);
	buf_reset(b);
	buf_adds(b, "-----BEGIN SSH SIGNATURE-----\n");
	for (size_t i = 0; i < strlen(b64); i += 70)
		buf_printf(b, "%.70s\n", b64 + i);
	buf_adds(b, "-----END SSH SIGNATURE-----\n");
}

/* The blob of an armour of ours. */
static size_t
unwrap(uint8_t ret[256])
{
	struct secret *s = keys_secret();
	struct buf b = BUF_INIT, b64 = BUF_INIT;
	uint8_t key[KEY_LEN], sig[SIG_LEN];
	size_t n;

	secret_public(s, key);
	secret_sign(s, SSHSIG_NS_RECORD, "x", 1, sig);
	sshsig_armour(key, SSHSIG_NS_RECORD, sig, &b);
	for (char *p = strchr(b.data, '\n'); *p != '-' || p[-1] != '\n'; p++)
		if (*p != '\n')
			buf_addc(&b64, *p);
	assert_int_equal(text_unb64(b64.data, b64.len, ret, 256, &n), 0);
	buf_clear(&b);
	buf_clear(&b64);
	secret_free(s);
	return n;
}

static void
test_hostile_keys__no_absurd_length_of_an_armour_is_believed(void **state)
{
	/* of key blob, type, key, namespace, reserved, hash, signature blob,
	 * type, raw */
	static const size_t at[] = {10, 14, 29, 65, 83, 87, 97, 101, 116};
	static const uint32_t lengths[] = {
	    0, 1, 3, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};
	struct buf b = BUF_INIT;
	uint8_t blob[256], key[KEY_LEN], sig[SIG_LEN];
	size_t n = unwrap(blob);
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(at); i++)
		for (size_t k = 0; k < COUNT(lengths); k++) {
			uint8_t was[4];

			memcpy(was, blob + at[i], 4);
			for (int z = 0; z < 4; z++)
				blob[at[i] + (size_t)z] =
				    (uint8_t)(lengths[k] >> (24 - 8 * z));
			wrap(blob, n, &b);
			if (memcmp(was, blob + at[i], 4) != 0 &&
			    sshsig_parse(b.data, b.len, SSHSIG_NS_RECORD, key,
				sig, &e) == 0)
				fail_msg("length %u at %zu", lengths[k], at[i]);
			memcpy(blob + at[i], was, 4);
		}
	wrap(blob, n, &b);
	assert_int_equal(
	    sshsig_parse(b.data, b.len, SSHSIG_NS_RECORD, key, sig, &e), 0);
	buf_clear(&b);
}

#define T(name) cmocka_unit_test(test_hostile_keys__##name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(no_weak_key_can_ask),
	    T(no_weak_key_is_admitted),
	    T(no_weak_key_founds),
	    T(no_forged_signature_counts),
	    T(what_openssh_accepts_alone_does_not_count),
	    T(no_absurd_length_of_an_armour_is_believed),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("hostile_keys", tests, NULL, NULL);
}

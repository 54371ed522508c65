#include "keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void
assert_hex(const uint8_t *p, size_t n, const char *want)
{
	char hex[129];

	text_hex(p, n, hex);
	assert_string_equal(hex, want);
}

/* Is this signature (hex) of KEYS_TEXT by this key (hex) accepted? */
static bool
is_accepted(const char *key, const char *sig)
{
	uint8_t k[KEY_LEN], s[SIG_LEN];

	keys_unhex(key, k, sizeof(k));
	keys_unhex(sig, s, sizeof(s));
	return crypto_verify(
	    k, "mufakat-change", KEYS_TEXT, strlen(KEYS_TEXT), s);
}

/* --- hashes --- */

static void
test_crypto__digest_is_that_of_b2sum(void **state)
{
	uint8_t h[HASH_LEN];

	(void)state;
	crypto_digest("abc", 3, h); /* b2sum -l 256 */
	assert_hex(h, 32,
	    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	crypto_digest("", 0, h);
	assert_hex(h, 32,
	    "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

static void
test_crypto__hasher_gives_the_digest_of_the_whole(void **state)
{
	uint8_t whole[HASH_LEN], parts[HASH_LEN];
	char text[1000];
	struct hasher h;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 31);
	crypto_digest(text, sizeof(text), whole);
	for (size_t step = 1; step < 300; step += 37) {
		hasher_init(&h);
		for (size_t i = 0; i < sizeof(text); i += step)
			hasher_add(&h, text + i,
			    sizeof(text) - i < step ? sizeof(text) - i : step);
		hasher_end(&h, parts);
		assert_memory_equal(parts, whole, HASH_LEN);
	}
}

static void
test_crypto__random_and_wipe_do_something(void **state)
{
	uint8_t a[32], b[32];
	static const uint8_t zero[32];

	(void)state;
	crypto_random(a, sizeof(a));
	crypto_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	crypto_wipe(a, sizeof(a));
	assert_memory_equal(a, zero, sizeof(a));
}

/* --- keys (hostile input 30) --- */

static void
test_crypto__seed_gives_the_key_of_rfc_8032(void **state)
{
	uint8_t seed[SEED_LEN], back[SEED_LEN], key[KEY_LEN];
	struct secret *s;

	(void)state;
	keys_unhex(
	    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    seed, sizeof(seed));
	s = secret_from_seed(seed);
	secret_public(s, key);
	secret_seed(s, back);
	assert_hex(key, 32,
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
	assert_memory_equal(back, seed, sizeof(seed));
	assert_true(crypto_key_ok(key));
	secret_free(s);
	secret_free(NULL);
}

static void
test_crypto__new_keys_differ_and_are_good(void **state)
{
	struct secret *a = secret_new(), *b = secret_new();
	uint8_t ka[KEY_LEN], kb[KEY_LEN], sig[SIG_LEN];

	(void)state;
	secret_public(a, ka);
	secret_public(b, kb);
	assert_memory_not_equal(ka, kb, KEY_LEN);
	assert_true(crypto_key_ok(ka));
	secret_sign(a, "n", "m", 1, sig);
	assert_true(crypto_verify(ka, "n", "m", 1, sig));
	assert_false(crypto_verify(kb, "n", "m", 1, sig));
	secret_free(a);
	secret_free(b);
}

static void
test_crypto__refuses_keys_that_nobody_should_have(void **state)
{
	uint8_t key[KEY_LEN];

	(void)state;
	for (size_t i = 0; keys_bad[i] != NULL; i++) {
		keys_unhex(keys_bad[i], key, sizeof(key));
		if (crypto_key_ok(key))
			fail_msg("%s", keys_bad[i]);
	}
	keys_unhex(KEYS_PUBLIC, key, sizeof(key));
	assert_true(crypto_key_ok(key));
}

/* --- signatures (hostile input 29) --- */

static void
test_crypto__signs_as_the_vector_says(void **state)
{
	struct secret *s = keys_secret();
	uint8_t key[KEY_LEN], sig[SIG_LEN];

	(void)state;
	secret_public(s, key);
	assert_hex(key, KEY_LEN, KEYS_PUBLIC);
	secret_sign(s, "mufakat-change", KEYS_TEXT, strlen(KEYS_TEXT), sig);
	assert_hex(sig, SIG_LEN, KEYS_SIGNED);
	secret_free(s);
	assert_true(is_accepted(KEYS_PUBLIC, KEYS_SIGNED));
}

static void
test_crypto__refuses_forgeries_that_satisfy_the_equation(void **state)
{
	(void)state;
	assert_false(is_accepted(KEYS_PUBLIC, KEYS_MALLEATED));
	assert_false(is_accepted(KEYS_PUBLIC, KEYS_SMALL_R));
	assert_false(is_accepted(KEYS_MIXED, KEYS_MIXED_SIGNED));
	assert_false(is_accepted(KEYS_IDENTITY, KEYS_IDENTITY_SIGNED));
}

static void
test_crypto__refuses_zero_and_every_flipped_bit(void **state)
{
	uint8_t key[KEY_LEN], sig[SIG_LEN];
	char text[] = KEYS_TEXT, ns[] = "mufakat-change";
	const size_t n = strlen(text);

	(void)state;
	keys_unhex(KEYS_PUBLIC, key, sizeof(key));
	keys_unhex(KEYS_SIGNED, sig, sizeof(sig));
	for (size_t i = 0; i < 8 * sizeof(sig); i++) {
		sig[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_false(crypto_verify(key, ns, text, n, sig));
		sig[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t i = 0; i < 8 * sizeof(key); i++) {
		key[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_false(crypto_verify(key, ns, text, n, sig));
		key[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t i = 0; i < 8 * n; i++) {
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
		assert_false(crypto_verify(key, ns, text, n, sig));
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
	}
	assert_false(crypto_verify(key, "mufakat-record", text, n, sig));
	assert_false(crypto_verify(key, "", text, n, sig));
	assert_false(crypto_verify(key, ns, text, n - 1, sig));
	assert_true(crypto_verify(key, ns, text, n, sig));
	memset(sig, 0, sizeof(sig));
	assert_false(crypto_verify(key, ns, text, n, sig));
	memset(sig, 0xff, sizeof(sig));
	assert_false(crypto_verify(key, ns, text, n, sig));
}

static void
test_crypto__refuses_s_at_and_above_the_order(void **state)
{
	/* R of the vector, then S = L - 1, L, L + 1, 2^256 - 1 */
	static const char *const s[] = {
	    "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
	    "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
	    "eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
	    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
	char sig[129];

	(void)state;
	for (size_t i = 0; i < sizeof(s) / sizeof(s[0]); i++) {
		snprintf(sig, sizeof(sig), "%.64s%s", KEYS_SIGNED, s[i]);
		assert_false(is_accepted(KEYS_PUBLIC, sig));
	}
}

static void
test_crypto__signs_nothing_and_a_megabyte(void **state)
{
	struct secret *s = keys_secret();
	uint8_t key[KEY_LEN], sig[SIG_LEN];
	char *big = calloc(1, 1 << 20);

	(void)state;
	assert_non_null(big);
	secret_public(s, key);
	secret_sign(s, "ns", "", 0, sig);
	assert_true(crypto_verify(key, "ns", "", 0, sig));
	secret_sign(s, "ns", big, 1 << 20, sig);
	assert_true(crypto_verify(key, "ns", big, 1 << 20, sig));
	big[1 << 19] = 1;
	assert_false(crypto_verify(key, "ns", big, 1 << 20, sig));
	free(big);
	secret_free(s);
}

/* --- key files (hostile input 41) --- */

static const char key_file[] =
    "mufakat-key 1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

static void
test_crypto__key_file_is_saved_private_and_loaded_back(void **state)
{
	struct secret *a = keys_secret(), *b = NULL;
	uint8_t ka[KEY_LEN], kb[KEY_LEN];
	struct buf file = BUF_INIT;
	struct scratch s;
	struct stat st;
	struct err e;
	const char *path;

	(void)state;
	scratch_make(&s);
	path = scratch_path(&s, "key");
	umask(0);
	assert_int_equal(secret_save(a, path, &e), 0);
	umask(022);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(fs_read(path, 999, &file, &e), 0);
	assert_string_equal(buf_str(&file), key_file);
	assert_int_equal(secret_load(path, &b, &e), 0);
	secret_public(a, ka);
	secret_public(b, kb);
	assert_memory_equal(ka, kb, KEY_LEN);
	/* never over another key */
	assert_int_equal(secret_save(a, path, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	secret_free(a);
	secret_free(b);
	buf_clear(&file);
	scratch_remove(&s);
}

static void
test_crypto__key_is_not_saved_through_a_link(void **state)
{
	struct secret *a = keys_secret();
	struct scratch s;
	struct err e;

	(void)state;
	scratch_make(&s);
	assert_int_equal(symlink("elsewhere", scratch_path(&s, "key")), 0);
	assert_int_equal(secret_save(a, scratch_path(&s, "key"), &e), -1);
	assert_int_equal(access(scratch_path(&s, "elsewhere"), F_OK), -1);
	secret_free(a);
	scratch_remove(&s);
}

/* Loading "name" must fail with this code and leave the output alone. */
static void
assert_not_loaded(struct scratch *s, const char *name, enum err_code code)
{
	struct secret *const untouched = (struct secret *)(void *)s;
	struct secret *k = untouched;
	struct err e;

	assert_int_equal(secret_load(scratch_path(s, name), &k, &e), -1);
	assert_int_equal(e.code, code);
	assert_ptr_equal(k, untouched);
	assert_null(strstr(e.msg, "AAEC")); /* nothing of the key */
}

static void
put(struct scratch *s, const char *name, const char *text, size_t n, mode_t m)
{
	struct err e;

	assert_int_equal(
	    fs_write(scratch_path(s, name), text, n, 0600, false, &e), 0);
	assert_int_equal(chmod(scratch_path(s, name), m), 0);
}

static void
test_crypto__refuses_key_files_that_others_could_touch(void **state)
{
	static const mode_t bad[] = {0640, 0620, 0604, 0602, 0610, 0644, 0777};
	const size_t n = strlen(key_file);
	struct secret *k;
	struct scratch s;
	struct err e;

	(void)state;
	scratch_make(&s);
	put(&s, "key", key_file, n, 0400);
	assert_int_equal(secret_load(scratch_path(&s, "key"), &k, &e), 0);
	secret_free(k);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(&s, "open", key_file, n, bad[i]);
		assert_not_loaded(&s, "open", ERR_INPUT);
	}
	assert_int_equal(symlink("key", scratch_path(&s, "link")), 0);
	assert_int_equal(mkfifo(scratch_path(&s, "fifo"), 0600), 0);
	assert_int_equal(mkdir(scratch_path(&s, "dir"), 0700), 0);
	assert_not_loaded(&s, "link", ERR_INPUT);
	assert_not_loaded(&s, "fifo", ERR_INPUT); /* and does not wait */
	assert_not_loaded(&s, "dir", ERR_INPUT);
	assert_not_loaded(&s, "none", ERR_NOTFOUND);
	if (getuid() == 0) { /* only root can make another's file */
		put(&s, "other", key_file, n, 0600);
		assert_int_equal(chown(scratch_path(&s, "other"), 1, 1), 0);
		assert_not_loaded(&s, "other", ERR_INPUT);
	}
	scratch_remove(&s);
}

static void
test_crypto__refuses_damaged_key_files(void **state)
{
	const size_t n = strlen(key_file);
	struct scratch s;
	char text[128];

	(void)state;
	scratch_make(&s);
	for (size_t i = 0; i < n; i++) {
		put(&s, "short", key_file, i, 0600);
		assert_not_loaded(&s, "short", ERR_CORRUPT);
	}
	memcpy(text, key_file, n);
	memset(text + n, '\n', sizeof(text) - n);
	put(&s, "long", text, n + 1, 0600);
	assert_not_loaded(&s, "long", ERR_CORRUPT);
	for (size_t i = 0; i < n; i++) {
		if (i >= 14 && i < n - 3)
			continue; /* another seed is as good as this one */
		memcpy(text, key_file, n);
		text[i] = '!';
		put(&s, "bad", text, n, 0600);
		assert_not_loaded(&s, "bad", ERR_CORRUPT);
	}
	memcpy(text, key_file, n);
	text[n - 3] = '9'; /* unused bits of base64 */
	put(&s, "bits", text, n, 0600);
	assert_not_loaded(&s, "bits", ERR_CORRUPT);
	scratch_remove(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_crypto__digest_is_that_of_b2sum),
	    cmocka_unit_test(test_crypto__hasher_gives_the_digest_of_the_whole),
	    cmocka_unit_test(test_crypto__random_and_wipe_do_something),
	    cmocka_unit_test(test_crypto__seed_gives_the_key_of_rfc_8032),
	    cmocka_unit_test(test_crypto__new_keys_differ_and_are_good),
	    cmocka_unit_test(test_crypto__refuses_keys_that_nobody_should_have),
	    cmocka_unit_test(test_crypto__signs_as_the_vector_says),
	    cmocka_unit_test(
		test_crypto__refuses_forgeries_that_satisfy_the_equation),
	    cmocka_unit_test(test_crypto__refuses_zero_and_every_flipped_bit),
	    cmocka_unit_test(test_crypto__refuses_s_at_and_above_the_order),
	    cmocka_unit_test(test_crypto__signs_nothing_and_a_megabyte),
	    cmocka_unit_test(
		test_crypto__key_file_is_saved_private_and_loaded_back),
	    cmocka_unit_test(test_crypto__key_is_not_saved_through_a_link),
	    cmocka_unit_test(
		test_crypto__refuses_key_files_that_others_could_touch),
	    cmocka_unit_test(test_crypto__refuses_damaged_key_files),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}

/*
 * keys: what the tests of keys and signatures share.
 *
 * The key is that of the seed 00 01 ... 1f; "signed" is the signature that
 * ssh-keygen makes with it over "kerja layak\n" in the namespace
 * "mufakat-change".  The forgeries follow from the equations of RFC 8032
 * section 5.1: each satisfies S B = R + k A, none may be accepted.
 */
#ifndef TESTS_KEYS_H
#define TESTS_KEYS_H

#include "scratch.h"

#include "common/crypto.h"
#include "common/text.h"

#define KEYS_TEXT "kerja layak\n"
#define KEYS_PUBLIC                                                            \
	"03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
#define KEYS_SIGNED                                                            \
	"a9b3fd550b0a99ec493b572a6e7d3c21435d87b51d23f5a838db9dc52b891721"     \
	"147354a9aedb73b62940749f5476df1e78b63d54b7a240a4b0f6215d5220b40a"
/* the same with the order of the group added to S */
#define KEYS_MALLEATED                                                         \
	"a9b3fd550b0a99ec493b572a6e7d3c21435d87b51d23f5a838db9dc52b891721"     \
	"01474a06c93e860e00dd6b423370be3378b63d54b7a240a4b0f6215d5220b41a"
/* R is the identity, S = k a */
#define KEYS_SMALL_R                                                           \
	"0100000000000000000000000000000000000000000000000000000000000000"     \
	"8ce7b6927f3fda951f476edcc976db99709de60663bf7788c54249915369640b"

/* The point of order 8 added to the key, and a signature for the sum whose
 * k is a multiple of 8. */
#define KEYS_MIXED                                                             \
	"b154bd62188ae283dd187fefe8c31f5e276edf083b4cff11c9d5cff856c74440"
#define KEYS_MIXED_SIGNED                                                      \
	"933333622da9efdbe3dbdb39312c98da799b2d1f1ba7f42596fa7aa4f9daeb0a"     \
	"c58877cb9ff1a7aba1e121325ef9d838312676f047215f4327b59439f5762807"

/* The identity as a key: this signs anything. */
#define KEYS_IDENTITY                                                          \
	"0100000000000000000000000000000000000000000000000000000000000000"
#define KEYS_IDENTITY_SIGNED                                                   \
	"edc876d6831fd2105d0b4389ca2e283166469289146e2ce06faefe98b22548df"     \
	"0500000000000000000000000000000000000000000000000000000000000000"

/* Keys that nobody should have, up to NULL. */
static const char *const keys_bad[] __attribute__((unused)) = {
    /* the eight points of small order */
    KEYS_IDENTITY,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    /* other spellings of them: p, p + 1, "minus zero" */
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    /* mixed order; not canonical (p + 3); off the curve (y = 2) */
    KEYS_MIXED,
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0200000000000000000000000000000000000000000000000000000000000000",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", NULL};

static inline struct secret *
keys_secret(void)
{
	uint8_t seed[SEED_LEN];

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	return secret_from_seed(seed);
}

static inline void
keys_unhex(const char *hex, uint8_t *ret, size_t n)
{
	assert_int_equal(text_unhex(hex, strlen(hex), ret, n), 0);
}

#endif

#include "crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "fs.h"
#include "i18n.h"
#include "mem.h"
#include "text.h"

struct secret {
	unsigned char *sk; /* sodium_malloc'ed: seed, then public key */
};

_Static_assert(sizeof(struct hasher) >= sizeof(crypto_generichash_state),
    "struct hasher is too small");

void
crypto_setup(void)
{
	if (sodium_init() == -1) {
		fputs("mufakat: cannot start libsodium\n", stderr);
		abort();
	}
}

void
crypto_digest(const void *p, size_t n, uint8_t ret[static HASH_LEN])
{
	crypto_generichash(ret, HASH_LEN, p, n, NULL, 0);
}

static crypto_generichash_state *
state(struct hasher *h)
{
	return (crypto_generichash_state *)(void *)h->opaque;
}

void
hasher_init(struct hasher *h)
{
	crypto_generichash_init(state(h), NULL, 0, HASH_LEN);
}

void
hasher_add(struct hasher *h, const void *p, size_t n)
{
	crypto_generichash_update(state(h), p, n);
}

void
hasher_end(struct hasher *h, uint8_t ret[static HASH_LEN])
{
	crypto_generichash_final(state(h), ret, HASH_LEN);
}

void
crypto_random(void *p, size_t n)
{
	randombytes_buf(p, n);
}

void
crypto_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

bool
crypto_key_ok(const uint8_t key[static KEY_LEN])
{
	/* on the curve, canonical, in the prime-order group, not the identity */
	return crypto_core_ed25519_is_valid_point(key) == 1;
}

static struct secret *
secret_alloc(void)
{
	struct secret *s = mem_zalloc(sizeof(*s));

	s->sk = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	if (s->sk == NULL) {
		fputs("mufakat: cannot lock memory for a key\n", stderr);
		abort();
	}
	return s;
}

struct secret *
secret_new(void)
{
	struct secret *s = secret_alloc();
	unsigned char pk[KEY_LEN];

	crypto_sign_keypair(pk, s->sk);
	sodium_mprotect_readonly(s->sk);
	return s;
}

struct secret *
secret_from_seed(const uint8_t seed[static SEED_LEN])
{
	struct secret *s = secret_alloc();
	unsigned char pk[KEY_LEN];

	crypto_sign_seed_keypair(pk, s->sk, seed);
	sodium_mprotect_readonly(s->sk);
	return s;
}

void
secret_seed(const struct secret *s, uint8_t ret[static SEED_LEN])
{
	crypto_sign_ed25519_sk_to_seed(ret, s->sk);
}

void
secret_public(const struct secret *s, uint8_t ret[static KEY_LEN])
{
	crypto_sign_ed25519_sk_to_pk(ret, s->sk);
}

void
secret_free(struct secret *s)
{
	if (s == NULL)
		return;
	sodium_free(s->sk); /* wipes */
	free(s);
}

#define KEY_MAGIC    "mufakat-key 1\n"
#define KEY_FILE_LEN (sizeof(KEY_MAGIC) - 1 + TEXT_B64_LEN(SEED_LEN) + 1)

int
secret_save(const struct secret *s, const char *path, struct err *e)
{
	uint8_t seed[SEED_LEN];
	char file[KEY_FILE_LEN + 1];
	int rv;

	secret_seed(s, seed);
	memcpy(file, KEY_MAGIC, sizeof(KEY_MAGIC) - 1);
	text_b64(seed, sizeof(seed), file + sizeof(KEY_MAGIC) - 1);
	file[KEY_FILE_LEN - 1] = '\n';
	rv = fs_write(path, file, KEY_FILE_LEN, 0600, true, e);
	crypto_wipe(seed, sizeof(seed));
	crypto_wipe(file, sizeof(file));
	return rv;
}

/* Opens a key file that is what it should be: regular, ours, private. */
static int
key_open(const char *path, int *ret_fd, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1 && errno == ENOENT)
		return err_set(e, ERR_NOTFOUND, _("no key '%s'"), path);
	if (fd == -1 && errno == ELOOP)
		return err_set(e, ERR_INPUT, _("key '%s' is a link"), path);
	if (fd == -1)
		return err_sys(e, _("cannot open key '%s'"), path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		err_set(e, ERR_INPUT, _("key '%s' is not a plain file"), path);
	else if (st.st_uid != geteuid())
		err_set(
		    e, ERR_INPUT, _("key '%s' belongs to another user"), path);
	else if ((st.st_mode & 077) != 0)
		err_set(e, ERR_INPUT,
		    _("key '%s' can be read by others: chmod 600 it"), path);
	else if (st.st_size != KEY_FILE_LEN)
		err_set(e, ERR_CORRUPT, _("key '%s' has a wrong length"), path);
	else {
		*ret_fd = fd;
		return 0;
	}
	close(fd);
	return -1;
}

int
secret_load(const char *path, struct secret **ret_s, struct err *e)
{
	const size_t head = sizeof(KEY_MAGIC) - 1;
	char file[KEY_FILE_LEN];
	uint8_t seed[SEED_LEN];
	size_t n = 0;
	ssize_t got;
	int fd = -1, rv = -1;

	if (key_open(path, &fd, e) == -1)
		return -1;
	got = read(fd, file, sizeof(file));
	if (got == -1) {
		err_sys(e, _("cannot read key '%s'"), path);
	} else if (got != (ssize_t)sizeof(file) ||
		   memcmp(file, KEY_MAGIC, head) != 0 ||
		   file[sizeof(file) - 1] != '\n' ||
		   text_unb64(file + head, sizeof(file) - head - 1, seed,
		       sizeof(seed), &n) == -1 ||
		   n != sizeof(seed)) {
		err_set(e, ERR_CORRUPT, _("key '%s' is damaged"), path);
	} else {
		*ret_s = secret_from_seed(seed);
		rv = 0;
	}
	close(fd);
	crypto_wipe(file, sizeof(file));
	crypto_wipe(seed, sizeof(seed));
	return rv;
}

/* PROTOCOL.sshsig: what is signed: the magic, then four strings. */
static void
signed_data(const char *ns, const void *msg, size_t n, struct buf *b)
{
	unsigned char digest[crypto_hash_sha512_BYTES];

	crypto_hash_sha512(digest, msg, n);
	buf_adds(b, "SSHSIG");
	buf_u32be(b, (uint32_t)strlen(ns));
	buf_adds(b, ns);
	buf_u32be(b, 0);
	buf_u32be(b, 6);
	buf_adds(b, "sha512");
	buf_u32be(b, sizeof(digest));
	buf_add(b, digest, sizeof(digest));
}

void
secret_sign(const struct secret *s, const char *ns, const void *msg, size_t n,
    uint8_t ret[static SIG_LEN])
{
	struct buf b = BUF_INIT;

	signed_data(ns, msg, n, &b);
	crypto_sign_detached(ret, NULL, (unsigned char *)b.data, b.len, s->sk);
	buf_clear(&b);
}

/* The group order, little-endian (RFC 8032 section 5.1). */
static const uint8_t group_order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
    0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10};

static bool
is_below_order(const uint8_t s[static 32])
{
	for (int i = 31; i >= 0; i--)
		if (s[i] != group_order[i])
			return s[i] < group_order[i];
	return false;
}

/* R of small order: 8 R is the identity.  libsodium 1.0.18 refuses it and
 * S >= L too, but OpenSSH and other builds differ: the rule is ours. */
static bool
is_small_order(const uint8_t r[static 32])
{
	/* y = 0, 1, two roots, -1, and the non-canonical forms p, p + 1;
	 * the sign bit does not matter */
	static const uint8_t bad[7][32] = {{0}, {1},
	    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
		0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3,
		0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc,
		0x05},
	    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
		0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c,
		0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03,
		0x7a},
	    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x7f},
	    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x7f},
	    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x7f}};

	for (size_t i = 0; i < 7; i++)
		if (memcmp(r, bad[i], 31) == 0 && (r[31] & 0x7f) == bad[i][31])
			return true;
	return false;
}

bool
crypto_verify(const uint8_t key[static KEY_LEN], const char *ns,
    const void *msg, size_t n, const uint8_t sig[static SIG_LEN])
{
	struct buf b = BUF_INIT;
	bool ok;

	if (!is_below_order(sig + 32) || is_small_order(sig) ||
	    !crypto_key_ok(key))
		return false;
	signed_data(ns, msg, n, &b);
	ok = crypto_sign_verify_detached(
		 sig, (unsigned char *)b.data, b.len, key) == 0;
	buf_clear(&b);
	return ok;
}

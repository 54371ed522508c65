#include "sshsig.h"

#include <string.h>

#include "i18n.h"
#include "text.h"

#define BEGIN_LINE "-----BEGIN SSH SIGNATURE-----\n"
#define END_LINE   "-----END SSH SIGNATURE-----\n"
#define LINE_WIDTH 70 /* of base64, as ssh-keygen writes it */
#define KEY_TYPE   "ssh-ed25519"

static void
put_string(struct buf *b, const void *p, size_t n)
{
	buf_u32be(b, (uint32_t)n);
	buf_add(b, p, n);
}

static void
put_key(struct buf *b, const uint8_t key[static KEY_LEN])
{
	put_string(b, KEY_TYPE, strlen(KEY_TYPE));
	put_string(b, key, KEY_LEN);
}

/* The blob up to the 64 raw bytes of the signature. */
static void
put_prefix(struct buf *b, const uint8_t key[static KEY_LEN], const char *ns)
{
	struct buf pub = BUF_INIT;

	put_key(&pub, key);
	buf_adds(b, "SSHSIG");
	buf_u32be(b, 1);
	put_string(b, pub.data, pub.len);
	put_string(b, ns, strlen(ns));
	put_string(b, "", 0);
	put_string(b, "sha512", 6);
	buf_u32be(b, 4 + (uint32_t)strlen(KEY_TYPE) + 4 + SIG_LEN);
	put_string(b, KEY_TYPE, strlen(KEY_TYPE));
	buf_u32be(b, SIG_LEN);
	buf_clear(&pub);
}

void
sshsig_armour(const uint8_t key[static KEY_LEN], const char *ns,
    const uint8_t sig[static SIG_LEN], struct buf *b)
{
	struct buf blob = BUF_INIT;
	struct buf b64 = BUF_INIT;

	put_prefix(&blob, key, ns);
	buf_add(&blob, sig, SIG_LEN);
	buf_reserve(&b64, TEXT_B64_LEN(blob.len));
	text_b64(blob.data, blob.len, b64.data);
	b64.len = TEXT_B64_LEN(blob.len);
	buf_adds(b, BEGIN_LINE);
	for (size_t i = 0; i < b64.len; i += LINE_WIDTH) {
		size_t n = b64.len - i;

		buf_add(b, b64.data + i, n < LINE_WIDTH ? n : LINE_WIDTH);
		buf_addc(b, '\n');
	}
	buf_adds(b, END_LINE);
	buf_clear(&blob);
	buf_clear(&b64);
}

static int
refuse(struct err *e, const char *why)
{
	return err_set(e, ERR_UNTRUSTED, _("bad signature file: %s"), why);
}

/* The base64 between the two lines, line ends removed; every line but the
 * last is full, as ssh-keygen writes them. */
static int
unwrap(const char *s, size_t n, struct buf *b64, struct err *e)
{
	size_t begin = strlen(BEGIN_LINE), end = strlen(END_LINE);

	if (n > SSHSIG_MAX)
		return refuse(e, "too long");
	if (n < begin || memcmp(s, BEGIN_LINE, begin) != 0)
		return refuse(e, "no begin line");
	if (n < begin + end || memcmp(s + n - end, END_LINE, end) != 0)
		return refuse(e, "no end line");
	s += begin;
	n -= begin + end;
	while (n > 0) {
		const char *lf = memchr(s, '\n', n);
		size_t len = lf != NULL ? (size_t)(lf - s) : n;

		if (lf == NULL || len == 0 || len > LINE_WIDTH ||
		    (len < LINE_WIDTH && len + 1 != n))
			return refuse(e, "lines are not as they should be");
		buf_add(b64, s, len);
		s += len + 1;
		n -= len + 1;
	}
	return 0;
}

int
sshsig_parse(const char *s, size_t n, const char *ns,
    uint8_t ret_key[static KEY_LEN], uint8_t ret_sig[static SIG_LEN],
    struct err *e)
{
	const size_t key_at = 6 + 4 + 4 + 4 + strlen(KEY_TYPE) + 4;
	struct buf b64 = BUF_INIT, want = BUF_INIT;
	uint8_t blob[SSHSIG_MAX];
	size_t len = 0;
	int rv = -1;

	if (unwrap(s, n, &b64, e) == -1)
		goto out;
	if (text_unb64(buf_str(&b64), b64.len, blob, sizeof(blob), &len) ==
	    -1) {
		refuse(e, "base64 is not canonical");
		goto out;
	}
	/* There is one blob for a key, a namespace and a signature: build it
	 * from the key found and compare, instead of parsing field by field. */
	if (len < key_at + KEY_LEN) {
		refuse(e, "too short");
		goto out;
	}
	put_prefix(&want, blob + key_at, ns);
	if (len != want.len + SIG_LEN ||
	    memcmp(blob, want.data, want.len) != 0) {
		refuse(e, "not version 1, ssh-ed25519, sha512 and this "
			  "namespace");
		goto out;
	}
	memcpy(ret_key, blob + key_at, KEY_LEN);
	memcpy(ret_sig, blob + want.len, SIG_LEN);
	rv = 0;
out:
	buf_clear(&b64);
	buf_clear(&want);
	return rv;
}

void
sshsig_public(const uint8_t key[static KEY_LEN], struct buf *b)
{
	struct buf blob = BUF_INIT;
	char b64[TEXT_B64_LEN(64) + 1];

	put_key(&blob, key);
	text_b64(blob.data, blob.len, b64);
	buf_printf(b, "%s %s", KEY_TYPE, b64);
	buf_clear(&blob);
}

int
sshsig_parse_public(
    const char *s, size_t n, uint8_t ret_key[static KEY_LEN], struct err *e)
{
	const size_t skip = strlen(KEY_TYPE) + 1;
	uint8_t blob[64];
	struct buf want = BUF_INIT;
	size_t len = 0;
	int rv = -1;

	if (n <= skip || memcmp(s, KEY_TYPE " ", skip) != 0 ||
	    text_unb64(s + skip, n - skip, blob, sizeof(blob), &len) == -1 ||
	    len != 4 + strlen(KEY_TYPE) + 4 + KEY_LEN)
		return err_set(e, ERR_UNTRUSTED, _("not an ssh-ed25519 key"));
	put_key(&want, blob + len - KEY_LEN);
	if (memcmp(blob, want.data, len) != 0 ||
	    !crypto_key_ok(blob + len - KEY_LEN)) {
		err_set(e, ERR_UNTRUSTED, _("not a usable ssh-ed25519 key"));
	} else {
		memcpy(ret_key, blob + len - KEY_LEN, KEY_LEN);
		rv = 0;
	}
	buf_clear(&want);
	return rv;
}

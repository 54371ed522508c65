/* Armours and public keys from anybody.  What is accepted must be the one
 * spelling of what it says, and nothing but a real signature may verify. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/sshsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
try_armour(const char *s, size_t n, const char *ns)
{
	uint8_t key[KEY_LEN], sig[SIG_LEN];
	struct buf again = BUF_INIT;
	struct err e;

	if (sshsig_parse(s, n, ns, key, sig, &e) == -1) {
		check(e.code == ERR_UNTRUSTED && e.msg[0] != '\0');
		return;
	}
	sshsig_armour(key, ns, sig, &again);
	check(again.len == n && memcmp(again.data, s, n) == 0);
	/* nobody has signed this */
	check(!crypto_verify(key, ns, "fuzz \xff", 6, sig));
	buf_clear(&again);
}

static void
try_public(const char *s, size_t n)
{
	uint8_t key[KEY_LEN];
	struct buf again = BUF_INIT;
	struct err e;

	if (sshsig_parse_public(s, n, key, &e) == -1) {
		check(e.code == ERR_UNTRUSTED);
		return;
	}
	check(crypto_key_ok(key));
	sshsig_public(key, &again);
	check(again.len == n && memcmp(again.data, s, n) == 0);
	buf_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;

	crypto_setup();
	try_armour(s, size, SSHSIG_NS_CHANGE);
	try_armour(s, size, SSHSIG_NS_RECORD);
	try_public(s, size);
	return 0;
}

#include "keys.h"

#include <unistd.h>

#include "common/mem.h"
#include "common/sshsig.h"

/* As ssh-keygen -Y sign -n mufakat-change writes it with the key of keys.h. */
static const char *
armour(void)
{
	static struct buf b = BUF_INIT; /* made once: it is kept and compared */
	uint8_t key[KEY_LEN], sig[SIG_LEN];

	if (b.len > 0)
		return buf_str(&b);
	keys_unhex(KEYS_PUBLIC, key, sizeof(key));
	keys_unhex(KEYS_SIGNED, sig, sizeof(sig));
	sshsig_armour(key, SSHSIG_NS_CHANGE, sig, &b);
	return buf_str(&b);
}

static int
parse(const char *s, size_t n, const char *ns, struct err *e)
{
	uint8_t key[KEY_LEN], sig[SIG_LEN];
	char hex[2 * SIG_LEN + 1];

	memset(key, 0xee, sizeof(key));
	memset(sig, 0xee, sizeof(sig));
	if (sshsig_parse(s, n, ns, key, sig, e) == -1) {
		assert_int_equal(e->code, ERR_UNTRUSTED);
		for (size_t i = 0; i < SIG_LEN; i++) /* outputs untouched */
			assert_true(sig[i] == 0xee && key[i / 2] == 0xee);
		return -1;
	}
	text_hex(sig, SIG_LEN, hex);
	assert_string_equal(hex, KEYS_SIGNED);
	text_hex(key, KEY_LEN, hex);
	assert_string_equal(hex, KEYS_PUBLIC);
	return 0;
}

static void
assert_refused(const char *s)
{
	struct err e;

	if (parse(s, strlen(s), SSHSIG_NS_CHANGE, &e) == 0)
		fail_msg("accepted: %s", s);
}

/* A blob in an armour of its own: what the tests below damage. */
static void
wrap(const uint8_t *blob, size_t n, struct buf *b)
{
	char *b64 = mem_alloc(TEXT_B64_LEN(n) + 1);

	text_b64(blob, n, b64);
	buf_reset(b);
	buf_adds(b, "-----BEGIN SSH SIGNATURE-----\n");
	for (size_t i = 0; i < strlen(b64); i += 70)
		buf_printf(b, "%.70s\n", b64 + i);
	buf_adds(b, "-----END SSH SIGNATURE-----\n");
	free(b64);
}

/* The blob of the good armour; returns its length. */
static size_t
unwrap(uint8_t ret[512])
{
	struct buf b64 = BUF_INIT;
	const char *s = armour() + strlen("-----BEGIN SSH SIGNATURE-----\n");
	size_t n = 0;

	for (; *s != '-'; s++)
		if (*s != '\n')
			buf_addc(&b64, *s);
	assert_int_equal(text_unb64(b64.data, b64.len, ret, 512, &n), 0);
	buf_clear(&b64);
	return n;
}

static void
test_sshsig__armour_is_laid_out_as_the_header_says(void **state)
{
	uint8_t blob[512], sig[SIG_LEN];
	char stored[89];
	size_t n = unwrap(blob);

	(void)state;
	keys_unhex(KEYS_SIGNED, sig, sizeof(sig));
	assert_int_equal(n, 120 + SIG_LEN);
	assert_memory_equal(blob + 120, sig, SIG_LEN);
	/* so that the last 88 characters are the stored ones */
	text_b64(sig, SIG_LEN, stored);
	assert_int_equal(strlen(stored), 88);
}

static void
test_sshsig__parses_what_it_writes(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(
	    parse(armour(), strlen(armour()), SSHSIG_NS_CHANGE, &e), 0);
	assert_int_equal(
	    parse(armour(), strlen(armour()), SSHSIG_NS_RECORD, &e), -1);
}

static void
test_sshsig__refuses_every_truncation_and_every_changed_byte(void **state)
{
	char *s = mem_strdup(armour());
	size_t n = strlen(s);
	struct err e;
	uint8_t key[KEY_LEN], sig[SIG_LEN];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char *part = mem_strndup(s, i); /* to the byte, for ASan */

		assert_int_equal(parse(part, i, SSHSIG_NS_CHANGE, &e), -1);
		free(part);
	}
	for (size_t i = 0; i < n; i++)
		for (int bit = 0; bit < 8; bit++) {
			s[i] = (char)(s[i] ^ 1 << bit);
			/* another key or signature may be read: a bad one */
			if (sshsig_parse(
				s, n, SSHSIG_NS_CHANGE, key, sig, &e) == 0 &&
			    crypto_verify(key, SSHSIG_NS_CHANGE, KEYS_TEXT,
				strlen(KEYS_TEXT), sig))
				fail_msg("byte %zu bit %d", i, bit);
			s[i] = (char)(s[i] ^ 1 << bit);
		}
	free(s);
}

static void
test_sshsig__refuses_what_is_around_or_between(void **state)
{
	const char *good = armour();
	const size_t begin = strlen("-----BEGIN SSH SIGNATURE-----\n");
	struct buf b = BUF_INIT;

	(void)state;
	buf_printf(&b, "%s%s", good, good); /* two armours */
	assert_refused(buf_str(&b));
	buf_reset(&b);
	buf_printf(&b, "%s\n", good);
	assert_refused(buf_str(&b));
	buf_reset(&b);
	buf_printf(&b, "\n%s", good);
	assert_refused(buf_str(&b));
	buf_reset(&b);
	buf_printf(&b, "%sx", good);
	assert_refused(buf_str(&b));
	buf_reset(&b);
	for (const char *p = good; *p != '\0'; p++) /* CR LF */
		buf_adds(&b, *p == '\n' ? "\r\n" : (char[2]){*p, '\0'});
	assert_refused(buf_str(&b));
	buf_reset(&b);
	for (const char *p = good; *p != '\0'; p++) /* all in one line */
		if (*p != '\n' || p < good + begin || p[1] == '-' || !p[1])
			buf_addc(&b, *p);
	assert_refused(buf_str(&b));
	buf_reset(&b);
	buf_add(&b, good, begin + 10); /* a short line in the middle */
	buf_addc(&b, '\n');
	buf_adds(&b, good + begin + 10);
	assert_refused(buf_str(&b));
	buf_reset(&b);
	buf_add(&b, good, begin); /* an empty line */
	buf_addc(&b, '\n');
	buf_adds(&b, good + begin);
	assert_refused(buf_str(&b));
	buf_reset(&b);
	buf_add(&b, good, strlen(good) - 28); /* no end line */
	assert_refused(buf_str(&b));
	assert_refused("-----BEGIN SSH SIGNATURE-----\n"
		       "-----END SSH SIGNATURE-----\n");
	assert_refused("");
	buf_clear(&b);
}

static void
test_sshsig__refuses_other_versions_algorithms_and_reserved_data(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t byte;
	} edits[] = {{"magic", 0, 's'}, {"version 0", 9, 0},
	    {"version 2", 9, 2}, {"version 2^24+1", 6, 1},
	    {"length of the key", 13, 52}, {"huge length", 10, 0xff},
	    {"type of the key", 18, 'r'}, {"length of the type", 17, 12},
	    {"namespace", 69, 'M'}, {"length of the namespace", 68, 15},
	    {"reserved data", 86, 1}, {"sha1", 94, '1'},
	    {"length of the hash", 90, 5}, {"signature's length", 100, 84},
	    {"signature's type", 105, 'r'}, {"raw length", 119, 63},
	    {"raw length", 119, 65}};
	struct buf b = BUF_INIT;
	uint8_t blob[512];
	size_t n = unwrap(blob);

	(void)state;
	wrap(blob, n, &b);
	assert_string_equal(buf_str(&b), armour());
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		uint8_t was = blob[edits[i].at];

		if (was == edits[i].byte)
			fail_msg("%s changes nothing", edits[i].what);
		blob[edits[i].at] = edits[i].byte;
		wrap(blob, n, &b);
		assert_refused(buf_str(&b));
		blob[edits[i].at] = was;
	}
	blob[n] = 0;
	wrap(blob, n + 1, &b); /* 65 bytes */
	assert_refused(buf_str(&b));
	wrap(blob, n - 1, &b); /* 63 */
	assert_refused(buf_str(&b));
	buf_clear(&b);
}

static void
test_sshsig__refuses_long_input_at_once(void **state)
{
	const size_t n = 1 << 20;
	char *big = mem_alloc(n);
	struct err e;

	(void)state;
	memset(big, 'A', n);
	memcpy(big, "-----BEGIN SSH SIGNATURE-----\n", 30);
	assert_int_equal(parse(big, n, SSHSIG_NS_CHANGE, &e), -1);
	assert_string_equal(e.msg, "bad signature file: too long");
	free(big);
}

static void
test_sshsig__public_keys_go_both_ways(void **state)
{
	static const char want[] =
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYw"
	    "m6UNXx3chmQSVTG4";
	uint8_t key[KEY_LEN], back[KEY_LEN];
	struct buf b = BUF_INIT;
	struct err e;

	(void)state;
	keys_unhex(KEYS_PUBLIC, key, sizeof(key));
	sshsig_public(key, &b);
	assert_string_equal(buf_str(&b), want);
	assert_int_equal(sshsig_parse_public(b.data, b.len, back, &e), 0);
	assert_memory_equal(back, key, KEY_LEN);
	for (size_t i = 0; i < b.len; i++) {
		char *part = mem_strndup(b.data, i);

		assert_int_equal(sshsig_parse_public(part, i, back, &e), -1);
		assert_int_equal(e.code, ERR_UNTRUSTED);
		free(part);
	}
	buf_adds(&b, " comment");
	assert_int_equal(sshsig_parse_public(b.data, b.len, back, &e), -1);
	buf_reset(&b);
	keys_unhex(KEYS_MIXED, key, sizeof(key));
	sshsig_public(key, &b);
	assert_int_equal(sshsig_parse_public(b.data, b.len, back, &e), -1);
	buf_reset(&b);
	buf_adds(&b, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQ==");
	assert_int_equal(sshsig_parse_public(b.data, b.len, back, &e), -1);
	buf_clear(&b);
}

/* --- with the system's ssh-keygen --- */

/* Runs a command in the folder; the status of the shell. */
static int
run(const struct scratch *s, const char *command)
{
	char *line = mem_printf(
	    "cd %s && { %s; } >output 2>&1 </dev/null", s->dir, command);
	int status = system(line);

	free(line);
	return status;
}

static void
put(struct scratch *s, const char *name, const char *text)
{
	struct err e;

	assert_int_equal(fs_write(scratch_path(s, name), text, strlen(text),
			     0600, false, &e),
	    0);
}

#define VERIFY                                                                 \
	"ssh-keygen -Y verify -f allowed -I office -n mufakat-change -s sig "  \
	"< text"

/* Writes text, sig and allowed for VERIFY. */
static void
put_signature(struct scratch *s, const char *sig_hex)
{
	uint8_t key[KEY_LEN], sig[SIG_LEN];
	struct buf b = BUF_INIT;

	keys_unhex(KEYS_PUBLIC, key, sizeof(key));
	keys_unhex(sig_hex, sig, sizeof(sig));
	put(s, "text", KEYS_TEXT);
	sshsig_armour(key, SSHSIG_NS_CHANGE, sig, &b);
	put(s, "sig", buf_str(&b));
	buf_reset(&b);
	buf_adds(&b, "office namespaces=\"mufakat-change\" ");
	sshsig_public(key, &b);
	buf_addc(&b, '\n');
	put(s, "allowed", buf_str(&b));
	buf_clear(&b);
}

static void
test_sshsig__ssh_keygen_verifies_ours(void **state)
{
	struct scratch s;

	(void)state;
	scratch_make(&s);
	put_signature(&s, KEYS_SIGNED);
	assert_int_equal(run(&s, VERIFY), 0);
	put(&s, "text", "kerja layak?\n");
	assert_int_not_equal(run(&s, VERIFY), 0);
	scratch_remove(&s);
}

static void
test_sshsig__ours_verifies_ssh_keygen(void **state)
{
	static const char *const spaces[] = {
	    SSHSIG_NS_CHANGE, SSHSIG_NS_RECORD, "x"};
	struct scratch s;
	struct err e;

	(void)state;
	scratch_make(&s);
	put(&s, "text", KEYS_TEXT);
	assert_int_equal(
	    run(&s, "ssh-keygen -q -t ed25519 -N '' -C '' -f key"), 0);
	for (size_t i = 0; i < 3; i++) {
		struct buf sig = BUF_INIT, again = BUF_INIT, pub = BUF_INIT;
		uint8_t key[KEY_LEN], raw[SIG_LEN], listed[KEY_LEN];
		char *cmd = mem_printf("rm -f text.sig && ssh-keygen -q -Y "
				       "sign -f key -n %s text",
		    spaces[i]);

		assert_int_equal(run(&s, cmd), 0);
		assert_int_equal(
		    fs_read(scratch_path(&s, "text.sig"), 4096, &sig, &e), 0);
		if (sshsig_parse(sig.data, sig.len, spaces[i], key, raw, &e) ==
		    -1)
			fail_msg("%s", e.msg);
		assert_true(crypto_verify(
		    key, spaces[i], KEYS_TEXT, strlen(KEYS_TEXT), raw));
		sshsig_armour(key, spaces[i], raw, &again);
		assert_string_equal(buf_str(&again), buf_str(&sig));
		assert_int_equal(
		    fs_read(scratch_path(&s, "key.pub"), 4096, &pub, &e), 0);
		pub.len = strcspn(pub.data, "\n");
		while (pub.data[pub.len - 1] == ' ')
			pub.len--; /* an empty comment */
		assert_int_equal(
		    sshsig_parse_public(pub.data, pub.len, listed, &e), 0);
		assert_memory_equal(listed, key, KEY_LEN);
		buf_clear(&sig);
		buf_clear(&again);
		buf_clear(&pub);
		free(cmd);
	}
	scratch_remove(&s);
}

/* OpenSSH 9.2 does not look at S and R: whoever relies on it alone can be
 * shown two signatures where one was made.  Ours refuses them. */
static void
test_sshsig__is_stricter_than_ssh_keygen(void **state)
{
	static const char *const forged[] = {KEYS_MALLEATED, KEYS_SMALL_R};
	uint8_t key[KEY_LEN], sig[SIG_LEN];
	struct scratch s;

	(void)state;
	scratch_make(&s);
	keys_unhex(KEYS_PUBLIC, key, sizeof(key));
	for (size_t i = 0; i < 2; i++) {
		put_signature(&s, forged[i]);
		keys_unhex(forged[i], sig, sizeof(sig));
		assert_false(crypto_verify(
		    key, SSHSIG_NS_CHANGE, KEYS_TEXT, strlen(KEYS_TEXT), sig));
		if (run(&s, "ssh -V 2>&1 | grep -q OpenSSH_9.2") == 0)
			assert_int_equal(run(&s, VERIFY), 0);
	}
	scratch_remove(&s);
}

static void
test_sshsig__refuses_rsa_and_sha256_of_ssh_keygen(void **state)
{
	struct buf sig = BUF_INIT;
	struct scratch s;
	struct err e;

	(void)state;
	scratch_make(&s);
	put(&s, "text", KEYS_TEXT);
	assert_int_equal(run(&s, "ssh-keygen -q -t rsa -b 2048 -N '' -f key &&"
				 "ssh-keygen -q -Y sign -f key -n "
				 "mufakat-change text"),
	    0);
	assert_int_equal(
	    fs_read(scratch_path(&s, "text.sig"), 4096, &sig, &e), 0);
	assert_int_equal(parse(sig.data, sig.len, SSHSIG_NS_CHANGE, &e), -1);
	assert_int_equal(
	    run(&s, "rm -f key* text.sig; ssh-keygen -q -t ed25519 -N '' -f "
		    "key && ssh-keygen -q -Y sign -f key -n mufakat-change "
		    "-O hashalg=sha256 text"),
	    0);
	buf_reset(&sig);
	assert_int_equal(
	    fs_read(scratch_path(&s, "text.sig"), 4096, &sig, &e), 0);
	assert_int_equal(parse(sig.data, sig.len, SSHSIG_NS_CHANGE, &e), -1);
	buf_clear(&sig);
	scratch_remove(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_sshsig__armour_is_laid_out_as_the_header_says),
	    cmocka_unit_test(test_sshsig__parses_what_it_writes),
	    cmocka_unit_test(
		test_sshsig__refuses_every_truncation_and_every_changed_byte),
	    cmocka_unit_test(test_sshsig__refuses_what_is_around_or_between),
	    cmocka_unit_test(
		test_sshsig__refuses_other_versions_algorithms_and_reserved_data),
	    cmocka_unit_test(test_sshsig__refuses_long_input_at_once),
	    cmocka_unit_test(test_sshsig__public_keys_go_both_ways),
	    cmocka_unit_test(test_sshsig__ssh_keygen_verifies_ours),
	    cmocka_unit_test(test_sshsig__ours_verifies_ssh_keygen),
	    cmocka_unit_test(test_sshsig__is_stricter_than_ssh_keygen),
	    cmocka_unit_test(test_sshsig__refuses_rsa_and_sha256_of_ssh_keygen),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("sshsig", tests, NULL, NULL);
}

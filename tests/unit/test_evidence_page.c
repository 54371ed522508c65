/* What the page in an evidence folder has people type, with stock tools. */
#include "tests/unit/exported.h"

#include "common/op.h"
#include "common/sshsig.h"

/* The lines of the README that are to be typed. */
static char *
readme_commands(const struct exported *x)
{
	struct buf b = BUF_INIT;
	const char *s = readme(x);

	while (*s != '\0') {
		size_t n = strcspn(s, "\n");

		if (strncmp(s, "    ", 4) == 0 &&
		    strncmp(s, "    mufakat", 11) != 0) {
			buf_add(&b, s, n);
			buf_addc(&b, '\n');
		}
		s += n + (s[n] == '\n');
	}
	return buf_steal(&b);
}

/* Two offices, what both have signed, and its folder. */
struct signed_by_two {
	struct desk a, b;
	struct exported x;
	const char *id;
};

static void
make(struct signed_by_two *s)
{
	pair(&s->a, &s->b);
	s->id = signed_by_both(&s->a, &s->b);
	export(&s->b, s->id, &s->x);
}

static void
unmake(struct signed_by_two *s)
{
	export_close(&s->x);
	desk_close(&s->a);
	desk_close(&s->b);
}

/* Types the page, and returns what comes; *ret_status is the exit. */
static char *
type_page(struct exported *x, int *ret_status)
{
	char *commands = readme_commands(x);
	char *out = shell(x, commands, ret_status);

	free(commands);
	return out;
}

/* A command that must succeed. */
static void
must(struct exported *x, const char *command)
{
	int status;
	char *out = shell(x, command, &status);

	if (status != 0)
		fail_msg("%s", out);
	free(out);
}

static void
test_evidence_page__is_checked_by_stock_tools(void **state)
{
	struct signed_by_two s;
	char *out;
	char hex[HEX_SIZE];
	json_t *r;
	int status;

	(void)state;
	make(&s);
	out = type_page(&s.x, &status);
	if (status != 0)
		fail_msg("%s", out);
	assert_int_equal(count(out, "Good \"mufakat-record\" signature"), 2);
	assert_true(count(out, "Good \"mufakat-change\" signature") >= 4);
	assert_true(count(out, "sound ") >= 6);
	assert_int_equal(count(out, "WEAK"), 0);
	assert_int_equal(count(out, "this text "), 2);
	assert_int_equal(count(out, "OTHER"), 0);
	assert_int_equal(count(out, "founder "), 1);
	assert_int_equal(count(out, "admitted "), 1);
	assert_int_equal(count(out, "NOBODY"), 0);
	assert_int_equal(count(out, "MISNAMED"), 0);
	/* the hashes it prints are the text's, with each message, and the
	 * coalition's */
	r = ask(&s.b, request_verify, json_pack("{s:s}", "record", s.id));
	assert_int_equal(count(out, json_get_str(r, "text_hash")), 2);
	json_decref(r);
	text_hex(gate_coalition(s.a.o.gate), HASH_LEN, hex);
	assert_int_equal(count(out, hex), 1);
	free(out);
	unmake(&s);
}

/* A member's own signature, in which it calls itself as another one. */
static void
test_evidence_page__shows_a_name_that_was_not_admitted(void **state)
{
	struct signed_by_two s;
	const struct trust_org *a, *b;
	char *out, *line;
	json_t *r, *v;
	int status;
	size_t i;

	(void)state;
	make(&s);
	a = office_org_of(&s.a.o, gate_key(s.a.o.gate));
	b = office_org_of(&s.b.o, gate_key(s.b.o.gate));
	sign_by_hand(&s.b, s.id,
	    (struct twist){.organisation = b->id,
		.organisation_name = a->name,
		.stance = STANCE_OBJECT});
	exchange(&s.a, &s.b);
	export_close(&s.x);
	export(&s.a, s.id, &s.x);
	out = type_page(&s.x, &status);
	line = mem_printf("%s %s\n", b->id, a->name);
	assert_int_equal(count(out, "MISNAMED"), 1);
	assert_non_null(strstr(strstr(out, "MISNAMED"), line));
	free(line);
	free(out);
	r = ask(&s.a, request_list, json_pack("{s:s}", "type", "signature"));
	json_array_foreach (json_object_get(r, "list"), i, v) {
		assert_string_equal(
		    json_get_str(json_object_get(v, "values"), "organisation"),
		    json_get_str(v, "name"));
	}
	assert_true(i > 2);
	json_decref(r);
	unmake(&s);
}

/* Another text, signed by a key of the forger's own, which stands among the
 * allowed signers under a member's id; and an act that admits it, in a
 * founder's name, which nobody but the forger signed. */
static const char forge[] =
    "set -e; k=$(mktemp -d); ssh-keygen -q -t ed25519 -N '' -f $k/id\n"
    "echo 'and what nobody signed' >>text.txt\n"
    "text=$(b2sum -l 256 text.txt | cut -c 1-64)\n"
    "blob=$(cut -d ' ' -f 2 $k/id.pub)\n"
    "key=$(echo $blob | base64 -d | tail -c 32 | base32 -w 0 | tr -d = |\n"
    "  tr A-Z a-z)\n"
    "for s in *.sig; do m=${s%.sig}\n"
    "  sed -i \"s/^text .*/text $text/; s/^key .*/key $key/\" $m; rm $s\n"
    "  ssh-keygen -q -Y sign -f $k/id -n mufakat-record $m 2>/dev/null\n"
    "done\n"
    "org=$(sed -n 's/^organisation \\([a-z2-7]*\\) .*/\\1/p' $m)\n"
    "echo \"$org.$(echo $key | cut -c 1-8)\" >$k/who\n"
    "echo \"$(cat $k/who) namespaces=\\\"mufakat-record,mufakat-change\\\" "
    "\"\\\n"
    "\"ssh-ed25519 $blob\" >>allowed_signers\n"
    "(sed -n 1p chain/002.message; b2sum -l 256 chain/001.message |\n"
    "  cut -c 1-64; sed -n 3p chain/001.message; echo; printf '%s'\\\n"
    "  '{\"op\":\"propose\",\"act\":{\"kind\":\"admit\",\"organisation\":'\\\n"
    "  "
    "\"\\\"$org\\\",\\\"name\\\":\\\"Mere\\\",\\\"keys\\\":[\\\"$key\\\"]}}\"\n"
    "  echo) >chain/099.message\n"
    "ssh-keygen -q -Y sign -f $k/id -n mufakat-change chain/099.message\\\n"
    "  2>/dev/null; mv chain/099.message.sig chain/099.sig\n"
    "rm -r $k\n";

static void
test_evidence_page__shows_keys_that_nobody_admitted(void **state)
{
	struct signed_by_two s;
	char *out;
	int status;

	(void)state;
	make(&s);
	must(&s.x, forge);
	out = type_page(&s.x, &status);
	/* all else is as it should be */
	assert_int_equal(count(out, "this text "), 2);
	assert_int_equal(count(out, "OTHER"), 0);
	assert_int_equal(count(out, "NOBODY"), 1);
	assert_int_equal(count(out, "Mere"), 0);
	assert_int_equal(count(out, "admitted "), 1);
	free(out);
	unmake(&s);
}

static void
put_file(struct exported *x, const char *name, const char *content)
{
	FILE *out = fopen(scratch_path(&x->s, name), "w");

	assert_non_null(out);
	fputs(content, out);
	fclose(out);
}

/* The message of a signature by "from", signed anew by the key of "by", which
 * it names then. */
static void
sign_in_place_of(struct exported *x, struct desk *from, struct desk *by)
{
	char was[KEY_SIZE], is[KEY_SIZE];
	uint8_t sig[SIG_LEN];
	struct buf b = BUF_INIT;
	struct err e;
	json_t *v;
	size_t i;

	ident_key(gate_key(from->o.gate), was);
	ident_key(gate_key(by->o.gate), is);
	json_array_foreach (x->files, i, v) {
		const char *name = json_get_str(v, "name");
		char *text = mem_strdup(json_get_str(v, "content"));
		char *at = strlen(name) == ID_CHARS ? strstr(text, was) : NULL;

		if (at != NULL) {
			memcpy(at, is, strlen(is));
			if (gate_sign_record(
				by->o.gate, text, strlen(text), sig, &e) == -1)
				fail_msg("%s", e.msg);
			put_file(x, name, text);
			sshsig_armour(
			    gate_key(by->o.gate), SSHSIG_NS_RECORD, sig, &b);
			free(text);
			text = mem_printf("%s.sig", name);
			put_file(x, text, buf_str(&b));
		}
		free(text);
	}
	assert_true(b.len > 0);
	buf_clear(&b);
}

static void
test_evidence_page__shows_a_member_that_speaks_for_another(void **state)
{
	struct signed_by_two s;
	char *out;
	int status;

	(void)state;
	make(&s);
	sign_in_place_of(&s.x, &s.a, &s.b);
	out = type_page(&s.x, &status);
	assert_int_equal(count(out, "this text "), 2);
	assert_int_equal(count(out, "NOBODY"), 0);
	assert_int_equal(count(out, "WEAK"), 0);
	assert_int_equal(count(out, "FORGED "), 1);
	assert_int_equal(count(out, "Good \"mufakat-record\" signature"), 1);
	free(out);
	unmake(&s);
}

/* Two signatures that OpenSSH 9.2 takes for good are put among the others. */
static void
test_evidence_page__tells_how_to_find_weak_signatures(void **state)
{
	struct desk a;
	struct exported x;
	char *out;
	const char *id;
	int status;

	(void)state;
	id = with_one(&a);
	json_decref(sign(&a, id, NULL));
	export(&a, id, &x);
	must(
	    &x, "cp \"${MUFAKAT_SOURCE:-$OLDPWD}\"/tests/data/bad/*.sig chain");
	out = type_page(&x, &status);
	assert_int_equal(count(out, "WEAK"), 2);
	assert_true(count(out, "sound ") >= 3);
	free(out);
	export_close(&x);
	desk_close(&a);
}

/* To whom a text is addressed stands in it as ids. */
static void
test_evidence_page__names_what_the_text_has_as_ids(void **state)
{
	struct desk a;
	struct exported x;
	const char *id, *to;
	char *line;

	(void)state;
	id = with_one(&a);
	to = pick(
	    ask(&a, request_new,
		json_pack("{s:s,s:{s:s,s:s}}", "type", "addressee", "fields",
		    "name", "The Ministry\xe2\x80\xae", "level", "national")),
	    "id");
	edit(&a, id, "addressees", to);
	json_decref(sign(&a, id, NULL));
	export(&a, id, &x);
	line = mem_printf("   %s  addressee  The Ministry\\u{202e}\n", to);
	assert_int_equal(count(readme(&x), line), 1);
	assert_int_equal(count(readme(&x), "these by their ids"), 1);
	free(line);
	export_close(&x);
	desk_close(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_evidence_page__is_checked_by_stock_tools),
	    cmocka_unit_test(
		test_evidence_page__shows_keys_that_nobody_admitted),
	    cmocka_unit_test(
		test_evidence_page__shows_a_name_that_was_not_admitted),
	    cmocka_unit_test(
		test_evidence_page__shows_a_member_that_speaks_for_another),
	    cmocka_unit_test(
		test_evidence_page__tells_how_to_find_weak_signatures),
	    cmocka_unit_test(
		test_evidence_page__names_what_the_text_has_as_ids),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("evidence_page", tests, NULL, NULL);
}

/*
 * sim_vectors: writes the test vectors of tests/data again.
 *
 *	build/tests/sim/sim_vectors DIR
 *
 * Two offices, keys from fixed seeds, heads and portions written out by hand,
 * so that the vectors do not depend on how our own drafts are worded.  What
 * each file is, tests/data/README says; tests/data/check checks them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/change.h"
#include "common/fs.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/op.h"
#include "common/recsig.h"
#include "common/segment.h"
#include "common/sshsig.h"

#define EDITS 40 /* a run of small edits, so that signatures are left out */

struct office {
	struct secret *secret;
	uint8_t key[KEY_LEN];
	char text[KEY_SIZE];
	char org[ID_SIZE];
	uint8_t recovery[HASH_LEN]; /* of its recovery key */
};

/* A change that was written; "line" is as its author stored it. */
struct made {
	uint8_t id[HASH_LEN];
	char hex[HEX_SIZE];
	char prefix[PREFIX_CHARS + 1];
	struct buf line;
	struct change c;
};

static const char *dir;
static uint8_t w[HASH_LEN];
static struct office asia, hrwg;
static struct segment_writer blob;
static struct buf blob_bytes, ids;
static int count;

static void
fail(const char *what, const struct err *e)
{
	fprintf(stderr, "sim_vectors: %s: %s\n", what, e->msg);
	exit(1);
}

static void
save(const char *name, const void *p, size_t n)
{
	char *path = fs_join(dir, name);
	struct err e;

	if (fs_write(path, p, n, 0644, false, &e) == -1)
		fail(name, &e);
	free(path);
}

static void
save_buf(const char *name, struct buf *b)
{
	save(name, buf_str(b), b->len);
	buf_clear(b);
}

static void
office_init(struct office *o, uint8_t seed)
{
	uint8_t bytes[SEED_LEN], key[KEY_LEN];
	struct secret *recovery;

	memset(bytes, seed, sizeof(bytes));
	o->secret = secret_from_seed(bytes);
	secret_public(o->secret, o->key);
	ident_key(o->key, o->text);
	memset(bytes, seed + 100, sizeof(bytes));
	recovery = secret_from_seed(bytes);
	secret_public(recovery, key);
	crypto_digest(key, KEY_LEN, o->recovery);
	secret_free(recovery);
}

/* --- changes ---------------------------------------------------------------- */

static void
save_change(
    const struct made *m, const struct change_place *at, const char *name)
{
	char file[64];
	struct buf b = BUF_INIT;

	snprintf(file, sizeof(file), "changes/%s", name);
	save(file, m->line.data, m->line.len);
	snprintf(file, sizeof(file), "changes/%s.message", name);
	change_message(at, &m->c, &b);
	save_buf(file, &b);
	snprintf(file, sizeof(file), "changes/%s.sig", name);
	sshsig_armour(at->key, SSHSIG_NS_CHANGE, m->c.sig, &b);
	save_buf(file, &b);
}

static bool
is_weighty(const struct made *m)
{
	struct head h;
	struct err e;
	bool yes;

	if (head_parse(
		m->c.head, m->c.head_len, m->id, m->c.nportions, &h, &e) == -1)
		fail("head", &e);
	for (size_t i = 0; i < h.nops; i++)
		if (h.ops[i].op == OP_NONE)
			fail("head", &(struct err){.msg = "no such op"});
	yes = head_is_weighty(&h);
	head_clear(&h);
	return yes;
}

/* Signs "head TAB portions" as a change of this office after up to two others
 * (in any order, NULL for none).  Saved under "name" unless that is NULL. */
static struct made
make(const struct office *o, const char *name, const struct made *after,
    const struct made *and, const char *body)
{
	uint8_t previous[2][HASH_LEN];
	struct change_place at = {.previous = previous};
	struct made m = {.line = BUF_INIT};
	struct buf raw = BUF_INIT;
	struct err e;

	memcpy(at.coalition, w, HASH_LEN);
	memcpy(at.key, o->key, KEY_LEN);
	at.is_genesis = count++ == 0;
	if (after != NULL && and != NULL &&
	    memcmp(after->id, and->id, HASH_LEN) > 0) {
		const struct made *t = after;

		after = and;
		and = t;
	}
	if (after != NULL)
		memcpy(previous[at.nprevious++], after->id, HASH_LEN);
	if (and != NULL)
		memcpy(previous[at.nprevious++], and->id, HASH_LEN);
	buf_printf(&raw, "\t%s", body);
	if (change_split(raw.data, raw.len, &m.c, &e) == -1)
		fail(name, &e);
	change_sign(&at, &m.c, o->secret);
	change_id(&at, &m.c, m.id);
	change_join(&m.c, true, &m.line);
	if (change_split(m.line.data, m.line.len - 1, &m.c, &e) == -1)
		fail(name, &e);
	text_hex(m.id, HASH_LEN, m.hex);
	text_hex(m.id, PREFIX_LEN, m.prefix);
	if (at.is_genesis) {
		memcpy(w, m.id, HASH_LEN);
		segment_writer_init(&blob, &blob_bytes, w);
	}
	buf_printf(&ids, "%s %s\n", m.hex, name != NULL ? name : "-");
	if (name != NULL)
		save_change(&m, &at, name);
	segment_writer_add(&blob, &at, m.id, &m.c, is_weighty(&m));
	buf_clear(&raw);
	return m;
}

static char *body(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What printf() gives, kept until the next call. */
static char *
body(const char *fmt, ...)
{
	static char *last;
	va_list ap;

	free(last);
	va_start(ap, fmt);
	if (vasprintf(&last, fmt, ap) == -1)
		mem_exhausted();
	va_end(ap);
	return last;
}

static char recovery_hex[HEX_SIZE];

static const char *
recovery(const struct office *o)
{
	text_hex(o->recovery, HASH_LEN, recovery_hex);
	return recovery_hex;
}

static struct made
make_genesis(void)
{
	return make(&asia, "01-genesis", NULL, NULL,
	    body("{\"t\":1000,\"kind\":\"act\",\"ops\":[{\"op\":\"found\","
		 "\"name\":\"Task Force on ASEAN and Migrant Workers\","
		 "\"convenors\":[{\"name\":\"Secretariat\",\"keys\":[\"%s\"],"
		 "\"recovery\":\"%s\"}],\"k\":1}]}\t{\"v\":[[]]}",
		asia.text, recovery(&asia)));
}

static struct made
make_request(const struct made *genesis)
{
	return make(&hrwg, "02-request", NULL, NULL,
	    body("{\"t\":2000,\"kind\":\"act\",\"seen\":[\"%s\"],\"ops\":["
		 "{\"op\":\"request\",\"name\":\"HRWG\",\"recovery\":\"%s\"}]}"
		 "\t{\"v\":[[]]}",
		genesis->prefix, recovery(&hrwg)));
}

static struct made
make_admission(const struct made *genesis, const struct made *request)
{
	return make(&asia, "03-admission", genesis, NULL,
	    body("{\"t\":3000,\"kind\":\"act\",\"seen\":[\"%s\"],\"ops\":["
		 "{\"op\":\"propose\",\"after\":\"%s\",\"act\":{"
		 "\"kind\":\"admit\",\"request\":\"%s\",\"organisation\":"
		 "\"%s\",\"name\":\"HRWG\",\"keys\":[\"%s\"],\"recovery\":"
		 "\"%s\"}}]}\t{\"v\":[[]]}",
		request->prefix, genesis->hex, request->hex, hrwg.org,
		hrwg.text, recovery(&hrwg)));
}

/* A consultation and a recommendation in it, in Thai, Khmer and with marks. */
static struct made
make_records(const struct made *after)
{
	return make(&asia, "04-records", after, NULL,
	    body("{\"t\":4000,\"kind\":\"edit\",\"ops\":[{\"op\":\"new\","
		 "\"type\":\"consultation\",\"fields\":[\"title\",\"start\"],"
		 "\"hosts\":[\"%s\"]},{\"op\":\"new\",\"type\":"
		 "\"recommendation\",\"fields\":[\"title\",\"section\","
		 "\"consultation\",\"text\"]}]}\t{\"v\":[[\"Konsultasi "
		 "nasional \xe2\x80\x93 \xe0\xb9\x84\xe0\xb8\x97\xe0\xb8\xa2 "
		 "\xe1\x9e\x81\xe1\x9f\x92\xe1\x9e\x98\xe1\x9f\x82\xe1\x9e\x9a"
		 "\",\"2007-05-12\"],[\"Contracts\",\"regional\",{\"@\":0},"
		 "\"Every worker gets a contract in a language \\\"that he or "
		 "she reads\\\".\\nIt names the wage. \\ud83d\\ude00\"]]}",
		asia.org));
}

/* A group with a person in it: personal values in a portion of their own. */
static struct made
make_personal(const struct made *after)
{
	return make(&asia, "05-personal", after, NULL,
	    "{\"t\":5000,\"kind\":\"edit\",\"ops\":[{\"op\":\"new\",\"type\":"
	    "\"group\",\"fields\":[\"theme\"]},{\"op\":\"set\",\"record\":{"
	    "\"@\":0},\"fields\":[\"facilitator\"],\"over\":{},\"p\":1}]}"
	    "\t{\"v\":[[\"Domestic workers\"]]}\t{\"salt\":"
	    "\"AAECAwQFBgcICQoLDA0ODw==\",\"v\":[[\"Ibu Sari\"]]}");
}

static struct made
make_title(const char *name, int t, const struct made *after,
    const struct made *and, const char *record, const char *over,
    const char *title)
{
	return make(&asia, name, after, and,
	    body("{\"t\":%d,\"kind\":\"edit\",\"ops\":[{\"op\":\"set\","
		 "\"record\":\"%s\",\"fields\":[\"title\"],\"over\":{"
		 "\"title\":[%s]}}]}\t{\"v\":[[\"%s\"]]}",
		t, record, over, title));
}

static struct made
make_version(const struct made *after, const struct made *records,
    const struct made *merge, const char *record, const char *text)
{
	struct buf quoted = BUF_INIT;
	struct made m;

	json_write_string(text, strlen(text), &quoted);
	m = make(&asia, "09-version", after, NULL,
	    body("{\"t\":9000,\"kind\":\"edit\",\"ops\":[{\"op\":\"version\","
		 "\"record\":\"%s\",\"rule\":1,\"of\":[[\"%s\",\"title\",["
		 "\"%s\"]],[\"%s\",\"section\",[\"%s\"]],[\"%s\",\"text\",["
		 "\"%s\"]]]}]}\t{\"v\":[[%s]]}",
		record, record, merge->prefix, record, records->prefix, record,
		records->prefix, quoted.data));
	buf_clear(&quoted);
	return m;
}

/* The signature of the second office, with its message. */
static struct made
make_signature(const struct made *after, const struct made *act,
    const struct made *version, const char *record, const char *text)
{
	struct recsig r = {.capacity = CAPACITY_ENDORSEMENT,
	    .stance = STANCE_SUPPORT,
	    .nprevious = 1,
	    .organisation_name = (char *)"HRWG",
	    .person = (char *)"Rafendi Contoh",
	    .date = "2007-05-14"};
	struct buf message = BUF_INIT, quoted = BUF_INIT, armour = BUF_INIT;
	char b64[TEXT_B64_LEN(SIG_LEN) + 1], id[ID_SIZE];
	uint8_t sig[SIG_LEN];
	struct made m;
	struct err e;

	ident_make(version->id, 0, id);
	memcpy(r.coalition, w, HASH_LEN);
	memcpy(r.key, hrwg.key, KEY_LEN);
	memcpy(r.previous[0], after->id, HASH_LEN);
	memcpy(r.act, act->id, HASH_LEN);
	strcpy(r.record, record);
	strcpy(r.version, id);
	strcpy(r.organisation, hrwg.org);
	crypto_digest(text, strlen(text), r.text);
	if (recsig_encode(&r, &message, &e) == -1)
		fail("record signature", &e);
	secret_sign(
	    hrwg.secret, SSHSIG_NS_RECORD, message.data, message.len, sig);
	text_b64(sig, SIG_LEN, b64);
	json_write_string(message.data, message.len, &quoted);
	m = make(&hrwg, "10-sign", after, NULL,
	    body("{\"t\":10000,\"kind\":\"edit\",\"seen\":[\"%s\"],\"ops\":[{"
		 "\"op\":\"sign\",\"version\":\"%s\"}]}\t{\"v\":[[%s,\"%s\"]]}",
		version->prefix, id, quoted.data, b64));
	save("record/text.txt", text, strlen(text));
	save("record/message", message.data, message.len);
	sshsig_armour(hrwg.key, SSHSIG_NS_RECORD, sig, &armour);
	save_buf("record/message.sig", &armour);
	buf_clear(&message);
	buf_clear(&quoted);
	return m;
}

/* The erased portion travels as its hash: the same change, fewer bytes. */
static void
save_erased(const struct made *personal)
{
	struct portion portions[2] = {personal->c.portions[0]};
	struct change c = personal->c;
	char hash[1 + HEX_SIZE] = "#";
	uint8_t h[HASH_LEN];
	struct buf b = BUF_INIT;

	portion_hash(&personal->c.portions[1], h);
	text_hex(h, HASH_LEN, hash + 1);
	portions[1] = (struct portion){hash, 1 + 64, PORTION_HASH};
	c.portions = portions;
	change_join(&c, true, &b);
	save_buf("changes/05-personal.erased", &b);
}

/* --- signatures that OpenSSH 9.2 accepts and we do not ------------------------ */

static void
save_malleated(const struct made *m)
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
	    0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
	    0x14, [31] = 0x10};
	uint8_t sig[SIG_LEN];
	struct buf armour = BUF_INIT;
	unsigned carry = 0;

	memcpy(sig, m->c.sig, SIG_LEN);
	for (int i = 0; i < 32; i++) {
		carry += (unsigned)sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	sshsig_armour(asia.key, SSHSIG_NS_CHANGE, sig, &armour);
	save_buf("bad/malleated.sig", &armour);
}

/* --- the state ---------------------------------------------------------------- */

static int
by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
save_state(char **line, size_t n)
{
	struct buf lines = BUF_INIT, all = BUF_INIT;
	char hex[HEX_SIZE];
	uint8_t hash[HASH_LEN];

	qsort(line, n, sizeof(line[0]), by_line);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&lines, "%s\n", line[i]);
		free(line[i]);
	}
	text_hex(w, HASH_LEN, hex);
	buf_printf(&all, "mufakat state 1\n%s\n%s", hex, lines.data);
	crypto_digest(all.data, all.len, hash);
	save_buf("state/lines", &lines);
	text_hex(hash, HASH_LEN, hex);
	buf_reset(&all);
	buf_printf(&all, "%s\n", hex);
	save_buf("state/hash", &all);
}

/* --- the story ---------------------------------------------------------------- */

static void
save_keys(void)
{
	const struct office *const offices[] = {&asia, &hrwg};
	struct buf signers = BUF_INIT, words = BUF_INIT;
	char text[IDENT_WORDS_SIZE], hex[HEX_SIZE];

	text_hex(w, HASH_LEN, hex);
	ident_coalition_words(w, text);
	buf_printf(&words, "%s %s\n", hex, text);
	for (size_t i = 0; i < 2; i++) {
		buf_printf(&signers,
		    "%s.%.8s namespaces=\"mufakat-record,mufakat-change\" ",
		    offices[i]->org, offices[i]->text);
		sshsig_public(offices[i]->key, &signers);
		buf_addc(&signers, '\n');
		ident_key_words(offices[i]->key, text);
		buf_printf(&words, "%s %s\n", offices[i]->text, text);
	}
	save_buf("allowed_signers", &signers);
	save_buf("words", &words);
	buf_printf(&words, "%s\n", hex);
	save_buf("coalition", &words);
}

/* Small edits of the number of a recommendation, each over the one before. */
static struct made
make_edits(const struct made *after, const char *record)
{
	struct made last = *after, m;

	for (int i = 0; i < EDITS; i++) {
		m = make(&asia, NULL, &last, NULL,
		    body("{\"t\":%d,\"kind\":\"edit\",\"ops\":[{\"op\":\"set\","
			 "\"record\":\"%s\",\"fields\":[\"order\"],\"over\":{"
			 "\"order\":[%s%s%s]}}]}\t{\"v\":[[\"%d\"]]}",
			20000 + i, record, i > 0 ? "\"" : "",
			i > 0 ? last.prefix : "", i > 0 ? "\"" : "", i + 1));
		if (i > 0) {
			change_clear(&last.c);
			buf_clear(&last.line);
		}
		last = m;
	}
	return last;
}

static void
tell(void)
{
	static const char text[] = "Contracts in writing\n\nsection: regional\n"
				   "\nEvery worker gets a contract in a "
				   "language \"that he or she reads\".\n"
				   "It names the wage. \xf0\x9f\x98\x80\n";
	char rec[ID_SIZE], consultation[ID_SIZE], group[ID_SIZE];
	char version_id[ID_SIZE], sign_id[ID_SIZE], over[128];
	struct made m[12];

	m[0] = make_genesis();
	ident_make(m[0].id, 0, asia.org);
	m[1] = make_request(&m[0]);
	ident_make(m[1].id, 0, hrwg.org);
	m[2] = make_admission(&m[0], &m[1]);
	m[3] = make_records(&m[2]);
	ident_make(m[3].id, 0, consultation);
	ident_make(m[3].id, 1, rec);
	m[4] = make_personal(&m[3]);
	ident_make(m[4].id, 0, group);
	/* a copy of the home goes on from the records: a fork, then merged */
	snprintf(over, sizeof(over), "\"%s\"", m[3].prefix);
	m[5] = make_title("06-before-fork", 6000, &m[4], NULL, rec, over,
	    "Written contracts");
	m[6] = make_title(
	    "07-fork", 6001, &m[4], NULL, rec, over, "Contracts on paper");
	snprintf(over, sizeof(over), "\"%s\",\"%s\"",
	    strcmp(m[5].prefix, m[6].prefix) < 0 ? m[5].prefix : m[6].prefix,
	    strcmp(m[5].prefix, m[6].prefix) < 0 ? m[6].prefix : m[5].prefix);
	m[7] = make_title(
	    "08-merge", 8000, &m[5], &m[6], rec, over, "Contracts in writing");
	m[8] = make_version(&m[7], &m[3], &m[7], rec, text);
	ident_make(m[8].id, 0, version_id);
	m[9] = make_signature(&m[1], &m[2], &m[8], rec, text);
	ident_make(m[9].id, 0, sign_id);
	m[10] = make(&asia, "11-erase", &m[8], NULL,
	    body("{\"t\":11000,\"kind\":\"edit\",\"seen\":[\"%s\"],\"ops\":[{"
		 "\"op\":\"erase\",\"change\":\"%s\",\"portion\":1}]}"
		 "\t{\"v\":[[]]}",
		m[9].prefix, m[4].hex));
	m[11] = make_edits(&m[10], rec);

	segment_writer_end(&blob);
	save_buf("blob", &blob_bytes);
	save_buf("ids", &ids);
	save_erased(&m[4]);
	save_malleated(&m[3]);
	save_keys();

	char *lines[] = {
	    mem_printf("act %s", m[0].hex),
	    mem_printf("act %s", m[2].hex),
	    mem_printf("erased %s 1", m[4].hex),
	    mem_printf("key %s %s edit,sign *", asia.text, asia.org),
	    mem_printf("key %s %s edit,sign *", hrwg.text, hrwg.org),
	    mem_printf("record %s consultation", consultation),
	    mem_printf("record %s recommendation", rec),
	    mem_printf("record %s group", group),
	    mem_printf("version %s", version_id),
	    mem_printf("signature %s", sign_id),
	    mem_printf("write %s title %s", consultation, m[3].hex),
	    mem_printf("write %s start %s", consultation, m[3].hex),
	    mem_printf("write %s title %s", rec, m[7].hex),
	    mem_printf("write %s section %s", rec, m[3].hex),
	    mem_printf("write %s consultation %s", rec, m[3].hex),
	    mem_printf("write %s text %s", rec, m[3].hex),
	    mem_printf("write %s order %s", rec, m[11].hex),
	    mem_printf("write %s theme %s", group, m[4].hex),
	    mem_printf("write %s facilitator %s", group, m[4].hex),
	};
	save_state(lines, sizeof(lines) / sizeof(lines[0]));
	for (size_t i = 0; i < 12; i++) {
		change_clear(&m[i].c);
		buf_clear(&m[i].line);
	}
}

static void
make_folders(void)
{
	static const char *const names[] = {
	    "changes", "record", "bad", "state"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = fs_join(dir, names[i]);
		struct err e;

		if (fs_mkdirs(path, &e) == -1)
			fail(path, &e);
		free(path);
	}
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: sim_vectors DIR\n");
		return 2;
	}
	dir = argv[1];
	crypto_setup();
	make_folders();
	office_init(&asia, 1);
	office_init(&hrwg, 2);
	tell();
	segment_writer_clear(&blob);
	secret_free(asia.secret);
	secret_free(hrwg.secret);
	return 0;
}

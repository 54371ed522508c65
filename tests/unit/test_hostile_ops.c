/* Operations made to do harm (hostile input 42): what is about nothing, is of
 * the wrong kind or says it supersedes what it cannot know. */
#include "tests/unit/forger.h"

#include "daemon/office.h"
#include "daemon/request.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define NOBODY "aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX32  "0123456789abcdef0123456789abcdef"
#define HEX64  HEX32 HEX32

/* %R is a record that is there, %C the change that made it. */
static const struct {
	const char *ops;
	const char *portions;
} odd_edits[] = {
    /* no operation at all */
    {"0", "{\"v\":[[]]}"},
    {"null,\"set\",[],true", "{\"v\":[[],[],[],[]]}"},
    {"{}", "{\"v\":[[]]}"},
    {"{\"op\":1}", "{\"v\":[[]]}"},
    {"{\"op\":\"unheard-of\",\"x\":[{}]}", "{\"v\":[[]]}"},
    /* records that do not exist, and no records */
    {"{\"op\":\"set\",\"record\":\"" NOBODY "\",\"fields\":[\"title\"]}",
	"{\"v\":[[\"x\"]]}"},
    {"{\"op\":\"set\",\"record\":{\"@\":0},\"fields\":[\"title\"]}",
	"{\"v\":[[\"self\"]]}"},
    {"{\"op\":\"set\",\"record\":{\"@\":4095},\"fields\":[\"title\"]}",
	"{\"v\":[[\"x\"]]}"},
    {"{\"op\":\"set\",\"record\":{\"@\":4096},\"fields\":[\"title\"]}",
	"{\"v\":[[\"x\"]]}"},
    {"{\"op\":\"set\",\"record\":{\"@\":-1},\"fields\":[\"title\"]}",
	"{\"v\":[[\"x\"]]}"},
    {"{\"op\":\"set\",\"record\":7,\"fields\":[\"title\"]}",
	"{\"v\":[[\"x\"]]}"},
    {"{\"op\":\"set\",\"record\":\"%R\",\"fields\":[]}", "{\"v\":[[]]}"},
    {"{\"op\":\"set\",\"record\":\"%R\",\"fields\":[\"title\",\"title\"]}",
	"{\"v\":[[\"x\",\"y\"]]}"},
    {"{\"op\":\"set\",\"record\":\"%R\",\"fields\":[\"../x\",\"A\",\"\"]}",
	"{\"v\":[[1,2,3]]}"},
    /* values of a wrong kind */
    {"{\"op\":\"set\",\"record\":\"%R\",\"fields\":[\"title\",\"section\","
     "\"addressees\",\"order\",\"deleted\",\"state\",\"tags/x\"]}",
	"{\"v\":[[{\"a\":[]},7,\"x\",true,\"yes\",[],{}]]}"},
    {"{\"op\":\"set\",\"record\":\"%R\",\"fields\":[\"text\",\"language\","
     "\"consultation\",\"parent\",\"addressees\"]}",
	"{\"v\":[[[[[[1]]]],null,{\"@\":0},{\"@\":9},[{\"@\":0},1,null]]]}"},
    {"{\"op\":\"set\",\"record\":\"%R\",\"fields\":[\"parent\"]}",
	"{\"v\":[[\"%R\"]]}"},
    /* what it supersedes: foreign, unknown, later, no prefix, no object */
    {"{\"op\":\"set\",\"record\":\"%R\",\"fields\":[\"title\"],\"over\":"
     "{\"title\":[\"" HEX32 "\",\"%P\",1,null,\"%P\"],"
     "\"text\":[\"%P\"],\"nosuch\":[\"%P\"]}}",
	"{\"v\":[[\"over\"]]}"},
    {"{\"op\":\"set\",\"record\":\"%R\",\"fields\":[\"title\"],\"over\":"
     "{\"title\":{}}}",
	"{\"v\":[[\"x\"]]}"},
    {"{\"op\":\"set\",\"record\":\"%R\",\"fields\":[\"title\"],"
     "\"over\":[]}",
	"{\"v\":[[\"x\"]]}"},
    {"{\"op\":\"set\",\"record\":\"" NOBODY "\",\"fields\":[\"title\"],"
     "\"over\":{\"title\":[\"%P\"]}}",
	"{\"v\":[[\"elsewhere\"]]}"},
    /* makings */
    {"{\"op\":\"new\",\"type\":\"unheard-of\",\"fields\":[\"a\"]}",
	"{\"v\":[[{}]]}"},
    {"{\"op\":\"new\",\"type\":\"signature\"},{\"op\":\"new\","
     "\"type\":\"organisation\"},{\"op\":\"new\",\"type\":\"\"},"
     "{\"op\":\"new\",\"type\":7}",
	"{\"v\":[[],[],[],[]]}"},
    {"{\"op\":\"new\",\"type\":\"consultation\",\"hosts\":[\"x\"]}",
	"{\"v\":[[]]}"},
    {"{\"op\":\"new\",\"type\":\"consultation\",\"hosts\":[\"" NOBODY
     "\",\"" NOBODY "\"],\"in\":\"" NOBODY "\"}",
	"{\"v\":[[]]}"},
    {"{\"op\":\"new\",\"type\":\"recommendation\",\"in\":\"%R\"}",
	"{\"v\":[[]]}"},
    {"{\"op\":\"new\",\"type\":\"recommendation\",\"in\":{\"@\":0}}",
	"{\"v\":[[]]}"},
    /* portions */
    {"{\"op\":\"new\",\"type\":\"group\",\"p\":1}", "{\"v\":[[]]}"},
    {"{\"op\":\"new\",\"type\":\"group\",\"p\":-1}", "{\"v\":[[]]}"},
    {"{\"op\":\"new\",\"type\":\"group\",\"p\":\"0\"}", "{\"v\":[[]]}"},
    {"{\"op\":\"new\",\"type\":\"group\",\"p\":9007199254740991}",
	"{\"v\":[[]]}"},
    {"{\"op\":\"set\",\"record\":\"%R\",\"fields\":[\"title\"],\"p\":1}",
	"{\"v\":[]}\t{\"v\":[[\"second\"]]}"},
    /* texts and signatures */
    {"{\"op\":\"version\",\"record\":\"" NOBODY "\",\"rule\":1,"
     "\"of\":[]}",
	"{\"v\":[[\"text\"]]}"},
    {"{\"op\":\"version\",\"record\":\"%R\",\"rule\":9007199254740991,"
     "\"of\":[[\"" NOBODY "\",\"title\",[\"" HEX32 "\"]]]}",
	"{\"v\":[[\"text\"]]}"},
    {"{\"op\":\"version\",\"record\":\"%R\",\"rule\":1,\"of\":[]}",
	"{\"v\":[[7]]}"},
    {"{\"op\":\"version\",\"record\":{\"@\":0},\"rule\":1,\"of\":[]}",
	"{\"v\":[[\"text\"]]}"},
    {"{\"op\":\"version\",\"record\":\"%R\",\"rule\":0,\"of\":[]}",
	"{\"v\":[[\"text\"]]}"},
    {"{\"op\":\"sign\",\"version\":\"" NOBODY "\"}",
	"{\"v\":[[\"mufakat record 1\\n\",\"AAAA\"]]}"},
    {"{\"op\":\"sign\",\"version\":\"%R\"}", "{\"v\":[[1,2]]}"},
    {"{\"op\":\"sign\",\"version\":\"%R\"}", "{\"v\":[[]]}"},
    /* erasing and vouching */
    {"{\"op\":\"erase\",\"change\":\"" HEX64 "\",\"portion\":0}",
	"{\"v\":[[]]}"},
    {"{\"op\":\"erase\",\"change\":\"%C\",\"portion\":0}", "{\"v\":[[]]}"},
    {"{\"op\":\"erase\",\"change\":\"%C\",\"portion\":1023}", "{\"v\":[[]]}"},
    {"{\"op\":\"erase\",\"change\":\"%C\",\"portion\":1024}", "{\"v\":[[]]}"},
    {"{\"op\":\"vouch\",\"changes\":[\"%C\",\"" HEX64 "\"]}", "{\"v\":[[]]}"},
    /* acts in an edit */
    {"{\"op\":\"request\",\"name\":\"X\"}", "{\"v\":[[]]}"},
    {"{\"op\":\"approve\",\"act\":\"%C\"}", "{\"v\":[[]]}"},
};

static const char *const odd_acts[] = {"{\"op\":\"set\",\"record\":\"%R\","
				       "\"fields\":[\"title\"]}",
    "{\"op\":\"new\",\"type\":\"group\"}",
    "{\"op\":\"request\",\"name\":\"X\"},{\"op\":\"request\",\"name\":"
    "\"Y\"}",
    "{\"op\":\"request\",\"name\":7}",
    "{\"op\":\"found\",\"name\":\"X\",\"convenors\":[],\"k\":0}",
    "{\"op\":\"propose\",\"after\":\"" HEX64 "\",\"act\":{\"kind\":\"x\"}}",
    "{\"op\":\"propose\",\"after\":\"%C\",\"act\":{\"kind\":\"remove\","
    "\"organisation\":\"" NOBODY "\"}}",
    "{\"op\":\"propose\",\"after\":\"%C\",\"act\":[]}",
    "{\"op\":\"approve\",\"act\":\"" HEX64 "\"}",
    "{\"op\":\"approve\",\"act\":\"%C\"}",
    "{\"op\":\"accept\",\"add\":\"" HEX64 "\"}",
    "{\"op\":\"close\",\"key\":\"x\",\"heads\":[]}", "0", ""};

/* Text with %R, %C and %P (its prefix) filled in. */
static char *
fill(const struct stage *s, const char *text)
{
	struct buf b = BUF_INIT;
	char hex[HEX_SIZE];

	text_hex(s->change, HASH_LEN, hex);
	for (; *text != '\0'; text++) {
		if (*text != '%')
			buf_addc(&b, *text);
		else if (*++text == 'R')
			buf_adds(&b, s->record);
		else
			buf_add(&b, hex, *text == 'C' ? 64 : PREFIX_CHARS);
	}
	return buf_steal(&b);
}

static void
write_odd(struct stage *s, struct buf *b)
{
	uint8_t id[HASH_LEN];

	for (size_t i = 0; i < COUNT(odd_edits); i++) {
		char *ops = fill(s, odd_edits[i].ops);
		char *portions = fill(s, odd_edits[i].portions);

		forger_edit(&s->f, ops, portions, b, id);
		free(ops);
		free(portions);
	}
	for (size_t i = 0; i < COUNT(odd_acts); i++) {
		struct buf head = BUF_INIT;
		char *ops = fill(s, odd_acts[i]);

		buf_printf(&head, "{\"t\":%lld,\"kind\":\"%s\",\"ops\":[%s]}",
		    (long long)s->f.a.t++, "act", ops);
		forger_open(&s->f, b);
		forger_write(&s->f, head.data, "{\"v\":[[]]}", b, id);
		buf_clear(&head);
		free(ops);
	}
}

/* Reads everything as a client would. */
static void
look_at_everything(struct branch *o)
{
	static const struct {
		int (*fn)(
		    struct office *, const json_t *, json_t **, struct err *);
		const char *req;
	} asks[] = {{request_status, "{}"}, {request_state, "{}"},
	    {request_members, "{}"}, {request_requests, "{}"},
	    {request_conflicts, "{}"}, {request_log, "{}"},
	    {request_list, "{\"type\":\"recommendation\"}"},
	    {request_list, "{\"type\":\"group\"}"},
	    {request_list, "{\"type\":\"signature\"}"},
	    {request_search, "{\"words\":\"text\"}"}};
	struct office office = {.home = o->dir, .gate = o->g};
	struct err e = {0};

	for (size_t i = 0; i < COUNT(asks); i++) {
		json_t *req = json_loads(asks[i].req, 0, NULL), *r = NULL;

		if (asks[i].fn(&office, req, &r, &e) == -1)
			fail_msg("%zu %s: %s", i, asks[i].req, e.msg);
		json_decref(req);
		json_decref(r);
	}
}

static void
look_at_records(struct branch *o)
{
	struct office office = {.home = o->dir, .gate = o->g};
	struct query *q = NULL;
	struct err e = {0};

	OK(query_open(gate_store(o->g), &q, "SELECT id FROM record", &e));
	while (query_step(q, &e) == 1) {
		json_t *req = json_pack("{s:s}", "record", query_text(q, 0));
		json_t *r = NULL;

		OK(request_show(&office, req, &r, &e));
		json_decref(r);
		OK(request_history(&office, req, &r, &e));
		json_decref(r);
		json_decref(req);
	}
	query_close(q);
}

/* Gives the segments of a blob one by one, the last one first. */
static void
take_backwards(struct branch *o, const struct buf *b)
{
	size_t end = b->len;
	struct gate_taken t;
	struct err e = {0};

	for (size_t i = b->len; i-- > 0;) {
		if (strncmp(b->data + i, "mufakat 1\t", 10) != 0 ||
		    (i > 0 && b->data[i - 1] != '\n'))
			continue;
		OK(gate_take(o->g, NULL, b->data + i, end - i, &t, &e));
		end = i;
	}
}

/* Nobody erased or signed anything, and only what is a version is one. */
static void
assert_nothing_odd_counts(struct branch *o)
{
	char *lines = branch_lines(o);

	assert_null(strstr(lines, "\nerased "));
	assert_null(strstr(lines, "\nsignature "));
	assert_null(strstr(lines, NOBODY));
	free(lines);
}

/* All of it is held, means what it says and no more, and every office makes
 * the same of it. */
static void
test_hostile_ops__odd_operations_never_block_a_log(void **state)
{
	struct stage s;
	struct branch b;
	struct buf blob = BUF_INIT;
	struct gate_taken t;
	struct err e = {0};

	(void)state;
	stage_make(&s);
	branch_make(&b);
	OK(gate_join(b.g, gate_coalition(s.o.g), "Reader", &e));
	write_odd(&s, &blob);
	t = branch_take(&s.o, &blob);
	assert_int_equal(t.added, COUNT(odd_edits) + COUNT(odd_acts));
	assert_int_equal(t.bad, 0);
	assert_int_equal(t.waiting, 0);
	take_backwards(&b, &blob);
	assert_log_goes_on(&s);
	branch_send(&s.o, &b);
	assert_same_state(&s.o, &b);
	assert_nothing_odd_counts(&s.o);
	look_at_everything(&s.o);
	look_at_records(&s.o);
	branch_idle(&s.o);
	OK(gate_rebuild(b.g, &e));
	assert_same_state(&s.o, &b);
	buf_clear(&blob);
	branch_remove(&b);
	stage_remove(&s);
}

/* A write that names as superseded what is not there yet: early or late, the
 * same comes out. */
static void
test_hostile_ops__over_may_name_what_comes_later(void **state)
{
	struct stage s;
	struct branch b;
	struct buf early = BUF_INIT, late = BUF_INIT;
	uint8_t mine[HASH_LEN], id[HASH_LEN];
	char ops[512], hex[HEX_SIZE];
	struct err e = {0};

	(void)state;
	stage_make(&s);
	branch_make(&b);
	OK(gate_join(b.g, gate_coalition(s.o.g), "Reader", &e));
	branch_send(&s.o, &b);
	branch_set(&s.o, s.record, "title", json_string("Later"), s.change,
	    NULL, mine);
	branch_export_log(&s.o, 1, 0, &late);
	text_hex(mine, HASH_LEN, hex);
	hex[PREFIX_CHARS] = '\0';
	snprintf(ops, sizeof(ops),
	    "{\"op\":\"set\",\"record\":\"%s\",\"fields\":[\"title\"],"
	    "\"over\":{\"title\":[\"%s\"]}}",
	    s.record, hex);
	forger_edit(&s.f, ops, "{\"v\":[[\"First\"]]}", &early, id);
	branch_take(&b, &early);
	branch_take(&b, &late);
	branch_take(&s.o, &early);
	assert_same_state(&s.o, &b);
	assert_shows(&s.o, s.record, "title", "First");
	assert_shows(&b, s.record, "title", "First");
	buf_clear(&early);
	buf_clear(&late);
	branch_remove(&b);
	stage_remove(&s);
}

/* Acts have no values that could go; nor have portions that are not there. */
static void
test_hostile_ops__no_portion_of_an_act_is_erased(void **state)
{
	struct stage s;
	struct buf b = BUF_INIT;
	char ops[256], hex[HEX_SIZE];
	uint8_t id[HASH_LEN];

	(void)state;
	stage_make(&s);
	text_hex(s.f.a.previous[0], HASH_LEN, hex); /* its request */
	for (int i = 0; i < 2; i++) {
		buf_reset(&b);
		snprintf(ops, sizeof(ops),
		    "{\"op\":\"erase\",\"change\":\"%s\","
		    "\"portion\":%d}",
		    hex, i);
		forger_edit(&s.f, ops, "{\"v\":[[]]}", &b, id);
		assert_int_equal(branch_take(&s.o, &b).added, 1);
		assert_unchanged(&s);
	}
	assert_log_goes_on(&s);
	buf_clear(&b);
	stage_remove(&s);
}

#define T(name) cmocka_unit_test(test_hostile_ops__##name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(odd_operations_never_block_a_log),
	    T(no_portion_of_an_act_is_erased),
	    T(over_may_name_what_comes_later),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("hostile_ops", tests, NULL, NULL);
}

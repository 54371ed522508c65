#include "tests/unit/unit.h"

#include <stdio.h>

#include "common/jscan.h"
#include "common/op.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define ID26 "abcdefghijklmnopqrstuvwxyz"
#define PRE  "00112233445566778899aabbccddeeff"
#define PRE2 "10112233445566778899aabbccddeeff"
#define FULL PRE PRE

static const uint8_t made_by[HASH_LEN] = {5, 6, 7};

/* Parses {"t":1,"kind":<kind>,"ops":[<ops>]} with three portions. */
static void
parse(const char *kind, const char *ops, struct head *ret)
{
	char *s = NULL;
	struct err e;

	assert_true(asprintf(&s, "{\"t\":1,\"kind\":\"%s\",\"ops\":[%s]}", kind,
			ops) > 0);
	assert_int_equal(jscan(s, strlen(s), &e), 0);
	assert_int_equal(head_parse(s, strlen(s), made_by, 3, ret, &e), 0);
	free(s);
}

static enum op_kind
kind_of(const char *kind, const char *op)
{
	struct head h;
	enum op_kind k;

	parse(kind, op, &h);
	assert_int_equal(h.nops, 1);
	k = h.ops[0].op;
	head_clear(&h);
	return k;
}

static void
test_op__frames_that_are_not_so_are_refused(void **state)
{
	static const char *const bad[] = {"{}", "[]", "{\"t\":1}",
	    "{\"t\":1,\"kind\":\"edit\"}", "{\"kind\":\"edit\",\"ops\":[]}",
	    "{\"t\":1,\"ops\":[]}",
	    "{\"t\":\"1\",\"kind\":\"edit\",\"ops\":[]}",
	    "{\"t\":1,\"kind\":1,\"ops\":[]}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":{}}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"seen\":1}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"seen\":{}}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"seen\":null}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"seen\":[1]}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"seen\":[\"" FULL "\"]}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"seen\":[\"" PRE "\",\"" PRE
	    "\"]}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"seen\":[\"" PRE2
	    "\",\"" PRE "\"]}",
	    "{\"t\":1,\"t\":1,\"kind\":\"edit\",\"ops\":[]}"};
	struct head h;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(
		    head_parse(bad[i], strlen(bad[i]), made_by, 1, &h, &e), -1);
		assert_int_equal(e.code, ERR_UNTRUSTED);
	}
}

static void
test_op__any_time_is_a_time(void **state)
{
	const char *s = "{\"t\":9007199254740991,\"kind\":\"edit\",\"x\":[0],"
			"\"seen\":[\"" PRE "\",\"" PRE2 "\"],\"ops\":[]}";
	/* 1900: a clock that is wrong, no more */
	const char *old = "{\"t\":-2208988800000,\"kind\":\"edit\",\"ops\":[]}";
	struct head h;
	struct err e;

	(void)state;
	assert_int_equal(head_parse(s, strlen(s), made_by, 1, &h, &e), 0);
	assert_true(h.t == 9007199254740991);
	assert_false(h.is_act);
	assert_int_equal(h.nops, 0);
	assert_int_equal(h.nseen, 2);
	assert_int_equal(h.seen[1][0], 0x10);
	head_clear(&h);
	assert_int_equal(head_parse(old, strlen(old), made_by, 1, &h, &e), 0);
	assert_true(h.t == -2208988800000);
	head_clear(&h);
}

/* Hostile input 36: a cap on seen, one on operations. */
static void
test_op__seen_and_operations_are_capped(void **state)
{
	struct err e;

	(void)state;
	for (int n = 1024; n <= 1025; n++) {
		struct buf b = BUF_INIT;
		struct head h;

		buf_adds(&b, "{\"t\":1,\"kind\":\"edit\",\"seen\":[");
		for (int i = 0; i < n; i++)
			buf_printf(&b, "%s\"%032x\"", i > 0 ? "," : "", i);
		buf_adds(&b, "],\"ops\":[]}");
		assert_int_equal(head_parse(b.data, b.len, made_by, 1, &h, &e),
		    n == 1024 ? 0 : -1);
		if (n == 1024)
			head_clear(&h);
		buf_clear(&b);
	}
	for (int n = OPS_MAX; n <= OPS_MAX + 1; n++) {
		struct buf b = BUF_INIT;
		struct head h;

		buf_adds(&b, "{\"t\":1,\"kind\":\"edit\",\"ops\":[");
		for (int i = 0; i < n; i++)
			buf_printf(&b, "%s{}", i > 0 ? "," : "");
		buf_adds(&b, "]}");
		assert_int_equal(head_parse(b.data, b.len, made_by, 1, &h, &e),
		    n == OPS_MAX ? 0 : -1);
		if (n == OPS_MAX)
			head_clear(&h);
		buf_clear(&b);
	}
}

static void
test_op__well_shaped_edits_are_known(void **state)
{
	static const struct {
		const char *op;
		enum op_kind kind;
	} rows[] = {
	    {"{\"op\":\"new\",\"type\":\"comment\"}", OP_NEW},
	    {"{\"op\":\"new\",\"type\":\"comment\",\"fields\":[]}", OP_NEW},
	    {"{\"op\":\"new\",\"type\":\"x\",\"fields\":[\"a\",\"b\"],\"p\":2,"
	     "\"hosts\":[\"" ID26 "\"],\"in\":\"" ID26 "\",\"later\":{}}",
		OP_NEW},
	    {"{\"op\":\"set\",\"record\":\"" ID26 "\",\"fields\":[\"a\"]}",
		OP_SET},
	    {"{\"op\":\"set\",\"record\":{\"@\":0},\"fields\":[\"a\"],"
	     "\"over\":{\"a\":[\"" PRE "\"]}}",
		OP_SET},
	    {"{\"op\":\"version\",\"record\":\"" ID26 "\",\"rule\":1,\"of\":[["
	     "\"" ID26 "\",\"text\",[\"" PRE "\"]],[{\"@\":0},\"title\",[]]]}",
		OP_VERSION},
	    {"{\"op\":\"sign\",\"version\":\"" ID26 "\"}", OP_SIGN},
	    {"{\"op\":\"vouch\",\"changes\":[\"" FULL "\"]}", OP_VOUCH},
	    {"{\"op\":\"erase\",\"change\":\"" FULL "\",\"portion\":1023}",
		OP_ERASE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(kind_of("edit", rows[i].op), rows[i].kind);
		assert_int_equal(kind_of("act", rows[i].op), OP_NONE);
		assert_int_equal(kind_of("later", rows[i].op), OP_NONE);
	}
}

static void
test_op__misshapen_edits_have_no_effect(void **state)
{
	static const char *const bad[] = {"{}", "1", "null", "[]", "\"set\"",
	    "{\"op\":1}", "{\"op\":\"\"}", "{\"op\":\"later\"}",
	    "{\"op\":\"new\"}", "{\"op\":\"new\",\"type\":1}",
	    "{\"op\":\"new\",\"type\":\"Comment\"}",
	    "{\"op\":\"new\",\"type\":\"c\",\"fields\":{}}",
	    "{\"op\":\"new\",\"type\":\"c\",\"fields\":[\"\"]}",
	    "{\"op\":\"new\",\"type\":\"c\",\"fields\":[\"b\",\"a\",\"b\"]}",
	    "{\"op\":\"new\",\"type\":\"c\",\"hosts\":[\"x\"]}",
	    "{\"op\":\"new\",\"type\":\"c\",\"in\":{\"@\":0}}",
	    "{\"op\":\"new\",\"type\":\"c\",\"p\":3}",
	    "{\"op\":\"new\",\"type\":\"c\",\"p\":-1}",
	    "{\"op\":\"new\",\"type\":\"c\",\"p\":\"0\"}",
	    "{\"op\":\"set\",\"fields\":[\"a\"]}",
	    "{\"op\":\"set\",\"record\":\"short\",\"fields\":[\"a\"]}",
	    "{\"op\":\"set\",\"record\":\"" ID26 "\"}",
	    "{\"op\":\"set\",\"record\":\"" ID26 "\",\"fields\":[]}",
	    "{\"op\":\"set\",\"record\":{\"@\":-1},\"fields\":[\"a\"]}",
	    "{\"op\":\"set\",\"record\":{\"@\":4096},\"fields\":[\"a\"]}",
	    "{\"op\":\"set\",\"record\":{\"@\":0,\"x\":1},\"fields\":[\"a\"]}",
	    "{\"op\":\"set\",\"record\":\"" ID26
	    "\",\"fields\":[\"a\"],\"over\":[]}",
	    "{\"op\":\"version\",\"record\":\"" ID26 "\",\"rule\":1}",
	    "{\"op\":\"version\",\"record\":\"" ID26 "\",\"rule\":0,\"of\":[]}",
	    "{\"op\":\"version\",\"record\":\"" ID26
	    "\",\"rule\":1,\"of\":[[]]}",
	    "{\"op\":\"version\",\"record\":\"" ID26
	    "\",\"rule\":1,\"of\":[[\"" ID26 "\",\"text\",[\"x\"]]]}",
	    "{\"op\":\"sign\"}", "{\"op\":\"sign\",\"version\":{\"@\":0}}",
	    "{\"op\":\"vouch\"}",
	    "{\"op\":\"vouch\",\"changes\":[\"" PRE "\"]}",
	    "{\"op\":\"erase\",\"change\":\"" FULL "\"}",
	    "{\"op\":\"erase\",\"change\":\"" PRE "\",\"portion\":0}",
	    "{\"op\":\"erase\",\"change\":\"" FULL "\",\"portion\":-1}",
	    "{\"op\":\"erase\",\"change\":\"" FULL "\",\"portion\":1024}"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(kind_of("edit", bad[i]), OP_NONE);
}

static void
key_of_seed(uint8_t first, char ret[static KEY_SIZE])
{
	uint8_t seed[SEED_LEN] = {first}, pub[KEY_LEN];
	struct secret *secret = secret_from_seed(seed);

	secret_public(secret, pub);
	secret_free(secret);
	ident_key(pub, ret);
}

/* The acts below name keys of known seeds as % and ^. */
static void
replace_keys(const char *s, struct buf *b)
{
	char key[KEY_SIZE], other[KEY_SIZE];

	key_of_seed(9, key);
	key_of_seed(10, other);
	for (; *s != '\0'; s++) {
		if (*s == '%')
			buf_adds(b, key);
		else if (*s == '^')
			buf_adds(b, other);
		else
			buf_addc(b, *s);
	}
}

#define CONVENOR "{\"name\":\"A\",\"keys\":[\"%\"],\"recovery\":\"" FULL "\"}"

static void
test_op__well_shaped_acts_are_known(void **state)
{
	static const struct {
		const char *op;
		enum op_kind kind;
	} rows[] = {
	    {"{\"op\":\"found\",\"name\":\"W\",\"convenors\":[" CONVENOR
	     "],\"k\":1}",
		OP_FOUND},
	    {"{\"op\":\"found\",\"name\":\"W\",\"convenors\":[" CONVENOR
	     "," CONVENOR "," CONVENOR "],\"k\":2}",
		OP_FOUND},
	    {"{\"op\":\"request\",\"name\":\"B\"}", OP_REQUEST},
	    {"{\"op\":\"request\",\"name\":\"B\",\"recovery\":\"" FULL "\"}",
		OP_REQUEST},
	    {"{\"op\":\"propose\",\"after\":\"" FULL
	     "\",\"act\":{\"kind\":\"admit\"}}",
		OP_PROPOSE},
	    {"{\"op\":\"approve\",\"act\":\"" FULL "\"}", OP_APPROVE},
	    {"{\"op\":\"add\",\"key\":\"%\",\"mandates\":[\"edit\",\"sign\"],"
	     "\"label\":\"laptop\"}",
		OP_ADD},
	    {"{\"op\":\"accept\",\"add\":\"" FULL "\"}", OP_ACCEPT},
	    {"{\"op\":\"close\",\"key\":\"%\",\"heads\":[\"" FULL "\"]}",
		OP_CLOSE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = BUF_INIT;

		replace_keys(rows[i].op, &b);
		assert_int_equal(kind_of("act", b.data), rows[i].kind);
		assert_int_equal(kind_of("edit", b.data), OP_NONE);
		buf_clear(&b);
	}
}

static void
test_op__misshapen_acts_have_no_effect(void **state)
{
	static const char *const bad[] = {
	    /* k of n: more than half, at most all */
	    "{\"op\":\"found\",\"name\":\"W\",\"convenors\":[" CONVENOR
	    "],\"k\":0}",
	    "{\"op\":\"found\",\"name\":\"W\",\"convenors\":[" CONVENOR
	    "],\"k\":2}",
	    "{\"op\":\"found\",\"name\":\"W\",\"convenors\":[" CONVENOR
	    "," CONVENOR "],\"k\":1}",
	    "{\"op\":\"found\",\"name\":\"W\",\"convenors\":[],\"k\":0}",
	    "{\"op\":\"found\",\"convenors\":[" CONVENOR "],\"k\":1}",
	    "{\"op\":\"found\",\"name\":\"W\",\"convenors\":[{\"name\":\"A\","
	    "\"keys\":[],\"recovery\":\"" FULL "\"}],\"k\":1}",
	    "{\"op\":\"found\",\"name\":\"W\",\"convenors\":[{\"name\":\"A\","
	    "\"keys\":[\"%\"]}],\"k\":1}",
	    "{\"op\":\"request\"}", "{\"op\":\"request\",\"name\":1}",
	    "{\"op\":\"request\",\"name\":\"B\",\"recovery\":\"" PRE "\"}",
	    "{\"op\":\"propose\",\"after\":\"" PRE
	    "\",\"act\":{\"kind\":\"admit\"}}",
	    "{\"op\":\"propose\",\"after\":\"" FULL "\",\"act\":{}}",
	    "{\"op\":\"propose\",\"after\":\"" FULL "\"}",
	    "{\"op\":\"approve\",\"act\":\"" PRE "\"}",
	    "{\"op\":\"add\",\"key\":\"%\",\"mandates\":[\"rule\"],"
	    "\"label\":\"x\"}",
	    "{\"op\":\"add\",\"key\":\"%\",\"mandates\":[\"edit\"]}",
	    "{\"op\":\"add\",\"key\":\"%\",\"mandates\":[],"
	    "\"label\":\"x\"}",
	    "{\"op\":\"add\",\"key\":\"%\",\"mandates\":[\"edit\",\"edit\"],"
	    "\"label\":\"x\"}",
	    "{\"op\":\"add\",\"key\":\"%\",\"mandates\":[\"edit\",\"sign\","
	    "\"edit\"],\"label\":\"x\"}",
	    /* a key of small order */
	    "{\"op\":\"add\",\"key\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaa\",\"mandates\":[\"edit\"],\"label\":\"x\"}",
	    "{\"op\":\"accept\",\"add\":1}", "{\"op\":\"close\",\"key\":\"%\"}",
	    /* an act comes alone */
	    "{\"op\":\"accept\",\"add\":\"" FULL
	    "\"},{\"op\":\"accept\",\"add\":\"" FULL "\"}"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct buf b = BUF_INIT;
		struct head h;

		replace_keys(bad[i], &b);
		parse("act", b.data, &h);
		assert_true(h.is_act);
		for (size_t k = 0; k < h.nops; k++)
			assert_int_equal(h.ops[k].op, OP_NONE);
		head_clear(&h);
		buf_clear(&b);
	}
}

static void
test_op__unknown_operations_keep_their_index_and_values(void **state)
{
	struct head h;
	char id[ID_SIZE];

	(void)state;
	parse("edit",
	    "{\"op\":\"later\"},{\"op\":\"new\",\"type\":\"c\",\"p\":9},"
	    "{\"op\":\"new\",\"type\":\"c\",\"p\":1},7,"
	    "{\"op\":\"set\",\"record\":{\"@\":2},\"fields\":[\"a\",\"b\"]}",
	    &h);
	assert_int_equal(h.nops, 5);
	assert_int_equal(h.ops[0].op, OP_NONE);
	assert_int_equal(h.ops[1].op, OP_NONE); /* p beyond the last */
	assert_true(h.ops[1].portion == OP_NO_PORTION);
	assert_int_equal(h.ops[2].op, OP_NEW);
	assert_int_equal(h.ops[2].portion, 1);
	assert_int_equal(h.ops[2].value, 0);
	assert_int_equal(h.ops[3].op, OP_NONE);
	assert_int_equal(h.ops[4].op, OP_SET);
	assert_int_equal(h.ops[4].portion, 0);
	assert_int_equal(h.ops[4].value, 2); /* after "later" and 7 */
	assert_int_equal(h.ops[4].nfields, 2);
	assert_string_equal(op_field(&h.ops[4], 1), "b");
	assert_null(op_field(&h.ops[4], 2));
	ident_make(made_by, 2, id);
	assert_string_equal(h.ops[2].record, id);
	assert_string_equal(h.ops[4].record, id);
	assert_string_equal(h.ops[2].type, "c");
	assert_int_equal(head_portion_count(&h, 0), 3);
	assert_int_equal(head_portion_count(&h, 1), 1);
	assert_int_equal(head_portion_count(&h, 2), 0);
	head_clear(&h);
}

static void
test_op__an_operation_without_portion_is_not_counted(void **state)
{
	struct head h;

	(void)state;
	parse("edit", "{\"op\":\"later\",\"p\":9}", &h);
	assert_int_equal(head_portion_count(&h, 0), 0);
	head_clear(&h);
}

static void
test_op__fields_end_at_256_and_are_distinct(void **state)
{
	(void)state;
	for (int n = 255; n <= 257; n++) {
		struct buf b = BUF_INIT;

		buf_adds(&b, "{\"op\":\"set\",\"record\":\"" ID26
			     "\",\"fields\":[\"a1\"");
		for (int i = 1; i < n; i++)
			buf_printf(&b, ",\"b%d\"", i);
		buf_adds(&b, "]}");
		assert_int_equal(
		    kind_of("edit", b.data), n <= 256 ? OP_SET : OP_NONE);
		buf_clear(&b);
	}
}

/* An operation with "item" n times where $ stands. */
static enum op_kind
kind_of_many(const char *kind, const char *op, const char *item, size_t n)
{
	struct buf list = BUF_INIT, b = BUF_INIT;
	const char *at = strstr(op, "$");
	enum op_kind k;

	assert_non_null(at);
	buf_add(&list, op, (size_t)(at - op));
	for (size_t i = 0; i < n; i++)
		buf_printf(&list, "%s%s", i > 0 ? "," : "", item);
	buf_adds(&list, at + 1);
	replace_keys(buf_str(&list), &b);
	k = kind_of(kind, buf_str(&b));
	buf_clear(&list);
	buf_clear(&b);
	return k;
}

static void
test_op__what_an_operation_lists_is_capped(void **state)
{
	static const struct {
		const char *kind, *op, *item;
		size_t most;
		enum op_kind is;
	} rows[] = {
	    {"edit",
		"{\"op\":\"set\",\"record\":\"" ID26
		"\",\"fields\":[\"a\"],\"over\":{\"a\":[$]}}",
		"\"" PRE "\"", 1024, OP_SET},
	    {"edit",
		"{\"op\":\"set\",\"record\":\"" ID26
		"\",\"fields\":[\"a\"],\"over\":{\"z\":[$]}}",
		"1", 1024, OP_SET},
	    {"edit", "{\"op\":\"new\",\"type\":\"a\",\"hosts\":[$]}",
		"\"" ID26 "\"", 256, OP_NEW},
	    {"edit",
		"{\"op\":\"version\",\"record\":\"" ID26
		"\",\"rule\":1,\"of\":[$]}",
		"[\"" ID26 "\",\"a\",[]]", 4096, OP_VERSION},
	    {"edit",
		"{\"op\":\"version\",\"record\":\"" ID26
		"\",\"rule\":1,\"of\":[[\"" ID26 "\",\"a\",[$]]]}",
		"\"" PRE "\"", 1024, OP_VERSION},
	    {"edit", "{\"op\":\"vouch\",\"changes\":[$]}", "\"" FULL "\"", 1024,
		OP_VOUCH},
	    {"act",
		"{\"op\":\"found\",\"name\":\"W\",\"convenors\":[$],"
		"\"k\":129}",
		CONVENOR, 256, OP_FOUND},
	    {"act",
		"{\"op\":\"found\",\"name\":\"W\",\"convenors\":[$],"
		"\"k\":65}",
		"{\"name\":\"A\",\"keys\":[\"%\",\"^\"],\"recovery\":"
		"\"" FULL "\"}",
		128, OP_FOUND},
	    {"act", "{\"op\":\"close\",\"key\":\"%\",\"heads\":[$]}",
		"\"" FULL "\"", 64, OP_CLOSE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const size_t n = rows[i].most;

		assert_int_equal(
		    kind_of_many(rows[i].kind, rows[i].op, rows[i].item, n),
		    rows[i].is);
		assert_int_equal(
		    kind_of_many(rows[i].kind, rows[i].op, rows[i].item, n + 1),
		    OP_NONE);
	}
}

static void
test_op__fields_of_over_end_at_256(void **state)
{
	(void)state;
	for (int n = 256; n <= 257; n++) {
		struct buf b = BUF_INIT;

		buf_adds(&b, "{\"op\":\"set\",\"record\":\"" ID26
			     "\",\"fields\":[\"a\"],\"over\":{\"a\":[]");
		for (int i = 1; i < n; i++)
			buf_printf(&b, ",\"b%d\":[]", i);
		buf_adds(&b, "}}");
		assert_int_equal(
		    kind_of("edit", b.data), n <= 256 ? OP_SET : OP_NONE);
		buf_clear(&b);
	}
}

static void
test_op__over_is_sorted_distinct_and_forgiving(void **state)
{
	struct buf b = BUF_INIT;
	struct head h;

	(void)state;
	parse("edit",
	    "{\"op\":\"set\",\"record\":\"" ID26 "\",\"fields\":[\"a\"],"
	    "\"over\":{\"a\":[\"" PRE2 "\",\"" PRE "\",1,\"" PRE2 "\",\"" FULL
	    "\",\"" PRE "\"],\"b\":7,\"c\":[]}}",
	    &h);
	buf_adds(&b, "before");
	op_over(&h.ops[0], "a", &b);
	assert_int_equal(b.len, 6 + 2 * PREFIX_LEN);
	assert_memory_equal(b.data, "before", 6);
	assert_int_equal(b.data[6], 0);
	assert_int_equal(b.data[6 + PREFIX_LEN], 0x10);
	op_over(&h.ops[0], "b", &b);
	op_over(&h.ops[0], "c", &b);
	op_over(&h.ops[0], "d", &b);
	assert_int_equal(b.len, 6 + 2 * PREFIX_LEN);
	buf_clear(&b);
	op_over(&h.ops[0], "b", &b);
	assert_null(b.data);
	head_clear(&h);
}

static int
setup(void **state)
{
	(void)state;
	crypto_setup();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_op__frames_that_are_not_so_are_refused),
	    cmocka_unit_test(test_op__any_time_is_a_time),
	    cmocka_unit_test(test_op__seen_and_operations_are_capped),
	    cmocka_unit_test(test_op__well_shaped_edits_are_known),
	    cmocka_unit_test(test_op__misshapen_edits_have_no_effect),
	    cmocka_unit_test(test_op__well_shaped_acts_are_known),
	    cmocka_unit_test(test_op__misshapen_acts_have_no_effect),
	    cmocka_unit_test(
		test_op__unknown_operations_keep_their_index_and_values),
	    cmocka_unit_test(
		test_op__an_operation_without_portion_is_not_counted),
	    cmocka_unit_test(test_op__fields_end_at_256_and_are_distinct),
	    cmocka_unit_test(test_op__what_an_operation_lists_is_capped),
	    cmocka_unit_test(test_op__fields_of_over_end_at_256),
	    cmocka_unit_test(test_op__over_is_sorted_distinct_and_forgiving),
	};

	return cmocka_run_group_tests_name("op", tests, setup, NULL);
}

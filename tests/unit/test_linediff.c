#include "unit.h"

#include <stdio.h>

#include "common/buf.h"
#include "common/linediff.h"

static void
add(void *arg, char mark, const char *line, size_t n)
{
	struct buf *b = arg;

	buf_addc(b, mark);
	buf_add(b, line, n);
	buf_addc(b, '\n');
}

static char *
diff(const char *a, const char *b)
{
	struct buf out = BUF_INIT;

	linediff(a, strlen(a), b, strlen(b), add, &out);
	buf_adds(&out, "");
	return out.data != NULL ? buf_steal(&out) : strdup("");
}

static void
assert_diff(const char *a, const char *b, const char *expected)
{
	char *got = diff(a, b);

	assert_string_equal(got, expected);
	free(got);
}

static void
test_linediff__shows_what_differs(void **state)
{
	(void)state;
	assert_diff("", "", "");
	assert_diff("a\nb\n", "a\nb\n", " a\n b\n");
	assert_diff("", "a\nb\n", "+a\n+b\n");
	assert_diff("a\nb\n", "", "-a\n-b\n");
	assert_diff("a\nb\nc\n", "a\nx\nc\n", " a\n-b\n+x\n c\n");
	assert_diff("a\nc\n", "a\nb\nc\n", " a\n+b\n c\n");
	assert_diff("a\nb\nc\n", "c\n", "-a\n-b\n c\n");
	assert_diff("a\n\n", "a\n\n\n", " a\n \n+\n");
}

/* An LF at the end of only one of them is no line. */
static void
test_linediff__the_last_line_needs_no_end(void **state)
{
	(void)state;
	assert_diff("a\nb", "a\nb\n", " a\n b\n");
	assert_diff("a", "b", "-a\n+b\n");
}

/* The example of the paper: five edits. */
static void
test_linediff__finds_the_shortest_script(void **state)
{
	char *got = diff("A\nB\nC\nA\nB\nB\nA\n", "C\nB\nA\nB\nA\nC\n");
	int edits = 0;

	(void)state;
	for (const char *p = got; *p != '\0'; p++)
		edits += *p == '-' || *p == '+';
	assert_int_equal(edits, 5);
	free(got);
}

/* What is marked gives both texts back, whatever they are. */
struct both {
	struct buf a, b;
	size_t edits;
};

static void
rebuild(void *arg, char mark, const char *line, size_t n)
{
	struct both *x = arg;

	if (mark != '+') {
		buf_add(&x->a, line, n);
		buf_addc(&x->a, '\n');
	}
	if (mark != '-') {
		buf_add(&x->b, line, n);
		buf_addc(&x->b, '\n');
	}
	x->edits += mark != ' ';
}

static void
assert_complete(const struct buf *a, const struct buf *b, size_t *ret_edits)
{
	struct both x = {BUF_INIT, BUF_INIT, 0};

	linediff(a->data, a->len, b->data, b->len, rebuild, &x);
	assert_int_equal(x.a.len, a->len);
	assert_int_equal(x.b.len, b->len);
	assert_memory_equal(x.a.data, a->data, a->len);
	assert_memory_equal(x.b.data, b->data, b->len);
	*ret_edits = x.edits;
	buf_clear(&x.a);
	buf_clear(&x.b);
}

static void
test_linediff__loses_nothing(void **state)
{
	uint64_t seed = 86;
	size_t edits;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct buf t[2] = {BUF_INIT, BUF_INIT};

		for (int i = 0; i < 2; i++)
			for (int k = 0; k <= round % 40; k++) {
				seed = seed * 6364136223846793005u +
				       1442695040888963407u;
				buf_printf(
				    &t[i], "%c\n", 'a' + (int)(seed >> 33) % 4);
			}
		assert_complete(&t[0], &t[1], &edits);
		buf_clear(&t[0]);
		buf_clear(&t[1]);
	}
}

static void
test_linediff__gives_up_on_what_differs_everywhere(void **state)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	size_t edits;

	(void)state;
	buf_adds(&a, "first\n");
	buf_adds(&b, "first\n");
	for (int i = 0; i < 20000; i++) {
		buf_printf(&a, "a%d\n", i);
		buf_printf(&b, "b%d\n", i);
	}
	assert_complete(&a, &b, &edits);
	assert_int_equal(edits, 40000);
	buf_clear(&a);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_linediff__shows_what_differs),
	    cmocka_unit_test(test_linediff__the_last_line_needs_no_end),
	    cmocka_unit_test(test_linediff__finds_the_shortest_script),
	    cmocka_unit_test(test_linediff__loses_nothing),
	    cmocka_unit_test(
		test_linediff__gives_up_on_what_differs_everywhere),
	};

	return cmocka_run_group_tests_name("linediff", tests, NULL, NULL);
}

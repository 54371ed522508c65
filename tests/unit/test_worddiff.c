#include "unit.h"

#include <stdio.h>

#include "common/buf.h"
#include "common/worddiff.h"

static void
add(void *arg, char mark, const char *s, size_t n)
{
	struct buf *b = arg;

	buf_adds(b, mark == '-' ? "[-" : mark == '+' ? "{+" : "");
	buf_add(b, s, n);
	buf_adds(b, mark == '-' ? "-]" : mark == '+' ? "+}" : "");
}

static void
assert_diff(const char *a, const char *b, const char *expected)
{
	struct buf out = BUF_INIT;

	worddiff(a, strlen(a), b, strlen(b), add, &out);
	assert_string_equal(buf_str(&out), expected);
	buf_clear(&out);
}

static void
test_worddiff__marks_the_words_that_differ(void **state)
{
	(void)state;
	assert_diff("", "", "");
	assert_diff("a cap", "a cap", "a cap");
	assert_diff("", "a cap", "{+a cap+}");
	assert_diff("The fee has a cap.", "The fee has no cap.",
	    "The fee has [-a-]{+no+} cap.");
	assert_diff("One day in seven", "One day in six, paid",
	    "One day in [-seven-]{+six, paid+}");
	assert_diff("Jalan-jalan", "Jalan-jalan itu", "Jalan-jalan{+ itu+}");
}

/* "[-a-]{+x+} [-b-]{+y+}" says less than one change does. */
static void
test_worddiff__spaces_between_changes_change_with_them(void **state)
{
	(void)state;
	assert_diff(
	    "one two three", "uno due three", "[-one two-]{+uno due+} three");
	assert_diff("a b c", "a c", "a [-b -]c");
}

/* A sign with its marks is never cut. */
static void
test_worddiff__scripts_without_spaces_go_by_clusters(void **state)
{
	(void)state;
	/* Thai: "day off" with another tone mark, then one word more */
	assert_diff("วันหยุด", "วันหยู่ด", "วันห[-ยุ-]{+ยู่+}ด");
	assert_diff("แรงงาน", "แรงงานหญิง", "แรงงาน{+หญิง+}");
	/* Khmer, Burmese, Chinese */
	assert_diff("កម្មករ", "កម្មការី", "កម្ម[-ករ-]{+ការី+}");
	assert_diff("工人权利", "工人的权利", "工人{+的+}权利");
}

/* A letter and a mark that combines with it are one, whatever the script. */
static void
test_worddiff__marks_stay_with_their_letter(void **state)
{
	(void)state;
	assert_diff(
	    "ngay\xcc\x81 nghi", "ngay nghi", "[-ngay\xcc\x81-]{+ngay+} nghi");
	assert_diff("bytes \xff\xfe here", "bytes \xfe here",
	    "bytes [-\xff-]\xfe here");
}

static void
count(void *arg, char mark, const char *s, size_t n)
{
	size_t *bytes = arg;

	(void)s;
	bytes[0] += mark != '+' ? n : 0;
	bytes[1] += mark != '-' ? n : 0;
}

/* More differences than are looked for: all of one and all of the other. */
static void
test_worddiff__is_bounded(void **state)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	size_t bytes[2] = {0, 0};

	(void)state;
	for (int i = 0; i < 20000; i++) {
		buf_printf(&a, "a%d ", i);
		buf_printf(&b, "b%d ", i);
	}
	assert_int_equal(
	    worddiff(a.data, a.len, b.data, b.len, count, bytes), 0);
	assert_int_equal(bytes[0], a.len);
	assert_int_equal(bytes[1], b.len);
	buf_clear(&a);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(test_worddiff__##name)
	    T(marks_the_words_that_differ),
	    T(spaces_between_changes_change_with_them),
	    T(scripts_without_spaces_go_by_clusters),
	    T(marks_stay_with_their_letter),
	    T(is_bounded),
#undef T
	};

	return cmocka_run_group_tests_name("worddiff", tests, NULL, NULL);
}

/* Which alarms stay when there are too many. */
#include "tests/unit/offices.h"

#include "daemon/sync_private.h"

static void
alarm_of(struct sync *s, const char *kind, int number)
{
	char about[16];

	snprintf(about, sizeof(about), "%d", number);
	sync_alarm(s, 1, &(struct alarm){kind, about, "text", "next"});
}

static size_t
count_in(const json_t *list, const char *kind)
{
	const json_t *v;
	size_t i, n = 0;

	json_array_foreach (list, i, v)
		n += strcmp(json_get_str(v, "kind"), kind) == 0;
	return n;
}

static size_t
count(const struct sync *s, const char *kind)
{
	return count_in(s->alarms, kind);
}

static void
test_alarms__cheap_ones_hide_no_other(void **state)
{
	struct desk d;
	struct sync s = {.alarms = json_array()};

	(void)state;
	desk_open(&d);
	s.gate = d.o.gate;
	alarm_of(&s, "fork", 0);
	alarm_of(&s, "host", 0);
	for (int i = 0; i < 40; i++)
		alarm_of(&s, "ref", i);
	for (int i = 0; i < 100; i++)
		alarm_of(&s, "stranger", i);
	assert_int_equal(count(&s, "fork"), 1);
	assert_int_equal(count(&s, "host"), 1);
	assert_int_equal(count(&s, "stranger"), 0);
	alarm_of(&s, "host", 1);
	assert_int_equal(count(&s, "host"), 2);
	assert_true(count(&s, "ref") >= 20);
	json_decref(s.alarms);
	desk_close(&d);
}

/* Another coalition on the same hub has a log for each of its offices. */
static void
test_alarms__of_a_kind_for_which_nothing_can_be_done_are_told_once(void **state)
{
	struct desk d;
	struct sync s = {.alarms = json_array()};
	char ours[KEY_SIZE];
	const char *text;
	json_t *list;

	(void)state;
	desk_open(&d);
	found(&d);
	s.gate = d.o.gate;
	for (int i = 0; i < 5; i++) {
		alarm_of(&s, "ref", i);
		alarm_of(&s, "host", i);
	}
	sync_alarm(&s, 2, &(struct alarm){"ref", "0", "text", "next"});
	ident_key(gate_key(d.o.gate), ours);
	ours[ID_CHARS] = '\0'; /* that of a member is none of them */
	sync_alarm(&s, 1, &(struct alarm){"ref", ours, "text", "next"});
	list = sync_alarms(&s);
	assert_int_equal(count_in(list, "ref"), 3);
	assert_int_equal(count_in(list, "host"), 5);
	text = json_get_str(json_array_get(list, 0), "text");
	assert_string_equal(text, "text; and so for 4 others");
	json_decref(list);
	json_decref(s.alarms);
	desk_close(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_alarms__cheap_ones_hide_no_other),
	    cmocka_unit_test(
		test_alarms__of_a_kind_for_which_nothing_can_be_done_are_told_once),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("alarms", tests, NULL, NULL);
}

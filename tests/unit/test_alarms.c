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
count(const struct sync *s, const char *kind)
{
	json_t *list = sync_alarms(s), *v;
	size_t i, n = 0;

	json_array_foreach (list, i, v)
		n += strcmp(json_get_str(v, "kind"), kind) == 0;
	json_decref(list);
	return n;
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_alarms__cheap_ones_hide_no_other),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("alarms", tests, NULL, NULL);
}

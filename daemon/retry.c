#include "retry.h"

/* Waits at start for so long at most when a round is overdue: what comes up
 * together after a power cut shall not knock together. */
#define SPREAD_MS 2000

static int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
plain(const struct retry *r, int64_t failures)
{
	int64_t most = smaller(RETRY_MAX_MS, 4 * r->interval_ms);
	int64_t delay = smaller(RETRY_FIRST_MS, r->interval_ms);

	if (failures <= 0)
		return r->interval_ms;
	while (--failures > 0 && delay < most)
		delay *= 2;
	return smaller(delay, most);
}

int64_t
retry_delay(const struct retry *r, int64_t failures, uint32_t chance)
{
	int64_t delay = plain(r, failures);
	int64_t width = delay * r->jitter_percent / 100;

	if (width > 0)
		delay += (int64_t)(chance % (uint64_t)(2 * width + 1)) - width;
	return delay > 0 ? delay : 1;
}

int64_t
retry_remaining(const struct retry *r, int64_t failures, int64_t tried,
    int64_t now, uint32_t chance)
{
	int64_t delay = retry_delay(r, failures, chance);
	int64_t spread = smaller(SPREAD_MS, r->interval_ms);
	int64_t soon = 1 + (int64_t)(chance % (uint64_t)(spread + 1));

	if (tried <= 0 || tried > now || now - tried >= delay)
		return smaller(soon, delay);
	return delay - (now - tried);
}

int64_t
retry_hasten(int64_t due, int64_t now, int64_t debounce_ms, int64_t failures)
{
	if (failures > 0)
		return due;
	return smaller(due, now + debounce_ms);
}

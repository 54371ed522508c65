/* The words and values of a record signature's message. */
#include <string.h>

#include "recsig_internal.h"
#include "text.h"

static const char *const capacities[] = {
    [CAPACITY_POSITION] = "position",
    [CAPACITY_ENDORSEMENT] = "endorsement",
    [CAPACITY_WITNESS] = "witness",
    [CAPACITY_RECEIPT] = "receipt",
    [CAPACITY_TRANSLATION] = "translation",
};

static const char *const stances[] = {
    [STANCE_SUPPORT] = "support",
    [STANCE_RESERVATION] = "support-with-reservation",
    [STANCE_ASIDE] = "stand-aside",
    [STANCE_OBJECT] = "object",
    [STANCE_NONE] = "none",
    [STANCE_WITHDRAWN] = "withdrawn",
    [STANCE_CONFIRMED] = "confirmed",
    [STANCE_DISPUTED] = "disputed",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
find(const char *const *table, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (s != NULL && strcmp(table[i], s) == 0)
			return (int)i;
	return -1;
}

const char *
recsig_capacity_word(enum recsig_capacity c)
{
	return capacities[c];
}

const char *
recsig_stance_word(enum recsig_stance s)
{
	return stances[s];
}

int
recsig_parse_capacity(const char *s, enum recsig_capacity *ret)
{
	int i = find(capacities, COUNT(capacities), s);

	if (i == -1)
		return -1;
	*ret = (enum recsig_capacity)i;
	return 0;
}

int
recsig_parse_stance(const char *s, enum recsig_stance *ret)
{
	int i = find(stances, COUNT(stances), s);

	if (i == -1)
		return -1;
	*ret = (enum recsig_stance)i;
	return 0;
}

bool
recsig_is_value(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n == 0 || n > RECSIG_TEXT || (n == 1 && *s == '-') || *s == ' ' ||
	    s[n - 1] == ' ' || !text_is_utf8(s, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (u[i] < 0x20 || u[i] == 0x7f ||
		    (u[i] == 0xc2 && i + 1 < n && u[i + 1] < 0xa0))
			return false;
	return true;
}

/* The number of an item: no leading zero, at most 9 digits; 0 is none. */
static unsigned long
item_number(const char *s, size_t n)
{
	unsigned long v = 0;

	if (n == 0 || n > 9 || *s == '0')
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		v = v * 10 + (unsigned long)(s[i] - '0');
	}
	return v;
}

static bool
is_stance(const char *s, size_t n)
{
	for (size_t i = 0; i < COUNT(stances); i++)
		if (strlen(stances[i]) == n && memcmp(stances[i], s, n) == 0)
			return true;
	return false;
}

bool
recsig_is_items(const char *s, size_t n)
{
	uint8_t hash[HASH_LEN];
	const char *end = s + n;
	unsigned long last = 0;

	if (n == 0 || n > RECSIG_ITEMS)
		return false;
	if (*s == '#')
		return text_unhex(s + 1, n - 1, hash, HASH_LEN) == 0;
	while (s <= end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		const char *to = comma != NULL ? comma : end;
		const char *equal = memchr(s, '=', (size_t)(to - s));
		unsigned long number;

		if (equal == NULL ||
		    !is_stance(equal + 1, (size_t)(to - equal) - 1))
			return false;
		number = item_number(s, (size_t)(equal - s));
		if (number <= last)
			return false;
		last = number;
		s = to + 1;
	}
	return true;
}

bool
recsig_is_date(const char *s, size_t n)
{
	if (n != 10)
		return false;
	for (size_t i = 0; i < n; i++)
		if (i == 4 || i == 7 ? s[i] != '-' : s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

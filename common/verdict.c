#include "verdict.h"

#include <string.h>

/* Strongest first: what proves nothing, what no longer stands, what may not
 * be what it seems, and only then what is worth knowing about a good one. */
const char *
verdict_word(const struct verdict_facts *f)
{
	if (!f->is_good)
		return "bad";
	if (!f->is_admitted)
		return "not admitted";
	if (!f->counts)
		return "void";
	if (f->is_withdrawn)
		return "withdrawn";
	if (!f->is_confirmed_coalition)
		return "membership not confirmed";
	if (f->is_contested)
		return "contested";
	if (f->is_for_other)
		return "recorded for them, not confirmed";
	if (f->is_late)
		return "late";
	if (f->is_changed)
		return "text changed since";
	return f->is_closed ? "key later closed" : "good";
}

bool
verdict_is_failure(const char *word)
{
	return strcmp(word, "bad") == 0 || strcmp(word, "void") == 0 ||
	       strcmp(word, "not admitted") == 0;
}

const char *
verdict_membership(bool is_admitted, bool is_closed)
{
	if (!is_admitted)
		return "not admitted";
	return is_closed ? "closed" : "admitted";
}

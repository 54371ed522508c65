#include "client/signatures.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "client/cmd.h"
#include "client/print.h"
#include "common/i18n.h"
#include "common/jscan.h"

static bool
is_refused(const char *verdict)
{
	return verdict == NULL || strcmp(verdict, "bad") == 0 ||
	       strcmp(verdict, "void") == 0 ||
	       strcmp(verdict, "not admitted") == 0;
}

int
signatures_exit(const json_t *signatures)
{
	int rv = EXIT_DONE;
	size_t i;
	json_t *v;

	json_array_foreach (signatures, i, v) {
		if (is_refused(json_get_str(v, "verdict")))
			rv = EXIT_FAILED;
	}
	return rv;
}

/* In brackets, what ties another organisation to a signature; nothing if there
 * is none. */
static void
add_other(struct buf *b, const char *words, const json_t *name)
{
	if (!json_is_string(name))
		return;
	buf_printf(b, " (%s ", words);
	print_value(name, b);
	buf_addc(b, ')');
}

/* Of who was not admitted, as far as is known here, the name is what they say
 * themselves. */
static void
add_name(struct table *t, const json_t *v)
{
	const json_t *name = json_object_get(v, "name");
	const char *membership = json_get_str(v, "membership");
	struct buf b = BUF_INIT;

	print_value(
	    name != NULL ? name : json_object_get(v, "organisation"), &b);
	if (membership == NULL || strcmp(membership, "not admitted") == 0 ||
	    strcmp(membership, "not checked") == 0)
		buf_adds(&b, _(" (claimed)"));
	add_other(&b, _("claims to be"), json_object_get(v, "claims_name"));
	add_other(&b, _("for"), json_object_get(v, "for_name"));
	table_cell(t, buf_str(&b));
	buf_clear(&b);
}

/* Dissent on single items is part of it; and a withdrawal says what it took
 * back. */
static void
add_stance(struct table *t, const json_t *v)
{
	const json_t *items = json_object_get(v, "items");
	struct buf b = BUF_INIT;
	json_t *old;
	size_t i;

	print_value(json_object_get(v, "stance"), &b);
	if (json_is_string(items)) {
		buf_adds(&b, _(", but "));
		print_value(items, &b);
	}
	json_array_foreach (json_object_get(v, "withdrawn"), i, old) {
		buf_adds(&b, i == 0 ? " (" : "; ");
		print_value(json_object_get(old, "stance"), &b);
		buf_adds(&b, ", ");
		print_value(json_object_get(old, "date"), &b);
	}
	buf_adds(&b, i > 0 ? ")" : "");
	table_cell(t, buf_str(&b));
	buf_clear(&b);
}

/* Who signed knew of something that is not known here. */
static void
warn_of_acts(const json_t *signatures)
{
	size_t i;
	json_t *v;

	json_array_foreach (signatures, i, v)
		if (json_is_false(json_object_get(v, "act_here")) &&
		    !is_refused(json_get_str(v, "verdict"))) {
			print_styled(STYLE_WARN, _("incomplete"));
			puts(_(": a signature names a governance act that is "
			       "not here, by which somebody may be no member "
			       "any more: sync, or ask for newer evidence"));
			return;
		}
}

int
signatures_print(const json_t *signatures)
{
	static const char *const heads[] = {N_("organisation"), N_("person"),
	    N_("capacity"), N_("stance"), N_("date"), N_("text"),
	    N_("verdict")};
	struct buf verdict = BUF_INIT;
	struct table *t;
	size_t i;
	json_t *v;

	if (json_array_size(signatures) == 0)
		return EXIT_DONE;
	t = table_new(heads, 7);
	table_keep(t, 6);     /* what the command is for */
	table_optional(t, 1); /* who signed is left out where nobody is named */
	table_spare(t, 5);
	table_spare(t, 4);
	json_array_foreach (signatures, i, v) {
		const char *hash = json_get_str(v, "text_hash");
		char shortened[13] = "";

		if (hash != NULL)
			strncpy(shortened, hash, sizeof(shortened) - 1);
		add_name(t, v);
		table_cell_value(t, json_object_get(v, "person"));
		table_cell_value(t, json_object_get(v, "capacity"));
		add_stance(t, v);
		table_cell_value(t, json_object_get(v, "date"));
		table_cell(t, shortened);
		print_value(json_object_get(v, "verdict"), &verdict);
		if (json_is_true(json_object_get(v, "unchecked")))
			buf_adds(&verdict, _(", not yet checked"));
		table_cell(t, buf_str(&verdict));
		buf_reset(&verdict);
	}
	table_print(t);
	buf_clear(&verdict);
	warn_of_acts(signatures);
	return signatures_exit(signatures);
}

/* --- earlier texts ---------------------------------------------------------- */

static bool
is_on(const json_t *v, const char *hash)
{
	const char *text = json_get_str(v, "text_hash");

	return hash != NULL && text != NULL && strcmp(text, hash) == 0;
}

/* Is somebody still behind it? */
static bool
stands(const json_t *v)
{
	const char *stance = json_get_str(v, "stance");

	return !is_refused(json_get_str(v, "verdict")) && stance != NULL &&
	       strcmp(stance, "withdrawn") != 0;
}

/* How many on the text of the one at "i" stand; 0 if one before it is on that
 * text, too. */
static size_t
count_on(const json_t *signatures, size_t i)
{
	const char *hash =
	    json_get_str(json_array_get(signatures, i), "text_hash");
	size_t k, n = 0;
	json_t *v;

	json_array_foreach (signatures, k, v) {
		if (!is_on(v, hash) || !stands(v))
			continue;
		if (k < i)
			return 0;
		n++;
	}
	return n;
}

void
signatures_print_earlier(const json_t *signatures, const char *current)
{
	size_t i, n;
	json_t *v;

	json_array_foreach (signatures, i, v) {
		const char *hash = json_get_str(v, "text_hash");
		const char *version = json_get_str(v, "version");

		if (hash == NULL || version == NULL || is_on(v, current) ||
		    !stands(v))
			continue;
		n = count_on(signatures, i);
		if (n > 0)
			printf(P_("earlier text %.12s, %zu signature: mufakat "
				  "show %.12s\n  proof: mufakat evidence "
				  "%.12s DIR\n",
				   "earlier text %.12s, %zu signatures: "
				   "mufakat show %.12s\n  proof: mufakat "
				   "evidence %.12s DIR\n",
				   n),
			    hash, n, version, version);
	}
}

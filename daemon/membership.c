#include "membership.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "gate.h"
#include "log_read.h"
#include "store.h"

#define SETTING "invited" /* the heads in hex, one behind the other */

int
membership_keep(
    const struct office *o, const struct invitation *i, struct err *e)
{
	char *hex = mem_zalloc(2 * i->heads.len + 1);
	int rv;

	text_hex(i->heads.data, i->heads.len, hex);
	rv = store_set_setting(office_store(o), SETTING, hex, e);
	free(hex);
	return rv;
}

static bool
is_here(const struct office *o, const char *hex)
{
	uint8_t id[HASH_LEN];
	struct log_entry l;
	struct err missing;
	bool ret;

	if (text_unhex(hex, (size_t)2 * HASH_LEN, id, HASH_LEN) == -1 ||
	    log_by_id(office_store(o), id, &l, &missing) == -1)
		return false;
	ret = l.authentic;
	log_entry_clear(&l);
	return ret;
}

/* How many of the heads are not here. */
static int
count_missing(const struct office *o, size_t *ret, struct err *e)
{
	char *heads;
	size_t n = 0;

	if (store_setting(office_store(o), SETTING, &heads, e) == -1)
		return -1;
	for (const char *s = heads; s != NULL && strlen(s) >= 2 * HASH_LEN;
	     s += 2 * HASH_LEN)
		n += !is_here(o, s);
	free(heads);
	*ret = n;
	return 0;
}

static json_t *
alarm_json(const char *kind, const char *text, const char *next)
{
	return json_pack(
	    "{s:s, s:s, s:s}", "kind", kind, "text", text, "next", next);
}

/* Of an office that joined by an address alone its host chose the coalition;
 * an invitation confirms it once its act is here. */
static int
unconfirmed(const struct office *o, json_t **ret, struct err *e)
{
	char *act;

	if (store_setting(office_store(o), "confirmed", &act, e) == -1)
		return -1;
	if (act == NULL)
		*ret = alarm_json("membership",
		    _("nobody has told this office yet that this is the "
		      "coalition which is meant"),
		    _("compare its words with a member by phone, then: "
		      "mufakat join URL --org ORG --coalition \"WORDS\""));
	else
		*ret = alarm_json("membership",
		    office_last_act(o) == NULL
			? _("nothing of this coalition has come yet")
			: _("the act that the invitation names is not here"),
		    _("sync; if it stays so, the repository is behind, or its "
		      "host keeps something back: ask who invited you"));
	free(act);
	return 0;
}

int
membership_alarm(const struct office *o, json_t **ret, struct err *e)
{
	bool confirmed;
	size_t n;
	char *text;

	*ret = NULL;
	if (gate_coalition(o->gate) == NULL)
		return 0;
	if (office_confirmed(o, &confirmed, e) == -1)
		return -1;
	if (!confirmed)
		return unconfirmed(o, ret, e);
	if (count_missing(o, &n, e) == -1)
		return -1;
	if (n == 0)
		return 0;
	text = mem_printf(P_("%zu log of a convenor is not here as far as the "
			     "invitation knew it",
			      "%zu logs of convenors are not here as far as "
			      "the invitation knew them",
			      n),
	    n);
	*ret = alarm_json("withheld", text,
	    _("let who invited you sync, then sync; if it stays so, the host "
	      "may keep something back: sync with a convenor another way"));
	free(text);
	return 0;
}

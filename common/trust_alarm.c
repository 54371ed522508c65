/* Alarms: convenors that approved two acts where one can stand, until the key
 * that did so is stopped.  TRUST.md, section 4. */
#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "mem.h"
#include "trust_internal.h"

/* Is the sheet with which it rekeyed twice followed by no other rekey?  Who
 * has a copy of it has none of the next. */
static bool
is_last_recovery(const struct act *stands, const struct org_row *o)
{
	return memcmp(stands->deed->recovery, o->recovery, HASH_LEN) == 0;
}

/* Can the one who approved both still approve, with a key that did? */
static bool
is_at_large(
    const struct trust *t, const struct rivals *r, const struct org_row *o)
{
	if (!o->is_convenor)
		return false;
	if (r->stands->is_recovery && r->other->is_recovery &&
	    strcmp(r->stands->deed->org, o->id) == 0)
		return is_last_recovery(r->stands, o);
	return trust_approved(t, r->stands, o) ||
	       trust_approved(t, r->other, o);
}

static bool
is_approver(const struct trust *t, const struct act *a, size_t row)
{
	for (size_t i = 0; i < a->approvals; i++)
		if (t->approvers[a->by + i] == row)
			return true;
	return false;
}

/* The names of those at large who approved both, safe to show. */
static void
name_both(const struct trust *t, const struct rivals *r, struct buf *names)
{
	for (size_t i = 0; i < r->stands->approvals; i++) {
		const size_t row = t->approvers[r->stands->by + i];
		const struct org_row *o = &t->world.orgs[row];

		if (!is_approver(t, r->other, row) || !is_at_large(t, r, o))
			continue;
		if (names->len > 0)
			buf_adds(names, ", ");
		text_escape(o->name, text_fit(o->name, strlen(o->name), 40),
		    false, names);
	}
}

/* Copies a text, cut where no character is split. */
static void
set_text(struct trust_alarm *alarm, const struct buf *text)
{
	size_t n = text->len;

	if (n >= sizeof(alarm->text)) {
		n = sizeof(alarm->text) - 1;
		while (((unsigned char)text->data[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(alarm->text, text->data, n);
	alarm->text[n] = '\0';
}

static void
add_alarm(struct trust *t, const struct rivals *r, const struct buf *names)
{
	char one[HEX_SIZE], two[HEX_SIZE];
	struct buf text = BUF_INIT;
	struct trust_alarm *alarm;

	text_hex(r->stands->id, HASH_LEN, one);
	text_hex(r->other->id, HASH_LEN, two);
	buf_printf(&text,
	    _("rival acts: %.12s stands, %.12s does not; both approved "
	      "by: %s"),
	    one, two, buf_str(names));
	if ((t->nalarms & (t->nalarms - 1)) == 0) /* full: a power of two */
		t->alarms = mem_array(
		    t->alarms, 2 * t->nalarms + 1, sizeof(*t->alarms));
	alarm = &t->alarms[t->nalarms++];
	alarm->kind = ALARM_RIVAL_ACTS;
	set_text(alarm, &text);
	buf_clear(&text);
}

/* One alarm at most: for the first rival whose approvers are at large. */
static void
alarm_rivals(struct trust *t, struct rivals r, const uint8_t *after)
{
	struct buf names = BUF_INIT;
	size_t n;
	struct act **all = trust_after(t, after, &n);

	name_both(t, &r, &names);
	for (size_t i = 0; i < n && names.len == 0; i++) {
		r.other = all[i];
		if (r.other->in_force && r.other != r.stands)
			name_both(t, &r, &names);
	}
	if (names.len > 0)
		add_alarm(t, &r, &names);
	buf_clear(&names);
}

void
trust_resolve_alarms(struct trust *t)
{
	for (size_t i = 0; i < t->nrivals; i++)
		alarm_rivals(t, t->rivals[i], t->rivals[i].stands->about);
}

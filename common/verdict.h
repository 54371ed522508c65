/*
 * verdict: what is said of a record signature, in one fixed word.
 * Pure: facts in, word out (design: "Verdicts are words").
 */
#ifndef MUFAKAT_VERDICT_H
#define MUFAKAT_VERDICT_H

#include <stdbool.h>

/* The facts about one signature. */
struct verdict_facts {
	bool is_good;      /* the message reads, fits its place, is signed */
	bool is_admitted;  /* the key was ever admitted */
	bool counts;       /* FORMAT.md section 6 */
	bool is_withdrawn; /* a withdrawal, or replaced by one */
	bool is_confirmed_coalition; /* the user knows W to be the right one */
	bool is_contested;           /* rivals in the same slot differ */
	bool is_for_other;           /* recorded for another, unconfirmed */
	bool is_late;                /* not among those a closing counted */
	bool is_changed;             /* the record's text is another now */
	bool is_closed;              /* the key was closed after it */
};

/* good, text changed since, key later closed, "recorded for them, not
 * confirmed", late, contested, withdrawn, not admitted, membership not
 * confirmed, void, bad.  Of several that apply, the one that takes most away
 * from the signature. */
const char *verdict_word(const struct verdict_facts *f);

/* Does this word make "mufakat verify" exit with 1? */
bool verdict_is_failure(const char *word);

/* The word for a key: admitted, closed or not admitted. */
const char *verdict_membership(bool is_admitted, bool is_closed);

#endif

#include "evidence_readme.h"

#include <string.h>

#include "common/text.h"
#include "common/trust.h"

static const char page[] =
#include "evidence_readme.txt.h"
    ;

static void
add_words(struct buf *b, const char *before, const char *s)
{
	if (s == NULL)
		return;
	buf_adds(b, before);
	text_escape(s, strlen(s), false, b);
}

/* Names come from other offices: no line of theirs may pass for ours. */
void
evidence_readme_signature(
    struct buf *b, const struct trust *t, const struct signature *s)
{
	const struct trust_org *org = trust_org(t, s->r.organisation);

	buf_printf(b, "   %s  ", s->id);
	add_words(b, "", org != NULL ? org->name : s->r.organisation_name);
	add_words(b, ", by ", s->r.person);
	add_words(b, ", for ", signature_for_name(&s->r, t));
	buf_printf(b, ", %s, %s", recsig_capacity_word(s->r.capacity),
	    recsig_stance_word(s->r.stance));
	add_words(b, ", but ", s->r.items);
	buf_printf(b, ", %s\n", s->r.date);
	if (s->contested)
		buf_adds(b, "     Contested: the same organisation says "
			    "otherwise, too, "
			    "and took nothing back.\n");
}

static void
add_mark(
    const struct evidence_readme *r, const char *mark, size_t n, struct buf *b)
{
	char w[HEX_SIZE], words[IDENT_WORDS_SIZE], text[HEX_SIZE];
	const struct {
		const char *name, *value;
	} marks[] = {
	    {"COALITION", w},
	    {"WORDS", words},
	    {"RECORD", r->record},
	    {"VERSION", r->version},
	    {"TEXT", text},
	    {"NAMES", r->names},
	    {"SIGNATURES", buf_str(&r->signatures)},
	};

	text_hex(r->coalition, HASH_LEN, w);
	text_hex(r->text, HASH_LEN, text);
	ident_coalition_words(r->coalition, words);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strlen(marks[i].name) == n &&
		    memcmp(marks[i].name, mark, n) == 0)
			buf_adds(b, marks[i].value);
}

/* "@" stands in the page around its marks, and nowhere else. */
void
evidence_readme(const struct evidence_readme *r, struct buf *b)
{
	const char *s = page;

	for (;;) {
		size_t n = strcspn(s, "@");

		buf_add(b, s, n);
		s += n;
		if (*s == '\0')
			return;
		n = strcspn(s + 1, "@");
		add_mark(r, s + 1, n, b);
		s += n + 2;
	}
}

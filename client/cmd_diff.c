/* diff: as in a patch, and inside lines word by word */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/print.h"
#include "common/jscan.h"
#include "common/linediff.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/worddiff.h"

#define CONTEXT 2 /* lines around what differs */

struct piece {
	const char *s;
	size_t n;
};

struct lines {
	struct piece *l;
	size_t n;
};

struct diff {
	struct buf safe;            /* of one line */
	struct piece kept[CONTEXT]; /* same lines that may be shown yet */
	size_t nkept;
	size_t skipped;       /* same lines before those */
	size_t after;         /* same lines still to be shown */
	struct lines out, in; /* of the change at hand */
};

static void
add_line(struct lines *to, const char *s, size_t n)
{
	if (to->n % 16 == 0)
		to->l = mem_array(to->l, to->n + 16, sizeof(to->l[0]));
	to->l[to->n++] = (struct piece){s, n};
}

static void
print_line(struct diff *d, char mark, const struct piece *l)
{
	buf_reset(&d->safe);
	text_escape(l->s, l->n, true, &d->safe);
	printf("%c%s%s\n", mark, l->n > 0 ? " " : "", buf_str(&d->safe));
}

/* --- inside a line ---------------------------------------------------------- */

static void
print_words(void *arg, char mark, const char *s, size_t n)
{
	const char *around[2] = {"", ""};
	enum style style = STYLE_PLAIN;
	char *text;

	(void)arg;
	if (mark == '-') {
		around[0] = "[-", around[1] = "-]";
		style = STYLE_BAD;
	} else if (mark == '+') {
		around[0] = "{+", around[1] = "+}";
		style = STYLE_GOOD;
	}
	text = mem_printf("%s%.*s%s", around[0], (int)n, s, around[1]);
	print_styled(style, text);
	free(text);
}

static void
ignore(void *arg, char mark, const char *s, size_t n)
{
	(void)arg;
	(void)mark;
	(void)s;
	(void)n;
}

/* Is enough of a line left that its words are easier to read than two lines? */
static bool
is_alike(const struct piece *a, const struct piece *b)
{
	return worddiff(a->s, a->n, b->s, b->n, ignore, NULL) * 3 >=
	       (a->n > b->n ? a->n : b->n);
}

static void
print_pair(struct diff *d, const struct piece *a, const struct piece *b)
{
	if (!is_alike(a, b)) {
		print_line(d, '-', a);
		print_line(d, '+', b);
		return;
	}
	fputs("~ ", stdout);
	worddiff(a->s, a->n, b->s, b->n, print_words, NULL);
	putchar('\n');
}

/* --- lines ------------------------------------------------------------------ */

/* A change has ended: as many lines as before are lines that were edited. */
static void
print_change(struct diff *d)
{
	if (d->out.n == d->in.n) {
		for (size_t i = 0; i < d->out.n; i++)
			print_pair(d, &d->out.l[i], &d->in.l[i]);
	} else {
		for (size_t i = 0; i < d->out.n; i++)
			print_line(d, '-', &d->out.l[i]);
		for (size_t i = 0; i < d->in.n; i++)
			print_line(d, '+', &d->in.l[i]);
	}
	d->out.n = d->in.n = 0;
}

static void
keep_line(struct diff *d, const char *line, size_t n)
{
	if (d->nkept == CONTEXT) {
		memmove(
		    d->kept, d->kept + 1, sizeof(d->kept) - sizeof(*d->kept));
		d->nkept--;
		d->skipped++;
	}
	d->kept[d->nkept++] = (struct piece){line, n};
}

/* What differs, with some lines around it, marked as in a patch. */
static void
diff_line(void *arg, char mark, const char *line, size_t n)
{
	struct diff *d = arg;

	if (mark == ' ') {
		print_change(d);
		if (d->after == 0) {
			keep_line(d, line, n);
			return;
		}
		d->after--;
		print_line(d, mark, &(struct piece){line, n});
		return;
	}
	if (d->skipped > 0)
		puts("  ...");
	for (size_t i = 0; i < d->nkept; i++)
		print_line(d, ' ', &d->kept[i]);
	d->nkept = d->skipped = 0;
	d->after = CONTEXT;
	add_line(mark == '-' ? &d->out : &d->in, line, n);
}

static void
print_diff(const json_t *from, const json_t *to)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct diff d = {.safe = BUF_INIT};

	print_value(from, &a);
	print_value(to, &b);
	linediff(buf_str(&a), a.len, buf_str(&b), b.len, diff_line, &d);
	print_change(&d);
	if (d.skipped + d.nkept > 0)
		puts("  ...");
	buf_clear(&a);
	buf_clear(&b);
	buf_clear(&d.safe);
	free(d.out.l);
	free(d.in.l);
}

int
cmd_diff(struct cli *c)
{
	json_t *r, *v;
	size_t i;
	const char *from = c->nwords > 2 ? c->words[1] : NULL;
	const char *to = c->nwords > 1 ? c->words[c->nwords - 1] : NULL;
	int rv = cli_ask(c, "diff",
	    json_pack("{s:s,s:s?,s:s?}", "record", c->words[0], "from", from,
		"to", to),
	    &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	json_array_foreach (json_object_get(r, "diff"), i, v) {
		print_styled(STYLE_BOLD, json_get_str(v, "field"));
		putchar('\n');
		print_diff(
		    json_object_get(v, "from"), json_object_get(v, "to"));
	}
	json_decref(r);
	return EXIT_DONE;
}

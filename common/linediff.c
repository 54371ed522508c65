#include "linediff.h"
#include "linediff_internal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct line {
	const char *p;
	size_t n;
};

struct side {
	struct line *lines;
	size_t n;
};

/* How far down each diagonal d edits lead: row[k + d] for k in [-d, d]. */
struct search {
	struct side a, b; /* without what both begin and end with */
	int *rows[LINEDIFF_MOST + 1];
};

/* A last line may lack its LF. */
static size_t
line(const char *s, size_t n, size_t *ret_len)
{
	const char *lf = memchr(s, '\n', n);

	*ret_len = lf != NULL ? (size_t)(lf - s) : n;
	return lf != NULL ? *ret_len + 1 : n;
}

static void
split(const char *s, size_t n, linediff_cut cut, struct side *ret)
{
	size_t cap = 0, len;

	*ret = (struct side){0};
	for (size_t at = 0, step; at < n; at += step) {
		step = cut(s + at, n - at, &len);
		if (ret->n == cap) {
			cap = cap * 2 + 64;
			ret->lines =
			    mem_array(ret->lines, cap, sizeof(ret->lines[0]));
		}
		ret->lines[ret->n++] = (struct line){s + at, len};
	}
}

static bool
is_same(const struct line *x, const struct line *y)
{
	return x->n == y->n && memcmp(x->p, y->p, x->n) == 0;
}

static int
at(const struct search *s, int d, int k)
{
	return s->rows[d][k + d];
}

/* From which diagonal the best path of d edits comes to k. */
static int
from(const struct search *s, int d, int k)
{
	if (k == -d || (k != d && at(s, d - 1, k - 1) < at(s, d - 1, k + 1)))
		return k + 1; /* a line of b more */
	return k - 1;
}

/* The furthest point on diagonal k with d edits. */
static int
reach(const struct search *s, int d, int k)
{
	int x = 0, y, before;

	if (d > 0) {
		before = from(s, d, k);
		x = at(s, d - 1, before) + (before < k);
	}
	y = x - k;
	while (x < (int)s->a.n && y >= 0 && y < (int)s->b.n &&
	       is_same(&s->a.lines[x], &s->b.lines[y])) {
		x++;
		y++;
	}
	return x;
}

/* How many edits it takes, or -1 if that is too many. */
static int
search(struct search *s)
{
	for (int d = 0; d <= LINEDIFF_MOST; d++) {
		s->rows[d] =
		    mem_array(NULL, 2 * (size_t)d + 1, sizeof(s->rows[d][0]));
		for (int k = -d; k <= d; k += 2) {
			int x = reach(s, d, k);

			s->rows[d][k + d] = x;
			if (x >= (int)s->a.n && x - k >= (int)s->b.n)
				return d;
		}
	}
	return -1;
}

/* The marks, walked back from the end; the caller frees. */
static char *
script(const struct search *s, int d)
{
	char *marks = mem_zalloc(s->a.n + s->b.n + 1);
	size_t n = s->a.n + s->b.n;
	int x = (int)s->a.n, y = (int)s->b.n;

	for (; d >= 0; d--) {
		int k = x - y, before = d > 0 ? from(s, d, k) : 0;
		int px = d > 0 ? at(s, d - 1, before) : 0, py = px - before;

		while (x > px && y > py) {
			marks[--n] = ' ';
			x--;
			y--;
		}
		if (d > 0)
			marks[--n] = before > k ? '+' : '-';
		x = px;
		y = py;
	}
	memmove(marks, marks + n, s->a.n + s->b.n + 1 - n);
	return marks;
}

static char *
replace_all(const struct search *s)
{
	char *marks = mem_zalloc(s->a.n + s->b.n + 1);

	memset(marks, '-', s->a.n);
	memset(marks + s->a.n, '+', s->b.n);
	return marks;
}

static char *
compare(struct search *s)
{
	int d = search(s);
	char *marks = d >= 0 ? script(s, d) : replace_all(s);

	for (int i = 0; i <= LINEDIFF_MOST; i++)
		free(s->rows[i]);
	return marks;
}

void
linediff_pieces(const char *a, size_t na, const char *b, size_t nb,
    linediff_cut cut, linediff_fn fn, void *arg)
{
	struct search s = {0};
	struct side x, y;
	size_t head = 0, tail = 0, i = 0, k = 0;
	char *marks;

	split(a, na, cut, &x);
	split(b, nb, cut, &y);
	while (
	    head < x.n && head < y.n && is_same(&x.lines[head], &y.lines[head]))
		head++;
	while (tail < x.n - head && tail < y.n - head &&
	       is_same(&x.lines[x.n - 1 - tail], &y.lines[y.n - 1 - tail]))
		tail++;
	s.a = (struct side){x.lines + head, x.n - head - tail};
	s.b = (struct side){y.lines + head, y.n - head - tail};
	marks = compare(&s);
	for (i = 0; i < head; i++)
		fn(arg, ' ', x.lines[i].p, x.lines[i].n);
	k = head;
	for (const char *m = marks; *m != '\0'; m++) {
		const struct line *l = *m == '+' ? &y.lines[k] : &x.lines[i];

		fn(arg, *m, l->p, l->n);
		i += *m != '+';
		k += *m != '-';
	}
	for (; i < x.n; i++)
		fn(arg, ' ', x.lines[i].p, x.lines[i].n);
	free(marks);
	free(x.lines);
	free(y.lines);
}

void
linediff(const char *a, size_t na, const char *b, size_t nb, linediff_fn fn,
    void *arg)
{
	linediff_pieces(a, na, b, nb, line, fn, arg);
}

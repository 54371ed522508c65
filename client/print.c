#include "client/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/text.h"

static const char *const codes[] = {
    [STYLE_PLAIN] = "",
    [STYLE_BOLD] = "\033[1m",
    [STYLE_DIM] = "\033[2m",
    [STYLE_GOOD] = "\033[32m",
    [STYLE_BAD] = "\033[31m",
    [STYLE_WARN] = "\033[33m",
};

static bool
has_colour(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') &&
	       term != NULL && strcmp(term, "dumb") != 0;
}

/* Columns of the terminal; 0: not a terminal, nothing is cut. */
static size_t
terminal_width(void)
{
	struct winsize ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == -1)
		return 0;
	return ws.ws_col > 0 ? ws.ws_col : 80;
}

void
print_text(const char *s)
{
	print_styled(STYLE_PLAIN, s);
}

void
print_styled(enum style style, const char *s)
{
	struct buf b = BUF_INIT;
	bool colour = style != STYLE_PLAIN && has_colour();

	text_escape(s, strlen(s), false, &b);
	printf("%s%s%s", colour ? codes[style] : "", buf_str(&b),
	    colour ? "\033[0m" : "");
	buf_clear(&b);
}

void
print_indented(const char *s, int columns)
{
	struct buf b = BUF_INIT;

	text_escape(s, strlen(s), true, &b);
	for (char *p = b.data, *lf; p != NULL && *p != '\0'; p = lf) {
		lf = strchr(p, '\n');
		if (lf != NULL)
			*lf++ = '\0';
		printf("%*s%s\n", *p != '\0' ? columns : 0, "", p);
	}
	buf_clear(&b);
}

void
print_value(const json_t *value, struct buf *b)
{
	size_t i;
	json_t *v;

	if (json_is_string(value)) {
		buf_adds(b, json_string_value(value));
	} else if (json_is_array(value)) {
		json_array_foreach (value, i, v) {
			if (i > 0)
				buf_adds(b, ", ");
			print_value(v, b);
		}
	} else if (value != NULL && !json_is_null(value)) {
		json_write(value, b);
	}
}

void
print_named(const char *name, int width, const char *value)
{
	if (*value == '\0')
		fputs(name, stdout);
	else
		printf("%-*s ", width, name);
	print_text(value);
	putchar('\n');
}

/* --- tables ----------------------------------------------------------------- */

#define CELL_MIN 8 /* columns that even a narrow terminal leaves a cell */

struct table {
	size_t columns, count, cap;
	char **cells;  /* escaped; the heads first */
	unsigned kept; /* a bit for each column that is never cut */
	unsigned optional;
	size_t spare[4], nspare;
};

struct table *
table_new(const char *const *heads, size_t columns)
{
	struct table *t = mem_zalloc(sizeof(*t));

	t->columns = columns;
	for (size_t i = 0; i < columns; i++)
		table_cell(t, _(heads[i]));
	return t;
}

void
table_cell(struct table *t, const char *s)
{
	struct buf b = BUF_INIT;

	if (t->count == t->cap) {
		t->cap = t->cap * 2 + 16;
		t->cells = mem_array(t->cells, t->cap, sizeof(t->cells[0]));
	}
	text_escape(s, strlen(s), false, &b);
	t->cells[t->count++] = buf_steal(&b);
}

void
table_cell_value(struct table *t, const json_t *value)
{
	struct buf b = BUF_INIT;

	print_value(value, &b);
	table_cell(t, buf_str(&b));
	buf_clear(&b);
}

void
table_cell_prefix(struct table *t, const char *hash)
{
	char prefix[17] = ""; /* as 'history' and 'conflicts' have it */

	if (hash != NULL)
		strncpy(prefix, hash, sizeof(prefix) - 1);
	table_cell(t, prefix);
}

void
table_keep(struct table *t, size_t column)
{
	t->kept |= 1U << column;
}

void
table_optional(struct table *t, size_t column)
{
	t->optional |= 1U << column;
}

void
table_spare(struct table *t, size_t column)
{
	table_optional(t, column);
	if (t->nspare < sizeof(t->spare) / sizeof(t->spare[0]))
		t->spare[t->nspare++] = column;
}

/* The widest column that may be cut, or n. */
static size_t
widest_of(const size_t *widths, size_t n, unsigned kept)
{
	size_t widest = n;

	for (size_t i = 0; i < n; i++)
		if ((kept & 1U << i) == 0 && widths[i] > CELL_MIN &&
		    (widest == n || widths[i] > widths[widest]))
			widest = i;
	return widest;
}

/* Of a row; a column that is left out has no width. */
static size_t
width_of(const size_t *widths, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (widths[i] > 0)
			sum += widths[i] + 2;
	return sum > 0 ? sum - 2 : 0;
}

/* Takes from the widest columns until the row fits. */
static void
shrink(size_t *widths, size_t n, unsigned kept, size_t fit)
{
	while (fit > 0 && width_of(widths, n) > fit) {
		size_t i = widest_of(widths, n, kept);

		if (i == n)
			return;
		widths[i]--;
	}
}

/* Is there anything in a column, below its head? */
static bool
is_used(const struct table *t, size_t column)
{
	for (size_t i = t->columns + column; i < t->count; i += t->columns)
		if (*t->cells[i] != '\0')
			return true;
	return false;
}

/* Leaves out what can be spared: nothing is in it, or the row is too long. */
static void
leave_out(const struct table *t, size_t *widths, size_t fit)
{
	for (size_t i = 0; i < t->columns; i++)
		if ((t->optional & 1U << i) != 0 && !is_used(t, i))
			widths[i] = 0;
	for (size_t i = 0; i < t->nspare && fit > 0; i++)
		if (width_of(widths, t->columns) > fit)
			widths[t->spare[i]] = 0;
}

/* One past the last cell of a row that shows something: behind it there are
 * no columns to keep, and no spaces. */
static size_t
row_end(char *const *cells, const size_t *widths, size_t columns)
{
	while (columns > 0 &&
	       (*cells[columns - 1] == '\0' || widths[columns - 1] == 0))
		columns--;
	return columns;
}

static void
print_cell(const char *s, size_t width, bool is_last)
{
	size_t n = strlen(s), w = text_width(s, n);

	if (w > width && width > 3) {
		n = text_fit(s, n, width - 3);
		printf("%.*s...", (int)n, s);
		w = text_width(s, n) + 3;
	} else {
		fputs(s, stdout);
	}
	if (!is_last)
		printf("%*s", (int)(width > w ? width - w : 0) + 2, "");
}

void
table_print(struct table *t)
{
	size_t *widths = mem_zalloc(t->columns * sizeof(widths[0])), end = 0;
	bool colour = has_colour(), has_rows = t->count > t->columns;

	for (size_t i = 0; i < t->count; i++) {
		size_t w = text_width(t->cells[i], strlen(t->cells[i]));

		if (w > widths[i % t->columns])
			widths[i % t->columns] = w;
	}
	leave_out(t, widths, terminal_width());
	shrink(widths, t->columns, t->kept, terminal_width());
	for (size_t i = 0; i < t->count; i++) {
		size_t col = i % t->columns;

		if (!has_rows) {
			free(t->cells[i]);
			continue;
		}
		if (i == 0 && colour)
			fputs(codes[STYLE_BOLD], stdout);
		if (col == 0)
			end = row_end(t->cells + i, widths, t->columns);
		if (col < end && widths[col] > 0)
			print_cell(t->cells[i], widths[col], col + 1 == end);
		if (col + 1 == t->columns)
			puts(i + 1 == t->columns && colour ? "\033[0m" : "");
		free(t->cells[i]);
	}
	free(widths);
	free(t->cells);
	free(t);
}

/* --- times ------------------------------------------------------------------ */

void
print_ago(int64_t ms, struct buf *b)
{
	int64_t s = (clock_wall(&clock_system) - ms) / 1000;

	if (ms <= 0)
		buf_adds(b, _("never"));
	else if (s < 60)
		buf_adds(b, _("just now"));
	else if (s < 2 * 3600)
		buf_printf(b, P_("%lld minute ago", "%lld minutes ago", s / 60),
		    (long long)s / 60);
	else if (s < 48 * 3600)
		buf_printf(b, P_("%lld hour ago", "%lld hours ago", s / 3600),
		    (long long)s / 3600);
	else
		buf_printf(b, P_("%lld day ago", "%lld days ago", s / 86400),
		    (long long)s / 86400);
}

/* Nobody wrote with this program before 2000, or will have tomorrow. */
static bool
is_doubtful(int64_t ms)
{
	return ms < 946684800000 ||
	       ms > clock_wall(&clock_system) + (int64_t)24 * 3600 * 1000;
}

void
print_time(int64_t ms, struct buf *b)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char text[40];

	if (localtime_r(&s, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm) > 0)
		buf_adds(b, text);
	else
		buf_addc(b, '-');
	if (is_doubtful(ms))
		buf_adds(b, " ?");
}

void
print_progress(const json_t *p)
{
	struct buf b = BUF_INIT;
	int64_t received = 0, objects = 0;
	const char *remote = json_get_str(p, "remote");
	const char *phase = json_get_str(p, "phase");

	if (!isatty(STDERR_FILENO))
		return;
	json_get_int(p, "received", &received);
	json_get_int(p, "objects", &objects);
	buf_printf(&b, "%s: %s", remote != NULL ? remote : "",
	    phase != NULL ? phase : "");
	if (received > 0)
		buf_printf(&b, _(", %lld KiB, %lld objects"),
		    (long long)received / 1024, (long long)objects);
	fputs("\r\033[K", stderr);
	fwrite(b.data, 1, b.len, stderr);
	if (phase != NULL && strcmp(phase, "done") == 0)
		fputs("\r\033[K", stderr);
	fflush(stderr);
	buf_clear(&b);
}

/* Command lines taken apart, and what all commands say the same way. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/connect.h"
#include "client/help.h"
#include "client/print.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/message.h"

#define PAGE      1000 /* rows asked for at once */
#define LIMIT_MAX ((size_t)1000 * 1000 * 1000)

/* Is "name" among the options "a= b c="?  1: takes a value, 0: a flag. */
static int
option_kind(const char *options, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = options; *p != '\0';) {
		size_t len = strcspn(p, " ");
		bool value = len > 0 && p[len - 1] == '=';

		if (len - (value ? 1 : 0) == n && memcmp(p, name, n) == 0)
			return value ? 1 : 0;
		p += len + strspn(p + len, " ");
	}
	return -1;
}

/* Its value: behind "=", which is cut off it already, or the next argument. */
static const char *
value_of(char *inlined, int argc, char **argv, int *i)
{
	if (inlined != NULL)
		return inlined;
	return *i + 1 < argc ? argv[++*i] : NULL;
}

/* What of "--name=value" is behind the name, which then ends; or NULL. */
static char *
cut_value(char *arg)
{
	char *equals = strncmp(arg, "--", 2) == 0 ? strchr(arg, '=') : NULL;

	if (equals == NULL)
		return NULL;
	*equals = '\0';
	return equals + 1;
}

/* One option at argv[*i]; moves *i over its value. */
static int
parse_option(struct cli *c, int argc, char **argv, int *i, struct err *e)
{
	char *inlined = cut_value(argv[*i]);
	const char *name = argv[*i] + 2;
	const char *value = "";
	int kind;

	if (strcmp(argv[*i], "-q") == 0) {
		c->quiet = true;
		return 0;
	}
	if (strncmp(argv[*i], "--", 2) != 0)
		return err_set(
		    e, ERR_INPUT, _("unknown option '%s'"), argv[*i]);
	kind = strcmp(name, "json") == 0 ? 0
	       : strcmp(name, "home") == 0
		   ? 1
		   : option_kind(c->command->options, name);
	if (kind == -1)
		return err_set(e, ERR_INPUT, _("unknown option '--%s'"), name);
	if (kind == 0 && inlined != NULL)
		return err_set(
		    e, ERR_INPUT, _("option '--%s' takes no value"), name);
	if (kind == 1)
		value = value_of(inlined, argc, argv, i);
	if (value == NULL)
		return err_set(
		    e, ERR_INPUT, _("option '--%s' needs a value"), name);
	if (strcmp(name, "json") == 0) {
		c->json = true;
		return 0;
	}
	if (strcmp(name, "home") == 0) {
		c->home_arg = value;
		return *value != '\0' ? 0
				      : err_set(e, ERR_INPUT,
					    _("option '--home' needs a value"));
	}
	if (cli_option(c, name) != NULL)
		return err_set(
		    e, ERR_INPUT, _("option '--%s' is repeated"), name);
	c->options[c->noptions].name = name;
	c->options[c->noptions++].value = value;
	return 0;
}

int
cli_parse(struct cli *c, int argc, char **argv, struct err *e)
{
	bool named = false, plain = false;

	c->words = mem_zalloc((size_t)argc * sizeof(c->words[0]));
	for (int i = 1; i < argc; i++) {
		if (!plain && strcmp(argv[i], "--") == 0) {
			plain = true;
		} else if (!plain && argv[i][0] == '-' && argv[i][1] != '\0') {
			if (parse_option(c, argc, argv, &i, e) == -1)
				return -1;
		} else if (!named) {
			named = true; /* the command itself */
		} else {
			c->words[c->nwords++] = argv[i];
		}
	}
	for (size_t i = 0; i < c->nwords; i++)
		if (!text_is_utf8(c->words[i], strlen(c->words[i])))
			return err_set(e, ERR_INPUT,
			    _("argument %zu is not UTF-8"), i + 1);
	for (size_t i = 0; i < c->noptions; i++)
		if (!text_is_utf8(
			c->options[i].value, strlen(c->options[i].value)))
			return err_set(e, ERR_INPUT,
			    _("option '--%s' is not UTF-8"),
			    c->options[i].name);
	if (c->nwords < c->command->min)
		return err_set(e, ERR_INPUT, _("too few arguments"));
	if (c->nwords > c->command->max)
		return err_set(e, ERR_INPUT, _("too many arguments"));
	return 0;
}

const char *
cli_option(const struct cli *c, const char *name)
{
	for (size_t i = 0; i < c->noptions; i++)
		if (strcmp(c->options[i].name, name) == 0)
			return c->options[i].value;
	return NULL;
}

int
cli_fail(const struct cli *c, const struct err *e)
{
	struct buf b = BUF_INIT;

	if (c->json) {
		message_error(&b, e);
		fputs(b.data, stdout);
		buf_reset(&b);
	}
	text_escape(e->msg, strlen(e->msg), false, &b);
	fprintf(stderr, "mufakat: %s\n", buf_str(&b));
	buf_clear(&b);
	return EXIT_FAILED;
}

int
cli_usage(const struct cli *c, const char *fmt, ...)
{
	struct err e;
	char msg[sizeof(e.msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err_set(&e, ERR_INPUT, "%s", msg);
	cli_fail(c, &e);
	help_command(stderr, c->command);
	return EXIT_USAGE;
}

/* On a terminal nothing but ASCII: what people write may hold controls, which
 * JSON does not escape otherwise. */
void
cli_dump(const json_t *j)
{
	json_dumpf(j, stdout,
	    JSON_INDENT(2) |
		(isatty(STDOUT_FILENO) ? JSON_ENSURE_ASCII : (size_t)0));
	putchar('\n');
}

bool
cli_json(const struct cli *c, json_t *reply)
{
	if (!c->json)
		return false;
	json_object_del(reply, "ok");
	cli_dump(reply);
	json_decref(reply);
	return true;
}

char *
cli_path(const char *path)
{
	char *cwd, *ret;

	if (path[0] == '/' || (cwd = getcwd(NULL, 0)) == NULL)
		return mem_strdup(path);
	ret = fs_join(cwd, path);
	free(cwd);
	return ret;
}

char *
cli_url(const char *url)
{
	const char *colon = strchr(url, ':');
	const char *slash = strchr(url, '/');

	/* "scheme:..." or "host:path": a colon before any slash; nothing is
	 * not this folder */
	if (*url == '\0' || (colon != NULL && (slash == NULL || colon < slash)))
		return mem_strdup(url);
	return cli_path(url);
}

int
cli_try(struct cli *c, const char *verb, json_t *fields, json_t **ret,
    struct err *e)
{
	json_t *request = fields != NULL ? fields : json_object();
	struct link *l = NULL;
	int rv = -1;

	json_object_set_new(request, "do", json_string(verb));
	c->is_down = link_open(c->home_arg, &l, e) == -1;
	if (!c->is_down)
		rv = link_ask(l, request,
		    c->quiet || c->json ? NULL : print_progress, ret, e);
	link_close(l);
	json_decref(request);
	return rv;
}

int
cli_ask(struct cli *c, const char *verb, json_t *fields, json_t **ret)
{
	struct err e = {0};

	if (cli_try(c, verb, fields, ret, &e) == 0)
		return EXIT_DONE;
	cli_fail(c, &e);
	return c->is_down ? EXIT_DAEMON : EXIT_FAILED;
}

/* --limit: how many are wanted, SIZE_MAX if it is not given. */
static int
limit_of(const struct cli *c, size_t *ret)
{
	const char *s = cli_option(c, "limit");
	size_t n = 0;

	*ret = SIZE_MAX;
	if (s == NULL)
		return 0;
	for (const char *p = s; *p >= '0' && *p <= '9' && n < LIMIT_MAX; p++)
		n = n * 10 + (size_t)(*p - '0');
	if (n == 0 || n >= LIMIT_MAX || s[strspn(s, "0123456789")] != '\0')
		return -1;
	*ret = n;
	return 0;
}

/* Appends a page to "all"; *ret_next is where to go on, NULL at the end. */
static int
ask_page(struct cli *c, const char *verb, const char *key, const json_t *fields,
    size_t most, json_t *all, json_t **ret)
{
	json_t *request = json_deep_copy(fields);
	int rv;

	json_object_set_new(request, "limit",
	    json_integer(most < PAGE ? (json_int_t)most : PAGE));
	rv = cli_ask(c, verb, request, ret);
	if (rv == EXIT_DONE)
		json_array_extend(all, json_object_get(*ret, key));
	return rv;
}

int
cli_ask_all(struct cli *c, const char *verb, const char *key, json_t *fields,
    json_t **ret)
{
	json_t *all = json_array(), *reply = NULL, *next;
	size_t limit;
	int rv;

	if (limit_of(c, &limit) == -1) {
		json_decref(fields);
		json_decref(all);
		return cli_usage(
		    c, _("option '--limit' takes a number from 1"));
	}
	for (;;) {
		rv = ask_page(c, verb, key, fields,
		    limit - json_array_size(all), all, &reply);
		if (rv != EXIT_DONE)
			break;
		next = json_object_get(reply, "next");
		if (next == NULL || json_is_null(next) ||
		    json_array_size(all) >= limit)
			break;
		json_object_set(
		    fields, json_is_integer(next) ? "offset" : "after", next);
		json_decref(reply);
	}
	json_decref(fields);
	if (rv != EXIT_DONE) {
		json_decref(all);
		return rv;
	}
	json_object_set_new(reply, key, all);
	if (limit == SIZE_MAX)
		json_object_del(reply, "next");
	*ret = reply;
	return EXIT_DONE;
}

int
cli_do(struct cli *c, const char *verb, json_t *fields)
{
	json_t *r;
	int rv = cli_ask(c, verb, fields, &r);

	if (rv == EXIT_DONE && !cli_json(c, r))
		json_decref(r);
	return rv;
}

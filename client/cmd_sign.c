/* sign, unsign, verify, evidence, allowed-signers */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/print.h"
#include "client/signatures.h"
#include "common/evidence.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/ident.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/text.h"

/* "position (support), Ani Sari, 2026-11-24", appended. */
static void
add_choice(const json_t *v, struct buf *b)
{
	print_value(json_object_get(v, "capacity"), b);
	buf_adds(b, " (");
	print_value(json_object_get(v, "stance"), b);
	buf_adds(b, "), ");
	if (json_get_str(v, "person") != NULL) {
		print_value(json_object_get(v, "person"), b);
		buf_adds(b, ", ");
	}
	print_value(json_object_get(v, "date"), b);
}

static void
print_signed(const json_t *r)
{
	struct buf b = BUF_INIT;

	add_choice(r, &b);
	fputs(_("signed as "), stdout);
	print_text(buf_str(&b));
	printf(_(": text %s\nsignature %s\n"), json_get_str(r, "text_hash"),
	    json_get_str(r, "id"));
	if (json_array_size(json_object_get(r, "replaces")) > 0)
		puts(_("it takes the place of an earlier one"));
	buf_clear(&b);
}

int
cmd_sign(struct cli *c)
{
	json_t *r;
	int rv = cli_ask(c, "sign",
	    json_pack("{s:s,s:s?,s:s?,s:s?,s:s?}", "record", c->words[0],
		"capacity", cli_option(c, "as"), "stance",
		cli_option(c, "stance"), "person", cli_option(c, "person"),
		"date", cli_option(c, "date")),
	    &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	print_signed(r);
	json_decref(r);
	return EXIT_DONE;
}

int
cmd_unsign(struct cli *c)
{
	json_t *r, *v;
	size_t i;
	int rv =
	    cli_ask(c, "unsign", json_pack("{s:s}", "id", c->words[0]), &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	json_array_foreach (json_object_get(r, "withdrawn"), i, v) {
		struct buf b = BUF_INIT;

		add_choice(v, &b);
		fputs(_("withdrawn: "), stdout);
		print_text(buf_str(&b));
		putchar('\n');
		buf_clear(&b);
	}
	puts(_("what is withdrawn stays visible as that"));
	json_decref(r);
	return EXIT_DONE;
}

/* What --coalition says; its words may stand as arguments of their own. */
static void
coalition_text(const struct cli *c, struct buf *b)
{
	buf_adds(b, cli_option(c, "coalition"));
	for (size_t i = 1; i < c->nwords; i++)
		buf_printf(b, "-%s", c->words[i]);
}

/* W, given as 64 hex characters or as its 8 words.  Words are half of it: the
 * other half is that of the folder, if it is the one that is meant. */
static int
parse_coalition(
    const char *dir, const char *s, uint8_t ret[static HASH_LEN], struct err *e)
{
	uint8_t half[HASH_LEN] = {0}, w[HASH_LEN] = {0};
	const char *hex;
	size_t n = 0;
	json_t *j;

	if (text_unhex(s, strlen(s), ret, HASH_LEN) == 0)
		return 0;
	if (text_unwords(s, half, sizeof(half), &n) == -1 || n != HASH_LEN / 2)
		return err_set(e, ERR_INPUT,
		    _("coalition: '%.100s' is neither 64 hexadecimal "
		      "characters nor 8 words"),
		    s);
	if (evidence_check(dir, NULL, &j, e) == -1)
		return -1;
	hex = json_get_str(j, "coalition");
	if (hex != NULL && text_unhex(hex, strlen(hex), w, HASH_LEN) == 0 &&
	    memcmp(w, half, n) == 0)
		memcpy(half, w, HASH_LEN);
	memcpy(ret, half, HASH_LEN);
	json_decref(j);
	return 0;
}

static void
print_problems(const json_t *problems)
{
	size_t i;
	json_t *v;

	json_array_foreach (problems, i, v) {
		print_text(json_string_value(v));
		putchar('\n');
	}
	if (i > 0)
		puts(_("because of that nothing in this folder is taken, "
		       "whatever else in it is sound: ask for it anew"));
}

static int
verify_folder(struct cli *c)
{
	const bool has_w = cli_option(c, "coalition") != NULL;
	struct buf text = BUF_INIT;
	uint8_t w[HASH_LEN];
	struct err e = {0};
	json_t *r;
	int rv = 0;

	if (has_w) {
		coalition_text(c, &text);
		rv = parse_coalition(c->words[0], buf_str(&text), w, &e);
		buf_clear(&text);
	}
	if (rv == -1 && e.code == ERR_INPUT)
		return cli_usage(c, "%s", e.msg);
	if (rv == -1 ||
	    evidence_check(c->words[0], has_w ? w : NULL, &r, &e) == -1)
		return cli_fail(c, &e);
	rv = signatures_exit(json_object_get(r, "signatures"));
	if (cli_json(c, r))
		return rv;
	printf(_("text %s\n"), json_get_str(r, "text_hash"));
	signatures_print(json_object_get(r, "signatures"));
	print_problems(json_object_get(r, "problems"));
	if (!has_w && rv == EXIT_DONE)
		puts(_("the signatures are valid; who holds these keys was not "
		       "checked: give --coalition W"));
	json_decref(r);
	return rv;
}

/* The hash of the text as it stands, or why there is none. */
static void
print_current(const json_t *r)
{
	const char *hash = json_get_str(r, "text_hash");
	struct buf b = BUF_INIT;

	if (hash != NULL) {
		printf(_("current text %s\n"), hash);
		return;
	}
	buf_printf(&b, _("no current text: %s"), json_get_str(r, "no_text"));
	print_styled(STYLE_WARN, buf_str(&b));
	putchar('\n');
	buf_clear(&b);
}

int
cmd_verify(struct cli *c)
{
	struct stat st;
	bool is_folder;
	json_t *r;
	int rv;

	is_folder = stat(c->words[0], &st) == 0 && S_ISDIR(st.st_mode);
	if (c->nwords > 1 && (!is_folder || cli_option(c, "coalition") == NULL))
		return cli_usage(c, _("too many arguments"));
	if (is_folder)
		return verify_folder(c);
	if (cli_option(c, "coalition") != NULL)
		return cli_usage(c,
		    _("'--coalition' is for a folder, and '%.60s' is none"),
		    c->words[0]);
	rv =
	    cli_ask(c, "verify", json_pack("{s:s}", "record", c->words[0]), &r);
	if (rv != EXIT_DONE)
		return rv;
	rv = signatures_exit(json_object_get(r, "signatures"));
	if (cli_json(c, r))
		return rv;
	if (json_is_true(json_object_get(r, "deleted")))
		puts(_("this record is deleted"));
	print_current(r);
	if (json_array_size(json_object_get(r, "signatures")) == 0)
		puts(_("nobody has signed it"));
	signatures_print(json_object_get(r, "signatures"));
	signatures_print_earlier(
	    json_object_get(r, "signatures"), json_get_str(r, "text_hash"));
	json_decref(r);
	return rv;
}

/* "name" or "folder/name" of plain characters: nothing that leads out. */
static bool
is_safe_name(const char *s)
{
	int slashes = 0;

	for (const char *p = s; *p != '\0'; p++) {
		if (*p == '/')
			slashes++;
		else if (strchr("abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
			     *p) == NULL)
			return false;
	}
	return *s != '\0' && *s != '/' && *s != '.' && slashes <= 1 &&
	       strstr(s, "/.") == NULL && s[strlen(s) - 1] != '/';
}

static int
write_file(const char *dir, const json_t *file, struct err *e)
{
	const char *name = json_get_str(file, "name");
	const json_t *content = json_object_get(file, "content");
	char *path, *slash;
	int rv = 0;

	if (name == NULL || !is_safe_name(name) || !json_is_string(content))
		return err_set(e, ERR_UNTRUSTED,
		    _("the daemon gave a file name that is not safe"));
	path = fs_join(dir, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	rv = fs_mkdirs(path, e);
	*slash = '/';
	if (rv == 0)
		rv = fs_write(path, json_string_value(content),
		    json_string_length(content), 0644, true, e);
	free(path);
	return rv;
}

/* Whole or not at all: written beside, then given its name, which replaces no
 * more than an empty folder. */
static int
write_folder(const char *dir, const json_t *files, struct err *e)
{
	size_t i, len = strlen(dir);
	char *tmp;
	struct err ignored;
	json_t *v;
	int rv = 0;

	while (len > 1 && dir[len - 1] == '/')
		len--;
	tmp = mem_printf("%.*s.new-%ld", (int)len, dir, (long)getpid());
	json_array_foreach (files, i, v) {
		rv = write_file(tmp, v, e);
		if (rv == -1)
			break;
		json_object_del(v, "content");
	}
	if (rv == 0 && rename(tmp, dir) == -1) {
		if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR)
			rv = err_set(e, ERR_INPUT,
			    _("'%s' is there already and not an empty folder"),
			    dir);
		else
			rv = err_sys(e, _("cannot make '%s'"), dir);
	}
	if (rv == -1)
		fs_remove_tree(tmp, &ignored);
	free(tmp);
	return rv;
}

int
cmd_evidence(struct cli *c)
{
	const char *dir = c->words[1];
	struct err e = {0};
	json_t *r, *files;
	int rv = cli_ask(
	    c, "evidence", json_pack("{s:s}", "record", c->words[0]), &r);

	if (rv != EXIT_DONE)
		return rv;
	files = json_object_get(r, "files");
	if (write_folder(dir, files, &e) == -1) {
		json_decref(r);
		return cli_fail(c, &e);
	}
	if (!cli_json(c, r)) {
		printf(_("%zu files in "), json_array_size(files));
		print_text(dir);
		puts(_("; its README tells how to check them"));
		if (json_is_false(json_object_get(r, "current")))
			puts(
			    _("the text is an earlier one: it has been changed "
			      "since, and nobody signed that"));
		json_decref(r);
	}
	return EXIT_DONE;
}

int
cmd_allowed_signers(struct cli *c)
{
	bool to_stdout = strcmp(c->words[0], "-") == 0;
	struct err e = {0};
	const json_t *content;
	json_t *r;
	int rv = cli_ask(c, "allowed-signers", NULL, &r);

	if (rv != EXIT_DONE)
		return rv;
	content = json_object_get(r, "content");
	if (!to_stdout &&
	    fs_write(c->words[0], json_string_value(content),
		json_string_length(content), 0644, false, &e) == -1)
		rv = cli_fail(c, &e);
	else if (cli_json(c, r))
		return rv;
	else if (to_stdout)
		fputs(json_string_value(content), stdout);
	json_decref(r);
	return rv;
}

#include "client/recovery.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/text.h"

#define CHECK_LEN 2 /* bytes of a hash behind the seed: one more word */
#define SHEET_LEN (SEED_LEN + CHECK_LEN)
#define WORDS     (SHEET_LEN / 2 * 6)

/* The seed and its check, as words. */
static void
sheet(const struct secret *s, uint8_t bytes[static SHEET_LEN],
    char words[static WORDS])
{
	uint8_t hash[HASH_LEN];

	secret_seed(s, bytes);
	crypto_digest(bytes, SEED_LEN, hash);
	memcpy(bytes + SEED_LEN, hash, CHECK_LEN);
	text_words(bytes, SHEET_LEN, words);
}

/* A line of what is typed; false at its end. */
static bool
type_line(FILE *in, FILE *out, char *line, size_t size)
{
	fputs(_("type it again: "), out);
	fflush(out);
	if (fgets(line, (int)size, in) == NULL)
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

static int
ask(FILE *in, FILE *out, const uint8_t bytes[static SHEET_LEN], struct err *e)
{
	char line[512];
	uint8_t typed[SHEET_LEN];
	size_t n;
	int rv = -1;

	while (rv == -1 && type_line(in, out, line, sizeof(line))) {
		if (text_unwords(line, typed, sizeof(typed), &n) == 0 &&
		    n == SHEET_LEN && memcmp(typed, bytes, n) == 0)
			rv = 0;
		else
			fputs(_("that is not the same\n"), out);
	}
	if (rv == -1)
		err_set(e, ERR_INPUT,
		    _("the recovery key was not confirmed; nothing is "
		      "founded"));
	crypto_wipe(line, sizeof(line));
	crypto_wipe(typed, sizeof(typed));
	return rv;
}

/* Shows the words and asks for them until they are typed right.  Two streams:
 * one that is read and written by turns has to be repositioned between, which
 * no terminal can be. */
static int
confirm(const char *words, const uint8_t bytes[static SHEET_LEN], struct err *e)
{
	FILE *in = fopen("/dev/tty", "r");
	FILE *out = in != NULL ? fopen("/dev/tty", "w") : NULL;
	int rv;

	if (out == NULL) {
		rv = err_set(e, ERR_INPUT,
		    _("no terminal to confirm the recovery key on: give "
		      "--recovery-file FILE"));
	} else {
		fprintf(out,
		    _("recovery key: write it on paper, keep it apart from "
		      "this machine\n\n  %s\n\n"),
		    words);
		rv = ask(in, out, bytes, e);
	}
	if (in != NULL)
		fclose(in);
	if (out != NULL)
		fclose(out);
	return rv;
}

int
recovery_make(const char *file, uint8_t ret[static HASH_LEN], struct err *e)
{
	struct secret *s = secret_new();
	uint8_t bytes[SHEET_LEN], key[KEY_LEN];
	char words[WORDS + 1];
	int rv;

	sheet(s, bytes, words);
	if (file == NULL) {
		rv = confirm(words, bytes, e);
	} else {
		words[WORDS - 1] = '\n'; /* in place of the NUL */
		rv = fs_write(file, words, WORDS, 0600, true, e);
	}
	secret_public(s, key);
	if (rv == 0)
		crypto_digest(key, KEY_LEN, ret);
	crypto_wipe(bytes, sizeof(bytes));
	crypto_wipe(words, sizeof(words));
	secret_free(s);
	return rv;
}

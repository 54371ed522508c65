#include "backup.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/text.h"
#include "log_read.h"
#include "store.h"

/* The coalition of a database; false if it has none. */
static int
coalition_of(
    struct store *s, uint8_t ret[static HASH_LEN], bool *has, struct err *e)
{
	char *w;

	if (store_setting(s, "coalition", &w, e) == -1)
		return -1;
	*has = w != NULL && text_unhex(w, strlen(w), ret, HASH_LEN) == 0;
	free(w);
	return 0;
}

/* That of the home; none if it has no database, or none that opens. */
static bool
coalition_of_home(const char *home, uint8_t ret[static HASH_LEN])
{
	char *path = fs_join(home, "mufakat.db");
	bool has = false;
	struct store *s;
	struct err ignored;

	if (access(path, F_OK) == 0 && store_open(home, &s, &ignored) == 0) {
		if (coalition_of(s, ret, &has, &ignored) == -1)
			has = false;
		store_close(s);
	}
	free(path);
	return has;
}

static int
key_of_home(
    const char *home, uint8_t ret[static KEY_LEN], bool *has, struct err *e)
{
	char *path = fs_join(home, "key");
	struct secret *s;
	int rv = 0;

	*has = access(path, F_OK) == 0;
	if (*has)
		rv = secret_load(path, &s, e);
	if (*has && rv == 0) {
		secret_public(s, ret);
		secret_free(s);
	}
	free(path);
	return rv;
}

static int
count(void *arg, const struct log_info *l)
{
	struct backup *b = arg;

	b->changes += l->changes;
	if (l->last_t > b->last_t)
		b->last_t = l->last_t;
	return 0;
}

/* What is in it, if it is of any office. */
static int
read_copy(struct store *s, uint8_t w[static HASH_LEN], struct backup *ret,
    struct err *e)
{
	bool has;

	if (coalition_of(s, w, &has, e) == -1 ||
	    log_each(s, count, ret, e) == -1)
		return -1;
	if (!has || ret->changes == 0)
		return err_set(e, ERR_INPUT,
		    _("there are no changes in it: a backup is made with "
		      "'mufakat backup FILE', not by copying the database of "
		      "an office that runs"));
	ident_coalition_words(w, ret->coalition);
	return 0;
}

static int
check_coalition(
    const char *home, const struct backup *b, const uint8_t *w, struct err *e)
{
	uint8_t ours[HASH_LEN];
	char words[IDENT_WORDS_SIZE];

	if (!coalition_of_home(home, ours) || memcmp(ours, w, HASH_LEN) == 0)
		return 0;
	ident_coalition_words(ours, words);
	return err_set(e, ERR_CONFLICT,
	    _("it is of another coalition (%s) than this office (%s): restore "
	      "it in a home of its own (--home)"),
	    b->coalition, words);
}

/* The log of an office that was backed up has its request at least, or the
 * founding. */
static int
check_key(const char *home, struct store *s, struct err *e)
{
	uint8_t key[KEY_LEN];
	struct log_info l;
	bool has;

	if (key_of_home(home, key, &has, e) == -1)
		return -1;
	if (!has)
		return 0;
	if (log_of_key(s, key, &l, e) == 0)
		return 0;
	if (e->code != ERR_NOTFOUND)
		return -1;
	return err_set(e, ERR_CONFLICT,
	    _("it is of another office: the key of this home wrote nothing in "
	      "it; restore it in a home of its own (--home), with its own "
	      "key"));
}

int
backup_check(
    const char *home, const char *dir, struct backup *ret, struct err *e)
{
	struct backup b = {.changes = 0};
	uint8_t w[HASH_LEN];
	struct store *s;
	int rv = -1;

	if (store_open(dir, &s, e) == -1) {
		if (e->code == ERR_CORRUPT) /* how to mend ours is no help */
			err_set(e, ERR_INPUT,
			    _("it is no database of an office, or damaged"));
		return -1;
	}
	if (read_copy(s, w, &b, e) == 0 &&
	    check_coalition(home, &b, w, e) == 0 && check_key(home, s, e) == 0)
		rv = 0;
	store_close(s);
	if (rv == 0)
		*ret = b;
	return rv;
}

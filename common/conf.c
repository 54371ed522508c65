#include "conf.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "fs.h"
#include "i18n.h"

#define CONF_MAX  (64 * 1024)
#define CONF_KEYS 64

static const struct conf_key *
find(const struct conf_key *keys, const char *name)
{
	for (; keys->name != NULL; keys++)
		if (strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

/* One line, NUL-terminated, changed in place. */
static int
line(char *s, const struct conf_key *keys, void *target, bool *seen,
    struct err *e)
{
	const struct conf_key *k;
	char *value, *end;

	s += strspn(s, " \t");
	for (end = s + strlen(s); end > s && strchr(" \t\r", end[-1]) != NULL;)
		*--end = '\0';
	if (*s == '\0' || *s == '#')
		return 0;
	value = s + strcspn(s, " \t");
	if (*value != '\0')
		*value++ = '\0';
	value += strspn(value, " \t");
	if ((k = find(keys, s)) == NULL)
		return err_set(e, ERR_INPUT, _("unknown key '%s'"), s);
	if (*value == '\0')
		return err_set(e, ERR_INPUT, _("key '%s' has no value"), s);
	if (k - keys >= CONF_KEYS)
		abort(); /* a table of ours, not the user's doing */
	if (seen[k - keys])
		return err_set(e, ERR_INPUT, _("key '%s' is repeated"), s);
	seen[k - keys] = true;
	return k->set(target, value, e);
}

int
conf_read(
    const char *path, const struct conf_key *keys, void *target, struct err *e)
{
	bool seen[CONF_KEYS] = {false};
	struct buf b = BUF_INIT;
	char *s, *next;
	int rv = -1;

	if (fs_read(path, CONF_MAX, &b, e) == -1) {
		if (e->code == ERR_NOTFOUND)
			rv = 0;
		goto out;
	}
	if (b.len != strlen(buf_str(&b))) {
		err_set(e, ERR_INPUT, _("%s: holds a NUL byte"), path);
		goto out;
	}
	s = b.data;
	for (int n = 1; s != NULL; n++, s = next) {
		if ((next = strchr(s, '\n')) != NULL)
			*next++ = '\0';
		if (line(s, keys, target, seen, e) == -1) {
			err_wrap(e, "%s:%d", path, n);
			goto out;
		}
	}
	rv = 0;
out:
	buf_clear(&b);
	return rv;
}

/* A number and a unit out of "units", whose values are in "scale". */
static int
scaled(const char *value, const char *units, const long *scale, long min,
    long max, long *ret, struct err *e)
{
	char *end;
	long n = strtol(value, &end, 10); /* LONG_MAX on overflow */
	const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
	long by = unit != NULL ? scale[unit - units] : 1;

	if (!isdigit((unsigned char)value[0]) ||
	    (*end != '\0' && (unit == NULL || end[1] != '\0')))
		return err_set(e, ERR_INPUT,
		    _("'%s' is not a number with one of the units %s"), value,
		    units);
	if (n == LONG_MAX || n > LONG_MAX / by || n * by < min || n * by > max)
		return err_set(e, ERR_INPUT, _("'%s' is not within %ld to %ld"),
		    value, min, max);
	*ret = n * by;
	return 0;
}

int
conf_duration(const char *value, long min, long max, long *ret, struct err *e)
{
	static const long scale[] = {1, 60, 3600, 86400};

	return scaled(value, "smhd", scale, min, max, ret, e);
}

int
conf_size(const char *value, long min, long max, long *ret, struct err *e)
{
	static const long scale[] = {
	    1024, 1024, 1 << 20, 1 << 20, 1 << 30, 1 << 30};

	return scaled(value, "kKmMgG", scale, min, max, ret, e);
}

int
conf_bool(const char *value, int *ret, struct err *e)
{
	if (strcmp(value, "yes") == 0)
		*ret = 1;
	else if (strcmp(value, "no") == 0)
		*ret = 0;
	else
		return err_set(e, ERR_INPUT, _("'%s' is not yes or no"), value);
	return 0;
}

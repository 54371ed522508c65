#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"

#define PROGRAM   "mufakat-transfer"
#define INSTALLED "../libexec/mufakat/" PROGRAM /* from where we stand */
#define DAY       (24L * 60 * 60)

static int
set_interval(void *target, const char *value, struct err *e)
{
	struct config *c = target;

	return conf_duration(value, 1, 30 * DAY, &c->interval_s, e);
}

static int
set_debounce(void *target, const char *value, struct err *e)
{
	struct config *c = target;
	size_t n = strlen(value);
	char *digits;
	long s;
	int rv = 0;

	/* the one value that may be shorter than a second */
	if (n > 2 && strcmp(value + n - 2, "ms") == 0) {
		digits = mem_strndup(value, n - 2);
		if (strspn(digits, "0123456789") != n - 2)
			rv = err_set(e, ERR_INPUT,
			    _("'%s' is not a time like 500ms, 2s or 1m"),
			    value);
		else
			rv = conf_duration(
			    digits, 1, 600000, &c->debounce_ms, e);
		free(digits);
		return rv;
	}
	if (conf_duration(value, 0, 600, &s, e) == -1)
		return -1;
	c->debounce_ms = s * 1000;
	return 0;
}

static int
set_deadline(void *target, const char *value, struct err *e)
{
	struct config *c = target;

	return conf_duration(value, 1, DAY, &c->deadline_s, e);
}

static int
set_turn(void *target, const char *value, struct err *e)
{
	struct config *c = target;

	return conf_duration(value, 1, DAY, &c->turn_s, e);
}

static int
set_jitter(void *target, const char *value, struct err *e)
{
	struct config *c = target;
	char *end;
	long n = strtol(value, &end, 10);

	if (*end == '%')
		end++;
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || n > 90)
		return err_set(e, ERR_INPUT,
		    _("'%s' is not a percentage from 0 to 90"), value);
	c->jitter_percent = n;
	return 0;
}

static int
set_ssh(void *target, const char *value, struct err *e)
{
	struct config *c = target;

	if (value[0] == '-')
		return err_set(e, ERR_INPUT, _("'%s' is not a command"), value);
	free(c->ssh);
	c->ssh = mem_strdup(value);
	return 0;
}

static int
set_ssh_agent(void *target, const char *value, struct err *e)
{
	struct config *c = target;

	return conf_bool(value, &c->ssh_agent, e);
}

static int
set_transfer(void *target, const char *value, struct err *e)
{
	struct config *c = target;

	if (value[0] != '/')
		return err_set(
		    e, ERR_INPUT, _("'%s' is not an absolute path"), value);
	free(c->transfer);
	c->transfer = mem_strdup(value);
	return 0;
}

static int
set_log_level(void *target, const char *value, struct err *e)
{
	static const char *const words[] = {
	    [LOG_LEVEL_ERROR] = "error",
	    [LOG_LEVEL_WARN] = "warn",
	    [LOG_LEVEL_INFO] = "info",
	    [LOG_LEVEL_DEBUG] = "debug",
	};
	struct config *c = target;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(value, words[i]) == 0) {
			c->log_level = (enum log_level)i;
			return 0;
		}
	return err_set(e, ERR_INPUT,
	    _("'%s' is not one of error, warn, info, debug"), value);
}

static const struct conf_key keys[] = {
    {"interval", set_interval},
    {"debounce", set_debounce},
    {"deadline", set_deadline},
    {"turn", set_turn},
    {"jitter", set_jitter},
    {"ssh", set_ssh},
    {"ssh-agent", set_ssh_agent},
    {"transfer", set_transfer},
    {"log-level", set_log_level},
    {NULL, NULL},
};

int
config_read(const char *home, struct config *ret, struct err *e)
{
	char *path = fs_join(home, "mufakatd.conf");
	int rv;

	*ret = (struct config){
	    .interval_s = 900,
	    .debounce_ms = 2000,
	    .deadline_s = 60,
	    .turn_s = 300,
	    .jitter_percent = 10,
	    .ssh = mem_strdup("ssh"),
	    .log_level = LOG_LEVEL_INFO,
	};
	rv = conf_read(path, keys, ret, e);
	free(path);
	return rv;
}

void
config_clear(struct config *c)
{
	free(c->ssh);
	free(c->transfer);
	*c = (struct config){0};
}

/* The folder of our own program, on the heap; NULL if it cannot be told. */
static char *
own_folder(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return mem_strdup(path);
}

static char *
usable(char *path)
{
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

int
config_transfer(const struct config *c, char **ret, struct err *e)
{
	const char *env = getenv("MUFAKAT_TRANSFER");
	char *dir = own_folder(), *path = NULL;

	if (c->transfer != NULL)
		path = usable(mem_strdup(c->transfer));
	else if (env != NULL && env[0] == '/')
		path = usable(mem_strdup(env));
	else {
		if (dir != NULL)
			path = usable(fs_join(dir, PROGRAM));
		if (dir != NULL && path == NULL)
			path = usable(fs_join(dir, INSTALLED));
		if (path == NULL)
			path = usable(fs_join(LIBEXECDIR, PROGRAM));
	}
	if (path == NULL && c->transfer == NULL && env != NULL && env[0] == '/')
		err_set(e, ERR_NOTFOUND,
		    _("no program '%s', which MUFAKAT_TRANSFER names"), env);
	else if (path == NULL && c->transfer != NULL)
		err_set(e, ERR_NOTFOUND,
		    _("no program '%s': see 'transfer' in mufakatd.conf"),
		    c->transfer);
	else if (path == NULL)
		err_set(e, ERR_NOTFOUND,
		    _("no program %s in '%s' or '%s': install it, or name it "
		      "in mufakatd.conf"),
		    PROGRAM, dir != NULL ? dir : "?", LIBEXECDIR);
	free(dir);
	if (path == NULL)
		return -1;
	*ret = path;
	return 0;
}

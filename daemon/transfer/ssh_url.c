#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "ssh.h"

#define HOST_CHARS                                                             \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:%"
#define USER_CHARS                                                             \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+"

bool
ssh_is_url(const char *url)
{
	const char *colon = strchr(url, ':');
	const char *slash = strchr(url, '/');

	if (strncmp(url, "ssh://", 6) == 0)
		return true;
	if (colon == NULL || colon == url || strstr(url, "://") != NULL)
		return false;
	return slash == NULL || colon < slash;
}

/* A word that ssh can take for nothing but what it is. */
static bool
is_word(const char *s, const char *chars)
{
	size_t n = strlen(s);

	return n > 0 && n < 256 && s[0] != '-' && strspn(s, chars) == n;
}

static bool
is_path(const char *s)
{
	if (*s == '\0' || *s == '-' || strlen(s) > 1024)
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

/* Cuts "host", "host:port", "[::1]:port" at its colon; *ret_port NULL if
 * there is none.  "s" is changed. */
static char *
split_port(char *s, char **ret_port)
{
	char *host = s, *end;

	*ret_port = NULL;
	if (*s == '[') {
		end = strchr(s, ']');
		if (end == NULL)
			return NULL;
		host = s + 1;
		*end = '\0';
		if (end[1] == ':')
			*ret_port = end + 2;
		else if (end[1] != '\0')
			return NULL;
		return host;
	}
	end = strchr(s, ':');
	if (end != NULL) {
		*end = '\0';
		*ret_port = end + 1;
	}
	return host;
}

static int
fill(struct ssh_url *u, char *authority, bool has_port, const char *path)
{
	char *at = strrchr(authority, '@');
	char *host = at == NULL ? authority : at + 1;
	char *port = NULL;

	if (at != NULL)
		*at = '\0';
	if (has_port || *host == '[')
		host = split_port(host, &port);
	if (host == NULL || !is_word(host, HOST_CHARS) || !is_path(path) ||
	    (at != NULL && !is_word(authority, USER_CHARS)) ||
	    (port != NULL && (!is_word(port, "0123456789") ||
				 strlen(port) > 5 || !has_port)))
		return -1;
	u->host = mem_strdup(host);
	u->target = at == NULL ? mem_strdup(host)
			       : mem_printf("%s@%s", authority, host);
	u->port = port == NULL ? NULL : mem_strdup(port);
	u->path = mem_strdup(path);
	return 0;
}

/* Where the path of host:path begins: after the first colon that is not in
 * the brackets of an IPv6 address; a path may hold brackets, too. */
static char *
scp_colon(char *s)
{
	char *open = strchr(s, '[');
	char *close = open != NULL ? strchr(open, ']') : NULL;
	char *at = strchr(s, '@');

	if (at != NULL && strcspn(s, ":/") < (size_t)(at - s))
		at = NULL; /* in the path */
	if (close != NULL && (open == s || open - 1 == at))
		return close[1] == ':' ? close + 1 : NULL;
	return strchr(s, ':');
}

int
ssh_url_read(const char *url, struct ssh_url *ret, struct err *e)
{
	bool full = strncmp(url, "ssh://", 6) == 0;
	char *copy = mem_strdup(full ? url + 6 : url);
	char *cut = full ? strchr(copy, '/') : scp_colon(copy);
	char *path = NULL;
	int rv = -1;

	*ret = (struct ssh_url){0};
	if (cut != NULL) {
		path = mem_strdup(full ? cut : cut + 1);
		/* ssh://host/~user/x means what git takes it for */
		if (full && path[1] == '~')
			memmove(path, path + 1, strlen(path));
		*cut = '\0';
		rv = fill(ret, copy, full, path);
	}
	if (rv == -1)
		err_set(e, ERR_INPUT,
		    _("'%s' is not of the form ssh://user@host/path or "
		      "user@host:path"),
		    url);
	free(path);
	free(copy);
	return rv;
}

void
ssh_url_clear(struct ssh_url *u)
{
	free(u->target);
	free(u->host);
	free(u->port);
	free(u->path);
	*u = (struct ssh_url){0};
}

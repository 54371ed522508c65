/* Which URLs of remotes we can use.  No I/O: whether something is there is
 * found out by a round. */
#include "remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/i18n.h"
#include "common/text.h"

#define URL_MAX_BYTES 2048
#define LETTERS       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS        "0123456789"

static int
refuse(const char *url, const char *why, struct err *e)
{
	return err_set(
	    e, ERR_INPUT, _("cannot use '%.100s' as a remote: %s"), url, why);
}

/* Control characters, encoded ones too: they would end a line or a name
 * where another program reads it. */
static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			return true;
		if (c == 0xc2 && (unsigned char)s[1] < 0xa0)
			return true; /* U+0080 to U+009F */
		if (c == '%' &&
		    ((s[1] >= '0' && s[1] <= '1') ||
			strncasecmp(s, "%7f", 3) == 0) &&
		    s[2] != '\0' && strchr(DIGITS "abcdefABCDEF", s[2]) != NULL)
			return true;
	}
	return false;
}

/* A user's or a host's name: nothing that ssh could take for an option. */
static bool
is_name(const char *s, size_t n, const char *more)
{
	if (n == 0 || n > 255 || s[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (strchr(LETTERS DIGITS "._-", s[i]) == NULL &&
		    strchr(more, s[i]) == NULL)
			return false;
	return true;
}

/* "host", "192.0.2.1" or "[2001:db8::1]" */
static bool
is_host(const char *s, size_t n)
{
	if (n > 2 && s[0] == '[' && s[n - 1] == ']')
		return strspn(s + 1, DIGITS "abcdefABCDEF:.") == n - 2;
	return is_name(s, n, "");
}

static bool
is_port(const char *s, size_t n)
{
	return n >= 1 && n <= 5 && strspn(s, DIGITS) >= n && s[0] != '0' &&
	       strtol(s, NULL, 10) <= 65535;
}

/* [user@]host of n bytes */
static int
check_place(const char *url, const char *s, size_t n, struct err *e)
{
	const char *at = memchr(s, '@', n);

	if (at != NULL) {
		size_t user = (size_t)(at - s);

		if (memchr(s, ':', user) != NULL)
			return refuse(url,
			    _("a password in it would be stored in the clear; "
			      "use an ssh key"),
			    e);
		if (!is_name(s, user, "+"))
			return refuse(url,
			    _("the user's name may hold letters, digits and "
			      ". _ + - and not start with -"),
			    e);
		n -= user + 1;
		s = at + 1;
	}
	if (!is_host(s, n))
		return refuse(url,
		    _("the host's name may hold letters, digits and . _ - and "
		      "not start with -"),
		    e);
	return 0;
}

/* What follows ssh:// */
static int
check_ssh(const char *url, const char *s, struct err *e)
{
	const char *path = strchr(s, '/');
	const char *colon, *bracket;
	size_t n;

	if (path == NULL || path[1] == '\0')
		return refuse(
		    url, _("no path, as in ssh://host/srv/hub.git"), e);
	n = (size_t)(path - s);
	bracket = memchr(s, ']', n);
	colon = memrchr(s, ':', n);
	if (colon != NULL && (bracket == NULL || colon > bracket) &&
	    memchr(colon, '@', n - (size_t)(colon - s)) == NULL) {
		if (!is_port(colon + 1, (size_t)(path - colon) - 1))
			return refuse(url,
			    _("the port is not a number from 1 to 65535"), e);
		n = (size_t)(colon - s);
	}
	return check_place(url, s, n, e);
}

/* [user@]host:path */
static int
check_scp(const char *url, size_t place, struct err *e)
{
	const char *path = url + place + 1;

	if (path[0] == ':')
		return refuse(url,
		    _("helpers ('name::address') are not supported; use a "
		      "folder, ssh://host/path or user@host:path"),
		    e);
	if (path[0] == '\0')
		return refuse(url, _("no path, as in user@host:hub.git"), e);
	if (path[0] == '-')
		return refuse(
		    url, _("the path may not start with -; use ./-"), e);
	return check_place(url, url, place, e);
}

static int
check_file(const char *url, const char *path, struct err *e)
{
	if (path[0] != '/')
		return refuse(url,
		    _("file:// takes an absolute path, file:///srv/hub"), e);
	return 0;
}

static int
check_scheme(const char *url, const char *rest, struct err *e)
{
	size_t n = (size_t)(rest - url);
	char why[160];

	if (n == 4 && memcmp(url, "file", 4) == 0)
		return check_file(url, rest + 3, e);
	if (n == 3 && memcmp(url, "ssh", 3) == 0)
		return check_ssh(url, rest + 3, e);
	snprintf(why, sizeof(why),
	    _("%.*s is not supported yet; use a folder, file://, ssh:// or "
	      "user@host:path"),
	    (int)(n > 20 ? 20 : n), url);
	return refuse(url, why, e);
}

/* Before the first slash a colon means a host, as in git; "[" opens an IPv6
 * address, whose colons do not. */
static const char *
find_colon(const char *url)
{
	const char *s = strchr(url, '[');
	const char *at = strchr(url, '@');
	const char *slash = strchr(url, '/');
	const char *colon = NULL;

	/* neither in a path nor behind a colon */
	if (at != NULL && strcspn(url, ":/") < (size_t)(at - url))
		at = NULL;
	if (s != NULL && (s == url || s - 1 == at) && strchr(s, ']') != NULL)
		colon = strchr(strchr(s, ']'), ':');
	if (colon == NULL || (slash != NULL && colon > slash))
		colon = strchr(url, ':');
	return slash == NULL || colon < slash ? colon : NULL;
}

int
remote_check_url(const char *url, struct err *e)
{
	size_t n = strlen(url);
	const char *rest, *colon;

	if (n == 0)
		return err_set(e, ERR_INPUT,
		    _("no URL: give a folder, ssh://host/path or "
		      "user@host:path"));
	if (n > URL_MAX_BYTES)
		return refuse(url, _("it is too long"), e);
	if (!text_is_utf8(url, n))
		return refuse(url, _("it is not UTF-8"), e);
	if (has_control(url))
		return refuse(url, _("it holds a control character"), e);
	if (url[0] == '-')
		return refuse(
		    url, _("it starts with -; write ./ before a folder"), e);
	rest = strstr(url, "://");
	if (rest != NULL && memchr(url, '/', (size_t)(rest - url)) == NULL)
		return check_scheme(url, rest, e);
	colon = find_colon(url);
	if (colon != NULL)
		return check_scp(url, (size_t)(colon - url), e);
	return 0;
}

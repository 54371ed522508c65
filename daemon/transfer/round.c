#include "round.h"

#include <stdlib.h>
#include <string.h>

#include "common/frame.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"

#define NAME_CHARS                                                             \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
#define REF_CHARS NAME_CHARS "/"

/* Can this stand as a part of a ref's name, and of a path? */
static bool
is_part(const char *s, const char *chars)
{
	size_t n = strlen(s);

	return n >= 1 && n <= 128 && strspn(s, chars) == n && s[0] != '.' &&
	       s[0] != '-' && strstr(s, "..") == NULL &&
	       strstr(s, "//") == NULL && strstr(s, "/.") == NULL &&
	       strstr(s, ".lock") == NULL && s[n - 1] != '.';
}

static bool
is_prefix(const char *s)
{
	size_t n = strlen(s);

	return is_part(s, REF_CHARS) && strncmp(s, "refs/", 5) == 0 && n > 5 &&
	       s[n - 1] == '/';
}

static int
text(const json_t *j, const char *key, char **ret, struct err *e)
{
	const char *s = json_get_str(j, key);

	if (s == NULL || *s == '\0')
		return err_set(e, ERR_INPUT, _("the round has no '%s'"), key);
	*ret = mem_strdup(s);
	return 0;
}

static size_t
limit(const json_t *limits, const char *key, size_t otherwise, size_t most)
{
	int64_t n;

	if (json_get_int(limits, key, &n) == -1 || n <= 0)
		return otherwise;
	return (uint64_t)n > most ? most : (size_t)n;
}

static void
read_limits(const json_t *j, struct round *r)
{
	const json_t *l = json_object_get(j, "limits");

	r->limits.refs = limit(l, "refs", 20000, 30000);
	/* a blob has to fit a frame */
	r->limits.blob = limit(l, "blob", 4 << 20, FRAME_MAX - 65536);
	r->limits.pack = limit(l, "pack", 64 << 20, 1 << 30);
	r->limits.progress = limit(l, "progress", 65536, 1 << 20);
}

static int
check(const struct round *r, struct err *e)
{
	if (!is_part(r->remote, NAME_CHARS))
		return err_set(
		    e, ERR_INPUT, _("bad name of a remote '%s'"), r->remote);
	if (!is_prefix(r->prefix))
		return err_set(
		    e, ERR_INPUT, _("bad prefix of refs '%s'"), r->prefix);
	if (r->repo[0] != '/' || r->quarantine[0] != '/' ||
	    r->quarantine[1] == '\0' || strcmp(r->repo, r->quarantine) == 0)
		return err_set(
		    e, ERR_INPUT, _("bad place of the repositories"));
	return 0;
}

int
round_read(const json_t *j, struct round *ret, struct err *e)
{
	const json_t *ssh = json_object_get(j, "ssh");
	const char *command = json_get_str(ssh, "command");
	struct round r = {0};
	int64_t version;
	json_t *v;
	size_t i;

	if (json_get_int(j, "version", &version) == -1 || version != 1)
		return err_set(e, ERR_INPUT,
		    _("daemon and transfer are of different versions; install "
		      "both anew"));
	r.create = json_is_true(json_object_get(j, "create"));
	r.members = json_object();
	json_array_foreach (json_object_get(j, "members"), i, v)
		if (json_is_string(v))
			json_object_set_new(
			    r.members, json_string_value(v), json_true());
	if (json_get_str(j, "mark") != NULL)
		r.mark = mem_strdup(json_get_str(j, "mark"));
	r.ssh_agent = json_is_true(json_object_get(ssh, "agent"));
	r.ssh_command = mem_strdup(command == NULL ? "ssh" : command);
	read_limits(j, &r);
	if (text(j, "remote", &r.remote, e) == -1 ||
	    text(j, "url", &r.url, e) == -1 ||
	    text(j, "repo", &r.repo, e) == -1 ||
	    text(j, "quarantine", &r.quarantine, e) == -1 ||
	    text(j, "prefix", &r.prefix, e) == -1 || check(&r, e) == -1) {
		round_clear(&r);
		return -1;
	}
	*ret = r;
	return 0;
}

void
round_clear(struct round *r)
{
	free(r->remote);
	free(r->url);
	free(r->repo);
	free(r->quarantine);
	free(r->prefix);
	free(r->mark);
	json_decref(r->members);
	free(r->ssh_command);
	*r = (struct round){0};
}

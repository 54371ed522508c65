/*
 * peer: the daemon's side of a round, played against the real
 * mufakat-transfer, and git itself to make and to check repositories.
 *
 *	struct peer p;
 *
 *	peer_start(&p, s.dir, "a", url, ROUND_PLAIN);
 *	r = peer_refs(&p);
 *	peer_want(&p, r, NULL);
 *	peer_done(&p);
 */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include "scratch.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/frame.h"
#include "common/jscan.h"
#include "common/mem.h"

#define PREFIX "refs/heads/mufakat/"
#define ROOM   4096

/* --- commands ------------------------------------------------------------ */

/* Runs a shell command in a folder; its output, without the last LF, stands
 * until the next call. */
static inline const char *
sh(const char *dir, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline const char *
sh_status(const char *dir, int *ret, const char *command)
{
	static char out[65536];
	char *full = mem_printf(
	    "cd '%s' && export LC_ALL=C GIT_CONFIG_GLOBAL=/dev/null "
	    "GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@x "
	    "GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@x; { %s; } 2>&1",
	    dir, command);
	FILE *f = popen(full, "r");
	size_t n;

	assert_non_null(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	*ret = pclose(f);
	if (n > 0 && out[n - 1] == '\n')
		out[n - 1] = '\0';
	free(full);
	return out;
}

static inline const char *
sh(const char *dir, const char *fmt, ...)
{
	char command[ROOM];
	const char *out;
	va_list ap;
	int status;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	out = sh_status(dir, &status, command);
	if (status != 0)
		fail_msg("'%s' failed: %s", command, out);
	return out;
}

/* git fsck finds nothing to complain of. */
static inline void
assert_clean(const char *repo)
{
	int status;
	const char *out = sh_status(repo, &status,
	    "git fsck --strict --no-progress --no-dangling 2>&1 | "
	    "grep -v ^notice");

	if (*out != '\0')
		fail_msg("fsck of %s: %s", repo, out);
}

static inline size_t
count_objects(const char *repo)
{
	return strtoul(sh(repo, "git cat-file --batch-all-objects "
				"--batch-check='x' | wc -l"),
	    NULL, 10);
}

/* The name of log n, 26 characters. */
static inline const char *
log_name(unsigned n)
{
	static char names[8][32];
	static unsigned turn;
	char *name = names[turn++ % 8];

	memset(name, 0, sizeof(names[0]));
	memset(name, 'a', 26);
	for (int i = 25; n > 0; n /= 26)
		name[i--] = (char)('a' + n % 26);
	return name;
}

/* Writes a commit with git: content, parent or "", tree entry as given. */
static inline const char *
make_commit_as(const char *repo, const char *entry, const char *content,
    const char *parent)
{
	static char oid[41];

	snprintf(oid, sizeof(oid), "%s",
	    sh(repo,
		"blob=$(printf '%%s' '%s' | git hash-object -w --stdin); "
		"tree=$(printf '%s\\n' $blob | git mktree); "
		"git commit-tree %s%s -m '1 changes' $tree",
		content, entry, *parent != '\0' ? "-p " : "", parent));
	return oid;
}

static inline const char *
make_commit(const char *repo, const char *content, const char *parent)
{
	return make_commit_as(
	    repo, "100644 blob %s\\tchanges", content, parent);
}

static inline void
set_ref(const char *repo, const char *name, const char *oid)
{
	sh(repo, "git update-ref %s%s %s", PREFIX, name, oid);
}

/* How often to repeat: MUFAKAT_ROUNDS says, for the full number. */
static inline unsigned
rounds(unsigned usual)
{
	const char *s = getenv("MUFAKAT_ROUNDS");

	return s == NULL ? usual : (unsigned)strtoul(s, NULL, 10);
}

/* --- the daemon's side --------------------------------------------------- */

struct peer {
	int fd;
	pid_t pid;
	struct buf in;
	size_t used;
	char home[128];
	char repo[160];
	struct rusage usage; /* after peer_end() */
};

/* Differences from a plain round. */
struct peer_round {
	bool create;
	const char *ssh;  /* command, or NULL */
	const char *mark; /* of an earlier listing, or NULL */
	size_t blob, pack, refs;
};

/* The sanitizers need memory of their own. */
static inline bool
is_sanitized(void)
{
	const char *s = getenv("MUFAKAT_SANITIZED");

	return s != NULL && strcmp(s, "1") == 0;
}

static inline const char *
transfer_path(void)
{
	static char path[ROOM];
	const char *build = getenv("MUFAKAT_BUILD");
	char self[ROOM - 64] = "";

	if (build == NULL) {
		/* build/tests/unit/test_x */
		if (readlink("/proc/self/exe", self, sizeof(self) - 1) == -1)
			fail_msg("no /proc/self/exe");
		for (int i = 0; i < 3; i++)
			*strrchr(self, '/') = '\0';
		build = self;
	}
	snprintf(path, sizeof(path), "%s/mufakat-transfer", build);
	return path;
}

static inline void
peer_send(struct peer *p, enum frame_type type, json_t *json, const void *bytes,
    size_t n)
{
	struct buf b = BUF_INIT;

	assert_non_null(json);
	frame_write(&b, type, json, bytes, n);
	json_decref(json);
	for (size_t done = 0; done < b.len;) {
		ssize_t k =
		    send(p->fd, b.data + done, b.len - done, MSG_NOSIGNAL);

		if (k == -1) /* it was killed; the reader finds out */
			break;
		done += (size_t)k;
	}
	buf_clear(&b);
}

static inline void
peer_spawn(struct peer *p)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	p->pid = fork();
	assert_int_not_equal(p->pid, -1);
	if (p->pid == 0) {
		if (dup2(pair[1], 3) == -1)
			_exit(127);
		if (pair[0] != 3)
			close(pair[0]);
		if (pair[1] != 3)
			close(pair[1]);
		execl(transfer_path(), "mufakat-transfer", (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	p->fd = pair[0];
}

static inline void
peer_start(struct peer *p, const char *dir, const char *office, const char *url,
    const struct peer_round *r)
{
	static const struct peer_round plain;
	char quarantine[160];

	if (r == NULL)
		r = &plain;
	memset(p, 0, sizeof(*p));
	snprintf(p->home, sizeof(p->home), "%s/%s", dir, office);
	snprintf(p->repo, sizeof(p->repo), "%s/repo.git", p->home);
	snprintf(quarantine, sizeof(quarantine), "%s/quarantine", p->home);
	mkdir(p->home, 0700);
	peer_spawn(p);
	peer_send(p, FRAME_ROUND,
	    json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:b,s:s?,s:n,s:{s:s,s:b},"
		      "s:{s:I,s:I,s:I,s:I}}",
		"version", 1, "remote", "hub", "url", url, "repo", p->repo,
		"quarantine", quarantine, "prefix", PREFIX, "create",
		(int)r->create, "mark", r->mark, "coalition", "ssh", "command",
		r->ssh == NULL ? "ssh" : r->ssh, "agent", 0, "limits", "refs",
		(json_int_t)(r->refs == 0 ? 20000 : r->refs), "blob",
		(json_int_t)(r->blob == 0 ? 4194304 : r->blob), "pack",
		(json_int_t)(r->pack == 0 ? 67108864 : r->pack), "progress",
		(json_int_t)65536),
	    NULL, 0);
}

/* The next frame but those of progress; false at the end of the stream.  The
 * caller clears. */
static inline bool
peer_next(struct peer *p, struct frame *ret)
{
	struct err e;

	buf_consume(&p->in, p->used);
	p->used = 0;
	for (;;) {
		int got = frame_parse(p->in.data, p->in.len, ret, &p->used, &e);
		ssize_t n;

		if (got == -1)
			fail_msg("%s", e.msg);
		if (got == 1 && ret->type != FRAME_PROGRESS)
			return true;
		if (got == 1) {
			frame_clear(ret);
			buf_consume(&p->in, p->used);
			p->used = 0;
			continue;
		}
		buf_reserve(&p->in, 65536);
		n = read(p->fd, p->in.data + p->in.len, 65536);
		if (n <= 0)
			return false;
		p->in.len += (size_t)n;
	}
}

/* The JSON of the next frame, which must be of this type. */
static inline json_t *
peer_expect(struct peer *p, enum frame_type type)
{
	struct frame f = {0};
	json_t *j;

	if (!peer_next(p, &f))
		fail_msg(
		    "the transfer ended in place of '%s'", frame_word(type));
	if (f.type != type) {
		char *text = json_dumps(f.json, JSON_COMPACT);

		fail_msg("'%s' in place of '%s': %s", frame_word(f.type),
		    frame_word(type), text);
	}
	j = json_incref(f.json);
	frame_clear(&f);
	return j;
}

/* Waits for the end; the exit status. */
static inline int
peer_end(struct peer *p)
{
	int status;

	close(p->fd);
	buf_clear(&p->in);
	assert_int_equal(wait4(p->pid, &status, 0, &p->usage), p->pid);
	return status;
}

static inline void
assert_no_quarantine(const struct peer *p)
{
	char *path = mem_printf("%s/quarantine", p->home);

	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

static inline void
peer_done(struct peer *p)
{
	struct frame f;
	int status;

	peer_send(p, FRAME_DONE, json_object(), NULL, 0);
	assert_false(peer_next(p, &f));
	status = peer_end(p);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("exit status %x", (unsigned)status);
	assert_no_quarantine(p);
}

/* The round fails with this code, and a message that holds "part". */
static inline void
peer_assert_failed(struct peer *p, const char *code, const char *part)
{
	json_t *j = peer_expect(p, FRAME_FAILED);
	int status;

	assert_string_equal(json_get_str(j, "code"), code);
	if (strstr(json_get_str(j, "error"), part) == NULL)
		fail_msg(
		    "'%s' does not say '%s'", json_get_str(j, "error"), part);
	json_decref(j);
	status = peer_end(p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_no_quarantine(p);
}

/* The refs of a listing: an object, name to id. */
static inline json_t *
peer_refs(struct peer *p)
{
	json_t *j = peer_expect(p, FRAME_REFS);
	json_t *refs = json_incref(json_object_get(j, "refs"));

	assert_true(json_is_object(refs));
	json_decref(j);
	return refs;
}

/* What came of a want. */
struct catch
{
	json_t *blobs; /* [[ref, commit, content],...] in order */
	json_t *ends;  /* ref to END */
	size_t objects;
};

static inline void
catch_clear(struct catch *c)
{
	json_decref(c->blobs);
	json_decref(c->ends);
}

static inline void
catch_blob(struct catch *c, const struct frame *f)
{
	json_array_append_new(c->blobs,
	    json_pack("[s,s,s%]", json_get_str(f->json, "ref"),
		json_get_str(f->json, "commit"), f->bytes, f->nbytes));
}

/* Wants the keys of "refs"; keeps all that came well but "refused". */
static inline struct catch peer_want(
    struct peer *p, json_t *refs, const char *refused)
{
	struct catch c = {json_array(), json_object(), 0};
	json_t *names = json_array(), *v;
	struct frame f;
	const char *name;
	size_t open = json_object_size(refs);

	json_object_foreach (refs, name, v)
		json_array_append_new(names, json_string(name));
	peer_send(p, FRAME_WANT, json_pack("{s:o}", "refs", names), NULL, 0);
	while (open > 0) {
		assert_true(peer_next(p, &f));
		if (f.type == FRAME_BLOB) {
			catch_blob(&c, &f);
		} else {
			int64_t n;
			const char *ref = json_get_str(f.json, "ref");
			bool keep =
			    refused == NULL || strcmp(ref, refused) != 0;

			assert_int_equal(f.type, FRAME_END);
			assert_int_equal(
			    json_get_int(f.json, "objects", &n), 0);
			c.objects += (size_t)n;
			json_object_set(c.ends, ref, f.json);
			peer_send(p, FRAME_KEEP,
			    json_pack(
				"{s:s,s:b}", "ref", ref, "keep", (int)keep),
			    NULL, 0);
			open--;
		}
		frame_clear(&f);
	}
	return c;
}

static inline const char *
catch_content(const struct catch *c, size_t i)
{
	return json_string_value(
	    json_array_get(json_array_get(c->blobs, i), 2));
}

/* NULL if the ref came well, else the code. */
static inline const char *
catch_code(const struct catch *c, const char *ref)
{
	const json_t *end = json_object_get(c->ends, ref);

	assert_non_null(end);
	if (json_is_true(json_object_get(end, "ok")))
		return NULL;
	return json_get_str(end, "code");
}

static inline void
peer_put(struct peer *p, const char *ref, const char *old, const char *mode,
    const char *commit, const char *content)
{
	peer_send(p, FRAME_PUT,
	    json_pack("{s:s,s:s?,s:s,s:s?,s:I,s:s}", "ref", ref, "old", old,
		"mode", mode, "commit", commit, "t", (json_int_t)1700000000,
		"message", "1 changes\n\nabc"),
	    content, strlen(content));
}

/* Lists; *ret_written: ref to WRITTEN. */
static inline json_t *
peer_list(struct peer *p, json_t **ret_written)
{
	json_t *written = json_object(), *refs;
	struct frame f;

	peer_send(p, FRAME_LIST, json_object(), NULL, 0);
	for (;;) {
		assert_true(peer_next(p, &f));
		if (f.type == FRAME_REFS)
			break;
		if (f.type != FRAME_WRITTEN)
			fail_msg("%s: %s", frame_word(f.type),
			    json_get_str(f.json, "error"));
		json_object_set(written, json_get_str(f.json, "ref"), f.json);
		frame_clear(&f);
	}
	refs = json_incref(json_object_get(f.json, "refs"));
	frame_clear(&f);
	if (ret_written != NULL)
		*ret_written = written;
	else
		json_decref(written);
	return refs;
}

/* "" if the ref was written, else the code. */
static inline const char *
written_code(const json_t *written, const char *ref)
{
	const json_t *w = json_object_get(written, ref);

	assert_non_null(w);
	return json_is_true(json_object_get(w, "ok")) ? ""
						      : json_get_str(w, "code");
}

/* The rest of a round that fetches all that is listed, and ends. */
static inline struct catch peer_fetch(struct peer *p, const char *refused)
{
	json_t *refs = peer_refs(p);
	struct catch c = peer_want(p, refs, refused);

	json_decref(refs);
	peer_done(p);
	return c;
}

#endif

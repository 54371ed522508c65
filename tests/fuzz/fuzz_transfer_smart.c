/*
 * What a git server says, from its first byte on: a listing, then an answer
 * to our wants with a pack, or to our push.  The first byte of the input
 * says which ('f' fetch, 'p' push).
 *
 * The functions of ssh.c are defined here, and nothing is started: the stream
 * is the input, in short reads, and whatever we say falls on deaf ears.  No read goes beyond TURN,
 * where a server would wait for us: what libgit2 has read by then it drops.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "daemon/transfer/smart.h"
#include "tests/fuzz/scratch.h"

#define NAME    "abcdefghijklmnopqrstuvwxyz"
#define ATONCE  100 /* bytes of a read */
#define TURN    "\xff\xfe\xff\xfe"
#define HISTORY 32 /* inputs between new quarantines */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- the other end --------------------------------------------------------- */

static const char *said, *said_end;

int
starter_open(struct starter *s, const char *command, bool agent, bool create,
    const struct ssh_url *u, struct err *e)
{
	(void)command;
	(void)agent;
	(void)create;
	(void)u;
	(void)e;
	*s = (struct starter){0, -1};
	return 0;
}

void
starter_close(struct starter *s)
{
	(void)s;
}

int
ssh_start(
    struct ssh *s, const struct starter *by, enum service what, struct err *e)
{
	(void)s;
	(void)by;
	(void)what;
	(void)e;
	return 0;
}

int
ssh_read(struct ssh *s, char *p, size_t n, size_t *ret_n, struct err *e)
{
	size_t left = (size_t)(said_end - said), turn = strlen(TURN);
	const char *stop;

	(void)s;
	(void)e;
	if (left >= turn && memcmp(said, TURN, turn) == 0) {
		said += turn;
		left -= turn;
	}
	stop = memmem(said, left, TURN, turn);
	if (stop != NULL)
		left = (size_t)(stop - said);
	n = n < left ? n : left;
	n = n < ATONCE ? n : ATONCE;
	memcpy(p, said, n);
	said += n;
	*ret_n = n;
	return 0;
}

int
ssh_write(struct ssh *s, const char *p, size_t n, struct err *e)
{
	(void)s;
	(void)p;
	(void)n;
	(void)e;
	return 0;
}

void
ssh_stop(struct ssh *s)
{
	(void)s;
}

int
ssh_explain(const struct ssh *s, const struct ssh_url *u, const char *reason,
    struct err *e)
{
	(void)s;
	(void)u;
	return err_set(
	    e, ERR_OFFLINE, "%s", reason != NULL ? reason : "no answer");
}

/* --- this end -------------------------------------------------------------- */

static struct trusted trusted;
static struct quarantine quarantine;

static void
must(int rv, const struct err *e)
{
	if (rv == 0)
		return;
	fprintf(stderr, "fuzz_transfer_smart: %s\n", e->msg);
	abort();
}

static void
close_repositories(void)
{
	quarantine_close(&quarantine);
	trusted_close(&trusted);
	git_teardown();
}

/* Packs pile up in a quarantine: a new one now and then. */
static void
open_repositories(void)
{
	static unsigned turn;
	char *path;
	struct err e;

	if (turn == 0) {
		scratch();
		atexit(close_repositories);
		must(git_setup(8 << 20, &e), &e);
		path = fs_join(scratch(), "repo.git");
		must(trusted_open(&trusted, path, "hub", &e), &e);
		must(trusted_odb(&trusted, &e), &e);
		free(path);
	}
	if (turn++ % HISTORY != 0)
		return;
	quarantine_close(&quarantine);
	path = fs_join(scratch(), "quarantine");
	must(quarantine_init(&quarantine, path, &e), &e);
	must(quarantine_open(&quarantine, trusted.path, &e), &e);
	free(path);
}

static void
check_error(const struct err *e)
{
	if (e->code == ERR_NONE || e->msg[0] == '\0')
		abort();
}

static void
fetch(struct smart *s)
{
	struct want w[2] = {{.name = NAME}, {.name = NAME "-1"}};
	struct refs r;
	struct err e = {0};
	size_t objects = 0;

	refs_init(&r, 100);
	if (smart_list(s, &quarantine, &r, &e) == -1) {
		check_error(&e);
	} else {
		for (size_t i = 0; i < r.n; i++)
			if (!refs_is_name(r.list[i].name) ||
			    !git_is_oid(r.list[i].oid))
				abort();
		if (smart_bring(s, &trusted, &quarantine, w, 2, &objects, &e) ==
		    -1)
			check_error(&e);
	}
	refs_clear(&r);
}

/* Only the remote's word on a ref makes it written: it has to be there. */
static void
push(struct smart *s, const char *from)
{
	struct put p[2] = {{.name = NAME, .mode = PUT_DELETE},
	    {.name = NAME "-1", .mode = PUT_DELETE}};

	strcpy(p[0].old, "0123456789abcdef0123456789abcdef01234567");
	strcpy(p[1].old, "1123456789abcdef0123456789abcdef01234567");
	smart_push(s, &quarantine, p, 2);
	for (size_t i = 0; i < 2; i++)
		if (p[i].err.code != ERR_NONE)
			check_error(&p[i].err);
		else if (memmem(from, (size_t)(said_end - from), "ok refs",
			     7) == NULL)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct round round = {.url = (char *)"ssh://host/x",
	    .prefix = (char *)"refs/heads/mufakat/",
	    .ssh_command = (char *)"ssh",
	    .limits = {.refs = 100,
		.blob = 4 << 20,
		.pack = 64 << 20,
		.progress = 65536}};
	struct channel channel;
	struct smart s;
	struct err e;

	if (size == 0)
		return 0;
	open_repositories();
	said = (const char *)data + 1;
	said_end = (const char *)data + size;
	channel_init(&channel, -1);
	must(smart_init(&s, &round, &channel, &e), &e);
	if (*data == 'p')
		push(&s, said);
	else
		fetch(&s);
	smart_close(&s);
	channel_clear(&channel);
	return 0;
}

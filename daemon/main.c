/* mufakatd: options, and what each of them does.  The work is in loop.c. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/log.h"
#include "config.h"
#include "gate.h"
#include "home.h"
#include "loop.h"
#include "network.h"
#include "notify.h"
#include "rescue.h"
#include "spawner.h"
#include "view.h"

#define EXIT_USAGE 2
#define FILES_MAX  4096
#define FILES_MIN  32            /* database, loop, socket and a few clients */
#define LOG_MAX    (1024 * 1024) /* then a new one is begun */

struct options {
	const char *home;
	const char *restore;
	bool foreground;
	bool check;
	bool rebuild;
};

static void
usage(FILE *f)
{
	fputs(_("usage: mufakatd [--home DIR] [-f]\n"
		"       mufakatd [--home DIR] -n | --rebuild | --restore FILE\n"
		"       mufakatd --version | --help\n"
		"\n"
		"  --home DIR      the folder of the office (MUFAKAT_HOME)\n"
		"  -f              stay in the foreground\n"
		"  -n              check the configuration\n"
		"  --rebuild       recreate what is derived from the log\n"
		"  --restore FILE  put a backup in place of the database\n"),
	    f);
}

static int
complain(const struct err *e)
{
	fprintf(stderr, "mufakatd: %s\n", e->msg);
	return EXIT_FAILURE;
}

/* --- once, without serving -------------------------------------------------------- */

static int
check_config(const char *home)
{
	struct config c;
	struct err e;
	char *transfer = NULL;
	int rv = config_read(home, &c, &e);

	if (rv == 0)
		rv = config_transfer(&c, &transfer, &e);
	config_clear(&c);
	free(transfer);
	if (rv == -1)
		return complain(&e);
	puts(_("the configuration is fine"));
	return EXIT_SUCCESS;
}

static int
rebuild_derived(const char *home, struct view_counts *ret, struct err *e)
{
	struct gate *g = NULL;
	int rv;

	if (gate_open(home, &clock_system, &g, e) == -1)
		return -1;
	rv = gate_rebuild(g, e);
	if (rv == 0)
		rv = view_counts(gate_store(g), ret, e);
	gate_close(g);
	return rv;
}

static int
rescue(const char *home, struct err *e)
{
	struct rescued r;

	if (rescue_run(home, &clock_system, &r, e) == -1)
		return -1;
	printf(_("saved %lld changes; the damaged database is kept as '%s'\n"),
	    (long long)r.changes, r.before);
	if (r.lost > 0)
		printf(_("%lld could not be read: a sync brings back what "
			 "others hold\n"),
		    (long long)r.lost);
	free(r.before);
	return 0;
}

static int
rebuild(const char *home)
{
	struct view_counts n;
	struct err e;
	int rv = rebuild_derived(home, &n, &e);

	if (rv == -1 && e.code == ERR_CORRUPT && rescue(home, &e) == 0)
		rv = rebuild_derived(home, &n, &e);
	if (rv == -1)
		return complain(&e);
	printf(_("rebuilt %lld records from %lld changes\n"),
	    (long long)n.records, (long long)n.changes);
	return EXIT_SUCCESS;
}

static int
restore(const char *home, const char *file)
{
	char day[CLOCK_ISO_SIZE];
	char *before = NULL;
	struct backup b;
	struct err e;

	if (home_restore(
		home, file, clock_wall(&clock_system), &b, &before, &e) == -1)
		return complain(&e);
	clock_iso(b.last_t, day);
	printf(
	    P_("restored '%s': %lld change of %s, up to %.10s\n",
		"restored '%s': %lld changes of %s, up to %.10s\n", b.changes),
	    file, (long long)b.changes, b.coalition, day);
	if (before != NULL)
		printf(_("what was there is kept as '%s'\n"), before);
	free(before);
	return EXIT_SUCCESS;
}

/* --- serving ----------------------------------------------------------------------- */

/* The lock tells whom to signal; that it is held, the lock itself tells. */
static void
note_pid(int lock)
{
	if (ftruncate(lock, 0) == 0)
		dprintf(lock, "%ld\n", (long)getpid());
}

/* What gives up the network comes last before there are threads, and what
 * starts transfers before that. */
static int
serve(const struct loop_start *start, struct err *e)
{
	struct loop_start with = *start;
	struct spawner s;
	bool is_done = false;
	int rv = -1;

	if (spawner_open(&s, e) == -1)
		return -1;
	with.spawner = &s;
	if (network_give_up(&is_done, e) == 0) {
		if (!is_done)
			log_info("confine",
			    "network=kept reason=\"no seccomp here\"");
		rv = loop_run(&with, e);
	}
	spawner_close(&s);
	return rv;
}

static void
ready_foreground(void *arg)
{
	(void)arg;
	notify_send("READY=1");
}

static int
serve_foreground(const char *home, int lock)
{
	struct loop_start start = {.home = home,
	    .listen_fd = notify_listen_fd(),
	    .ready = ready_foreground};
	struct err e;

	note_pid(lock);
	if (serve(&start, &e) == 0)
		return EXIT_SUCCESS;
	log_error("end", "error=\"%s\"", e.msg);
	return EXIT_FAILURE;
}

/* The child says one line over the pipe: nothing if all is well. */
static void
ready_background(void *arg)
{
	int *fd = arg;
	ssize_t n = write(*fd, "\n", 1);

	(void)n;
	close(*fd);
	*fd = -1;
}

/* Standard output and error go to <home>/log; of a long one a new one is
 * begun, and one old one kept. */
static int
redirect(const char *home, struct err *e)
{
	char *path = fs_join(home, "log"), *old = fs_join(home, "log.old");
	struct stat st;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd, rv = 0;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size > LOG_MAX)
		rename(path, old);
	fd = open(path,
	    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
	    0600);
	if (null == -1 || fd == -1)
		rv = err_sys(e, _("cannot open '%s'"), path);
	else if (dup2(null, STDIN_FILENO) == -1 ||
		 dup2(fd, STDOUT_FILENO) == -1 || dup2(fd, STDERR_FILENO) == -1)
		rv = err_sys(e, _("cannot redirect to '%s'"), path);
	if (null > STDERR_FILENO)
		close(null);
	if (fd > STDERR_FILENO)
		close(fd);
	free(path);
	free(old);
	return rv;
}

static int
serve_child(const char *home, int lock, int fd)
{
	struct loop_start start = {.home = home,
	    .listen_fd = -1,
	    .ready = ready_background,
	    .arg = &fd};
	struct err e;
	int rv = redirect(home, &e);

	setsid();
	note_pid(lock);
	if (rv == 0 && chdir("/") == -1)
		rv = err_sys(&e, _("cannot leave the current folder"));
	if (rv == 0 && serve(&start, &e) == 0)
		return EXIT_SUCCESS;
	log_error("end", "error=\"%s\"", e.msg);
	if (fd != -1)
		dprintf(fd, "%s\n", e.msg);
	return EXIT_FAILURE;
}

/* Waits until the daemon accepts, or says why it cannot. */
static int
wait_for_child(const char *home, int fd)
{
	char text[512];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1 &&
	       (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	if (strcmp(text, "\n") == 0)
		return EXIT_SUCCESS;
	if (len == 0)
		fprintf(stderr,
		    _("mufakatd: it ended while it started; see '%s/log'\n"),
		    home);
	else
		fprintf(stderr, "mufakatd: %s", text);
	return EXIT_FAILURE;
}

static int
serve_background(const char *home, int lock)
{
	struct err e;
	int fd[2];
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) == -1) {
		err_sys(&e, _("cannot start in the background"));
		return complain(&e);
	}
	fflush(NULL);
	pid = fork();
	if (pid == -1) {
		err_sys(&e, _("cannot start in the background"));
		return complain(&e);
	}
	if (pid == 0) {
		close(fd[0]);
		return serve_child(home, lock, fd[1]);
	}
	close(fd[1]);
	return wait_for_child(home, fd[0]);
}

static int
run(const struct options *o, const char *home)
{
	struct err e;
	struct config c;
	int lock, rv;

	if (o->check)
		return check_config(home);
	if (o->rebuild && home_check(home, &e) == -1)
		return complain(&e);
	if (home_prepare(home, &e) == -1 || home_lock(home, &lock, &e) == -1)
		return complain(&e);
	if (o->rebuild)
		return rebuild(home);
	if (o->restore != NULL)
		return restore(home, o->restore);
	/* before we are in the background, where nobody reads it */
	rv = config_read(home, &c, &e);
	log_setup(c.log_level, getenv("JOURNAL_STREAM") == NULL);
	config_clear(&c);
	if (rv == -1)
		return complain(&e);
	return o->foreground || notify_is_managed()
		   ? serve_foreground(home, lock)
		   : serve_background(home, lock);
}

/* As many open files as the hard limit lets us have. */
static int
claim_files(struct err *e)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == -1)
		return err_sys(e, _("cannot tell the limit of open files"));
	if (l.rlim_max < FILES_MIN)
		return err_set(e, ERR_SYSTEM,
		    _("too few open files are allowed (%lu, of at least %d): "
		      "raise the limit with 'ulimit -n 1024'"),
		    (unsigned long)l.rlim_max, FILES_MIN);
	l.rlim_cur = l.rlim_max < FILES_MAX ? l.rlim_max : FILES_MAX;
	return setrlimit(RLIMIT_NOFILE, &l) == 0
		   ? 0
		   : err_sys(e, _("cannot raise the limit of open files"));
}

/* Returns -1 to go on, or an exit code. */
static int
parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"home", required_argument, NULL, 'h'},
	    {"rebuild", no_argument, NULL, 'r'},
	    {"restore", required_argument, NULL, 'R'},
	    {"version", no_argument, NULL, 'v'},
	    {"help", no_argument, NULL, '?' + 256}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "fn", longs, NULL)) != -1)
		switch (c) {
		case 'h':
			o->home = optarg;
			break;
		case 'f':
			o->foreground = true;
			break;
		case 'n':
			o->check = true;
			break;
		case 'r':
			o->rebuild = true;
			break;
		case 'R':
			o->restore = optarg;
			break;
		case 'v':
			puts("mufakatd " MUFAKAT_VERSION);
			return EXIT_SUCCESS;
		case '?' + 256:
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	if (optind == argc && o->check + o->rebuild + (o->restore != NULL) <= 1)
		return -1;
	usage(stderr);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct options o = {0};
	struct err e;
	char *home;
	int rv;

	fs_hold_standard();
	umask(077);
	/* a file that may not grow is an error, not the end */
	signal(SIGXFSZ, SIG_IGN);
	/* where temporary files go is not for the environment to say */
	unsetenv("TMPDIR");
	unsetenv("SQLITE_TMPDIR");
	i18n_setup();
	crypto_setup();
	rv = parse(argc, argv, &o);
	if (rv != -1)
		return rv;
	if (claim_files(&e) == -1 || fs_home(o.home, &home, &e) == -1)
		return complain(&e);
	rv = run(&o, home);
	free(home);
	return rv;
}

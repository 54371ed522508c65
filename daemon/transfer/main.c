/*
 * mufakat-transfer: one round with one remote, for mufakatd, which talks to
 * it over descriptor 3 and kills it at a deadline.  It has no keys and no
 * database, and is taken to be in the hands of whoever wrote what it reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/i18n.h"
#include "common/sanitized.h"
#include "session.h"

#define DAEMON_FD 3
#define MEGABYTE  ((rlim_t)1024 * 1024)

extern char **environ;

static void
limit(int what, rlim_t most)
{
	struct rlimit now, want = {most, most};

	if (getrlimit(what, &now) == 0 && now.rlim_max < most)
		want.rlim_cur = want.rlim_max = now.rlim_max;
	setrlimit(what, &want);
}

static void
set_limits(void)
{
	if (!SANITIZED) {
		limit(RLIMIT_AS, 512 * MEGABYTE);
		limit(RLIMIT_DATA, 256 * MEGABYTE);
	}
	limit(RLIMIT_CPU, 900);
	limit(RLIMIT_FSIZE, 1024 * MEGABYTE);
	limit(RLIMIT_NOFILE, 4096); /* libgit2 keeps packs open */
	limit(RLIMIT_CORE, 0);
}

/* Nothing that the user set up for git applies here; what remains is for
 * ssh, which decides by itself. */
static void
clean_environment(void)
{
	static const char *const others[] = {"TMPDIR", "LD_PRELOAD",
	    "LD_LIBRARY_PATH", "XDG_CONFIG_HOME", "LANGUAGE", "LC_MESSAGES"};

	for (size_t i = 0; environ[i] != NULL;) {
		const char *entry = environ[i];
		char name[128];
		size_t n = strcspn(entry, "=");

		if (strncmp(entry, "GIT_", 4) == 0 && n < sizeof(name)) {
			memcpy(name, entry, n);
			name[n] = '\0';
			unsetenv(name);
		}
		/* what has no '=' stays */
		i += environ[i] == entry;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		unsetenv(others[i]);
	setenv("LC_ALL", "C", 1);
}

#define BUS_JSON                                                               \
	"{\"code\":\"offline\",\"error\":\"the remote went away while it was " \
	"being read\"}"

/* A stick that is pulled while a file of it is mapped ends us; say so. */
static void
on_bus(int sig)
{
	static const struct {
		unsigned char length[4];
		char type;
		char json[sizeof(BUS_JSON)];
	} frame = {{0, 0, 0, sizeof(BUS_JSON)}, FRAME_FAILED, BUS_JSON};

	(void)sig;
	send(DAEMON_FD, &frame, sizeof(frame) - 1, MSG_NOSIGNAL);
	_exit(1);
}

static void
set_signals(void)
{
	struct sigaction sa = {.sa_handler = on_bus};

	/* what started us ends us, unless it was ended itself */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigaction(SIGBUS, &sa, NULL);
}

static bool
is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

int
main(int argc, char **argv)
{
	struct err e = {0};

	i18n_setup();
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("mufakat-transfer %s\n", MUFAKAT_VERSION);
		return 0;
	}
	if (argc > 1 || !is_socket(DAEMON_FD)) {
		fputs(_("mufakat-transfer is started by mufakatd; see "
			"mufakatd(8)\n"),
		    stderr);
		return 2;
	}
	fcntl(DAEMON_FD, F_SETFD, FD_CLOEXEC);
	clean_environment();
	set_limits();
	set_signals();
	umask(022);
	return session_run(DAEMON_FD, &e) == -1 ? 1 : 0;
}

#include "notify.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3

/* The number in a variable, or -1. */
static long
number(const char *name)
{
	const char *s = getenv(name);
	char *end;
	long n;

	if (s == NULL || *s < '0' || *s > '9')
		return -1;
	n = strtol(s, &end, 10);
	return *end == '\0' ? n : -1;
}

bool
notify_is_managed(void)
{
	return getenv("NOTIFY_SOCKET") != NULL || getenv("LISTEN_FDS") != NULL;
}

int
notify_listen_fd(void)
{
	bool ours =
	    number("LISTEN_PID") == (long)getpid() && number("LISTEN_FDS") >= 1;
	int is_listening = 0;
	socklen_t n = sizeof(is_listening);

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!ours ||
	    getsockopt(
		FIRST_FD, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &n) == -1 ||
	    !is_listening)
		return -1;
	fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC);
	return FIRST_FD;
}

void
notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t n = path != NULL ? strlen(path) : 0;
	ssize_t k;
	int fd;

	if (n < 2 || n >= sizeof(sun.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(sun.sun_path, path, n);
	if (path[0] == '@')
		sun.sun_path[0] = '\0'; /* the abstract name space */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return;
	k = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	(void)k; /* a manager that does not listen is no concern of ours */
	close(fd);
}

int64_t
notify_watchdog_ms(void)
{
	long us = number("WATCHDOG_USEC"), pid = number("WATCHDOG_PID");

	if (us <= 0 || (pid != -1 && pid != (long)getpid()))
		return 0;
	return us / 2000 > 0 ? us / 2000 : 1;
}

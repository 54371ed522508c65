#include "process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "mufakat-transfe" /* the kernel keeps 15 characters */

/* A number of /proc/PID/status, or -1. */
static long
status(int pid, const char *field)
{
	char path[64], line[256];
	size_t n = strlen(field);
	long rv = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	while (rv == -1 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, field, n) == 0 && line[n] == ':')
			rv = strtol(line + n + 1, NULL, 10);
	fclose(f);
	return rv;
}

static bool
is_transfer(int pid)
{
	char path[64], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	if (fgets(name, sizeof(name), f) == NULL)
		name[0] = '\0';
	fclose(f);
	return strncmp(name, NAME, strlen(NAME)) == 0;
}

/* What it forks to start ssh has its name, too.  Between it and the daemon is
 * what starts it. */
static bool
is_grandchild(int pid, int of)
{
	return (int)status((int)status(pid, "PPid"), "PPid") == of;
}

static int
find_transfer(int daemon)
{
	DIR *d = opendir("/proc");
	struct dirent *x;
	int found = 0;

	while (d != NULL && found == 0 && (x = readdir(d)) != NULL) {
		int pid = atoi(x->d_name);

		if (pid > 0 && is_transfer(pid) && is_grandchild(pid, daemon))
			found = pid;
	}
	if (d != NULL)
		closedir(d);
	return found;
}

static void
raise_to(long *most, long now)
{
	if (now > *most)
		*most = now;
}

void
process_watch(struct process *p)
{
	long now;

	raise_to(&p->peak_kb, status(p->pid, "VmHWM"));
	if (p->transfer == 0)
		p->transfer = find_transfer(p->pid);
	if (p->transfer == 0)
		return;
	now = status(p->transfer, "VmHWM");
	raise_to(&p->transfer_peak_kb, now);
	if (now == -1)
		p->transfer = 0;
}

/*
 * process: how much memory a daemon and its transfers had at most, as the
 * kernel counts it (proc(5), VmHWM).
 */
#ifndef TESTS_BENCH_PROCESS_H
#define TESTS_BENCH_PROCESS_H

#include <stdbool.h>

struct process {
	int pid;
	long peak_kb;
	int transfer; /* its transfer at work, if one was seen */
	long transfer_peak_kb;
};

/* Looks again.  A transfer is short-lived: look often. */
void process_watch(struct process *p);

#endif

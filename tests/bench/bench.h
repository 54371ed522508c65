/*
 * bench: what the programs of the benchmark share: the clock, and ending when
 * something fails.  A figure goes to standard output as "NAME VALUE".
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DIE(...)                                                               \
	do {                                                                   \
		fprintf(stderr, "bench: " __VA_ARGS__);                        \
		fputc('\n', stderr);                                           \
		exit(1);                                                       \
	} while (0)

/* Seconds since some moment. */
static inline double
bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static inline size_t
bench_number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (n == 0 || *end != '\0')
		DIE("'%s' is not a number", text);
	return n;
}

#endif

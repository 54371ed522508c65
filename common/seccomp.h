/*
 * seccomp: calls to the kernel that this process, and all that it starts,
 * gives up for good.  They fail with EPERM from then on, and so does every
 * call by another of the machine's interfaces (32 bits, x32).
 *
 * To be called before there are threads, under PR_SET_NO_NEW_PRIVS.
 */
#ifndef MUFAKAT_SECCOMP_H
#define MUFAKAT_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECCOMP_CALLS_MAX 24

enum seccomp_families {
	SECCOMP_ANY_FAMILY,
	SECCOMP_UNIX_ONLY, /* no socket of another family than AF_UNIX */
};

/* Refuses these (SYS_*, at most SECCOMP_CALLS_MAX).  Returns -1 with errno.
 * Where the kernel, or we on this machine, have no such means nothing is
 * given up, and *ret_done (may be NULL) is false. */
int seccomp_refuse(const uint32_t *calls, size_t n,
    enum seccomp_families families, bool *ret_done);

#endif

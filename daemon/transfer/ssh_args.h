/*
 * ssh_args: the command line of one ssh, as git would write it, with options
 * that keep it from asking and from waiting for ever.
 */
#ifndef MUFAKAT_TRANSFER_SSH_ARGS_H
#define MUFAKAT_TRANSFER_SSH_ARGS_H

#include <stddef.h>

struct ssh_url;

#define SSH_ARGS_MAX 64

struct ssh_args {
	char *list[SSH_ARGS_MAX + 1]; /* ended by NULL */
	size_t n;
};

/* "command", split at spaces, our options, the address, and "service" on its
 * path, quoted for the shell on the other side. */
void ssh_args_make(struct ssh_args *a, const char *command,
    const struct ssh_url *u, const char *service);
void ssh_args_clear(struct ssh_args *a);

#endif

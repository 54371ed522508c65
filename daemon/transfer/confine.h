/*
 * confine: what a round may still do, should its libgit2 fall into the hands
 * of whoever wrote what it reads: with Landlock touch no file but in the
 * folders named (and read the libraries of the system), with seccomp
 * start no program and speak to none (the socket of mufakatd included, which
 * signs for whoever asks).
 *
 * The ssh of a round is started by a process that was forked before; see
 * starter.h.
 */
#ifndef MUFAKAT_TRANSFER_CONFINE_H
#define MUFAKAT_TRANSFER_CONFINE_H

#include "common/err.h"

/* Confines this process for good to reading and writing below "folders"
 * (ended by NULL), and to making and removing empty folders below "shell",
 * where those lie.  A kernel without one of the two means does with the
 * other: success. */
int confine(const char *const *folders, const char *shell, struct err *e);

#endif

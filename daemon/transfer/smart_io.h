/*
 * smart_io: the part of smart.h that libgit2 calls: ssh as a subtransport.
 */
#ifndef MUFAKAT_TRANSFER_SMART_IO_H
#define MUFAKAT_TRANSFER_SMART_IO_H

#include "smart.h"

#define SMART_LISTING_MAX (16 * 1024 * 1024)

/* For git_remote_callbacks.transport, with a struct smart as payload. */
int smart_transport(git_transport **out, git_remote *owner, void *smart);

#endif

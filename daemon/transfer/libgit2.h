/*
 * libgit2: its functions, found when the first of them is called.
 *
 * Linked as usual, the library and the fifteen that it needs for TLS, Kerberos
 * and ssh of its own make two thirds of the start of mufakat-transfer, and most
 * rounds list a folder, find nothing new and call none of it.  So here is a
 * table of what we use, with names as in <git2.h>: only this header may include
 * that, and a function that is missing below fails to link.
 */
#ifndef MUFAKAT_TRANSFER_LIBGIT2_H
#define MUFAKAT_TRANSFER_LIBGIT2_H

/* before the names are replaced */
#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/transport.h>

#include "common/err.h"

/* Folders in which it is looked for: a confined process has to be allowed to
 * read there.  Ended by NULL. */
extern const char *const libgit2_folders[];

/* Loads the library: ERR_SYSTEM if it is not installed.  Once is enough. */
int libgit2_load(struct err *e);

#define LIBGIT2_FUNCTIONS(X)                                                   \
	X(git_error_clear)                                                     \
	X(git_error_last)                                                      \
	X(git_error_set_str)                                                   \
	X(git_fetch_options_init)                                              \
	X(git_libgit2_init)                                                    \
	X(git_libgit2_opts)                                                    \
	X(git_libgit2_shutdown)                                                \
	X(git_object_type2string)                                              \
	X(git_odb_add_backend)                                                 \
	X(git_odb_add_disk_alternate)                                          \
	X(git_odb_backend_data_alloc)                                          \
	X(git_odb_backend_one_pack)                                            \
	X(git_odb_exists_ext)                                                  \
	X(git_odb_free)                                                        \
	X(git_odb_init_backend)                                                \
	X(git_odb_object_data)                                                 \
	X(git_odb_object_free)                                                 \
	X(git_odb_object_size)                                                 \
	X(git_odb_open)                                                        \
	X(git_odb_read)                                                        \
	X(git_odb_read_header)                                                 \
	X(git_odb_refresh)                                                     \
	X(git_odb_write)                                                       \
	X(git_oid_cmp)                                                         \
	X(git_oid_equal)                                                       \
	X(git_oid_fromraw)                                                     \
	X(git_oid_fromstr)                                                     \
	X(git_oid_tostr)                                                       \
	X(git_packbuilder_free)                                                \
	X(git_packbuilder_insert)                                              \
	X(git_packbuilder_name)                                                \
	X(git_packbuilder_new)                                                 \
	X(git_packbuilder_set_threads)                                         \
	X(git_packbuilder_write)                                               \
	X(git_push_options_init)                                               \
	X(git_remote_connect_ext)                                              \
	X(git_remote_connect_options_init)                                     \
	X(git_remote_create_options_init)                                      \
	X(git_remote_create_with_opts)                                         \
	X(git_remote_download)                                                 \
	X(git_remote_free)                                                     \
	X(git_remote_init_callbacks)                                           \
	X(git_remote_ls)                                                       \
	X(git_remote_stats)                                                    \
	X(git_remote_upload)                                                   \
	X(git_repository_free)                                                 \
	X(git_repository_odb)                                                  \
	X(git_repository_open_bare)                                            \
	X(git_transport_smart)

#define LIBGIT2_MEMBER(name) __typeof__(name) *name;
struct libgit2 {
	LIBGIT2_FUNCTIONS(LIBGIT2_MEMBER)
};

/* Loads it if need be; ends the process if that fails. */
const struct libgit2 *libgit2(void);

#ifndef LIBGIT2_BY_ITSELF
#define git_error_clear             (libgit2()->git_error_clear)
#define git_error_last              (libgit2()->git_error_last)
#define git_error_set_str           (libgit2()->git_error_set_str)
#define git_fetch_options_init      (libgit2()->git_fetch_options_init)
#define git_libgit2_init            (libgit2()->git_libgit2_init)
#define git_libgit2_opts            (libgit2()->git_libgit2_opts)
#define git_libgit2_shutdown        (libgit2()->git_libgit2_shutdown)
#define git_object_type2string      (libgit2()->git_object_type2string)
#define git_odb_add_backend         (libgit2()->git_odb_add_backend)
#define git_odb_add_disk_alternate  (libgit2()->git_odb_add_disk_alternate)
#define git_odb_backend_data_alloc  (libgit2()->git_odb_backend_data_alloc)
#define git_odb_backend_one_pack    (libgit2()->git_odb_backend_one_pack)
#define git_odb_exists_ext          (libgit2()->git_odb_exists_ext)
#define git_odb_free                (libgit2()->git_odb_free)
#define git_odb_init_backend        (libgit2()->git_odb_init_backend)
#define git_odb_object_data         (libgit2()->git_odb_object_data)
#define git_odb_object_free         (libgit2()->git_odb_object_free)
#define git_odb_object_size         (libgit2()->git_odb_object_size)
#define git_odb_open                (libgit2()->git_odb_open)
#define git_odb_read                (libgit2()->git_odb_read)
#define git_odb_read_header         (libgit2()->git_odb_read_header)
#define git_odb_refresh             (libgit2()->git_odb_refresh)
#define git_odb_write               (libgit2()->git_odb_write)
#define git_oid_cmp                 (libgit2()->git_oid_cmp)
#define git_oid_equal               (libgit2()->git_oid_equal)
#define git_oid_fromraw             (libgit2()->git_oid_fromraw)
#define git_oid_fromstr             (libgit2()->git_oid_fromstr)
#define git_oid_tostr               (libgit2()->git_oid_tostr)
#define git_packbuilder_free        (libgit2()->git_packbuilder_free)
#define git_packbuilder_insert      (libgit2()->git_packbuilder_insert)
#define git_packbuilder_name        (libgit2()->git_packbuilder_name)
#define git_packbuilder_new         (libgit2()->git_packbuilder_new)
#define git_packbuilder_set_threads (libgit2()->git_packbuilder_set_threads)
#define git_packbuilder_write       (libgit2()->git_packbuilder_write)
#define git_push_options_init       (libgit2()->git_push_options_init)
#define git_remote_connect_ext      (libgit2()->git_remote_connect_ext)
#define git_remote_connect_options_init                                        \
	(libgit2()->git_remote_connect_options_init)
#define git_remote_create_options_init                                         \
	(libgit2()->git_remote_create_options_init)
#define git_remote_create_with_opts (libgit2()->git_remote_create_with_opts)
#define git_remote_download         (libgit2()->git_remote_download)
#define git_remote_free             (libgit2()->git_remote_free)
#define git_remote_init_callbacks   (libgit2()->git_remote_init_callbacks)
#define git_remote_ls               (libgit2()->git_remote_ls)
#define git_remote_stats            (libgit2()->git_remote_stats)
#define git_remote_upload           (libgit2()->git_remote_upload)
#define git_repository_free         (libgit2()->git_repository_free)
#define git_repository_odb          (libgit2()->git_repository_odb)
#define git_repository_open_bare    (libgit2()->git_repository_open_bare)
#define git_transport_smart         (libgit2()->git_transport_smart)
#endif

#endif

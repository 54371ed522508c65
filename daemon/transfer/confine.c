#include "confine.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/i18n.h"
#include "common/sanitized.h"
#include "common/seccomp.h"
#include "libgit2.h"

/* --- files --------------------------------------------------------------- */

/* Newer than the kernel headers of Debian 12. */
struct ruleset {
	uint64_t fs;
	uint64_t net;    /* from ABI 4 */
	uint64_t scoped; /* from ABI 6 */
};

#define FS_TRUNCATE  (1ULL << 14) /* from ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* from ABI 5 */
#define NET_TCP      3ULL         /* bind, connect */
#define SCOPED       3ULL         /* abstract sockets, signals */
#define FS_MOVES     LANDLOCK_ACCESS_FS_REFER

/* ABI 2 brought moving between folders, which libgit2 does. */
#define ABI_MIN 2

static size_t
rights(int abi, struct ruleset *ret)
{
	*ret = (struct ruleset){.fs = 2 * FS_MOVES - 1};
	if (abi >= 3)
		ret->fs |= FS_TRUNCATE;
	if (abi >= 5)
		ret->fs |= FS_IOCTL_DEV;
	if (abi >= 4)
		ret->net = NET_TCP;
	if (abi >= 6)
		ret->scoped = SCOPED;
	return abi >= 6   ? sizeof(*ret)
	       : abi >= 4 ? offsetof(struct ruleset, scoped)
			  : offsetof(struct ruleset, net);
}

static int
allow(int set, const char *path, uint64_t what, struct err *e)
{
	struct landlock_path_beneath_attr a = {.allowed_access = what};
	int rv = 0;

	a.parent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (a.parent_fd == -1)
		return err_sys(e, _("cannot open '%s'"), path);
	if (syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &a,
		0) == -1)
		rv = err_sys(e, _("cannot confine to '%s'"), path);
	close(a.parent_fd);
	return rv;
}

/* libgit2 may come to be loaded later; what of these is not there, or cannot be
 * allowed, is not where it is found. */
static void
allow_libraries(int set)
{
	struct err e;

	for (size_t i = 0; libgit2_folders[i] != NULL; i++)
		allow(set, libgit2_folders[i],
		    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
		    &e);
}

static int
confine_files(const char *const *folders, const char *shell, struct err *e)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset r;
	size_t n = rights(abi, &r);
	int set = -1, rv = -1;

	if (abi < ABI_MIN)
		return 0;
	set = (int)syscall(SYS_landlock_create_ruleset, &r, n, 0);
	if (set == -1)
		return err_sys(e, _("cannot confine the transfer"));
	if (allow(set, shell,
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR,
		e) == -1)
		goto out;
	for (; *folders != NULL; folders++)
		if (allow(set, *folders, r.fs & ~LANDLOCK_ACCESS_FS_EXECUTE,
			e) == -1)
			goto out;
	allow_libraries(set);
	if (syscall(SYS_landlock_restrict_self, set, 0) == -1)
		err_sys(e, _("cannot confine the transfer"));
	else
		rv = 0;
out:
	close(set);
	return rv;
}

/* --- calls --------------------------------------------------------------- */

static const uint32_t refused[] = {SYS_socket, SYS_connect, SYS_bind,
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,
    SYS_process_vm_writev, SYS_pidfd_open, SYS_io_uring_setup, SYS_kill,
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf, SYS_perf_event_open,
    SYS_userfaultfd, SYS_unshare, SYS_setns, SYS_mount, SYS_personality};

int
confine(const char *const *folders, const char *shell, struct err *e)
{
	if (SANITIZED)
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_sys(e, _("cannot confine the transfer"));
	if (confine_files(folders, shell, e) == -1)
		return -1;
	if (seccomp_refuse(refused, sizeof(refused) / sizeof(refused[0]),
		SECCOMP_ANY_FAMILY, NULL) == -1)
		return err_sys(e, _("cannot confine the transfer"));
	return 0;
}

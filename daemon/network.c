#include "network.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "common/i18n.h"
#include "common/sanitized.h"
#include "common/seccomp.h"

int
network_give_up(bool *ret_done, struct err *e)
{
	static const uint32_t calls[] = {
	    SYS_io_uring_setup, SYS_execve, SYS_execveat};
	size_t n = SANITIZED ? 1 : sizeof(calls) / sizeof(calls[0]);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    seccomp_refuse(calls, n, SECCOMP_UNIX_ONLY, ret_done) == -1)
		return err_sys(e, _("cannot give up the network"));
	return 0;
}

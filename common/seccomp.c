#include "seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* An argument is read by its lower half, which comes first. */
#if defined(__x86_64__)
#define ARCH      AUDIT_ARCH_X86_64
#define OTHER_ABI 0x40000000U /* x32 */
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define ARCH      AUDIT_ARCH_AARCH64
#define OTHER_ABI UINT32_MAX
#endif

#ifdef ARCH

#define HEAD   6
#define FAMILY 5

struct program {
	struct sock_filter f[HEAD + 2 * SECCOMP_CALLS_MAX + FAMILY + 1];
	unsigned short n;
};

static void
load(struct program *p, size_t offset)
{
	p->f[p->n++] = (struct sock_filter)BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

/* Goes on behind so many of the next ones. */
static void
jump(struct program *p, uint16_t if_it, uint32_t is, uint8_t yes, uint8_t no)
{
	p->f[p->n++] =
	    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_K | if_it, is, yes, no);
}

static void
end(struct program *p, uint32_t how)
{
	p->f[p->n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, how);
}

static void
refuse(struct program *p)
{
	end(p, SECCOMP_RET_ERRNO | EPERM);
}

static void
refuse_other_interfaces(struct program *p)
{
	load(p, offsetof(struct seccomp_data, arch));
	jump(p, BPF_JEQ, ARCH, 1, 0);
	refuse(p);
	load(p, offsetof(struct seccomp_data, nr));
	jump(p, BPF_JGE, OTHER_ABI, 0, 1);
	refuse(p);
}

/* The last rule: what was loaded is no longer the call. */
static void
refuse_other_families(struct program *p)
{
	jump(p, BPF_JEQ, SYS_socket, 1, 0);
	jump(p, BPF_JEQ, SYS_socketpair, 0, 3);
	load(p, offsetof(struct seccomp_data, args[0]));
	jump(p, BPF_JEQ, AF_UNIX, 1, 0);
	refuse(p);
}

static int
install(const uint32_t *calls, size_t n, enum seccomp_families families)
{
	struct program p = {.n = 0};
	struct sock_fprog f = {.filter = p.f};

	if (n > SECCOMP_CALLS_MAX) {
		errno = E2BIG;
		return -1;
	}
	refuse_other_interfaces(&p);
	for (size_t i = 0; i < n; i++) {
		jump(&p, BPF_JEQ, calls[i], 0, 1);
		refuse(&p);
	}
	if (families == SECCOMP_UNIX_ONLY)
		refuse_other_families(&p);
	end(&p, SECCOMP_RET_ALLOW);
	f.len = p.n;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &f);
}
#else
static int
install(const uint32_t *calls, size_t n, enum seccomp_families families)
{
	(void)calls;
	(void)n;
	(void)families;
	errno = ENOSYS;
	return -1;
}
#endif

int
seccomp_refuse(const uint32_t *calls, size_t n, enum seccomp_families families,
    bool *ret_done)
{
	int rv = install(calls, n, families);

	if (rv == -1 && errno != EINVAL && errno != ENOSYS)
		return -1;
	if (ret_done != NULL)
		*ret_done = rv == 0;
	return 0;
}

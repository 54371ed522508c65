/*
 * sshd: a hub behind a real sshd on the loopback.
 */
#ifndef TESTS_SSHD_H
#define TESTS_SSHD_H

#include "pieces.h"

#include <netinet/in.h>
#include <sys/prctl.h>
#include <time.h>

/* A hub behind a real sshd on the loopback, with keys of its own. */
struct fix {
	struct scratch s;
	pid_t sshd;
	int port;
	char hub[96];
	char url[160];
	char ssh[128]; /* the command */
};

static inline int
free_port(void)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static inline bool
answers(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool ok = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(fd);
	return ok;
}

static inline void
write_files(struct fix *f)
{
	sh(f->s.dir,
	    "ssh-keygen -q -t ed25519 -N '' -f host && "
	    "ssh-keygen -q -t ed25519 -N '' -f id && cp id.pub auth && "
	    "chmod 600 auth && "
	    "printf '[127.0.0.1]:%d %%s\\n' \"$(cut -d' ' -f1,2 host.pub)\" "
	    ">known",
	    f->port);
	/* what the account's shell begins with is not ours to wait for */
	sh(f->s.dir,
	    "printf '%%s\\n' 'Port %d' 'ListenAddress 127.0.0.1' "
	    "'HostKey %s/host' 'AuthorizedKeysFile %s/auth' "
	    "'StrictModes no' 'PidFile none' 'PasswordAuthentication no' "
	    "'KbdInteractiveAuthentication no' 'UsePAM no' "
	    "'PermitRootLogin yes' 'SetEnv HOME=%s/far' >sshd && mkdir far && "
	    "printf '%%s\\n' 'IdentityFile %s/id' 'IdentitiesOnly yes' "
	    "'UserKnownHostsFile %s/known' 'GlobalKnownHostsFile /dev/null' "
	    ">config",
	    f->port, f->s.dir, f->s.dir, f->s.dir, f->s.dir, f->s.dir);
}

static inline void
make(struct fix *f)
{
	char *conf, *log;

	memset(f, 0, sizeof(*f));
	scratch_make(&f->s);
	f->port = free_port();
	write_files(f);
	/* a name that needs quoting */
	snprintf(f->hub, sizeof(f->hub), "%s/h'u b!.git", f->s.dir);
	snprintf(f->url, sizeof(f->url), "ssh://%s@127.0.0.1:%d%s",
	    sh(f->s.dir, "id -un"), f->port, f->hub);
	snprintf(f->ssh, sizeof(f->ssh), "ssh -F %s/config", f->s.dir);
	sh(f->s.dir, "git init -q --bare \"%s\"", f->hub);
	mkdir("/run/sshd", 0755);
	conf = mem_printf("%s/sshd", f->s.dir);
	log = mem_printf("%s/log", f->s.dir);
	f->sshd = fork();
	if (f->sshd == 0) {
		/* a test that fails does not come to its end */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-f", conf,
		    "-E", log, (char *)NULL);
		_exit(127);
	}
	free(conf);
	free(log);
	for (int i = 0; i < 500 && !answers(f->port); i++)
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	/* commands run in the hub, whose name the shell of sh() cannot
	 * quote simply; a link serves for them */
	sh(f->s.dir, "ln -s *.git hub");
	snprintf(f->hub, sizeof(f->hub), "%s/hub", f->s.dir);
}

static inline void
unmake(struct fix *f)
{
	kill(f->sshd, SIGTERM);
	waitpid(f->sshd, NULL, 0);
	scratch_remove(&f->s);
}

static inline void
start(struct peer *p, struct fix *f, const char *office)
{
	peer_start(
	    p, f->s.dir, office, f->url, &(struct peer_round){.ssh = f->ssh});
}

static inline struct catch take_all(
    struct fix *f, const char *office, const char *refused)
{
	struct peer p;
	struct catch c;

	start(&p, f, office);
	c = peer_fetch(&p, refused);
	assert_clean(p.repo);
	return c;
}

/* 50 logs of a few commits each, through fast-import; n more commits on the
 * first "logs" ones. */
static inline void
grow(struct fix *f, unsigned logs, unsigned n, const char *word)
{
	char *path = mem_printf("%s/import", f->s.dir);
	FILE *in = fopen(path, "w");

	assert_non_null(in);
	for (unsigned i = 0; i < logs; i++)
		for (unsigned k = 0; k < n; k++) {
			char text[64];
			int len = snprintf(
			    text, sizeof(text), "%s %u %u", word, i, k);

			fprintf(in, "commit " PREFIX "%s\n", log_name(i));
			fprintf(in, "committer x <x> %u +0000\ndata 1\nx\n",
			    1700000000 + k);
			if (k == 0)
				fprintf(
				    in, "from " PREFIX "%s^0\n", log_name(i));
			fprintf(in, "M 100644 inline changes\ndata %d\n%s\n",
			    len, text);
		}
	fclose(in);
	sh(f->hub, "sed -i '%s' %s && git fast-import --quiet <%s",
	    *word == 'a' ? "/^from/d" : "", path, path);
	free(path);
}

#endif

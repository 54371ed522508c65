#include "peer.h"

#include "common/ident.h"

#include "daemon/transfer/confine.h"

#include <errno.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <sys/syscall.h>

/* A home with its database and socket, and a hub beside it. */
struct fix {
	struct scratch s;
};

static void
make(struct fix *f)
{
	scratch_make(&f->s);
	sh(f->s.dir, "mkdir -p home/repo.git home/quarantine/sub hub && "
		     "echo secret >home/database && echo mine >hub/file && "
		     "echo mine >home/quarantine/file && "
		     "ln -s ../home/database hub/link");
}

static bool
has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		   LANDLOCK_CREATE_RULESET_VERSION) >= 2;
}

/* Does "what" in a process that is confined as a round with a folder is;
 * fails with the line that it returns, unless that is 0. */
static void
in_confinement(struct fix *f, int (*what)(void))
{
	char *home = fs_join(f->s.dir, "home"), *hub = fs_join(f->s.dir, "hub");
	char *repo = fs_join(home, "repo.git");
	char *quarantine = fs_join(home, "quarantine");
	const char *const folders[] = {hub, repo, quarantine, NULL};
	struct err e;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (chdir(f->s.dir) == -1 || confine(folders, home, &e) == -1)
			_exit(255);
		_exit(what());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("status %x, line %d", (unsigned)status,
		    WEXITSTATUS(status));
	free(home);
	free(hub);
	free(repo);
	free(quarantine);
}

#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			return __LINE__;                                       \
	} while (0)
#define REFUSED(x, why) MUST((x) == -1 && errno == (why))

static int
touch_files(void)
{
	REFUSED(open("home/database", O_RDONLY), EACCES);
	REFUSED(open("home/database", O_WRONLY), EACCES);
	REFUSED(open("hub/link", O_RDONLY), EACCES);
	REFUSED(open("/proc/self/mem", O_RDONLY), EACCES);
	REFUSED(open("/etc/passwd", O_RDONLY), EACCES);
	REFUSED(open("home/new", O_WRONLY | O_CREAT, 0600), EACCES);
	MUST(rename("home/database", "hub/stolen") == -1);
	MUST(link("home/database", "hub/stolen") == -1);
	REFUSED(unlink("home/database"), EACCES);
	return 0;
}

static int
truncate_file(void)
{
	REFUSED(truncate("home/database", 0), EACCES);
	return 0;
}

static int
do_the_work(void)
{
	int fd = open("home/quarantine/new", O_RDWR | O_CREAT, 0600);

	MUST(fd != -1 && write(fd, "x", 1) == 1 && fsync(fd) == 0);
	MUST(link("home/quarantine/new", "home/repo.git/new") == 0);
	MUST(rename("home/quarantine/new", "home/quarantine/sub/new") == 0);
	MUST(open("hub/file", O_RDWR) != -1);
	MUST(unlink("hub/file") == 0);
	MUST(unlink("home/quarantine/file") == 0);
	MUST(unlink("home/quarantine/sub/new") == 0);
	MUST(rmdir("home/quarantine/sub") == 0);
	MUST(rmdir("home/quarantine") == 0);
	MUST(mkdir("home/quarantine", 0700) == 0);
	return 0;
}

static int
call_others(void)
{
	char *args[] = {(char *)"true", NULL};

	REFUSED(socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
	REFUSED(socket(AF_INET, SOCK_STREAM, 0), EPERM);
	REFUSED(execv("/bin/true", args), EPERM);
	REFUSED(kill(getppid(), 0), EPERM);
	return 0;
}

static void
test_confine__keeps_a_hijacked_transfer_from_the_database(void **state)
{
	struct fix f;

	(void)state;
	if (is_sanitized() || !has_landlock())
		skip();
	make(&f);
	in_confinement(&f, touch_files);
	if (syscall(SYS_landlock_create_ruleset, NULL, 0,
		LANDLOCK_CREATE_RULESET_VERSION) >= 3)
		in_confinement(&f, truncate_file);
	assert_string_equal(sh(f.s.dir, "cat home/database"), "secret");
	scratch_remove(&f.s);
}

static void
test_confine__leaves_what_a_round_needs(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	in_confinement(&f, do_the_work);
	scratch_remove(&f.s);
}

static void
test_confine__keeps_it_from_the_socket_and_from_programs(void **state)
{
	struct fix f;

	(void)state;
	if (is_sanitized())
		skip();
	make(&f);
	in_confinement(&f, call_others);
	scratch_remove(&f.s);
}

static void
test_confine__is_what_a_round_with_a_folder_runs_under(void **state)
{
	struct scratch s;
	struct peer p;
	char url[96];

	(void)state;
	if (is_sanitized())
		skip();
	scratch_make(&s);
	sh(s.dir, "git init -q --bare hub.git");
	snprintf(url, sizeof(url), "%s/hub.git", s.dir);
	peer_start(&p, s.dir, "a", url, NULL);
	json_decref(peer_refs(&p));
	assert_string_equal(
	    sh(s.dir, "grep -c '^Seccomp:.*2$' /proc/%d/status", p.pid), "1");
	assert_string_equal(
	    sh(s.dir, "grep -c '^NoNewPrivs:.*1$' /proc/%d/status", p.pid),
	    "1");
	peer_done(&p);
	scratch_remove(&s);
}

/* What a listing says of the packs of a folder that is whole. */
static const char *
mark_of(struct scratch *s, const char *url)
{
	static char mark[4096];
	struct peer p;
	json_t *j;

	peer_start(&p, s->dir, "a", url, NULL);
	j = peer_expect(&p, FRAME_REFS);
	assert_non_null(json_get_str(j, "mark"));
	snprintf(mark, sizeof(mark), "%s", json_get_str(j, "mark"));
	json_decref(j);
	peer_done(&p);
	return mark;
}

/* It is most of the start of the program, and most rounds need none of it. */
static void
test_confine__libgit2_is_loaded_by_what_calls_it(void **state)
{
	struct scratch s;
	struct catch c;
	struct peer p;
	json_t *refs;
	char url[96];

	(void)state;
	scratch_make(&s);
	snprintf(url, sizeof(url), "%s/hub.git", s.dir);
	sh(s.dir, "git init -q --bare hub.git");
	set_ref(url, log_name(1), make_commit(url, "one", ""));
	peer_start(&p, s.dir, "a", url,
	    &(struct peer_round){.mark = mark_of(&s, url)});
	refs = peer_refs(&p);
	assert_string_equal(
	    sh(s.dir, "grep -c libgit2 /proc/%d/maps || true", p.pid), "0");
	c = peer_want(&p, refs, NULL);
	assert_int_equal(json_array_size(c.blobs), 1);
	sh(s.dir, "grep -q libgit2 /proc/%d/maps", p.pid);
	catch_clear(&c);
	json_decref(refs);
	peer_done(&p);
	scratch_remove(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_confine__keeps_a_hijacked_transfer_from_the_database),
	    cmocka_unit_test(test_confine__leaves_what_a_round_needs),
	    cmocka_unit_test(
		test_confine__keeps_it_from_the_socket_and_from_programs),
	    cmocka_unit_test(
		test_confine__is_what_a_round_with_a_folder_runs_under),
	    cmocka_unit_test(test_confine__libgit2_is_loaded_by_what_calls_it),
	};

	return cmocka_run_group_tests_name(
	    "transfer_confine", tests, NULL, NULL);
}

#include "peer.h"

#include "daemon/transfer/gitdir.h"
#include "daemon/transfer/refdir.h"

#include <git2.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define ONE   "1111111111111111111111111111111111111111"
#define TWO   "2222222222222222222222222222222222222222"
#define THREE "3333333333333333333333333333333333333333"

/* --- at a certain moment --------------------------------------------------
 *
 * The test's own open() and fsync() stand in for those of the C library, in
 * libgit2 too: they call "meanwhile" once, right before a file of that name
 * is opened or synced.  */

static struct {
	const char *name;
	void (*meanwhile)(void);
} at_open, at_sync;

static void
happen(const char *path, const char *name, void (**meanwhile)(void))
{
	void (*now)(void) = *meanwhile;
	const char *last = strrchr(path, '/');

	if (now == NULL || last == NULL || strcmp(last + 1, name) != 0)
		return;
	*meanwhile = NULL;
	now();
}

int my_open(const char *path, int flags, mode_t mode) __asm__("open");
int my_open64(const char *path, int flags, mode_t mode) __asm__("open64");
int my_fsync(int fd) __asm__("fsync");

int
my_open(const char *path, int flags, mode_t mode)
{
	if ((flags & O_CREAT) != 0)
		happen(path, at_open.name, &at_open.meanwhile);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int
my_open64(const char *path, int flags, mode_t mode)
{
	return my_open(path, flags, mode);
}

int
my_fsync(int fd)
{
	char link[64], path[ROOM] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof(path) - 1) != -1)
		happen(path, at_sync.name, &at_sync.meanwhile);
	return (int)syscall(SYS_fsync, fd);
}

/* --- a repository -------------------------------------------------------- */

struct fix {
	struct scratch s;
	char repo[80];
	char ref[64];   /* of log 1 */
	char file[160]; /* of that ref */
	char oid[41];
};

/* Of a test in which something happens at a certain moment. */
static struct fix raced;

static void
make(struct fix *f)
{
	struct err e;

	memset(f, 0, sizeof(*f));
	scratch_make(&f->s);
	snprintf(f->repo, sizeof(f->repo), "%s/r.git", f->s.dir);
	snprintf(f->ref, sizeof(f->ref), PREFIX "%s", log_name(1));
	snprintf(f->file, sizeof(f->file), "%s/%s", f->repo, f->ref);
	if (gitdir_make(f->repo, 0777, NULL, &e) == -1)
		fail_msg("%s", e.msg);
}

static int
swap(struct fix *f, const char *old, const char *new)
{
	struct err e = {0};
	int rv = refdir_swap(f->repo, f->ref, old, new, &e);

	if (rv == -1)
		assert_int_equal(e.code, ERR_CONFLICT);
	return rv;
}

static void
test_gitdir__makes_what_git_takes_for_a_bare_repository(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	assert_true(gitdir_is(f.repo));
	assert_string_equal(
	    sh(f.repo, "git rev-parse --is-bare-repository"), "true");
	assert_clean(f.repo);
	scratch_remove(&f.s);
}

static void
test_refdir__moves_a_ref_only_from_where_it_stands(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	assert_int_equal(swap(&f, ONE, TWO), -1);
	assert_int_equal(swap(&f, NULL, ONE), 0);
	assert_int_equal(swap(&f, NULL, TWO), -1);
	assert_int_equal(swap(&f, TWO, THREE), -1);
	assert_int_equal(swap(&f, ONE, TWO), 0);
	assert_string_equal(sh(f.repo, "cat %s", f.ref), TWO);
	assert_int_equal(swap(&f, ONE, NULL), -1);
	assert_int_equal(swap(&f, TWO, NULL), 0);
	assert_int_equal(access(f.file, F_OK), -1);
	scratch_remove(&f.s);
}

static void
test_refdir__sees_and_removes_refs_that_git_packed(void **state)
{
	struct fix f;
	struct refs r;
	struct err e;
	char one[41], two[41];

	(void)state;
	make(&f);
	snprintf(one, sizeof(one), "%s", make_commit(f.repo, "1", ""));
	snprintf(two, sizeof(two), "%s", make_commit(f.repo, "2", ""));
	set_ref(f.repo, log_name(1), one);
	set_ref(f.repo, log_name(2), one);
	sh(f.repo, "git tag -a -m x tag %s && git pack-refs --all", one);
	refs_init(&r, 100);
	assert_int_equal(refdir_list(f.repo, PREFIX, &r, &e), 0);
	assert_int_equal(r.n, 2);
	assert_string_equal(refs_find(&r, log_name(1)), one);
	assert_int_equal(swap(&f, two, one), -1);
	assert_int_equal(swap(&f, one, two), 0);
	/* the loose one hides the packed one, and both go */
	assert_int_equal(swap(&f, two, NULL), 0);
	refs_clear(&r);
	assert_int_equal(refdir_list(f.repo, PREFIX, &r, &e), 0);
	assert_int_equal(r.n, 1);
	assert_string_equal(
	    sh(f.repo, "git for-each-ref --format='%%(refname)' | wc -l"), "2");
	assert_string_equal(sh(f.repo, "git rev-parse tag^{}"), one);
	refs_clear(&r);
	scratch_remove(&f.s);
}

static void
test_refdir__ignores_links_pipes_and_foreign_names(void **state)
{
	struct fix f;
	struct refs r;
	struct err e;
	char one[41];

	(void)state;
	make(&f);
	snprintf(one, sizeof(one), "%s", make_commit(f.repo, "1", ""));
	set_ref(f.repo, log_name(1), one);
	sh(f.repo,
	    "cd %s && mkfifo %s && ln -s %s %s && echo 'ref: x' > %s && "
	    "mkdir %s && echo %s > main && echo %s > %s.lock",
	    PREFIX, log_name(2), log_name(1), log_name(3), log_name(4),
	    log_name(5), one, one, log_name(6));
	refs_init(&r, 100);
	assert_int_equal(refdir_list(f.repo, PREFIX, &r, &e), 0);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.ignored, 5);
	refs_clear(&r);
	sh(f.repo, "mv refs/heads/mufakat x && ln -s ../../x "
		   "refs/heads/mufakat");
	assert_int_equal(refdir_list(f.repo, PREFIX, &r, &e), -1);
	assert_int_equal(e.code, ERR_UNTRUSTED);
	scratch_remove(&f.s);
}

static void
test_refdir__breaks_a_lock_that_a_dead_program_left(void **state)
{
	struct fix f;
	struct err e;

	(void)state;
	make(&f);
	assert_int_equal(swap(&f, NULL, ONE), 0);
	sh(f.repo, "touch -d '1 hour ago' %s.lock", f.ref);
	assert_int_equal(refdir_swap(f.repo, f.ref, ONE, TWO, &e), 0);
	assert_string_equal(sh(f.repo, "cat %s", f.ref), TWO);
	assert_string_equal(sh(f.repo, "find . -name '*.lock*' | wc -l"), "0");
	scratch_remove(&f.s);
}

/* The lock is broken, and taken by another. */
static void
lose_lock(void)
{
	sh(raced.repo, "rm %s.lock && echo other >%s.lock", raced.ref,
	    raced.ref);
}

static void
test_refdir__a_program_that_slept_through_its_lock_moves_nothing(void **state)
{
	char name[64];

	(void)state;
	make(&raced);
	assert_int_equal(swap(&raced, NULL, ONE), 0);
	snprintf(name, sizeof(name), "%s.lock", log_name(1));
	at_sync.name = name;
	at_sync.meanwhile = lose_lock;
	assert_int_equal(swap(&raced, ONE, TWO), -1);
	assert_null(at_sync.meanwhile);
	assert_string_equal(sh(raced.repo, "cat %s", raced.ref), ONE);
	/* nor does it take the lock from who holds it now */
	assert_string_equal(sh(raced.repo, "cat %s.lock", raced.ref), "other");
	scratch_remove(&raced.s);
}

/* Log 1 stands in packed-refs; while it is being removed, another office
 * writes log 2 and its git packs what there is. */
static void
pack_meanwhile(void)
{
	set_ref(raced.repo, log_name(2), raced.oid);
	sh(raced.repo, "git pack-refs --all");
}

static void
make_raced(void)
{
	make(&raced);
	snprintf(raced.oid, sizeof(raced.oid), "%s",
	    make_commit(raced.repo, "1", ""));
	set_ref(raced.repo, log_name(1), raced.oid);
	sh(raced.repo, "git pack-refs --all");
	at_open.name = "packed-refs.lock";
	at_open.meanwhile = pack_meanwhile;
}

static const char *
refs_left(void)
{
	assert_null(at_open.meanwhile);
	return sh(
	    raced.repo, "git for-each-ref --format='%%(refname:lstrip=3)'");
}

static void
test_refdir__removes_no_ref_but_the_one_meant(void **state)
{
	(void)state;
	make_raced();
	assert_int_equal(swap(&raced, raced.oid, NULL), 0);
	assert_string_equal(refs_left(), log_name(2));
	scratch_remove(&raced.s);
}

/* The reason why we do this ourselves.  When this fails, libgit2 has been
 * mended: see refdir.h. */
static void
test_refdir__removing_with_libgit2_loses_refs_of_others(void **state)
{
	git_repository *repo = NULL;
	git_reference *ref = NULL;

	(void)state;
	make_raced();
	git_libgit2_init();
	assert_int_equal(git_repository_open_bare(&repo, raced.repo), 0);
	assert_int_equal(git_reference_lookup(&ref, repo, raced.ref), 0);
	assert_int_equal(git_reference_delete(ref), 0);
	git_reference_free(ref);
	git_repository_free(repo);
	git_libgit2_shutdown();
	assert_string_equal(refs_left(), "");
	scratch_remove(&raced.s);
}

/* Moves the ref n times, each time from where it stands to the next number;
 * the count in the ref grows by one with each success. */
static void
count_up(struct fix *f, int n)
{
	while (n > 0) {
		struct buf b = BUF_INIT;
		struct err e;
		char old[41] = "", new[41];
		unsigned long now = 0;
		int rv;

		if (fs_read(f->file, 100, &b, &e) == 0 && b.len >= 40) {
			memcpy(old, b.data, 40);
			now = strtoul(old + 20, NULL, 16);
		}
		buf_clear(&b);
		snprintf(
		    new, sizeof(new), "11111111111111111111%020lx", now + 1);
		rv = refdir_swap(
		    f->repo, f->ref, *old == '\0' ? NULL : old, new, &e);
		if (rv == 0)
			n--;
		else if (e.code != ERR_CONFLICT)
			_exit(1);
	}
	_exit(0);
}

static void
test_refdir__loses_no_update_of_four_writers(void **state)
{
	unsigned n = rounds(80);
	struct fix f;
	struct buf b = BUF_INIT;
	struct err e;
	int status;

	(void)state;
	make(&f);
	/* they all wait for a lock that a dead one has left */
	sh(f.repo, "mkdir -p %s && touch -d '1 hour ago' %s.lock", PREFIX,
	    f.ref);
	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			count_up(&f, (int)n);
	for (int i = 0; i < 4; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(fs_read(f.file, 100, &b, &e), 0);
	assert_int_equal(strtoul(buf_str(&b) + 20, NULL, 16), n * 4);
	buf_clear(&b);
	scratch_remove(&f.s);
}

/* Creates the refs 1 to n in step with a rival; the number that it got. */
static void
create_all(struct fix *f, const char *oid, unsigned n, volatile unsigned *step,
    volatile unsigned *got)
{
	for (unsigned i = 1; i <= n; i++) {
		char *ref = mem_printf(PREFIX "%s", log_name(i));
		struct err e;

		__sync_fetch_and_add(step, 1);
		while (*step < 2 * i)
			;
		if (refdir_swap(f->repo, ref, NULL, oid, &e) == 0)
			++*got;
		else if (e.code != ERR_CONFLICT)
			_exit(1);
		free(ref);
	}
	_exit(0);
}

static void
test_refdir__of_two_that_create_a_ref_one_succeeds(void **state)
{
	unsigned n = rounds(100);
	volatile unsigned *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct fix f;
	int status;

	(void)state;
	make(&f);
	for (int i = 0; i < 2; i++)
		if (fork() == 0)
			create_all(&f, i == 0 ? ONE : TWO, n, &shared[0],
			    &shared[1 + i]);
	for (int i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(shared[1] + shared[2], n);
	/* each stands where its winner put it */
	assert_int_equal(
	    strtoul(
		sh(f.repo, "grep -l %s %s* | wc -l", ONE, PREFIX), NULL, 10),
	    shared[1]);
	munmap((void *)(uintptr_t)shared, 4096);
	scratch_remove(&f.s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_gitdir__makes_what_git_takes_for_a_bare_repository),
	    cmocka_unit_test(
		test_refdir__moves_a_ref_only_from_where_it_stands),
	    cmocka_unit_test(
		test_refdir__sees_and_removes_refs_that_git_packed),
	    cmocka_unit_test(
		test_refdir__ignores_links_pipes_and_foreign_names),
	    cmocka_unit_test(
		test_refdir__breaks_a_lock_that_a_dead_program_left),
	    cmocka_unit_test(
		test_refdir__a_program_that_slept_through_its_lock_moves_nothing),
	    cmocka_unit_test(test_refdir__removes_no_ref_but_the_one_meant),
	    cmocka_unit_test(
		test_refdir__removing_with_libgit2_loses_refs_of_others),
	    cmocka_unit_test(test_refdir__loses_no_update_of_four_writers),
	    cmocka_unit_test(
		test_refdir__of_two_that_create_a_ref_one_succeeds),
	};

	return cmocka_run_group_tests_name(
	    "transfer_refdir", tests, NULL, NULL);
}

#include "peer.h"

#include "daemon/transfer/gitdir.h"

#define ONE   "1111111111111111111111111111111111111111"
#define TWO   "2222222222222222222222222222222222222222"
#define THREE "3333333333333333333333333333333333333333"

struct fix {
	struct scratch s;
	char repo[80];
	char ref[64];   /* of log 1 */
	char file[160]; /* of that ref */
};

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
	int rv = gitdir_swap(f->repo, f->ref, old, new, &e);

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
test_gitdir__moves_a_ref_only_from_where_it_stands(void **state)
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
test_gitdir__sees_and_removes_refs_that_git_packed(void **state)
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
	assert_int_equal(gitdir_list(f.repo, PREFIX, &r, &e), 0);
	assert_int_equal(r.n, 2);
	assert_string_equal(refs_find(&r, log_name(1)), one);
	assert_int_equal(swap(&f, two, one), -1);
	assert_int_equal(swap(&f, one, two), 0);
	/* the loose one hides the packed one, and both go */
	assert_int_equal(swap(&f, two, NULL), 0);
	refs_clear(&r);
	assert_int_equal(gitdir_list(f.repo, PREFIX, &r, &e), 0);
	assert_int_equal(r.n, 1);
	assert_string_equal(
	    sh(f.repo, "git for-each-ref --format='%%(refname)' | wc -l"), "2");
	assert_string_equal(sh(f.repo, "git rev-parse tag^{}"), one);
	refs_clear(&r);
	scratch_remove(&f.s);
}

static void
test_gitdir__ignores_links_pipes_and_foreign_names(void **state)
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
	assert_int_equal(gitdir_list(f.repo, PREFIX, &r, &e), 0);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.ignored, 5);
	refs_clear(&r);
	sh(f.repo, "mv refs/heads/mufakat x && ln -s ../../x "
		   "refs/heads/mufakat");
	assert_int_equal(gitdir_list(f.repo, PREFIX, &r, &e), -1);
	assert_int_equal(e.code, ERR_UNTRUSTED);
	scratch_remove(&f.s);
}

static void
test_gitdir__breaks_a_lock_that_a_dead_program_left(void **state)
{
	struct fix f;
	struct err e;

	(void)state;
	make(&f);
	assert_int_equal(swap(&f, NULL, ONE), 0);
	sh(f.repo, "touch -d '1 hour ago' %s.lock", f.ref);
	assert_int_equal(gitdir_swap(f.repo, f.ref, ONE, TWO, &e), 0);
	assert_string_equal(sh(f.repo, "cat %s", f.ref), TWO);
	assert_string_equal(sh(f.repo, "find . -name '*.lock*' | wc -l"), "0");
	scratch_remove(&f.s);
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
		rv = gitdir_swap(
		    f->repo, f->ref, *old == '\0' ? NULL : old, new, &e);
		if (rv == 0)
			n--;
		else if (e.code != ERR_CONFLICT)
			_exit(1);
	}
	_exit(0);
}

static void
test_gitdir__loses_no_update_of_four_writers(void **state)
{
	struct fix f;
	struct buf b = BUF_INIT;
	struct err e;
	int status;

	(void)state;
	make(&f);
	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			count_up(&f, 250);
	for (int i = 0; i < 4; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(fs_read(f.file, 100, &b, &e), 0);
	assert_int_equal(strtoul(buf_str(&b) + 20, NULL, 16), 1000);
	buf_clear(&b);
	scratch_remove(&f.s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_gitdir__makes_what_git_takes_for_a_bare_repository),
	    cmocka_unit_test(
		test_gitdir__moves_a_ref_only_from_where_it_stands),
	    cmocka_unit_test(
		test_gitdir__sees_and_removes_refs_that_git_packed),
	    cmocka_unit_test(
		test_gitdir__ignores_links_pipes_and_foreign_names),
	    cmocka_unit_test(
		test_gitdir__breaks_a_lock_that_a_dead_program_left),
	    cmocka_unit_test(test_gitdir__loses_no_update_of_four_writers),
	};

	return cmocka_run_group_tests_name(
	    "transfer_gitdir", tests, NULL, NULL);
}

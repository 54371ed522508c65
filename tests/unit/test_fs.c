#include "scratch.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
put(struct scratch *s, const char *name, const char *text)
{
	struct err e;

	if (fs_write(scratch_path(s, name), text, strlen(text), 0600, false,
		&e) == -1)
		fail_msg("%s", e.msg);
}

static size_t
count(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	size_t n = 0;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL)
		n += de->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
assert_content(const char *path, const char *want)
{
	struct buf b = BUF_INIT;
	struct err e;

	if (fs_read(path, 1 << 20, &b, &e) == -1)
		fail_msg("%s", e.msg);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
test_fs__writes_and_reads_back(void **state)
{
	struct scratch s;
	struct stat st;

	(void)state;
	scratch_make(&s);
	put(&s, "file", "hello");
	assert_content(scratch_path(&s, "file"), "hello");
	put(&s, "file", "");
	assert_content(scratch_path(&s, "file"), "");
	assert_int_equal(stat(scratch_path(&s, "file"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(count(s.dir), 1); /* no temporary is left */
	scratch_remove(&s);
}

static void
test_fs__replaces_a_link_and_not_what_it_points_to(void **state)
{
	struct scratch s;

	(void)state;
	scratch_make(&s);
	put(&s, "target", "untouched");
	assert_int_equal(symlink("target", scratch_path(&s, "link")), 0);
	put(&s, "link", "new");
	assert_content(scratch_path(&s, "target"), "untouched");
	assert_content(scratch_path(&s, "link"), "new");
	scratch_remove(&s);
}

static void
test_fs__exclusive_writes_refuse_what_exists(void **state)
{
	struct scratch s;
	struct err e;

	(void)state;
	scratch_make(&s);
	assert_int_equal(
	    fs_write(scratch_path(&s, "a"), "1", 1, 0600, true, &e), 0);
	assert_int_equal(
	    fs_write(scratch_path(&s, "a"), "2", 1, 0600, true, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_content(scratch_path(&s, "a"), "1");
	/* a dangling link exists too */
	assert_int_equal(symlink("nowhere", scratch_path(&s, "l")), 0);
	assert_int_equal(
	    fs_write(scratch_path(&s, "l"), "2", 1, 0600, true, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(count(s.dir), 2);
	scratch_remove(&s);
}

static void
test_fs__failed_writes_leave_the_old_file_and_nothing_else(void **state)
{
	const struct rlimit small = {8, RLIM_INFINITY};
	struct rlimit old;
	struct scratch s;
	struct err e;

	(void)state;
	scratch_make(&s);
	put(&s, "file", "old");
	/* as a full disk would: no file may grow beyond 8 bytes */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(fs_write(scratch_path(&s, "file"), "too long a text",
			     15, 0600, false, &e),
	    -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(e.code, ERR_SYSTEM);
	assert_non_null(strstr(e.msg, strerror(EFBIG)));
	assert_content(scratch_path(&s, "file"), "old");
	assert_int_equal(count(s.dir), 1);
	/* a folder in its place */
	assert_int_equal(mkdir(scratch_path(&s, "dir"), 0700), 0);
	assert_int_equal(
	    fs_write(scratch_path(&s, "dir"), "x", 1, 0600, false, &e), -1);
	assert_int_equal(e.code, ERR_SYSTEM);
	assert_int_equal(
	    fs_write(scratch_path(&s, "no/file"), "x", 1, 0600, false, &e), -1);
	assert_int_equal(count(s.dir), 2);
	scratch_remove(&s);
}

static void
test_fs__read_says_what_is_missing_or_too_long(void **state)
{
	struct buf b = BUF_INIT;
	struct scratch s;
	struct err e;

	(void)state;
	scratch_make(&s);
	put(&s, "file", "12345");
	buf_adds(&b, "kept");
	assert_int_equal(fs_read(scratch_path(&s, "none"), 9, &b, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_int_equal(fs_read(scratch_path(&s, "file/x"), 9, &b, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_int_equal(fs_read(scratch_path(&s, "file"), 4, &b, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_string_equal(buf_str(&b), "kept");
	assert_int_equal(b.len, 4);
	assert_int_equal(fs_read(scratch_path(&s, "file"), 5, &b, &e), 0);
	assert_string_equal(buf_str(&b), "kept12345");
	buf_clear(&b);
	scratch_remove(&s);
}

static void
test_fs__read_refuses_links_fifos_folders_and_devices(void **state)
{
	static const char *const names[] = {"link", "fifo", "dir"};
	struct buf b = BUF_INIT;
	struct scratch s;
	struct err e;

	(void)state;
	scratch_make(&s);
	put(&s, "file", "x");
	assert_int_equal(symlink("file", scratch_path(&s, "link")), 0);
	assert_int_equal(mkfifo(scratch_path(&s, "fifo"), 0600), 0);
	assert_int_equal(mkdir(scratch_path(&s, "dir"), 0700), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(
		    fs_read(scratch_path(&s, names[i]), 9, &b, &e), -1);
		assert_int_equal(e.code, ERR_INPUT);
	}
	assert_int_equal(fs_read("/dev/zero", 9, &b, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	buf_clear(&b);
	scratch_remove(&s);
}

static void
test_fs__makes_folders_with_their_parents(void **state)
{
	struct scratch s;
	struct stat st;
	struct err e;

	(void)state;
	scratch_make(&s);
	umask(022);
	assert_int_equal(fs_mkdirs(scratch_path(&s, "a/b//c/"), &e), 0);
	assert_int_equal(fs_mkdirs(scratch_path(&s, "a/b/c"), &e), 0);
	assert_int_equal(stat(scratch_path(&s, "a/b/c"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(scratch_path(&s, "a"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	put(&s, "file", "x");
	assert_int_equal(fs_mkdirs(scratch_path(&s, "file"), &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(fs_mkdirs(scratch_path(&s, "file/x"), &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(fs_mkdirs("", &e), -1);
	assert_int_equal(fs_mkdirs("/", &e), 0);
	scratch_remove(&s);
}

static void
test_fs__removes_a_tree_and_nothing_outside(void **state)
{
	struct scratch s;
	struct err e;

	(void)state;
	scratch_make(&s);
	put(&s, "outside", "kept");
	assert_int_equal(fs_mkdirs(scratch_path(&s, "t/a/b"), &e), 0);
	assert_int_equal(mkdir(scratch_path(&s, "odir"), 0700), 0);
	put(&s, "odir/kept", "kept");
	put(&s, "t/a/b/file", "x");
	assert_int_equal(chmod(scratch_path(&s, "t/a/b/file"), 0400), 0);
	assert_int_equal(symlink("../outside", scratch_path(&s, "t/link")), 0);
	assert_int_equal(symlink("../../odir", scratch_path(&s, "t/a/l")), 0);
	assert_int_equal(mkfifo(scratch_path(&s, "t/a/fifo"), 0600), 0);
	assert_int_equal(fs_remove_tree(scratch_path(&s, "t"), &e), 0);
	assert_int_equal(access(scratch_path(&s, "t"), F_OK), -1);
	assert_content(scratch_path(&s, "outside"), "kept");
	assert_content(scratch_path(&s, "odir/kept"), "kept");
	assert_int_equal(fs_remove_tree(scratch_path(&s, "t"), &e), 0);
	scratch_remove(&s);
}

static void
test_fs__removes_no_folder_through_a_link(void **state)
{
	struct scratch s;
	struct err e;

	(void)state;
	scratch_make(&s);
	assert_int_equal(mkdir(scratch_path(&s, "dir"), 0700), 0);
	put(&s, "dir/kept", "kept");
	assert_int_equal(symlink("dir", scratch_path(&s, "link")), 0);
	assert_int_equal(fs_remove_tree(scratch_path(&s, "link"), &e), -1);
	assert_content(scratch_path(&s, "dir/kept"), "kept");
	scratch_remove(&s);
}

static void
test_fs__lock_is_held_against_another_process(void **state)
{
	struct scratch s;
	struct err e;
	int fd, other, status;
	pid_t pid;

	(void)state;
	scratch_make(&s);
	assert_int_equal(fs_lock(scratch_path(&s, "lock"), &fd, &e), 0);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0)
		_exit(fs_lock(scratch_path(&s, "lock"), &other, &e) == -1
			  ? (int)e.code
			  : 99);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), ERR_CONFLICT);
	close(fd);
	assert_int_equal(fs_lock(scratch_path(&s, "lock"), &fd, &e), 0);
	close(fd);
	scratch_remove(&s);
}

static void
test_fs__lock_refuses_links_and_fifos(void **state)
{
	struct scratch s;
	struct err e;
	int fd = -5;

	(void)state;
	scratch_make(&s);
	assert_int_equal(symlink("else", scratch_path(&s, "link")), 0);
	assert_int_equal(mkfifo(scratch_path(&s, "fifo"), 0600), 0);
	assert_int_equal(fs_lock(scratch_path(&s, "link"), &fd, &e), -1);
	assert_int_equal(access(scratch_path(&s, "else"), F_OK), -1);
	assert_int_equal(fs_lock(scratch_path(&s, "fifo"), &fd, &e), -1);
	assert_int_equal(fd, -5);
	scratch_remove(&s);
}

static void
assert_home(const char *arg, const char *want)
{
	struct err e;
	char *path;

	if (fs_home(arg, &path, &e) == -1)
		fail_msg("%s", e.msg);
	assert_string_equal(path, want);
	free(path);
}

static void
test_fs__home_is_found_in_the_order_of_the_manual(void **state)
{
	struct err e;
	char *path = NULL;

	(void)state;
	setenv("MUFAKAT_HOME", "/m", 1);
	setenv("XDG_DATA_HOME", "/x", 1);
	setenv("HOME", "/h", 1);
	assert_home("/arg", "/arg");
	assert_home(NULL, "/m");
	setenv("MUFAKAT_HOME", "", 1);
	assert_home(NULL, "/x/mufakat");
	unsetenv("MUFAKAT_HOME");
	setenv("XDG_DATA_HOME", "relative", 1); /* to be ignored, says XDG */
	assert_home(NULL, "/h/.local/share/mufakat");
	unsetenv("XDG_DATA_HOME");
	assert_home(NULL, "/h/.local/share/mufakat");
	assert_int_equal(fs_home("", &path, &e), -1);
	assert_null(path);
}

static void
test_fs__home_survives_a_poisoned_environment(void **state)
{
	static const char *const bad[] = {"", "relative", "../up"};
	struct err e;
	char *path;

	(void)state;
	unsetenv("MUFAKAT_HOME");
	unsetenv("XDG_DATA_HOME");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("HOME", bad[i], 1);
		assert_int_equal(fs_home(NULL, &path, &e), 0);
		assert_int_equal(path[0], '/');
		assert_non_null(strstr(path, "/.local/share/mufakat"));
		assert_null(strstr(path, ".."));
		free(path);
	}
}

static void
test_fs__home_given_relative_becomes_absolute(void **state)
{
	struct scratch s;
	char *want;

	(void)state;
	scratch_make(&s);
	assert_int_equal(chdir(s.dir), 0);
	want = fs_join(s.dir, "here");
	assert_home("here", want);
	free(want);
	assert_int_equal(chdir("/"), 0);
	want = fs_join("/", "x");
	assert_string_equal(want, "/x");
	free(want);
	scratch_remove(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fs__writes_and_reads_back),
	    cmocka_unit_test(
		test_fs__replaces_a_link_and_not_what_it_points_to),
	    cmocka_unit_test(test_fs__exclusive_writes_refuse_what_exists),
	    cmocka_unit_test(
		test_fs__failed_writes_leave_the_old_file_and_nothing_else),
	    cmocka_unit_test(test_fs__read_says_what_is_missing_or_too_long),
	    cmocka_unit_test(
		test_fs__read_refuses_links_fifos_folders_and_devices),
	    cmocka_unit_test(test_fs__makes_folders_with_their_parents),
	    cmocka_unit_test(test_fs__removes_a_tree_and_nothing_outside),
	    cmocka_unit_test(test_fs__removes_no_folder_through_a_link),
	    cmocka_unit_test(test_fs__lock_is_held_against_another_process),
	    cmocka_unit_test(test_fs__lock_refuses_links_and_fifos),
	    cmocka_unit_test(test_fs__home_is_found_in_the_order_of_the_manual),
	    cmocka_unit_test(test_fs__home_survives_a_poisoned_environment),
	    cmocka_unit_test(test_fs__home_given_relative_becomes_absolute),
	};

	return cmocka_run_group_tests_name("fs", tests, NULL, NULL);
}

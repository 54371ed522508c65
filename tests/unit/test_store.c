#include "gates.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store_db.h"

struct home {
	char dir[64];
	char file[80];
};

static void
home_make(struct home *h)
{
	snprintf(h->dir, sizeof(h->dir), "/tmp/mufakat-test-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	snprintf(h->file, sizeof(h->file), "%s/mufakat.db", h->dir);
}

static void
home_remove(struct home *h)
{
	struct err e = {0};

	OK(fs_remove_tree(h->dir, &e));
}

static struct store *
home_open(struct home *h)
{
	struct store *s = NULL;
	struct err e = {0};

	OK(store_open(h->dir, &s, &e));
	return s;
}

/* Opens, does that, closes: as another program might have. */
static void
tamper(struct home *h, const char *sql)
{
	struct store *s = home_open(h);
	struct err e = {0};

	OK(store_exec(s, sql, &e));
	store_close(s);
}

static enum err_code
open_fails(struct home *h, const char *word)
{
	struct store *s = NULL;
	struct err e = {0};

	assert_int_equal(store_open(h->dir, &s, &e), -1);
	if (strstr(e.msg, word) == NULL)
		fail_msg("'%s' does not say '%s'", e.msg, word);
	return e.code;
}

static void
test_store__keeps_settings_and_is_private(void **state)
{
	struct home h;
	struct store *s;
	struct err e = {0};
	struct stat st;
	char *v = NULL;

	(void)state;
	home_make(&h);
	s = home_open(&h);
	OK(store_setting(s, "name", &v, &e));
	assert_null(v);
	OK(store_begin(s, &e));
	OK(store_set_setting(s, "name", "one", &e));
	OK(store_set_setting(s, "name", "two", &e));
	OK(store_commit(s, &e));
	store_close(s);
	s = home_open(&h);
	OK(store_setting(s, "name", &v, &e));
	assert_string_equal(v, "two");
	free(v);
	store_close(s);
	assert_int_equal(stat(h.file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	home_remove(&h);
}

static void
test_store__undoes_what_was_not_committed(void **state)
{
	struct home h;
	struct store *s;
	struct err e = {0};
	char *v = NULL;

	(void)state;
	home_make(&h);
	s = home_open(&h);
	OK(store_begin(s, &e));
	OK(store_set_setting(s, "name", "one", &e));
	assert_true(store_in_transaction(s));
	store_rollback(s);
	assert_false(store_in_transaction(s));
	OK(store_setting(s, "name", &v, &e));
	assert_null(v);
	store_close(s);
	home_remove(&h);
}

static void
test_store__refuses_triggers_and_views_of_others(void **state)
{
	struct home h;

	(void)state;
	home_make(&h);
	tamper(&h, "CREATE TRIGGER evil AFTER INSERT ON change"
		   " BEGIN DELETE FROM change; END");
	assert_int_equal(open_fails(&h, "'evil'"), ERR_CORRUPT);
	assert_int_equal(open_fails(&h, "--rebuild"), ERR_CORRUPT);
	home_remove(&h);
	home_make(&h);
	tamper(&h, "CREATE VIEW evil AS SELECT 1");
	assert_int_equal(open_fails(&h, "view 'evil'"), ERR_CORRUPT);
	home_remove(&h);
	home_make(&h);
	tamper(&h, "DROP INDEX link_parent");
	assert_int_equal(open_fails(&h, "'link_parent'"), ERR_CORRUPT);
	home_remove(&h);
}

static void
test_store__refuses_other_versions_and_other_files(void **state)
{
	struct home h;

	(void)state;
	home_make(&h);
	tamper(&h, "PRAGMA user_version=99");
	assert_int_equal(open_fails(&h, "newer"), ERR_INPUT);
	home_remove(&h);
	home_make(&h);
	tamper(&h, "PRAGMA application_id=7");
	assert_int_equal(open_fails(&h, "no database of mufakat"), ERR_CORRUPT);
	home_remove(&h);
}

static void
write_at(const char *path, off_t at, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(pwrite(fd, bytes, n, at), n);
	close(fd);
}

static void
test_store__finds_a_damaged_page(void **state)
{
	struct home h;
	char noise[4096];
	struct stat st;

	(void)state;
	home_make(&h);
	store_close(home_open(&h));
	memset(noise, 0x5a, sizeof(noise));
	assert_int_equal(stat(h.file, &st), 0);
	write_at(h.file, 10 * 4096, noise, sizeof(noise));
	assert_int_equal(open_fails(&h, "damaged"), ERR_CORRUPT);
	home_remove(&h);
	home_make(&h);
	memset(noise, 'x', sizeof(noise));
	write_at(h.file, 0, noise, sizeof(noise));
	assert_int_equal(open_fails(&h, "damaged"), ERR_CORRUPT);
	home_remove(&h);
}

static void
test_store__follows_no_link_and_opens_no_fifo(void **state)
{
	struct home h;

	(void)state;
	home_make(&h);
	assert_int_equal(symlink("/tmp/elsewhere", h.file), 0);
	open_fails(&h, "mufakat.db");
	assert_int_equal(unlink(h.file), 0);
	assert_int_equal(mkfifo(h.file, 0600), 0);
	open_fails(&h, "mufakat.db");
	home_remove(&h);
}

static void
test_store__copies_itself_into_a_new_file_only(void **state)
{
	struct home h, other;
	struct store *s;
	struct err e = {0};
	char *v = NULL;
	char wal[100];

	(void)state;
	home_make(&h);
	home_make(&other);
	s = home_open(&h);
	OK(store_begin(s, &e));
	OK(store_set_setting(s, "name", "kept", &e));
	OK(store_commit(s, &e));
	OK(store_backup(s, other.file, &e));
	assert_int_equal(store_backup(s, other.file, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(store_backup(s, "/nowhere/at/all", &e), -1);
	store_close(s);
	snprintf(wal, sizeof(wal), "%s-wal", other.file);
	assert_int_equal(access(wal, F_OK), -1);
	s = home_open(&other);
	OK(store_setting(s, "name", &v, &e));
	assert_string_equal(v, "kept");
	free(v);
	store_close(s);
	home_remove(&h);
	home_remove(&other);
}

static void
test_store__gives_a_statement_to_two_at_once(void **state)
{
	static const char sql[] = "SELECT n FROM name ORDER BY n";
	struct home h;
	struct store *s;
	struct query *q = NULL, *other = NULL;
	struct err e = {0};

	(void)state;
	home_make(&h);
	s = home_open(&h);
	OK(store_exec(s, "INSERT INTO name(text) VALUES('a'), ('b')", &e));
	OK(query_open(s, &q, sql, &e));
	assert_int_equal(query_step(q, &e), 1);
	OK(query_open(s, &other, sql, &e));
	assert_ptr_not_equal(q, other);
	assert_int_equal(query_step(other, &e), 1);
	assert_int_equal(query_int(other, 0), 1);
	assert_int_equal(query_step(q, &e), 1);
	assert_int_equal(query_int(q, 0), 2);
	query_close(q);
	query_close(other);
	store_close(s);
	home_remove(&h);
}

static void
test_store__runs_what_a_reused_buffer_holds_now(void **state)
{
	struct home h;
	struct store *s;
	struct query *q = NULL;
	struct err e = {0};
	char sql[32];

	(void)state;
	home_make(&h);
	s = home_open(&h);
	for (int i = 1; i < 4; i++) {
		snprintf(sql, sizeof(sql), "SELECT %d", i);
		OK(query_open(s, &q, sql, &e));
		assert_int_equal(query_step(q, &e), 1);
		assert_int_equal(query_int(q, 0), i);
		query_close(q);
	}
	store_close(s);
	home_remove(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_store__keeps_settings_and_is_private),
	    cmocka_unit_test(test_store__undoes_what_was_not_committed),
	    cmocka_unit_test(test_store__refuses_triggers_and_views_of_others),
	    cmocka_unit_test(
		test_store__refuses_other_versions_and_other_files),
	    cmocka_unit_test(test_store__finds_a_damaged_page),
	    cmocka_unit_test(test_store__follows_no_link_and_opens_no_fifo),
	    cmocka_unit_test(test_store__copies_itself_into_a_new_file_only),
	    cmocka_unit_test(test_store__gives_a_statement_to_two_at_once),
	    cmocka_unit_test(test_store__runs_what_a_reused_buffer_holds_now),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}

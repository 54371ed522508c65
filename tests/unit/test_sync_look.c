#include "gates.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include "common/frame.h"
#include "daemon/spawner.h"
#include "daemon/sync_look.h"

/*
 * Looks at what a URL holds.  The transfer is this program itself, started
 * again: it lists and hands over the blobs that it finds in a folder, one
 * file a ref, and writes down what it is told to keep.
 */

#define FOLDER "MUFAKAT_TEST_LOOK"

/* --- the transfer ----------------------------------------------------------- */

static struct buf input;

static struct frame
hear(void)
{
	struct frame f;
	struct err e;
	size_t used;
	char bytes[4096];
	int got;

	while ((got = frame_parse(input.data, input.len, &f, &used, &e)) == 0) {
		ssize_t n = read(3, bytes, sizeof(bytes));

		if (n <= 0)
			_exit(3);
		buf_add(&input, bytes, (size_t)n);
	}
	if (got == -1)
		_exit(4);
	buf_consume(&input, used);
	return f;
}

static void
speak(enum frame_type type, json_t *json, const struct buf *bytes)
{
	struct buf b = BUF_INIT;

	frame_write(&b, type, json, bytes != NULL ? bytes->data : NULL,
	    bytes != NULL ? bytes->len : 0);
	for (size_t at = 0; at < b.len;) {
		ssize_t n = write(3, b.data + at, b.len - at);

		if (n <= 0)
			_exit(5);
		at += (size_t)n;
	}
	json_decref(json);
	buf_clear(&b);
}

static char *
ref_name(int i)
{
	return mem_printf("aaaaaaaaaaaaaaaaaaaaaaaaa%c", 'a' + i);
}

static void
hand_over(const char *folder)
{
	struct frame f = hear(); /* round */
	json_t *refs = json_object();
	int n = 0;

	frame_clear(&f);
	for (;; n++) {
		char *name = ref_name(n), *path = fs_join(folder, name);
		bool there = access(path, F_OK) == 0;

		if (there)
			json_object_set_new(refs, name, json_string("1"));
		free(name);
		free(path);
		if (!there)
			break;
	}
	speak(FRAME_REFS, json_pack("{s:o}", "refs", refs), NULL);
	if (n > 0) {
		f = hear(); /* want */
		frame_clear(&f);
	}
	for (int i = 0; i < n; i++) {
		char *name = ref_name(i), *path = fs_join(folder, name);
		struct buf blob = BUF_INIT;
		struct err e;

		if (fs_read(path, 1 << 20, &blob, &e) == -1)
			_exit(6);
		speak(FRAME_BLOB,
		    json_pack("{s:s,s:s}", "ref", name, "commit", "1"), &blob);
		speak(FRAME_END,
		    json_pack("{s:s,s:s,s:n,s:b}", "ref", name, "oid", "1",
			"base", "ok", 1),
		    NULL);
		buf_clear(&blob);
		free(name);
		free(path);
	}
}

static int
transfer(const char *folder)
{
	struct buf kept = BUF_INIT;
	char *path = fs_join(folder, "kept");
	struct frame f;
	struct err e;

	fcntl(3, F_SETFL, 0); /* libuv left it non-blocking */
	hand_over(folder);
	while ((f = hear()).type == FRAME_KEEP)
		buf_addc(&kept,
		    json_is_true(json_object_get(f.json, "keep")) ? '+' : '-');
	if (f.type != FRAME_DONE ||
	    fs_write(path, buf_str(&kept), kept.len, 0600, false, &e) == -1)
		return 7;
	return 0;
}

/* --- looking ---------------------------------------------------------------- */

struct fix {
	char folder[64];
	uv_loop_t loop;
	struct look *look;
	size_t n; /* coalitions found */
	uint8_t w[16][HASH_LEN];
	struct err err;
	bool is_done;
	int refs;
};

static void
on_looked(void *arg, const uint8_t *coalitions, size_t n, const struct err *e)
{
	struct fix *f = arg;

	f->n = n;
	if (n > 0)
		memcpy(f->w, coalitions, n * HASH_LEN);
	f->err = *e;
	f->is_done = true;
}

static void
make(struct fix *f)
{
	memset(f, 0, sizeof(*f));
	strcpy(f->folder, "/tmp/mufakat-test-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
}

static void
put(struct fix *f, const struct buf *blob)
{
	char *name = ref_name(f->refs++), *path = fs_join(f->folder, name);
	struct err e;

	OK(fs_write(path, blob->data, blob->len, 0600, false, &e));
	free(name);
	free(path);
}

static void
put_all(struct fix *f, struct branch *o)
{
	struct buf b = BUF_INIT;

	branch_export(o, &b);
	put(f, &b);
	buf_clear(&b);
}

/* Looks, and returns what was kept: a sign for each ref. */
static char *
look(struct fix *f)
{
	struct spawner spawner;
	struct sync_config c = {.spawner = &spawner,
	    .ssh = "ssh",
	    .home = f->folder,
	    .transfer = "/proc/self/exe",
	    .deadline_s = 600};
	char *path = fs_join(f->folder, "kept");
	struct buf kept = BUF_INIT;
	struct err e;

	setenv(FOLDER, f->folder, 1);
	OK(spawner_open(&spawner, &e)); /* with FOLDER in its environment */
	uv_loop_init(&f->loop);
	OK(look_begin(&f->loop, &c, "/x", on_looked, f, &f->look, &e));
	while (!f->is_done)
		uv_run(&f->loop, UV_RUN_ONCE);
	look_free(f->look);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	spawner_close(&spawner);
	unsetenv(FOLDER);
	if (f->err.code != ERR_NONE)
		fail_msg("%s", f->err.msg);
	OK(fs_read(path, 100, &kept, &e));
	OK(fs_remove_tree(f->folder, &e));
	free(path);
	return buf_steal(&kept);
}

static void
assert_looks(struct fix *f, const char *kept)
{
	char *got = look(f);

	assert_string_equal(got, kept);
	free(got);
}

static void
test_sync_look__keeps_what_the_only_coalition_there_says(void **state)
{
	struct branch a, b;
	struct buf rubbish = BUF_INIT;
	struct fix f;

	(void)state;
	branch_make(&a);
	branch_make(&b);
	branch_found(&a);
	branch_join(&b, &a, "HRWG");
	make(&f);
	put_all(&f, &b); /* b's log and the genesis in a's */
	buf_adds(&rubbish, "no segment\n");
	put(&f, &rubbish);
	put_all(&f, &a);
	assert_looks(&f, "+-+");
	assert_int_equal(f.n, 1);
	assert_memory_equal(f.w[0], gate_coalition(a.g), HASH_LEN);
	buf_clear(&rubbish);
	branch_remove(&a);
	branch_remove(&b);
}

static void
test_sync_look__keeps_nothing_of_several(void **state)
{
	struct branch a, b;
	struct fix f;

	(void)state;
	branch_make(&a);
	branch_make(&b);
	branch_found(&a);
	branch_found(&b);
	make(&f);
	put_all(&f, &a);
	put_all(&f, &b);
	assert_looks(&f, "--");
	assert_int_equal(f.n, 2);
	branch_remove(&a);
	branch_remove(&b);
}

/* Anybody can write the W of others into a segment. */
static void
test_sync_look__keeps_nothing_that_is_not_signed(void **state)
{
	struct branch a;
	struct buf b = BUF_INIT;
	struct fix f;

	(void)state;
	branch_make(&a);
	branch_found(&a);
	make(&f);
	put_all(&f, &a);
	branch_export(&a, &b);
	b.data[b.len - 3] ^= 1; /* in the last portion */
	put(&f, &b);
	assert_looks(&f, "+-");
	assert_int_equal(f.n, 1);
	buf_clear(&b);
	branch_remove(&a);
}

static void
test_sync_look__finds_nothing_where_nothing_is(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	assert_looks(&f, "");
	assert_int_equal(f.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_sync_look__keeps_what_the_only_coalition_there_says),
	    cmocka_unit_test(test_sync_look__keeps_nothing_of_several),
	    cmocka_unit_test(test_sync_look__keeps_nothing_that_is_not_signed),
	    cmocka_unit_test(test_sync_look__finds_nothing_where_nothing_is),
	};

	crypto_setup();
	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	if (getenv(FOLDER) != NULL)
		return transfer(getenv(FOLDER));
	return cmocka_run_group_tests_name("sync_look", tests, NULL, NULL);
}

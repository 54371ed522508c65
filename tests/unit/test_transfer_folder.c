#include "hub.h"

#include "common/clock.h"

#include <time.h>

static void
test_folder__hands_over_a_log_oldest_first_and_keeps_it(void **state)
{
	struct fix f;
	struct catch c;
	char tip[41] = "";

	(void)state;
	make(&f);
	for (int i = 0; i < 5; i++) {
		char text[16];

		snprintf(text, sizeof(text), "c%d", i);
		snprintf(tip, sizeof(tip), "%s", make_commit(f.hub, text, tip));
	}
	set_ref(f.hub, log_name(1), tip);
	c = take_all(&f, "a", NULL);
	assert_null(catch_code(&c, log_name(1)));
	assert_int_equal(json_array_size(c.blobs), 5);
	assert_string_equal(catch_content(&c, 0), "c0");
	assert_string_equal(catch_content(&c, 4), "c4");
	assert_int_equal(c.objects, 15);
	assert_string_equal(trusted_ref(&f, "a", log_name(1)), tip);
	catch_clear(&c);
	/* the second time there is nothing new */
	c = take_all(&f, "a", NULL);
	assert_int_equal(json_array_size(c.blobs), 0);
	assert_int_equal(c.objects, 0);
	catch_clear(&c);
	scratch_remove(&f.s);
}

static void
test_folder__takes_only_what_is_missing(void **state)
{
	struct fix f;
	struct catch c;
	char tip[50][41];

	(void)state;
	make(&f);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(tip[i], 41, "%s", make_commit(f.hub, log_name(i), ""));
		set_ref(f.hub, log_name(i), tip[i]);
	}
	/* foreign refs share the folder */
	sh(f.hub, "git update-ref refs/heads/main %s",
	    make_commit(f.hub, "foreign", ""));
	c = take_all(&f, "a", NULL);
	assert_int_equal(c.objects, 150);
	catch_clear(&c);
	for (unsigned i = 10; i < 20; i++)
		set_ref(f.hub, log_name(i), make_commit(f.hub, "more", tip[i]));
	c = take_all(&f, "a", NULL);
	/* ten commits; their tree and blob are equal, counted with each */
	assert_int_equal(json_array_size(c.blobs), 10);
	assert_int_equal(c.objects, 30);
	catch_clear(&c);
	assert_int_equal(count_objects(scratch_path(&f.s, "a/repo.git")), 162);
	scratch_remove(&f.s);
}

static void
test_folder__leaves_outside_what_the_daemon_refused(void **state)
{
	struct fix f;
	struct catch c;

	(void)state;
	make(&f);
	set_ref(f.hub, log_name(1), make_commit(f.hub, "good", ""));
	set_ref(f.hub, log_name(2), make_commit(f.hub, "bad", ""));
	c = take_all(&f, "a", log_name(2));
	assert_int_equal(json_array_size(c.blobs), 2);
	assert_int_equal(count_objects(scratch_path(&f.s, "a/repo.git")), 3);
	assert_string_equal(trusted_ref(&f, "a", log_name(2)), "");
	catch_clear(&c);
	/* and it is asked for again */
	c = take_all(&f, "a", NULL);
	assert_int_equal(json_array_size(c.blobs), 1);
	catch_clear(&c);
	scratch_remove(&f.s);
}

/* Each of these logs is refused with its code while the good one comes. */
static void
test_folder__skips_logs_of_another_form(void **state)
{
	struct fix f;
	struct catch c;
	char good[41];
	static const struct {
		unsigned n;
		const char *code;
		const char *make; /* prints an id; $good is a commit */
	} bad[] = {
	    {2, "untrusted",
		"git commit-tree -m x $(printf '100644 blob %s\\tother\\n' "
		"$blob | git mktree)"},
	    {3, "untrusted",
		"git commit-tree -m x $(printf '100755 blob %s\\tchanges\\n' "
		"$blob | git mktree)"},
	    {4, "untrusted",
		"git commit-tree -m x $(printf '100644 blob %s\\tchanges\\n"
		"100644 blob %s\\tmore\\n' $blob $blob | git mktree)"},
	    {5, "untrusted",
		"git commit-tree -m x $(printf '120000 blob %s\\tchanges\\n' "
		"$blob | git mktree)"},
	    {6, "untrusted",
		"git commit-tree -m x -p $good -p $(git commit-tree -m y "
		"$good^{tree}) $good^{tree}"},
	    {7, "untrusted",
		"git cat-file commit $good | sed '/^committer/a gpgsig x' | "
		"git hash-object -t commit -w --stdin"},
	    {8, "untrusted", "printf '%s' $blob"},
	    {9, "untrusted", "git rev-parse $good^{tree}"},
	    {10, "untrusted",
		"git tag -a -m x t $good && git rev-parse t && git tag -d t "
		">/dev/null"},
	    {11, "input",
		"git commit-tree -m x $(printf '100644 blob %s\\tsealed\\n' "
		"$blob | git mktree)"},
	    {12, "notfound",
		"c=$(git commit-tree -m gone $good^{tree} -p $(git "
		"commit-tree -m lost $good^{tree})); p=$(git rev-parse $c^); "
		"rm -f objects/$(echo $p | cut -c1-2)/$(echo $p | cut -c3-); "
		"echo $c"},
	    {13, "untrusted",
		"git commit-tree -m x $(printf '100644 blob %s\\tchanges\\n' "
		"$(head -c 3000 /dev/zero | git hash-object -w --stdin) | "
		"git mktree)"},
	    {14, "untrusted",
		"head -c 70000 /dev/zero | tr '\\0' x | git commit-tree "
		"-F - $good^{tree}"},
	};
	struct peer p;
	json_t *refs;

	(void)state;
	make(&f);
	snprintf(good, sizeof(good), "%s", make_commit(f.hub, "good", ""));
	set_ref(f.hub, log_name(1), good);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		sh(f.hub,
		    "good=%s; blob=$(git rev-parse $good:changes); "
		    "id=$(%s); mkdir -p %s && echo $id > %s%s",
		    good, bad[i].make, PREFIX, PREFIX, log_name(bad[i].n));
	/* a commit whose parent is gone is not listed, unless nobody looks */
	peer_start(&p, f.s.dir, "b", f.hub, NULL);
	refs = peer_refs(&p);
	assert_int_equal(json_object_size(refs), sizeof(bad) / sizeof(bad[0]));
	assert_null(json_object_get(refs, log_name(12)));
	json_decref(refs);
	peer_done(&p);
	peer_start(&p, f.s.dir, "a", f.hub,
	    &(struct peer_round){.blob = 2000, .mark = ""});
	refs = peer_refs(&p);
	assert_int_equal(
	    json_object_size(refs), 1 + sizeof(bad) / sizeof(bad[0]));
	c = peer_want(&p, refs, NULL);
	json_decref(refs);
	peer_done(&p);
	assert_null(catch_code(&c, log_name(1)));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *code = catch_code(&c, log_name(bad[i].n));

		if (code == NULL || strcmp(code, bad[i].code) != 0)
			fail_msg("log %u: %s", bad[i].n,
			    code == NULL ? "taken" : code);
	}
	assert_int_equal(json_array_size(c.blobs), 1);
	catch_clear(&c);
	assert_int_equal(count_objects(p.repo), 3);
	scratch_remove(&f.s);
}

static void
test_folder__never_unfolds_a_blob_over_the_limit(void **state)
{
	struct fix f;
	struct peer p;
	struct catch c;

	(void)state;
	make(&f);
	/* 256 MB of zeros, in a pack of a quarter of a megabyte */
	sh(f.hub,
	    "b=$(head -c 268435456 /dev/zero | git hash-object -w --stdin); "
	    "t=$(printf '100644 blob %%s\\tchanges\\n' $b | git mktree); "
	    "git update-ref %s%s $(git commit-tree -m x $t) && "
	    "git repack -q -a -d",
	    PREFIX, log_name(1));
	peer_start(&p, f.s.dir, "a", f.hub, NULL);
	c = peer_fetch(&p, NULL);
	assert_string_equal(catch_code(&c, log_name(1)), "untrusted");
	catch_clear(&c);
	if (!is_sanitized())
		assert_true(p.usage.ru_maxrss < 64 * 1024);
	scratch_remove(&f.s);
}

/* --- folders that are not what they should be ---------------------------- */

static void
assert_refused(
    struct fix *f, const char *url, const char *code, const char *part)
{
	struct peer p;

	peer_start(&p, f->s.dir, "a", url, NULL);
	peer_assert_failed(&p, code, part);
}

static void
test_folder__says_what_is_wrong_and_what_to_do(void **state)
{
	struct fix f;
	char url[160];

	(void)state;
	make(&f);
	snprintf(url, sizeof(url), "%s/gone/hub.git", f.s.dir);
	assert_refused(&f, url, "offline", "is the stick mounted?");
	snprintf(url, sizeof(url), "file://%s/gone", f.s.dir);
	assert_refused(&f, url, "offline", "is the stick mounted?");
	sh(f.s.dir, "mkdir empty plain && touch plain/x && echo x > file");
	snprintf(url, sizeof(url), "%s/empty", f.s.dir);
	assert_refused(&f, url, "input", "--create");
	snprintf(url, sizeof(url), "%s/plain", f.s.dir);
	assert_refused(&f, url, "input", "check the address");
	snprintf(url, sizeof(url), "%s/file", f.s.dir);
	assert_refused(&f, url, "input", "not a folder");
	assert_refused(&f, "relative/path", "input", "neither a folder nor");
	assert_refused(&f, "file://other/x", "input", "another machine");
	sh(f.s.dir, "git init -q --bare --object-format=sha256 new.git");
	snprintf(url, sizeof(url), "%s/new.git", f.s.dir);
	assert_refused(&f, url, "input", "SHA-256");
	scratch_remove(&f.s);
}

static void
test_folder__is_never_led_outside_or_hung(void **state)
{
	static const struct {
		const char *how, *undo, *part;
	} tricks[] = {
	    {"echo /tmp > objects/info/alternates",
		"rm objects/info/alternates", "alternates"},
	    {"mkfifo commondir", "rm commondir", "commondir"},
	    {"mv config c && mkfifo config", "mv c config", "config"},
	    {"mv config c && ln -s c config", "mv c config", "config"},
	    {"mkfifo packed-refs", "rm packed-refs", "packed-refs"},
	    {"mv objects/pack p && ln -s ../p objects/pack",
		"rm objects/pack && mv p objects/pack", "objects/pack"},
	};
	struct fix f;

	(void)state;
	make(&f);
	for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
		sh(f.hub, "%s", tricks[i].how);
		assert_refused(&f, f.hub, "untrusted", tricks[i].part);
		sh(f.hub, "%s", tricks[i].undo);
	}
	if (geteuid() == 0) {
		sh(f.hub, "chown 12345 .");
		assert_refused(&f, f.hub, "input", "belongs to another user");
	}
	scratch_remove(&f.s);
}

static void
test_folder__reads_no_pipe_or_link_in_place_of_an_object(void **state)
{
	static const char *const tricks[] = {
	    "rm $o && mkfifo $o",
	    "mv $o x && ln -s $PWD/x $o",
	    "mkfifo objects/pack/pack-%s.idx",
	};
	struct fix f;
	struct catch c;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		make(&f);
		set_ref(f.hub, log_name(1), make_commit(f.hub, "x", ""));
		sh(f.hub,
		    "t=$(git rev-parse %s%s); o=objects/$(echo $t | cut "
		    "-c1-2)/$(echo $t | cut -c3-); %s",
		    PREFIX, log_name(1), tricks[i]);
		c = take_all(&f, "a", NULL);
		assert_string_equal(catch_code(&c, log_name(1)), "untrusted");
		catch_clear(&c);
		scratch_remove(&f.s);
	}
}

static void
test_folder__creates_a_repository_only_when_asked(void **state)
{
	struct fix f;
	struct peer p;
	char url[128];
	struct peer_round r = {.create = true};

	(void)state;
	make(&f);
	snprintf(url, sizeof(url), "%s/new", f.s.dir);
	peer_start(&p, f.s.dir, "a", url, &r);
	json_decref(peer_refs(&p));
	peer_put(&p, log_name(1), NULL, "root", NULL, "x");
	json_decref(peer_list(&p, NULL));
	peer_done(&p);
	assert_clean(url);
	assert_string_equal(
	    sh(url, "git cat-file blob %s%s:changes", PREFIX, log_name(1)),
	    "x");
	assert_string_equal(sh(url, "ls -a | grep -c hooks || true"), "0");
	/* again: it stays */
	peer_start(&p, f.s.dir, "a", url, &r);
	json_decref(peer_refs(&p));
	peer_done(&p);
	sh(f.s.dir, "mkdir full && touch full/x");
	snprintf(url, sizeof(url), "%s/full", f.s.dir);
	peer_start(&p, f.s.dir, "a", url, &r);
	peer_assert_failed(&p, "input", "neither empty nor");
	snprintf(url, sizeof(url), "%s/not/there", f.s.dir);
	peer_start(&p, f.s.dir, "a", url, &r);
	peer_assert_failed(&p, "offline", "is the stick mounted?");
	scratch_remove(&f.s);
}

/* --- ends ---------------------------------------------------------------- */

/* A round of fetching and pushing that is killed after some time. */
static void
killed_round(struct fix *f, unsigned turn, long after_us)
{
	struct timespec ts = {
	    .tv_sec = after_us / 1000000, .tv_nsec = after_us % 1000000 * 1000};
	struct peer p;
	pid_t killer;

	peer_start(&p, f->s.dir, "a", f->hub, NULL);
	killer = fork();
	if (killer == 0) {
		nanosleep(&ts, NULL);
		kill(p.pid, SIGKILL);
		_exit(0);
	}
	peer_send(&p, FRAME_WANT,
	    json_pack("{s:[s,s]}", "refs", log_name(turn * 2),
		log_name(turn * 2 + 1)),
	    NULL, 0);
	for (unsigned i = 0; i < 2; i++)
		peer_send(&p, FRAME_KEEP,
		    json_pack(
			"{s:s,s:b}", "ref", log_name(turn * 2 + i), "keep", 1),
		    NULL, 0);
	for (unsigned i = 0; i < 5; i++)
		peer_put(&p, log_name(1000 + turn * 5 + i), NULL, "root", NULL,
		    "mine");
	peer_send(&p, FRAME_LIST, json_object(), NULL, 0);
	waitpid(killer, NULL, 0);
	peer_end(&p);
}

static void
test_folder__leaves_a_clean_repository_when_killed(void **state)
{
	struct fix f;
	struct catch c;
	int64_t whole;

	(void)state;
	make(&f);
	for (unsigned i = 0; i < 120; i++)
		set_ref(
		    f.hub, log_name(i), make_commit(f.hub, log_name(i), ""));
	/* the moments are spread over what a whole round takes here */
	whole = clock_mono(&clock_system);
	c = take_all(&f, "b", NULL);
	catch_clear(&c);
	whole = clock_mono(&clock_system) - whole;
	for (unsigned i = 0; i < 60; i++)
		killed_round(&f, i, 2000 + (long)i * (long)whole * 1000 / 120);
	assert_clean(scratch_path(&f.s, "a/repo.git"));
	assert_clean(f.hub);
	c = take_all(&f, "a", NULL);
	assert_true(json_object_size(c.ends) >= 120);
	catch_clear(&c);
	assert_string_equal(
	    sh(f.s.dir, "find a/repo.git/objects/pack -name 'tmp_*' | wc -l"),
	    "0");
	scratch_remove(&f.s);
}

static void
test_folder__ends_when_the_daemon_goes(void **state)
{
	struct fix f;
	struct peer p;
	int status;

	(void)state;
	make(&f);
	peer_start(&p, f.s.dir, "a", f.hub, NULL);
	json_decref(peer_refs(&p));
	status = peer_end(&p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_no_quarantine(&p);
	scratch_remove(&f.s);
}

/* One push, which ends with this code. */
static void
assert_written(struct fix *f, const char *content, const char *code)
{
	struct peer p;
	json_t *w;

	peer_start(&p, f->s.dir, "a", f->hub, NULL);
	json_decref(peer_refs(&p));
	peer_put(&p, log_name(1), NULL, "root", NULL, content);
	json_decref(peer_list(&p, &w));
	assert_string_equal(written_code(w, log_name(1)), code);
	json_decref(w);
	peer_done(&p);
}

static void
test_folder__survives_a_hub_that_cannot_be_written(void **state)
{
	struct fix f;
	struct peer p;

	(void)state;
	make(&f);
	/* root writes anywhere, but not below a plain file */
	sh(f.hub, "mkdir -p refs/heads && touch refs/heads/mufakat");
	peer_start(&p, f.s.dir, "a", f.hub, NULL);
	peer_assert_failed(&p, "untrusted", "not a plain folder");
	sh(f.hub, "rm refs/heads/mufakat && chmod 555 objects/pack");
	if (geteuid() != 0)
		assert_written(&f, "x", "system");
	sh(f.hub, "chmod 755 objects/pack");
	scratch_remove(&f.s);
}

/* A hub on a disk of its own, of 256 KB. */
static void
test_folder__says_that_a_hub_is_full_and_harms_nothing(void **state)
{
	size_t n = 1 << 20;
	char *big = mem_zalloc(n);
	struct fix f;
	int status;

	(void)state;
	make(&f);
	sh_status(f.s.dir, &status,
	    "mkdir disk && mount -t tmpfs -o size=256k none disk");
	if (status != 0) {
		free(big);
		scratch_remove(&f.s);
		skip();
	}
	snprintf(f.hub, sizeof(f.hub), "%s/disk/hub.git", f.s.dir);
	sh(f.s.dir, "git init -q --bare disk/hub.git");
	for (size_t i = 0; i < n - 1; i++)
		big[i] = (char)('0' + random() % 64);
	assert_written(&f, big, "system");
	assert_clean(f.hub);
	assert_clean(scratch_path(&f.s, "a/repo.git"));
	assert_written(&f, "small", "");
	assert_clean(f.hub);
	sh(f.s.dir, "umount disk");
	free(big);
	scratch_remove(&f.s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_folder__hands_over_a_log_oldest_first_and_keeps_it),
	    cmocka_unit_test(test_folder__takes_only_what_is_missing),
	    cmocka_unit_test(
		test_folder__leaves_outside_what_the_daemon_refused),
	    cmocka_unit_test(test_folder__skips_logs_of_another_form),
	    cmocka_unit_test(test_folder__never_unfolds_a_blob_over_the_limit),
	    cmocka_unit_test(test_folder__says_what_is_wrong_and_what_to_do),
	    cmocka_unit_test(test_folder__is_never_led_outside_or_hung),
	    cmocka_unit_test(
		test_folder__reads_no_pipe_or_link_in_place_of_an_object),
	    cmocka_unit_test(test_folder__creates_a_repository_only_when_asked),
	    cmocka_unit_test(
		test_folder__leaves_a_clean_repository_when_killed),
	    cmocka_unit_test(test_folder__ends_when_the_daemon_goes),
	    cmocka_unit_test(
		test_folder__survives_a_hub_that_cannot_be_written),
	    cmocka_unit_test(
		test_folder__says_that_a_hub_is_full_and_harms_nothing),
	};

	return cmocka_run_group_tests_name(
	    "transfer_folder", tests, NULL, NULL);
}

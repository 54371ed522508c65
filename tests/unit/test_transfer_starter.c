#include "peer.h"

#include "daemon/transfer/ssh.h"

#include <sys/wait.h>

/* In place of ssh any program does: it is started as the command says. */
struct fix {
	struct scratch s;
	struct starter st;
	struct ssh ssh;
};

static struct ssh_url url = {
    .target = (char *)"me@host", .host = (char *)"host", .path = (char *)"/h"};

static void
make(struct fix *f, const char *script, bool create)
{
	struct err e;
	char *command, *path;
	FILE *out;

	memset(f, 0, sizeof(*f));
	scratch_make(&f->s);
	path = fs_join(f->s.dir, "run");
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(script, out);
	fclose(out);
	command = mem_printf("sh %s", path);
	assert_int_equal(
	    starter_open(&f->st, command, true, create, &url, &e), 0);
	free(command);
	free(path);
}

static void
unmake(struct fix *f)
{
	buf_clear(&f->ssh.text);
	starter_close(&f->st);
	scratch_remove(&f->s);
}

static void
start(struct fix *f, enum service what)
{
	struct err e;

	assert_int_equal(ssh_start(&f->ssh, &f->st, what, &e), 0);
}

/* All that it writes; ends it. */
static char *
answer(struct fix *f)
{
	struct buf b = BUF_INIT;
	char chunk[256];
	size_t n = 1;
	struct err e;

	while (n > 0) {
		assert_int_equal(
		    ssh_read(&f->ssh, chunk, sizeof(chunk), &n, &e), 0);
		buf_add(&b, chunk, n);
	}
	ssh_stop(&f->ssh);
	return buf_steal(&b);
}

static void
test_starter__asks_for_the_services_of_one_address_only(void **state)
{
	struct fix f;
	struct err e;
	char *said;

	(void)state;
	make(&f, "shift $(($# - 3)); echo \"$*\"", false);
	start(&f, SERVICE_UPLOAD);
	said = answer(&f);
	assert_string_equal(said, "-- me@host git-upload-pack '/h'\n");
	free(said);
	start(&f, SERVICE_RECEIVE);
	said = answer(&f);
	assert_string_equal(said, "-- me@host git-receive-pack '/h'\n");
	free(said);
	assert_int_equal(ssh_start(&f.ssh, &f.st, SERVICE_CREATE, &e), -1);
	assert_int_equal(ssh_start(&f.ssh, &f.st, 'x', &e), -1);
	start(&f, SERVICE_UPLOAD);
	free(answer(&f));
	assert_int_equal(f.ssh.status, 0);
	unmake(&f);
}

static void
test_starter__creates_only_where_the_round_may(void **state)
{
	struct fix f;
	char *said;

	(void)state;
	make(&f, "shift $(($# - 1)); echo \"$*\"", true);
	start(&f, SERVICE_CREATE);
	said = answer(&f);
	assert_string_equal(said, "git init --bare --quiet '/h'\n");
	free(said);
	unmake(&f);
}

static void
test_starter__tells_how_it_ended(void **state)
{
	struct fix f;

	(void)state;
	make(&f, "echo bad >&2; exit 7", false);
	start(&f, SERVICE_UPLOAD);
	free(answer(&f));
	assert_int_equal(WEXITSTATUS(f.ssh.status), 7);
	assert_string_equal(buf_str(&f.ssh.text), "bad\n");
	unmake(&f);
}

static void
test_starter__ends_what_does_not_go_by_itself(void **state)
{
	struct fix f;

	(void)state;
	make(&f, "trap '' TERM; echo $$; exec >&-; while :; do sleep 9; done",
	    false);
	start(&f, SERVICE_UPLOAD);
	free(answer(&f));
	assert_int_equal(WTERMSIG(f.ssh.status), SIGKILL);
	unmake(&f);
}

static void
test_starter__hears_it_to_its_end_however_much_it_says(void **state)
{
	struct fix f;

	(void)state;
	make(&f, "exec >&-; cat; head -c 300000 /dev/zero >&2; exit 3", false);
	start(&f, SERVICE_UPLOAD);
	ssh_stop(&f.ssh);
	assert_int_equal(WEXITSTATUS(f.ssh.status), 3);
	unmake(&f);
}

static void
test_starter__takes_its_ssh_with_it(void **state)
{
	struct fix f;
	pid_t pid;

	(void)state;
	make(&f, "echo $$ >$0.pid; exec cat", false);
	start(&f, SERVICE_UPLOAD);
	pid = 0;
	while (pid == 0)
		pid = atoi(sh(f.s.dir, "cat run.pid 2>/dev/null; true"));
	starter_close(&f.st);
	assert_int_equal(kill(pid, 0), -1);
	f.st = (struct starter){0, -1};
	unmake(&f);
}

#define T(name) cmocka_unit_test(test_starter__##name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(asks_for_the_services_of_one_address_only),
	    T(creates_only_where_the_round_may),
	    T(tells_how_it_ended),
	    T(ends_what_does_not_go_by_itself),
	    T(hears_it_to_its_end_however_much_it_says),
	    T(takes_its_ssh_with_it),
	};

	return cmocka_run_group_tests_name(
	    "transfer_starter", tests, NULL, NULL);
}

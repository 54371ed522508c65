/* Rounds over ssh in which something goes wrong. */
#include "sshd.h"

static void
assert_refused(struct fix *f, const char *url, const char *ssh,
    const char *code, const char *part)
{
	struct peer p;

	peer_start(&p, f->s.dir, "a", url, &(struct peer_round){.ssh = ssh});
	peer_assert_failed(&p, code, part);
}

static void
test_ssh_harm__says_what_is_wrong_and_what_to_do(void **state)
{
	struct fix f;
	char url[200], known[160];

	(void)state;
	make(&f);
	snprintf(url, sizeof(url), "ssh://127.0.0.1:%d/nowhere", f.port);
	assert_refused(&f, url, f.ssh, "input", "git init --bare");
	assert_refused(
	    &f, "ssh://127.0.0.1:1/x", f.ssh, "offline", "Connection refused");
	assert_refused(&f, "ssh://no.such.host.invalid/x", f.ssh, "offline",
	    "no.such.host.invalid");
	assert_refused(
	    &f, f.url, "/no/such/ssh", "input", "cannot run '/no/such/ssh'");
	sh(f.s.dir, "echo >auth");
	assert_refused(&f, f.url, f.ssh, "offline", "refused our key");
	sh(f.s.dir, "cp id.pub auth");
	snprintf(known, sizeof(known), "[127.0.0.1]:%d", f.port);
	sh(f.s.dir, "printf '%s %%s\\n' \"$(cut -d' ' -f1,2 id.pub)\" >known",
	    known);
	assert_refused(&f, f.url, f.ssh, "untrusted", "ssh-keygen -R");
	sh(f.s.dir, "echo >known");
	assert_refused(&f, f.url, f.ssh, "untrusted", "fingerprint");
	unmake(&f);
}

/* What starts ssh is the child of what reads its answers. */
static void
test_ssh_harm__is_read_by_a_process_that_can_start_none(void **state)
{
	struct fix f;
	char *command;
	struct peer p;

	(void)state;
	if (is_sanitized())
		skip();
	make(&f);
	sh(f.s.dir,
	    "printf '%%s\n' 'grep ^Seccomp: /proc/$PPID/status >starter' "
	    "'up=$(sed -n s/^PPid:.//p /proc/$PPID/status)' "
	    "'grep ^Seccomp: /proc/$up/status >reader' "
	    "'exec %s \"$@\"' >spy && sed -i 's| >| >%s/|' spy",
	    f.ssh, f.s.dir);
	command = mem_printf("sh %s/spy", f.s.dir);
	peer_start(
	    &p, f.s.dir, "a", f.url, &(struct peer_round){.ssh = command});
	json_decref(peer_refs(&p));
	peer_done(&p);
	assert_string_equal(sh(f.s.dir, "cut -f2 starter"), "0");
	assert_string_equal(sh(f.s.dir, "cut -f2 reader"), "2");
	free(command);
	unmake(&f);
}

static void
test_ssh_harm__ignores_a_poisoned_environment(void **state)
{
	static const char *const names[] = {"GIT_DIR", "GIT_SSH_COMMAND",
	    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
	    "GIT_CONFIG_GLOBAL", "SSH_ASKPASS", "TMPDIR", "GIT_NAMESPACE",
	    "GIT_PROTOCOL"};
	struct fix f;
	struct catch c;
	char evil[160];

	(void)state;
	make(&f);
	set_ref(f.hub, log_name(1), make_commit(f.hub, "x", ""));
	snprintf(evil, sizeof(evil), "%s/evil", f.s.dir);
	sh(f.s.dir,
	    "printf '#!/bin/sh\\ntouch %s.ran\\n' >evil && chmod +x evil && "
	    "printf '[url \"/nowhere\"]\\n\\tinsteadOf = ssh://\\n' "
	    ">.gitconfig",
	    evil);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		setenv(names[i], evil, 1);
	setenv("HOME", f.s.dir, 1);
	{
		struct peer p;

		start(&p, &f, "a");
		c = peer_fetch(&p, NULL);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	assert_null(catch_code(&c, log_name(1)));
	catch_clear(&c);
	assert_int_equal(access(scratch_path(&f.s, "evil.ran"), F_OK), -1);
	unmake(&f);
}

/* A command in the place of ssh: it runs git here, and spoils what comes. */
static void
write_spoiler(struct fix *f, const char *name, const char *body)
{
	sh(f->s.dir,
	    "cat >%s <<'END'\n#!/bin/bash\nfor last; do :; done\n%s\nEND\n"
	    "chmod +x %s",
	    name, body, name);
}

/* A round whose stream ends early; true if the log came whole. */
static bool
cut_round(struct peer *p, int *cut_in_pack)
{
	struct frame fr;
	struct catch c;
	bool came;

	assert_true(peer_next(p, &fr));
	if (fr.type != FRAME_REFS) {
		assert_int_equal(fr.type, FRAME_FAILED);
		frame_clear(&fr);
		peer_end(p);
		return false;
	}
	c = peer_want(p, json_object_get(fr.json, "refs"), NULL);
	came = catch_code(&c, log_name(1)) == NULL;
	assert_int_equal(json_array_size(c.blobs), came ? 1 : 0);
	*cut_in_pack += !came;
	catch_clear(&c);
	frame_clear(&fr);
	peer_done(p);
	return came;
}

static void
test_ssh_harm__takes_nothing_from_a_stream_cut_anywhere(void **state)
{
	struct fix f;
	struct peer p;
	char ssh[160];
	bool came = false;
	int cut_in_pack = 0;

	(void)state;
	make(&f);
	set_ref(f.hub, log_name(1), make_commit(f.hub, "content", ""));
	/* head must be the one that holds the stream, or it would not end */
	write_spoiler(&f, "cut",
	    "n=$1; exec 9<&0; exec stdbuf -o0 head -c $n < <(eval \"$last\" "
	    "<&9 "
	    "2>/dev/null)");
	for (int n = 1; !came && n < 4000; n += 23) {
		snprintf(ssh, sizeof(ssh), "%s/cut %d", f.s.dir, n);
		peer_start(
		    &p, f.s.dir, "a", f.url, &(struct peer_round){.ssh = ssh});
		came = cut_round(&p, &cut_in_pack);
		assert_no_quarantine(&p);
		assert_clean(p.repo);
		assert_int_equal(count_objects(p.repo), came ? 3 : 0);
	}
	assert_true(came);
	assert_true(cut_in_pack > 5);
	unmake(&f);
}

static void
test_ssh_harm__refuses_a_pack_with_any_byte_changed(void **state)
{
	struct fix f;
	struct peer p;
	char ssh[160];
	int spoiled = 0;

	(void)state;
	make(&f);
	set_ref(f.hub, log_name(1), make_commit(f.hub, "one content", ""));
	/* the n-th byte after "PACK" is another one */
	write_spoiler(&f, "spoil",
	    "n=$1; eval \"$last\" 2>/dev/null | perl -0777 -e "
	    "'$n = shift; binmode STDIN; binmode STDOUT; $| = 1; while "
	    "(sysread STDIN, $b, 65536) { if (($i = index $b, \"PACK\") >= 0 "
	    "&& $i + $n < length $b) { substr($b, $i + $n, 1) = chr(ord("
	    "substr $b, $i + $n, 1) ^ 0x5a) } print $b }' $n");
	for (int n = 4; n < 300; n += 11) {
		struct catch c;

		snprintf(ssh, sizeof(ssh), "%s/spoil %d", f.s.dir, n);
		peer_start(
		    &p, f.s.dir, "b", f.url, &(struct peer_round){.ssh = ssh});
		c = peer_fetch(&p, NULL);
		if (catch_code(&c, log_name(1)) == NULL) {
			/* beyond its end: the pack came as it was */
			catch_clear(&c);
			break;
		}
		assert_int_equal(json_array_size(c.blobs), 0);
		assert_int_equal(count_objects(p.repo), 0);
		catch_clear(&c);
		spoiled++;
	}
	assert_true(spoiled >= 15);
	unmake(&f);
}

static void
test_ssh_harm__stops_an_endless_listing(void **state)
{
	struct fix f;
	struct peer p;
	char ssh[160];

	(void)state;
	make(&f);
	write_spoiler(&f, "endless",
	    "yes '00401111111111111111111111111111111111111111 "
	    "refs/heads/abcdefg'");
	snprintf(ssh, sizeof(ssh), "%s/endless", f.s.dir);
	peer_start(&p, f.s.dir, "a", f.url, &(struct peer_round){.ssh = ssh});
	peer_assert_failed(&p, "untrusted", "sends more than");
	if (!is_sanitized())
		assert_true(p.usage.ru_maxrss < 128 * 1024);
	write_spoiler(&f, "chatter",
	    "yes 'it is \033[31m the host' | head -c 10000000 >&2; exit 1");
	snprintf(ssh, sizeof(ssh), "%s/chatter", f.s.dir);
	peer_start(&p, f.s.dir, "a", f.url, &(struct peer_round){.ssh = ssh});
	peer_assert_failed(&p, "offline", "cannot reach");
	unmake(&f);
}

/* Serves one pack of some 300 bytes: a delta that repeats 64 KB of zeros
 * 2,048 times. */
static const char bomb[] =
    "#!/usr/bin/perl\n"
    "use Compress::Zlib; use Digest::SHA qw(sha1 sha1_hex);\n"
    "$| = 1; binmode STDIN; binmode STDOUT;\n"
    "my $n = 2048; my $z = \"\\0\" x 65536; my $size = $n * 65536;\n"
    "sub num { my $v = shift; my $o = ''; do { my $c = $v & 127; $v >>= 7;\n"
    "  $o .= chr($c | ($v ? 128 : 0)) } while $v; $o }\n"
    "sub head { my ($t, $v) = @_; my $c = $t << 4 | $v & 15; $v >>= 4;\n"
    "  $v ? chr($c | 128) . num($v) : chr $c }\n"
    "sub id { my ($t, $d) = @_; sha1(\"$t \" . length($d) . \"\\0$d\") }\n"
    "my $h = Digest::SHA->new(1); $h->add(\"blob $size\\0\");\n"
    "$h->add($z) for 1 .. $n;\n"
    "my $tree = \"100644 changes\\0\" . $h->digest;\n"
    "my $commit = 'tree ' . unpack('H*', id('tree', $tree)) .\n"
    "  \"\\nauthor x <x> 0 +0000\\ncommitter x <x> 0 +0000\\n\\nx\\n\";\n"
    "my $delta = num(65536) . num($size) . chr(128) x $n;\n"
    "my $p = pack('a4NN', 'PACK', 2, 4);\n"
    "$p .= head(1, length $commit) . compress($commit);\n"
    "$p .= head(2, length $tree) . compress($tree);\n"
    "$p .= head(3, 65536) . compress($z);\n"
    "$p .= head(7, length $delta) . id('blob', $z) . compress($delta);\n"
    "$p .= sha1($p);\n"
    "sub pkt { printf '%04x%s', 4 + length $_[0], $_[0] }\n"
    "pkt(unpack('H*', id('commit', $commit)) .\n"
    "  \" refs/heads/mufakat/\" . 'a' x 26 . \"\\0side-band-64k\\n\");\n"
    "print '0000'; my ($in, $b) = ('');\n"
    "while ($in !~ /done/) { sysread(STDIN, $b, 65536) or exit; $in .= $b }\n"
    "pkt(\"NAK\\n\"); pkt(\"\\1$p\"); print '0000';\n";

static void
test_ssh_harm__does_not_unfold_a_delta_bomb(void **state)
{
	struct fix f;
	struct peer p;
	struct catch c;
	json_t *refs;
	struct err e;
	char path[128];

	(void)state;
	make(&f);
	snprintf(path, sizeof(path), "%s/bomb", f.s.dir);
	assert_int_equal(
	    fs_write(path, bomb, strlen(bomb), 0700, false, &e), 0);
	peer_start(&p, f.s.dir, "a", f.url, &(struct peer_round){.ssh = path});
	refs = peer_refs(&p);
	assert_int_equal(json_object_size(refs), 1);
	c = peer_want(&p, refs, NULL);
	json_decref(refs);
	peer_done(&p);
	assert_string_equal(catch_code(&c, log_name(0)), "untrusted");
	catch_clear(&c);
	if (!is_sanitized())
		assert_true(p.usage.ru_maxrss < 64 * 1024);
	unmake(&f);
}

static void
test_ssh_harm__stops_a_pack_over_the_limit(void **state)
{
	struct fix f;
	struct peer p;
	struct catch c;

	(void)state;
	make(&f);
	set_ref(f.hub, log_name(1), make_commit(f.hub, "small", ""));
	sh(f.hub,
	    "b=$(head -c 3000000 /dev/urandom | git hash-object -w --stdin); "
	    "t=$(printf '100644 blob %%s\\tchanges\\n' $b | git mktree); "
	    "git update-ref %s%s $(git commit-tree -m x $t)",
	    PREFIX, log_name(2));
	peer_start(&p, f.s.dir, "a", f.url,
	    &(struct peer_round){.ssh = f.ssh, .pack = 100000});
	c = peer_fetch(&p, NULL);
	/* the small one comes all the same */
	assert_null(catch_code(&c, log_name(1)));
	assert_string_equal(catch_code(&c, log_name(2)), "untrusted");
	catch_clear(&c);
	unmake(&f);
}

static void
test_ssh_harm__moves_twenty_pieces_both_ways_in_little_memory(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	move_pieces(f.s.dir, f.url, f.ssh);
	assert_clean(f.hub);
	unmake(&f);
}

/* Serves an honest repository, and talks while it does: in the channel for
 * progress and beside it. */
static const char talker[] =
    "#!/usr/bin/perl\n"
    "$| = 1; binmode STDIN; binmode STDOUT;\n"
    "my $evil = \"\\e]0;owned\\a\\e[2Jyou are \\r\\x9b31m hacked \";\n"
    "sub pkt { printf '%04x%s', 4 + length $_[0], $_[0] }\n"
    "print STDERR $evil x 20000;\n"
    "pkt(('1' x 40) . ' refs/heads/mufakat/' . 'a' x 26 .\n"
    "  \"\\0side-band-64k\\n\");\n"
    "print '0000'; my ($in, $b) = ('');\n"
    "while ($in !~ /done/) { sysread(STDIN, $b, 65536) or exit; $in .= $b }\n"
    "pkt(\"NAK\\n\"); while (1) { pkt(\"\\2\" . $evil x 100) or exit }\n";

static void
test_ssh_harm__drops_talk_without_end_and_shows_none_of_it(void **state)
{
	struct fix f;
	struct peer p;
	struct catch c;
	json_t *refs;
	struct err e;
	const char *said;

	(void)state;
	make(&f);
	assert_int_equal(fs_write(scratch_path(&f.s, "talker"), talker,
			     strlen(talker), 0700, false, &e),
	    0);
	/* whoever comes with this key gets the talker, whatever is asked */
	sh(f.s.dir, "sed -i 's|^|command=\"%s/talker\" |' auth", f.s.dir);
	start(&p, &f, "a");
	refs = peer_refs(&p);
	assert_int_equal(json_object_size(refs), 1);
	c = peer_want(&p, refs, NULL);
	json_decref(refs);
	peer_done(&p);
	assert_string_equal(catch_code(&c, log_name(0)), "untrusted");
	said = json_get_str(json_object_get(c.ends, log_name(0)), "error");
	assert_non_null(strstr(said, "talks without end"));
	assert_null(strstr(said, "hacked"));
	catch_clear(&c);
	if (!is_sanitized())
		assert_true(p.usage.ru_maxrss < 64 * 1024);
	/* a reason that stands alone is shown, harmless and short */
	sh(f.s.dir, "printf '#!/bin/sh\\nprintf \"\\\\033[2Jgo \\\\233 away"
		    "\\\\n\" >&2\\nexit 1\\n' >talker");
	start(&p, &f, "a");
	refs = peer_expect(&p, FRAME_FAILED);
	said = json_get_str(refs, "error");
	assert_non_null(strstr(said, "away"));
	for (const char *s = said; *s != '\0'; s++)
		assert_true((unsigned char)*s >= 0x20);
	assert_true(strlen(said) < 256);
	json_decref(refs);
	peer_end(&p);
	unmake(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ssh_harm__says_what_is_wrong_and_what_to_do),
	    cmocka_unit_test(
		test_ssh_harm__is_read_by_a_process_that_can_start_none),
	    cmocka_unit_test(test_ssh_harm__ignores_a_poisoned_environment),
	    cmocka_unit_test(
		test_ssh_harm__takes_nothing_from_a_stream_cut_anywhere),
	    cmocka_unit_test(
		test_ssh_harm__refuses_a_pack_with_any_byte_changed),
	    cmocka_unit_test(test_ssh_harm__stops_an_endless_listing),
	    cmocka_unit_test(test_ssh_harm__does_not_unfold_a_delta_bomb),
	    cmocka_unit_test(test_ssh_harm__stops_a_pack_over_the_limit),
	    cmocka_unit_test(
		test_ssh_harm__moves_twenty_pieces_both_ways_in_little_memory),
	    cmocka_unit_test(
		test_ssh_harm__drops_talk_without_end_and_shows_none_of_it),
	};

	return cmocka_run_group_tests_name(
	    "transfer_ssh_harm", tests, NULL, NULL);
}

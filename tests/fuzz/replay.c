/*
 * replay: runs corpora (folders or files) through a fuzz target as an ordinary
 * test: every file as it is, every truncation of its first 4 KiB, and single
 * bytes changed with a fixed seed.  Prints TAP.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "common/fs.h"
#include "common/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MAX  (8 * 1024 * 1024)
#define CUT_MAX   4096
#define MUTATIONS 2000

/* Given on the heap and exactly as long as it is, so that a sanitizer sees
 * the first byte read beyond. */
static void
feed(const char *p, size_t n)
{
	uint8_t *copy = mem_alloc(n + 1);

	if (n > 0)
		memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void
replay(const struct buf *b)
{
	uint32_t random = 1;
	char *copy;

	feed(buf_str(b), b->len);
	for (size_t n = 0; n < b->len && n < CUT_MAX; n++)
		feed(b->data, n);
	if (b->len == 0)
		return;
	copy = mem_strndup(b->data, b->len);
	for (int i = 0; i < MUTATIONS && b->len <= CUT_MAX; i++) {
		size_t at;

		random = random * 1664525 + 1013904223;
		at = (random >> 8) % b->len;
		copy[at] = (char)(copy[at] ^ (char)(1 << (random & 7)));
		feed(copy, b->len);
		copy[at] = b->data[at];
	}
	free(copy);
}

static int count, failed;

static void
replay_file(const char *path)
{
	struct buf b = BUF_INIT;
	struct err e;

	if (fs_read(path, FILE_MAX, &b, &e) == 0) {
		replay(&b);
		printf("ok %d - %s\n", ++count, path);
	} else {
		printf("not ok %d - %s\n# %s\n", ++count, path, e.msg);
		failed++;
	}
	buf_clear(&b);
}

/* The files of a folder, in a fixed order; -1 if it is none. */
static int
replay_folder(const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char *path = fs_join(folder, names[i]->d_name);

		if (names[i]->d_name[0] != '.')
			replay_file(path);
		free(path);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return n;
}

int
main(int argc, char **argv)
{
	crypto_setup();
	for (int i = 1; i < argc; i++)
		if (replay_folder(argv[i]) == -1)
			replay_file(argv[i]);
	printf("1..%d\n", count);
	return failed == 0 && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

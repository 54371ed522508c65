/*
 * replay: runs corpora through a fuzz target as an ordinary test: every file
 * as it is, every truncation of its first 4 KiB, and single bytes changed
 * with a fixed seed.  Prints TAP.
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

int
main(int argc, char **argv)
{
	int count = 0, failed = 0;

	crypto_setup();
	for (int i = 1; i < argc; i++) {
		struct dirent **names;
		int n = scandir(argv[i], &names, NULL, alphasort);

		for (int k = 0; k < n; k++) {
			char *path = fs_join(argv[i], names[k]->d_name);
			struct buf b = BUF_INIT;
			struct err e;

			if (names[k]->d_name[0] != '.') {
				bool ok = fs_read(path, FILE_MAX, &b, &e) == 0;

				if (ok)
					replay(&b);
				failed += !ok;
				printf("%s %d - %s\n", ok ? "ok" : "not ok",
				    ++count, names[k]->d_name);
			}
			buf_clear(&b);
			free(path);
			free(names[k]);
		}
		if (n >= 0)
			free(names);
	}
	printf("1..%d\n", count);
	return failed == 0 && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

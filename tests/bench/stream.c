/* The workload as text: for the floors that read it, and for git. */
#include <stdbool.h>
#include <string.h>

#include "bench.h"
#include "workload.h"

/* For git fast-import: so many changes in the blob of a commit. */
static void
print_commit(size_t commit, const struct buf *b)
{
	printf("commit refs/heads/main\n"
	       "committer bench <bench@localhost> %zu +0000\n"
	       "data 0\n"
	       "M 100644 inline changes\n"
	       "data %zu\n",
	    1790000000 + commit, b->len);
	fwrite(b->data, 1, b->len, stdout);
	putchar('\n');
}

static void
print(size_t n, bool for_git)
{
	struct workload_record *r = workload_records(n);
	struct buf b = BUF_INIT;

	for (size_t k = 0; k < workload_steps(n); k++) {
		workload_json(r, n, k, &b);
		if ((k + 1) % WORKLOAD_BATCH != 0 && k + 1 < workload_steps(n))
			continue;
		if (for_git)
			print_commit(k / WORKLOAD_BATCH, &b);
		else
			fwrite(b.data, 1, b.len, stdout);
		buf_reset(&b);
	}
	buf_clear(&b);
	free(r);
}

/* Texts that the workload does not have, as more edits. */
static void
print_edits(size_t from, size_t n)
{
	struct workload_record r;

	for (size_t i = 0; i < n; i++) {
		workload_record(from + i, &r);
		printf("{\"op\":\"set\",\"record\":\"%s\","
		       "\"fields\":{\"text\":\"%s\"}}\n",
		    r.id, r.text_later);
	}
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "lines") == 0)
		print(bench_number(argv[2]), false);
	else if (argc == 3 && strcmp(argv[1], "git") == 0)
		print(bench_number(argv[2]), true);
	else if (argc == 4 && strcmp(argv[1], "edits") == 0)
		print_edits(bench_number(argv[2]), bench_number(argv[3]));
	else
		DIE("usage: stream lines|git RECORDS, stream edits FROM N");
	if (fflush(stdout) != 0)
		DIE("cannot write");
	return 0;
}

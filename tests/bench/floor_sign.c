/*
 * The floor of everything signed: Ed25519 on one core, over changes of the
 * workload, with the library and the construction that the programs use.
 */
#include <stdint.h>
#include <string.h>

#include "bench.h"
#include "common/crypto.h"
#include "common/sshsig.h"
#include "workload.h"

#define LINES 1000 /* different ones, over and over */

struct line {
	struct buf b;
	uint8_t sig[SIG_LEN];
};

static void
measure(const struct secret *s, struct line *lines, size_t n)
{
	uint8_t key[KEY_LEN];
	double begin = bench_now();

	secret_public(s, key);
	for (size_t i = 0; i < n; i++) {
		struct line *l = &lines[i % LINES];

		secret_sign(s, SSHSIG_NS_CHANGE, l->b.data, l->b.len, l->sig);
	}
	printf("sign %.6f\n", bench_now() - begin);
	begin = bench_now();
	for (size_t i = 0; i < n; i++) {
		struct line *l = &lines[i % LINES];

		if (!crypto_verify(
			key, SSHSIG_NS_CHANGE, l->b.data, l->b.len, l->sig))
			DIE("a good signature is refused");
	}
	printf("verify %.6f\n", bench_now() - begin);
}

int
main(int argc, char **argv)
{
	struct workload_record *r = workload_records(LINES);
	static struct line lines[LINES];
	struct secret *s;

	if (argc != 2)
		DIE("usage: floor_sign CHANGES");
	crypto_setup();
	s = secret_new();
	for (size_t i = 0; i < LINES; i++)
		workload_json(r, LINES, i, &lines[i].b);
	measure(s, lines, bench_number(argv[1]));
	for (size_t i = 0; i < LINES; i++)
		buf_clear(&lines[i].b);
	secret_free(s);
	free(r);
	return 0;
}

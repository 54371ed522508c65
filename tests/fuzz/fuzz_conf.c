/* A configuration file: it reads, or the error says where it does not. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = scratch_write("mufakatd.conf", data, size);
	struct config c;
	struct err e = {0};

	if (config_read(scratch(), &c, &e) == -1) {
		if (strstr(e.msg, "mufakatd.conf") == NULL)
			abort();
	} else if (c.interval_s <= 0 || c.deadline_s <= 0 || c.ssh == NULL ||
		   c.debounce_ms < 0 || c.jitter_percent < 0) {
		abort();
	}
	config_clear(&c);
	free(path);
	return 0;
}

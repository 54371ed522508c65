/* Where a remote is: what the daemon lets a user add, the transfer can use,
 * and ssh takes no part of it for an option. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "daemon/remote.h"
#include "daemon/transfer/folder.h"
#include "daemon/transfer/ssh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_option(const char *s)
{
	return s == NULL || *s == '\0' || *s == '-' || strchr(s, '\n') != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *url = mem_strndup((const char *)data, size);
	struct ssh_url u;
	struct err e = {0};
	bool reads;

	reads = ssh_url_read(url, &u, &e) == 0;
	if (reads && (is_option(u.target) || is_option(u.host) ||
			 is_option(u.path) || strchr(u.host, ' ') != NULL ||
			 (u.port != NULL && is_option(u.port))))
		abort();
	ssh_url_clear(&u);
	if (remote_check_url(url, &e) == 0) {
		/* the client makes a relative folder absolute */
		if (!folder_is_url(url) && ssh_is_url(url) && !reads)
			abort();
	} else if (e.code != ERR_INPUT || e.msg[0] == '\0') {
		abort();
	}
	free(url);
	return 0;
}

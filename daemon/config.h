/*
 * config: mufakatd.conf in the home of an office (mufakatd.conf(5)).
 */
#ifndef MUFAKAT_CONFIG_H
#define MUFAKAT_CONFIG_H

#include <stdbool.h>

#include "common/err.h"
#include "common/log.h"

struct config {
	long interval_s;
	long debounce_ms;
	long deadline_s;
	long turn_s;
	long jitter_percent;
	char *ssh;
	int ssh_agent;
	char *transfer; /* NULL: find it */
	enum log_level log_level;
};

/* Reads <home>/mufakatd.conf; without one, and for what is not in it, the
 * defaults.  The caller clears, also after a failure. */
int config_read(const char *home, struct config *ret, struct err *e);
void config_clear(struct config *c);

/* Where mufakat-transfer is: what the file says, else MUFAKAT_TRANSFER of
 * the environment, else beside our own program, else where it was
 * installed.  The caller frees; ERR_NOTFOUND says where it was sought. */
int config_transfer(const struct config *c, char **ret, struct err *e);

#endif

#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const words[] = {
    [ERR_NONE] = "none",
    [ERR_INPUT] = "input",
    [ERR_NOTFOUND] = "notfound",
    [ERR_CONFLICT] = "conflict",
    [ERR_OFFLINE] = "offline",
    [ERR_UNTRUSTED] = "untrusted",
    [ERR_CORRUPT] = "corrupt",
    [ERR_SYSTEM] = "system",
};

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	char msg[sizeof(e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap); /* arguments may lie in e */
	va_end(ap);
	memcpy(e->msg, msg, sizeof(msg));
	e->code = code;
	return -1;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	char msg[sizeof(e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_SYSTEM, "%s: %s", msg, strerror(saved));
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	char prefix[sizeof(e->msg)];
	char rest[sizeof(e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	memcpy(rest, e->msg, sizeof(rest));
	return err_set(e, e->code, "%s: %s", prefix, rest);
}

const char *
err_word(enum err_code code)
{
	if ((size_t)code >= sizeof(words) / sizeof(words[0]))
		return words[ERR_SYSTEM];
	return words[code];
}

enum err_code
err_from_word(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (word != NULL && strcmp(word, words[i]) == 0)
			return (enum err_code)i;
	return ERR_SYSTEM;
}

#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "text.h"

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

static bool
is_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e)
			return false;
	return true;
}

/* Stores a message.  What it quotes may be hostile: it goes to terminals and
 * into JSON, so that it is escaped, and cut where no character is split. */
static void
store(struct err *e, const char *msg)
{
	struct buf safe = BUF_INIT;
	size_t n;

	text_escape(msg, strlen(msg), false, &safe);
	n = safe.len;
	if (n >= sizeof(e->msg)) {
		n = sizeof(e->msg) - 1;
		while (n > 0 && ((unsigned char)safe.data[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(e->msg, buf_str(&safe), n);
	e->msg[n] = '\0';
	buf_clear(&safe);
}

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	char msg[2 * sizeof(e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap); /* arguments may lie in e */
	va_end(ap);
	if (is_plain(msg))
		snprintf(e->msg, sizeof(e->msg), "%.*s",
		    (int)sizeof(e->msg) - 1, msg);
	else
		store(e, msg);
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

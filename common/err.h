/*
 * err: the one way a function says why it failed.
 *
 * A fallible function returns 0 or -1 and fills a caller-owned struct err.
 * The code says what the caller can do about it; the message is one line,
 * lower case, without a full stop, failure first, subject quoted, and names
 * the next step where there is one.  What would harm a terminal or JSON in
 * it is escaped (text_escape).  "e" may not be NULL.
 */
#ifndef MUFAKAT_ERR_H
#define MUFAKAT_ERR_H

enum err_code {
	ERR_NONE,      /* nothing failed */
	ERR_INPUT,     /* the user can mend it: tell him */
	ERR_NOTFOUND,  /* no such thing here */
	ERR_CONFLICT,  /* somebody has to choose: ask */
	ERR_OFFLINE,   /* try again later */
	ERR_UNTRUSTED, /* bad or foreign bytes: drop them */
	ERR_CORRUPT,   /* our own data is damaged: stop, rescue */
	ERR_SYSTEM,    /* the operating system refused (disk full, ...) */
};

struct err {
	enum err_code code;
	char msg[256];
};

/* Fills e; always returns -1, so that "return err_set(...)" reads well. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set with ERR_SYSTEM and ": strerror(errno)" appended. */
int err_sys(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the message that e holds; returns -1. */
int err_wrap(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "input", "notfound", ...: the stable word used in --json replies. */
const char *err_word(enum err_code code);

/* The inverse of err_word(); ERR_SYSTEM for an unknown word. */
enum err_code err_from_word(const char *word);

#endif

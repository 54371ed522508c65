/*
 * log: structured lines on standard error, one event a line:
 *
 *	2026-11-24T09:30:00Z info sync remote=hub taken=12 proven=yes
 *
 * "event" is a short fixed word; "fmt" gives key=value pairs.  Control
 * characters in values are escaped.  Only main, server and sync log; all
 * other code returns its errors.
 */
#ifndef MUFAKAT_LOG_H
#define MUFAKAT_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Messages above "level" are dropped; with "stamp" lines carry a time
 * (left out under systemd, whose journal has its own). */
void log_setup(enum log_level level, int stamp);

void log_error(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_debug(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif

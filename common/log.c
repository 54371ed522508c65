#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "text.h"

static enum log_level log_level = LOG_LEVEL_INFO;
static int log_stamp = 1;

void
log_setup(enum log_level level, int stamp)
{
	log_level = level;
	log_stamp = stamp;
}

/* One write(2) a line, so that lines of several processes do not mix. */
__attribute__((format(printf, 4, 0))) static void
put(enum log_level level, const char *word, const char *event, const char *fmt,
    va_list ap)
{
	int saved = errno;
	struct buf line = BUF_INIT;
	char text[2048];
	char stamp[CLOCK_ISO_SIZE];
	ssize_t n;

	if (level > log_level)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	if (log_stamp)
		buf_printf(
		    &line, "%s ", clock_iso(clock_wall(&clock_system), stamp));
	buf_printf(&line, "%s %s ", word, event);
	text_escape(text, strlen(text), false, &line);
	buf_addc(&line, '\n');
	n = write(STDERR_FILENO, line.data, line.len);
	(void)n; /* nowhere to report it */
	buf_clear(&line);
	errno = saved;
}

#define LOG_FUNCTION(name, level, word)                                        \
	void name(const char *event, const char *fmt, ...)                     \
	{                                                                      \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, fmt);                                             \
		put(level, word, event, fmt, ap);                              \
		va_end(ap);                                                    \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR, "error")
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN, "warn")
LOG_FUNCTION(log_info, LOG_LEVEL_INFO, "info")
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG, "debug")

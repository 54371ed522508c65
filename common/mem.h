/*
 * mem: allocation that does not fail.  Out of memory ends the process: all
 * state that matters is in SQLite, and the service manager starts us again.
 */
#ifndef MUFAKAT_MEM_H
#define MUFAKAT_MEM_H

#include <stddef.h>

/* Says so and ends the process; also for sizes that cannot be meant. */
_Noreturn void mem_exhausted(void);

void *mem_alloc(size_t n);                       /* uninitialised, n > 0 */
void *mem_zalloc(size_t n);                      /* zeroed */
void *mem_realloc(void *p, size_t n);            /* p may be NULL */
void *mem_array(void *p, size_t n, size_t size); /* overflow-checked */
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t n);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

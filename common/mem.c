#include "mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
mem_exhausted(void)
{
	fputs("mufakat: out of memory\n", stderr);
	abort();
}

static void *
check(void *p)
{
	if (p == NULL)
		mem_exhausted();
	return p;
}

void *
mem_alloc(size_t n)
{
	return check(malloc(n > 0 ? n : 1));
}

void *
mem_zalloc(size_t n)
{
	return check(calloc(1, n > 0 ? n : 1));
}

void *
mem_realloc(void *p, size_t n)
{
	return check(realloc(p, n > 0 ? n : 1));
}

void *
mem_array(void *p, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size)
		mem_exhausted();
	return mem_realloc(p, n * size);
}

char *
mem_strdup(const char *s)
{
	return mem_strndup(s, strlen(s));
}

char *
mem_strndup(const char *s, size_t n)
{
	char *p = mem_alloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *p = NULL;

	va_start(ap, fmt);
	if (vasprintf(&p, fmt, ap) == -1)
		p = NULL;
	va_end(ap);
	return check(p);
}

#define LIBGIT2_BY_ITSELF
#include "libgit2.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"

const char *const libgit2_folders[] = {
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", NULL};

struct symbol {
	const char *name;
	size_t at;
};

#define SYMBOL(name) {#name, offsetof(struct libgit2, name)},
static const struct symbol symbols[] = {LIBGIT2_FUNCTIONS(SYMBOL)};

static struct libgit2 table;
static bool loaded;

static int
fill(void *lib, struct err *e)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *f = dlsym(lib, symbols[i].name);

		if (f == NULL)
			return err_set(e, ERR_SYSTEM,
			    _("libgit2 has no '%s'; install libgit2 %s"),
			    symbols[i].name, LIBGIT2_SOVERSION);
		memcpy((char *)&table + symbols[i].at, &f, sizeof(f));
	}
	return 0;
}

int
libgit2_load(struct err *e)
{
	void *lib;

	if (loaded)
		return 0;
	lib = dlopen("libgit2.so." LIBGIT2_SOVERSION, RTLD_LAZY);
	if (lib == NULL)
		return err_set(
		    e, ERR_SYSTEM, _("cannot load libgit2: %s"), dlerror());
	if (fill(lib, e) == -1)
		return -1;
	loaded = true;
	return 0;
}

const struct libgit2 *
libgit2(void)
{
	struct err e;

	if (!loaded && libgit2_load(&e) == -1) {
		fprintf(stderr, "mufakat-transfer: %s\n", e.msg);
		abort();
	}
	return &table;
}

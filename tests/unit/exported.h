/*
 * exported: folders as "mufakat evidence" writes them.
 */
#ifndef TESTS_EXPORTED_H
#define TESTS_EXPORTED_H

#include <sys/stat.h>

#include "tests/unit/signing.h"

/* A folder as "mufakat evidence" writes it. */
struct exported {
	struct scratch s;
	json_t *files;
};

static inline void export(struct desk *d, const char *id, struct exported *x)
{
	json_t *r = ask(d, request_evidence, json_pack("{s:s}", "record", id));
	size_t i;
	json_t *v;
	struct err e;

	scratch_make(&x->s);
	assert_int_equal(mkdir(scratch_path(&x->s, "chain"), 0700), 0);
	x->files = json_incref(json_object_get(r, "files"));
	json_decref(r);
	json_array_foreach (x->files, i, v) {
		const json_t *content = json_object_get(v, "content");

		if (fs_write(scratch_path(&x->s, json_get_str(v, "name")),
			json_string_value(content), json_string_length(content),
			0644, true, &e) == -1)
			fail_msg("%s", e.msg);
	}
}

static inline void
export_close(struct exported *x)
{
	json_decref(x->files);
	scratch_remove(&x->s);
}

/* Output of a shell command in the folder; *ret_status is its exit. */
static inline char *
shell(struct exported *x, const char *command, int *ret_status)
{
	char *line = mem_printf("cd %s && { %s\n} 2>&1", x->s.dir, command);
	FILE *f = popen(line, "r");
	struct buf b = BUF_INIT;
	char chunk[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	*ret_status = pclose(f);
	free(line);
	return buf_steal(&b);
}

static inline size_t
count(const char *s, const char *words)
{
	size_t n = 0;

	for (; (s = strstr(s, words)) != NULL; s++)
		n++;
	return n;
}

static inline const char *
readme(const struct exported *x)
{
	size_t i;
	json_t *v;

	json_array_foreach (x->files, i, v) {
		if (strcmp(json_get_str(v, "name"), "README") == 0)
			return json_get_str(v, "content");
	}
	fail_msg("no README");
	return NULL;
}

#endif

/* An evidence folder: each file as "<name> LF <length> LF <bytes>".  Nothing
 * is good by accident: without the coalition's number no verdict is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/evidence.h"
#include "common/jscan.h"
#include "common/mem.h"

#define FILES_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes one file off the front; 0 if none reads. */
static int
take(const char **s, size_t *n, struct evidence_file *ret)
{
	const char *lf = memchr(*s, '\n', *n);
	const char *end;
	char number[8] = "";
	size_t len;

	if (lf == NULL)
		return 0;
	end = memchr(lf + 1, '\n', *n - (size_t)(lf + 1 - *s));
	if (end == NULL || (size_t)(end - lf) > sizeof(number))
		return 0;
	memcpy(number, lf + 1, (size_t)(end - lf - 1));
	len = (size_t)strtoul(number, NULL, 10);
	if (len > *n - (size_t)(end + 1 - *s))
		return 0;
	ret->name = mem_strndup(*s, (size_t)(lf - *s));
	ret->data = (struct buf)BUF_INIT;
	buf_add(&ret->data, end + 1, len);
	*n -= (size_t)(end + 1 - *s) + len;
	*s = end + 1 + len;
	return 1;
}

static void
check_verdicts(const json_t *j)
{
	size_t i;
	json_t *v;

	json_array_foreach (json_object_get(j, "signatures"), i, v) {
		if (strcmp(json_get_str(v, "verdict"), "good") == 0)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct evidence_file files[FILES_MAX] = {0};
	const char *s = (const char *)data;
	json_t *j;
	struct err e;
	size_t n = 0;

	while (n < FILES_MAX && size > 0 && take(&s, &size, &files[n]))
		n++;
	if (evidence_check_files(files, n, NULL, &j, &e) == 0) {
		check_verdicts(j);
		json_decref(j);
	}
	for (size_t i = 0; i < n; i++) {
		free(files[i].name);
		buf_clear(&files[i].data);
	}
	return 0;
}

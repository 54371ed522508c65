#include "client/fields.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

json_t *
fields_of(const struct cli *c, size_t first)
{
	json_t *fields = json_object();

	for (size_t i = first; i < c->nwords; i++) {
		const char *eq = strchr(c->words[i], '=');
		char *name;

		if (eq == NULL || eq == c->words[i]) {
			json_decref(fields);
			return NULL;
		}
		name = mem_strndup(c->words[i], (size_t)(eq - c->words[i]));
		json_object_set_new(fields, name, json_string(eq + 1));
		free(name);
	}
	return fields;
}

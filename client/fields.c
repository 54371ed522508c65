#include "client/fields.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"

/* One word into the object. */
static int
add(json_t *fields, const char *word, struct err *e)
{
	const char *eq = strchr(word, '=');
	char *name;
	int rv = 0;

	if (eq == NULL || eq == word)
		return err_set(e, ERR_INPUT,
		    _("'%.60s': a field is written FIELD=VALUE"), word);
	name = mem_strndup(word, (size_t)(eq - word));
	if (json_object_get(fields, name) != NULL)
		rv =
		    err_set(e, ERR_INPUT, _("field '%.60s' is repeated"), name);
	else
		json_object_set_new(fields, name, json_string(eq + 1));
	free(name);
	return rv;
}

json_t *
fields_of(const struct cli *c, size_t first, struct err *e)
{
	json_t *fields = json_object();

	for (size_t i = first; i < c->nwords; i++)
		if (add(fields, c->words[i], e) == -1) {
			json_decref(fields);
			return NULL;
		}
	return fields;
}

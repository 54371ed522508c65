/* What a person should see of remotes. */
#include "sync_private.h"

#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/log.h"

#define ALARMS_MAX 32

void
sync_alarm(struct sync *s, const char *kind, const char *text, const char *next)
{
	const json_t *v;
	size_t i;

	json_array_foreach (s->alarms, i, v)
		if (strcmp(json_get_str(v, "text"), text) == 0)
			return;
	log_warn("alarm", "kind=%s text=\"%s\" next=\"%s\"", kind, text, next);
	if (json_array_size(s->alarms) >= ALARMS_MAX)
		json_array_remove(s->alarms, 0);
	/* a text cut inside a character is no JSON string */
	if (json_array_append_new(
		s->alarms, json_pack("{s:s,s:s,s:s}", "kind", kind, "text",
			       text, "next", next)) == -1)
		json_array_append_new(
		    s->alarms, json_pack("{s:s,s:s,s:s}", "kind", kind, "text",
				   _("see the log"), "next", next));
}

json_t *
sync_alarms(const struct sync *s)
{
	return json_deep_copy(s->alarms);
}

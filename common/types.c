/* The catalogue, a table.  New types come as rows. */
#include "types.h"

#include <string.h>

#include "i18n.h"
#include "ident.h"

/* --- words and types that fields may hold ---- */

static const char *const organisation_kinds[] = {"union", "federation", "ngo",
    "migrant-org", "network", "human-rights", "other", NULL};
static const char *const visibilities[] = {
    "public", "coalition", "hidden", NULL};
static const char *const organisation_words[] = {
    "active", "merged-into", "dissolved", NULL};
static const char *const addressee_levels[] = {
    "regional", "national", "local", "igo", "employers", NULL};
static const char *const addressee_words[] = {
    "active", "renamed-to", "closed", NULL};
static const char *const consultation_levels[] = {
    "regional", "national", "local", NULL};
static const char *const consultation_words[] = {
    "planned", "open", "in-groups", "in-plenary", "closed", "reported", NULL};
static const char *const group_words[] = {
    "forming", "drafting", "reported", "dissolved", NULL};
static const char *const sections[] = {"regional", "national", NULL};
static const char *const recommendation_words[] = {"draft", "proposed",
    "consolidated", "adopted", "deferred", "withdrawn", "superseded", NULL};

static const char *const to_consultation[] = {"consultation", NULL};
static const char *const to_group[] = {"group", NULL};
static const char *const to_addressee[] = {"addressee", NULL};
static const char *const to_recommendation[] = {"recommendation", NULL};

/* --- states: from NULL when made, the first of those being the default ---- */

static const struct transition organisation_states[] = {
    {NULL, "active"},
    {"active", "merged-into"},
    {"active", "dissolved"},
    {"merged-into", "active"},
    {"dissolved", "active"},
    {0},
};

static const struct transition addressee_states[] = {
    {NULL, "active"},
    {"active", "renamed-to"},
    {"active", "closed"},
    {"renamed-to", "active"},
    {"renamed-to", "closed"},
    {"closed", "active"},
    {0},
};

static const struct transition consultation_states[] = {
    {NULL, "planned"},
    {NULL, "open"},
    {"planned", "open"},
    {"open", "planned"},
    {"open", "in-groups"},
    {"open", "in-plenary"},
    {"open", "closed"},
    {"in-groups", "in-plenary"},
    {"in-groups", "closed"},
    {"in-plenary", "in-groups"},
    {"in-plenary", "closed"},
    {"closed", "in-plenary"},
    {"closed", "reported"},
    {0},
};

static const struct transition group_states[] = {
    {NULL, "forming"},
    {NULL, "drafting"},
    {"forming", "drafting"},
    {"forming", "dissolved"},
    {"drafting", "reported"},
    {"drafting", "dissolved"},
    {"reported", "drafting"},
    {"reported", "dissolved"},
    {"dissolved", "forming"},
    {0},
};

static const struct transition recommendation_states[] = {
    {NULL, "draft"},
    {NULL, "proposed"},
    {"draft", "proposed"},
    {"draft", "withdrawn"},
    {"proposed", "draft"},
    {"proposed", "consolidated"},
    {"proposed", "adopted"},
    {"proposed", "deferred"},
    {"proposed", "withdrawn"},
    {"proposed", "superseded"},
    {"consolidated", "proposed"},
    {"consolidated", "adopted"},
    {"consolidated", "deferred"},
    {"consolidated", "withdrawn"},
    {"consolidated", "superseded"},
    {"deferred", "proposed"},
    {"deferred", "withdrawn"},
    {"adopted", "superseded"},
    {"withdrawn", "draft"},
    {0},
};

/* --- fields ---- */

static const struct field organisation_fields[] = {
    {.name = "name",
	.kind = FIELD_LINE,
	.flags = FIELD_REQUIRED,
	.whose = WHOSE_OWN,
	.label = N_("name")},
    {.name = "acronym",
	.kind = FIELD_LINE,
	.whose = WHOSE_OWN,
	.label = N_("acronym")},
    {.name = "kind",
	.kind = FIELD_WORD,
	.whose = WHOSE_OWN,
	.words = organisation_kinds,
	.label = N_("kind")},
    {.name = "country",
	.kind = FIELD_COUNTRY,
	.whose = WHOSE_OWN,
	.label = N_("country")},
    {.name = "visibility",
	.kind = FIELD_WORD,
	.whose = WHOSE_OWN,
	.words = visibilities,
	.label = N_("visibility")},
    {.name = "state",
	.kind = FIELD_WORD,
	.whose = WHOSE_OWN,
	.words = organisation_words,
	.label = N_("state")},
    {0},
};

static const struct field addressee_fields[] = {
    {.name = "name",
	.kind = FIELD_LINE,
	.flags = FIELD_REQUIRED,
	.label = N_("name")},
    {.name = "level",
	.kind = FIELD_WORD,
	.flags = FIELD_REQUIRED,
	.words = addressee_levels,
	.label = N_("level")},
    {.name = "country", .kind = FIELD_COUNTRY, .label = N_("country")},
    {.name = "state",
	.kind = FIELD_WORD,
	.words = addressee_words,
	.label = N_("state")},
    {0},
};

static const struct field consultation_fields[] = {
    {.name = "title",
	.kind = FIELD_LINE,
	.flags = FIELD_REQUIRED,
	.whose = WHOSE_HOSTS,
	.label = N_("title")},
    {.name = "theme",
	.kind = FIELD_LINE,
	.whose = WHOSE_HOSTS,
	.label = N_("theme")},
    {.name = "level",
	.kind = FIELD_WORD,
	.whose = WHOSE_HOSTS,
	.words = consultation_levels,
	.label = N_("level")},
    {.name = "country",
	.kind = FIELD_COUNTRY,
	.whose = WHOSE_HOSTS,
	.label = N_("country")},
    {.name = "venue",
	.kind = FIELD_LINE,
	.whose = WHOSE_HOSTS,
	.label = N_("venue")},
    {.name = "start",
	.kind = FIELD_DATE,
	.whose = WHOSE_HOSTS,
	.label = N_("first day")},
    {.name = "end",
	.kind = FIELD_DATE,
	.whose = WHOSE_HOSTS,
	.label = N_("last day")},
    {.name = "zone",
	.kind = FIELD_LINE,
	.whose = WHOSE_HOSTS,
	.label = N_("time zone")},
    {.name = "hosts", /* stands in the head of "new" */
	.kind = FIELD_ORGS,
	.flags = FIELD_FIXED,
	.whose = WHOSE_HOSTS,
	.label = N_("hosts")},
    {.name = "parent",
	.kind = FIELD_REF,
	.whose = WHOSE_HOSTS,
	.refers = to_consultation,
	.label = N_("part of")},
    {.name = "state",
	.kind = FIELD_WORD,
	.whose = WHOSE_HOSTS,
	.words = consultation_words,
	.label = N_("state")},
    {0},
};

static const struct field group_fields[] = {
    {.name = "consultation",
	.kind = FIELD_REF,
	.flags = FIELD_REQUIRED,
	.refers = to_consultation,
	.label = N_("consultation")},
    {.name = "theme",
	.kind = FIELD_LINE,
	.flags = FIELD_REQUIRED,
	.label = N_("theme")},
    {.name = "facilitator",
	.kind = FIELD_LINE,
	.flags = FIELD_PERSONAL,
	.label = N_("facilitator")},
    {.name = "rapporteur",
	.kind = FIELD_LINE,
	.flags = FIELD_PERSONAL,
	.label = N_("rapporteur")},
    {.name = "state",
	.kind = FIELD_WORD,
	.words = group_words,
	.label = N_("state")},
    {0},
};

/* The signed ones in the order of the signed text, FIELD_TEXT last. */
static const struct field recommendation_fields[] = {
    {.name = "title",
	.kind = FIELD_LINE,
	.flags = FIELD_REQUIRED | FIELD_SIGNED,
	.label = N_("title")},
    {.name = "section",
	.kind = FIELD_WORD,
	.flags = FIELD_REQUIRED | FIELD_SIGNED,
	.words = sections,
	.label = N_("section")},
    {.name = "language",
	.kind = FIELD_LANGUAGE,
	.flags = FIELD_SIGNED,
	.label = N_("language of the text")},
    {.name = "addressees",
	.kind = FIELD_REFS,
	.flags = FIELD_SIGNED,
	.refers = to_addressee,
	.label = N_("addressees")},
    {.name = "text",
	.kind = FIELD_TEXT,
	.flags = FIELD_REQUIRED | FIELD_SIGNED,
	.label = N_("text")},
    {.name = "consultation",
	.kind = FIELD_REF,
	.refers = to_consultation,
	.label = N_("consultation")},
    {.name = "group",
	.kind = FIELD_REF,
	.refers = to_group,
	.label = N_("group")},
    {.name = "parent",
	.kind = FIELD_REF,
	.refers = to_recommendation,
	.label = N_("part of")},
    {.name = "order", .kind = FIELD_LINE, .label = N_("number")},
    {.name = "rationale", .kind = FIELD_TEXT, .label = N_("rationale")},
    {.name = "lineage",
	.kind = FIELD_REFS,
	.refers = to_recommendation,
	.label = N_("comes from")},
    {.name = "state",
	.kind = FIELD_WORD,
	.words = recommendation_words,
	.label = N_("state")},
    {0},
};

static const struct field comment_fields[] = {
    {.name = "record",
	.kind = FIELD_REF,
	.flags = FIELD_REQUIRED,
	.whose = WHOSE_OWN,
	.label = N_("about")},
    {.name = "text",
	.kind = FIELD_TEXT,
	.flags = FIELD_REQUIRED,
	.whose = WHOSE_OWN,
	.label = N_("text")},
    {0},
};

static const struct field signature_fields[] = {
    {.name = "record",
	.kind = FIELD_REF,
	.flags = FIELD_FIXED,
	.whose = WHOSE_OWN,
	.label = N_("of")},
    {.name = "version",
	.kind = FIELD_LINE,
	.flags = FIELD_FIXED,
	.whose = WHOSE_OWN,
	.label = N_("version")},
    {.name = "capacity",
	.kind = FIELD_LINE,
	.flags = FIELD_FIXED,
	.whose = WHOSE_OWN,
	.label = N_("capacity")},
    {.name = "stance",
	.kind = FIELD_LINE,
	.flags = FIELD_FIXED,
	.whose = WHOSE_OWN,
	.label = N_("stance")},
    {.name = "organisation",
	.kind = FIELD_LINE,
	.flags = FIELD_FIXED,
	.whose = WHOSE_OWN,
	.label = N_("organisation")},
    {.name = "person",
	.kind = FIELD_LINE,
	.flags = FIELD_FIXED,
	.whose = WHOSE_OWN,
	.label = N_("person")},
    {.name = "for",
	.kind = FIELD_LINE,
	.flags = FIELD_FIXED,
	.whose = WHOSE_OWN,
	.label = N_("recorded for")},
    {.name = "date",
	.kind = FIELD_DATE,
	.flags = FIELD_FIXED,
	.whose = WHOSE_OWN,
	.label = N_("date")},
    {0},
};

/* --- types ---- */

static const char *const organisation_columns[] = {
    "name", "acronym", "kind", "country", NULL};
static const char *const consultation_columns[] = {
    "title", "start", "venue", "state", NULL};
static const char *const group_columns[] = {"theme", "state", NULL};
static const char *const addressee_columns[] = {
    "name", "level", "country", NULL};
static const char *const recommendation_columns[] = {
    "order", "section", "title", "state", NULL};
static const char *const comment_columns[] = {"record", "text", NULL};
static const char *const signature_columns[] = {
    "organisation", "person", "capacity", "stance", "date", "record", NULL};

const struct type types_table[] = {
    {.name = "organisation",
	.label = N_("an organisation, as it describes itself"),
	.fields = organisation_fields,
	.transitions = organisation_states,
	.whose = WHOSE_OWN,
	.columns = organisation_columns},
    {.name = "consultation",
	.label = N_("a meeting that makes recommendations"),
	.fields = consultation_fields,
	.transitions = consultation_states,
	.whose = WHOSE_HOSTS,
	.columns = consultation_columns},
    {.name = "group",
	.label = N_("a working group of a consultation"),
	.fields = group_fields,
	.transitions = group_states,
	.columns = group_columns},
    {.name = "addressee",
	.label = N_("an institution that is addressed"),
	.fields = addressee_fields,
	.transitions = addressee_states,
	.columns = addressee_columns},
    {.name = "recommendation",
	.label = N_("a demand, drafted, adopted and signed"),
	.fields = recommendation_fields,
	.transitions = recommendation_states,
	.columns = recommendation_columns},
    {.name = "comment",
	.label = N_("a remark about a record"),
	.fields = comment_fields,
	.whose = WHOSE_OWN,
	.columns = comment_columns},
    {.name = "signature",
	.label = N_("who signed which text (made by sign)"),
	.fields = signature_fields,
	.whose = WHOSE_OWN,
	.columns = signature_columns,
	.is_virtual = true},
    {0},
};

/* --- looking things up ---- */

static bool
is_tag(const char *field)
{
	return strncmp(field, "tags/", 5) == 0 && field[5] != '\0' &&
	       ident_name_ok(field, strlen(field));
}

const struct type *
type_find(const char *name)
{
	for (const struct type *t = types_table; t->name != NULL; t++)
		if (name != NULL && strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

const struct field *
type_field(const struct type *t, const char *name)
{
	static const struct field tag = {
	    .name = "tags/", .kind = FIELD_BOOL, .label = N_("tag")};

	for (const struct field *f = t->fields; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return is_tag(name) && !t->is_virtual ? &tag : NULL;
}

enum field_whose
types_whose(const char *type, const char *field)
{
	const struct type *t = type_find(type);
	const struct field *f;

	if (t == NULL)
		return WHOSE_OWN;
	if (strcmp(field, "deleted") == 0 || strncmp(field, "tags/", 5) == 0)
		return t->whose;
	f = type_field(t, field);
	return f != NULL ? f->whose : WHOSE_OWN;
}

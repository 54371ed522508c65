/* The catalogue, a table.  New types come as rows. */
#include "types.h"

#include <string.h>

#include "i18n.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define REQ       FIELD_REQUIRED
#define SIG       FIELD_SIGNED
#define PERS      FIELD_PERSONAL

static const struct field organisation[] = {
    {"name", FIELD_LINE, REQ, WHOSE_OWN, NULL, NULL, N_("name")},
    {"acronym", FIELD_LINE, 0, WHOSE_OWN, NULL, NULL, N_("acronym")},
    {"kind", FIELD_WORD, 0, WHOSE_OWN,
	LIST("union", "federation", "ngo", "migrant-org", "network",
	    "human-rights", "other"),
	NULL, N_("kind")},
    {"country", FIELD_COUNTRY, 0, WHOSE_OWN, NULL, NULL, N_("country")},
    {"visibility", FIELD_WORD, 0, WHOSE_OWN,
	LIST("public", "coalition", "hidden"), NULL, N_("visibility")},
    {"state", FIELD_WORD, 0, WHOSE_OWN,
	LIST("active", "merged-into", "dissolved"), NULL, N_("state")},
    {0}};

static const struct field addressee[] = {
    {"name", FIELD_LINE, REQ, WHOSE_ANY, NULL, NULL, N_("name")},
    {"level", FIELD_WORD, REQ, WHOSE_ANY,
	LIST("regional", "national", "local", "igo", "employers"), NULL,
	N_("level")},
    {"country", FIELD_COUNTRY, 0, WHOSE_ANY, NULL, NULL, N_("country")},
    {"state", FIELD_WORD, 0, WHOSE_ANY, LIST("active", "renamed-to", "closed"),
	NULL, N_("state")},
    {0}};

static const struct field consultation[] = {
    {"title", FIELD_LINE, REQ, WHOSE_HOSTS, NULL, NULL, N_("title")},
    {"theme", FIELD_LINE, 0, WHOSE_HOSTS, NULL, NULL, N_("theme")},
    {"level", FIELD_WORD, 0, WHOSE_HOSTS, LIST("regional", "national", "local"),
	NULL, N_("level")},
    {"country", FIELD_COUNTRY, 0, WHOSE_HOSTS, NULL, NULL, N_("country")},
    {"venue", FIELD_LINE, 0, WHOSE_HOSTS, NULL, NULL, N_("venue")},
    {"start", FIELD_DATE, 0, WHOSE_HOSTS, NULL, NULL, N_("first day")},
    {"end", FIELD_DATE, 0, WHOSE_HOSTS, NULL, NULL, N_("last day")},
    {"zone", FIELD_LINE, 0, WHOSE_HOSTS, NULL, NULL, N_("time zone")},
    {"hosts", FIELD_ORGS, FIELD_FIXED, WHOSE_HOSTS, NULL, NULL, N_("hosts")},
    {"parent", FIELD_REF, 0, WHOSE_HOSTS, NULL, LIST("consultation"),
	N_("part of")},
    {"state", FIELD_WORD, 0, WHOSE_HOSTS,
	LIST(
	    "planned", "open", "in-groups", "in-plenary", "closed", "reported"),
	NULL, N_("state")},
    {0}};

static const struct field group[] = {
    {"consultation", FIELD_REF, REQ, WHOSE_ANY, NULL, LIST("consultation"),
	N_("consultation")},
    {"theme", FIELD_LINE, REQ, WHOSE_ANY, NULL, NULL, N_("theme")},
    {"facilitator", FIELD_LINE, PERS, WHOSE_ANY, NULL, NULL, N_("facilitator")},
    {"rapporteur", FIELD_LINE, PERS, WHOSE_ANY, NULL, NULL, N_("rapporteur")},
    {"state", FIELD_WORD, 0, WHOSE_ANY,
	LIST("forming", "drafting", "reported", "dissolved"), NULL,
	N_("state")},
    {0}};

static const struct field recommendation[] = {
    {"title", FIELD_LINE, REQ | SIG, WHOSE_ANY, NULL, NULL, N_("title")},
    {"section", FIELD_WORD, REQ | SIG, WHOSE_ANY, LIST("regional", "national"),
	NULL, N_("section")},
    {"language", FIELD_LANGUAGE, SIG, WHOSE_ANY, NULL, NULL, N_("language")},
    {"addressees", FIELD_REFS, SIG, WHOSE_ANY, NULL, LIST("addressee"),
	N_("addressees")},
    {"text", FIELD_TEXT, REQ | SIG, WHOSE_ANY, NULL, NULL, N_("text")},
    {"consultation", FIELD_REF, 0, WHOSE_ANY, NULL, LIST("consultation"),
	N_("consultation")},
    {"group", FIELD_REF, 0, WHOSE_ANY, NULL, LIST("group"), N_("group")},
    {"parent", FIELD_REF, 0, WHOSE_ANY, NULL, LIST("recommendation"),
	N_("part of")},
    {"order", FIELD_LINE, 0, WHOSE_ANY, NULL, NULL, N_("number")},
    {"rationale", FIELD_TEXT, 0, WHOSE_ANY, NULL, NULL, N_("rationale")},
    {"lineage", FIELD_REFS, 0, WHOSE_ANY, NULL, LIST("recommendation"),
	N_("comes from")},
    {"state", FIELD_WORD, 0, WHOSE_ANY,
	LIST("draft", "proposed", "consolidated", "adopted", "deferred",
	    "withdrawn", "superseded"),
	NULL, N_("state")},
    {0}};

static const struct field comment[] = {
    {"record", FIELD_REF, REQ, WHOSE_OWN, NULL, NULL, N_("about")},
    {"text", FIELD_TEXT, REQ, WHOSE_OWN, NULL, NULL, N_("text")}, {0}};

static const struct field signature[] = {
    {"record", FIELD_REF, FIELD_FIXED, WHOSE_OWN, NULL, NULL, N_("of")},
    {"version", FIELD_LINE, FIELD_FIXED, WHOSE_OWN, NULL, NULL, N_("version")},
    {"capacity", FIELD_LINE, FIELD_FIXED, WHOSE_OWN, NULL, NULL,
	N_("capacity")},
    {"stance", FIELD_LINE, FIELD_FIXED, WHOSE_OWN, NULL, NULL, N_("stance")},
    {"organisation", FIELD_LINE, FIELD_FIXED, WHOSE_OWN, NULL, NULL,
	N_("organisation")},
    {"person", FIELD_LINE, FIELD_FIXED, WHOSE_OWN, NULL, NULL, N_("person")},
    {"date", FIELD_DATE, FIELD_FIXED, WHOSE_OWN, NULL, NULL, N_("date")}, {0}};

static const struct transition active_states[] = {{NULL, "active"}, {0}};

static const struct transition consultation_states[] = {{NULL, "planned"},
    {NULL, "open"}, {"planned", "open"}, {"open", "in-groups"},
    {"in-groups", "in-plenary"}, {"open", "in-plenary"},
    {"in-plenary", "in-groups"}, {"in-plenary", "closed"},
    {"in-groups", "closed"}, {"open", "closed"}, {"closed", "reported"}, {0}};

static const struct transition group_states[] = {{NULL, "forming"},
    {NULL, "drafting"}, {"forming", "drafting"}, {"drafting", "reported"},
    {"reported", "drafting"}, {"forming", "dissolved"},
    {"drafting", "dissolved"}, {"reported", "dissolved"}, {0}};

static const struct transition recommendation_states[] = {{NULL, "draft"},
    {NULL, "proposed"}, {"draft", "proposed"}, {"proposed", "draft"},
    {"draft", "withdrawn"}, {"proposed", "consolidated"},
    {"proposed", "adopted"}, {"proposed", "deferred"},
    {"proposed", "withdrawn"}, {"consolidated", "proposed"},
    {"consolidated", "adopted"}, {"consolidated", "deferred"},
    {"consolidated", "withdrawn"}, {"consolidated", "superseded"},
    {"deferred", "proposed"}, {"adopted", "superseded"}, {"withdrawn", "draft"},
    {0}};

const struct type types_table[] = {
    {"organisation", N_("an organisation, as it describes itself"),
	organisation, active_states, WHOSE_OWN,
	LIST("name", "acronym", "kind", "country"), false},
    {"consultation", N_("a meeting that makes recommendations"), consultation,
	consultation_states, WHOSE_HOSTS,
	LIST("title", "start", "venue", "state"), false},
    {"group", N_("a working group of a consultation"), group, group_states,
	WHOSE_ANY, LIST("theme", "state"), false},
    {"addressee", N_("an institution that is addressed"), addressee,
	active_states, WHOSE_ANY, LIST("name", "level", "country"), false},
    {"recommendation", N_("a demand, drafted, adopted and signed"),
	recommendation, recommendation_states, WHOSE_ANY,
	LIST("order", "section", "title", "state"), false},
    {"comment", N_("a remark about a record"), comment, NULL, WHOSE_OWN,
	LIST("record", "text"), false},
    {"signature", N_("who signed which text (made by sign)"), signature, NULL,
	WHOSE_OWN, LIST("record", "organisation", "capacity", "stance", "date"),
	true},
    {0}};

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
	for (const struct field *f = t->fields; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
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

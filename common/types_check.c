/* What may stand in a field: checks of values, and values from typed text. */
#include <string.h>

#include "i18n.h"
#include "ident.h"
#include "jscan.h"
#include "text.h"
#include "types.h"

#define LINE_MAX_BYTES 1000
#define TEXT_MAX_BYTES (64 * 1024)
#define REFS_MAX       1000

/* ISO 3166-1 alpha-2, as assigned. */
static const char countries[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI "
    "BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN "
    "CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM "
    "HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN "
    "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP "
    "NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW "
    "SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI "
    "VN VU WF WS YE YT ZA ZM ZW";

static void
add_word(struct buf *b, const char *word)
{
	if (b->len > 0)
		buf_adds(b, ", ");
	buf_adds(b, word);
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A control character, C1 included, of text that is UTF-8.  Text of several
 * lines may hold LF and TAB. */
static bool
has_control(const char *s, size_t n, bool lines)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (lines && (c == '\n' || c == '\t'))
			continue;
		if (c < 0x20 || c == 0x7f ||
		    (c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0))
			return true;
	}
	return false;
}

/* Subtags of 1 to 8 letters or digits, the first of 2 to 8 letters. */
static bool
is_language(const char *s, size_t n)
{
	size_t start = 0;

	if (n > 64)
		return false;
	for (size_t i = 0; i <= n; i++) {
		if (i < n && s[i] != '-') {
			if (!is_alpha(s[i]) && (start == 0 || !is_digit(s[i])))
				return false;
			continue;
		}
		if (i == start || i - start > 8 || (start == 0 && i < 2))
			return false;
		start = i + 1;
	}
	return true;
}

static bool
is_country(const char *s, size_t n)
{
	if (n != 2)
		return false;
	for (const char *c = countries;; c += 3) {
		if (c[0] == s[0] && c[1] == s[1])
			return true;
		if (c[2] == '\0')
			return false;
	}
}

static bool
is_date(const char *s, size_t n)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int y = 0, m, d, leap;

	if (n != 10)
		return false;
	for (size_t i = 0; i < n; i++)
		if (i == 4 || i == 7 ? s[i] != '-' : !is_digit(s[i]))
			return false;
	for (size_t i = 0; i < 4; i++)
		y = y * 10 + (s[i] - '0');
	m = (s[5] - '0') * 10 + (s[6] - '0');
	d = (s[8] - '0') * 10 + (s[9] - '0');
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return y > 0 && m >= 1 && m <= 12 && d >= 1 &&
	       d <= days[m - 1] + (m == 2 && leap);
}

/* --- checks, one for each kind ---- */

static int
refuse(const struct field *f, const char *s, const char *what, struct err *e)
{
	return err_set(
	    e, ERR_INPUT, _("%s: '%.60s' is not %s"), f->name, s, what);
}

static int
check_length(const struct field *f, const json_t *v, struct err *e)
{
	const size_t n = json_string_length(v);
	const bool lines = f->kind == FIELD_TEXT;
	const size_t max = lines ? TEXT_MAX_BYTES : LINE_MAX_BYTES;

	if (n > max)
		return err_set(e, ERR_INPUT,
		    _("%s: %zu bytes are too many, at most %zu"), f->name, n,
		    max);
	if (has_control(json_string_value(v), n, lines))
		return err_set(e, ERR_INPUT,
		    lines ? _("%s: holds a control character")
			  : _("%s: holds a control character or a line end"),
		    f->name);
	return 0;
}

static int
check_word(const struct field *f, const char *s, struct err *e)
{
	struct buf all = BUF_INIT;

	for (const char *const *w = f->words; *w != NULL; w++) {
		if (strcmp(*w, s) == 0) {
			buf_clear(&all);
			return 0;
		}
		add_word(&all, *w);
	}
	err_set(e, ERR_INPUT, _("%s: '%.60s' is not one of %s"), f->name, s,
	    buf_str(&all));
	buf_clear(&all);
	return -1;
}

static bool
refers_to(const struct field *f, const char *type)
{
	for (const char *const *r = f->refers; r != NULL && *r != NULL; r++)
		if (strcmp(*r, type) == 0)
			return true;
	return f->refers == NULL;
}

static int
check_ref(const struct field *f, const char *id,
    const struct types_lookup *look, struct err *e)
{
	char type[65];

	if (!ident_ok(id, strlen(id)))
		return refuse(f, id, _("the id of a record"), e);
	if (look == NULL || look->record_type == NULL)
		return 0;
	if (look->record_type(look->arg, id, type) == -1)
		return err_set(e, ERR_INPUT, _("%s: there is no record '%s'"),
		    f->name, id);
	if (!refers_to(f, type))
		return err_set(e, ERR_INPUT,
		    _("%s: '%s' is of type %s, not %s"), f->name, id, type,
		    f->refers[0]);
	return 0;
}

static int
check_org(const struct field *f, const char *id,
    const struct types_lookup *look, struct err *e)
{
	if (!ident_ok(id, strlen(id)))
		return refuse(f, id, _("the id of an organisation"), e);
	if (look != NULL && look->is_organisation != NULL &&
	    !look->is_organisation(look->arg, id))
		return refuse(f, id, _("an organisation of the coalition"), e);
	return 0;
}

static int
check_id(const struct field *f, const char *id, const struct types_lookup *look,
    struct err *e)
{
	if (f->kind == FIELD_ORG || f->kind == FIELD_ORGS)
		return check_org(f, id, look, e);
	return check_ref(f, id, look, e);
}

/* An array of distinct ids. */
static int
check_ids(const struct field *f, const json_t *v,
    const struct types_lookup *look, struct err *e)
{
	const size_t n = json_array_size(v);

	if (!json_is_array(v))
		return err_set(e, ERR_INPUT, _("%s: not a list"), f->name);
	if (n > REFS_MAX)
		return err_set(e, ERR_INPUT, _("%s: more than %d entries"),
		    f->name, REFS_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *id = json_string_value(json_array_get(v, i));

		if (id == NULL)
			return err_set(
			    e, ERR_INPUT, _("%s: not a list of ids"), f->name);
		if (check_id(f, id, look, e) == -1)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (json_equal(
				json_array_get(v, k), json_array_get(v, i)))
				return err_set(e, ERR_INPUT,
				    _("%s: '%s' is there twice"), f->name, id);
	}
	return 0;
}

static int
check_string(const struct field *f, const json_t *v,
    const struct types_lookup *look, struct err *e)
{
	const char *s = json_string_value(v);
	const size_t n = json_string_length(v);

	if (s == NULL)
		return err_set(e, ERR_INPUT, _("%s: not a text"), f->name);
	if (text_check(s, n, e) == -1)
		return err_wrap(e, "%s", f->name);
	if (check_length(f, v, e) == -1)
		return -1;
	if (f->kind == FIELD_WORD)
		return check_word(f, s, e);
	if (f->kind == FIELD_REF || f->kind == FIELD_ORG)
		return check_id(f, s, look, e);
	if (f->kind == FIELD_DATE && !is_date(s, n))
		return refuse(f, s, _("a day such as 2007-05-12"), e);
	if (f->kind == FIELD_LANGUAGE && !is_language(s, n))
		return refuse(f, s, _("a language such as id or en"), e);
	if (f->kind == FIELD_COUNTRY && !is_country(s, n))
		return refuse(f, s, _("a country such as ID or MY"), e);
	return 0;
}

int
types_check(const struct type *t, const struct field *f, const json_t *value,
    const struct types_lookup *look, struct err *e)
{
	(void)t; /* for rules between fields, when there are some */
	if (json_is_null(value) || value == NULL) {
		if ((f->flags & FIELD_REQUIRED) == 0)
			return 0;
		return err_set(e, ERR_INPUT, _("%s: cannot be empty"), f->name);
	}
	switch (f->kind) {
	case FIELD_REFS:
	case FIELD_ORGS:
		return check_ids(f, value, look, e);
	case FIELD_NUMBER:
		if (json_is_integer(value) && json_integer_value(value) >= 0 &&
		    json_integer_value(value) < (json_int_t)1 << 53)
			return 0;
		return err_set(
		    e, ERR_INPUT, _("%s: not a number of at least 0"), f->name);
	case FIELD_BOOL:
		if (json_is_boolean(value))
			return 0;
		return err_set(
		    e, ERR_INPUT, _("%s: not true or false"), f->name);
	default:
		return check_string(f, value, look, e);
	}
}

static int
check_known(const struct type *t, const char *name, struct err *e)
{
	struct buf all = BUF_INIT;

	if (type_field(t, name) != NULL)
		return 0;
	for (const struct field *f = t->fields; f->name != NULL; f++)
		add_word(&all, f->name);
	err_set(e, ERR_INPUT, _("'%.60s' is no field of type %s, which has %s"),
	    name, t->name, buf_str(&all));
	buf_clear(&all);
	return -1;
}

int
types_check_new(const struct type *t, const json_t *values,
    const struct types_lookup *look, struct err *e)
{
	const char *state = json_string_value(json_object_get(values, "state"));
	const char *name;
	json_t *v;

	if (t->is_virtual)
		return err_set(e, ERR_INPUT,
		    _("a %s is made by 'sign', not by 'new'"), t->name);
	json_object_foreach ((json_t *)(uintptr_t)values, name, v) {
		if (check_known(t, name, e) == -1 ||
		    types_check(t, type_field(t, name), v, look, e) == -1)
			return -1;
	}
	for (const struct field *f = t->fields; f->name != NULL; f++)
		if ((f->flags & FIELD_REQUIRED) != 0 &&
		    json_object_get(values, f->name) == NULL)
			return err_set(e, ERR_INPUT,
			    _("%s: missing, give %s=..."), f->name, f->name);
	return state == NULL ? 0 : types_check_transition(t, NULL, state, e);
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
types_check_transition(
    const struct type *t, const char *from, const char *to, struct err *e)
{
	struct buf all = BUF_INIT;
	bool known = false;

	if (t->transitions == NULL || same(from, to))
		return 0;
	for (const struct transition *s = t->transitions; s->to != NULL; s++) {
		known = known || same(s->from, from) || same(s->to, from);
		if (!same(s->from, from))
			continue;
		if (same(s->to, to)) {
			buf_clear(&all);
			return 0;
		}
		add_word(&all, s->to);
	}
	if (!known) { /* a newer program's state: do not lock it in */
		buf_clear(&all);
		return 0;
	}
	if (from == NULL)
		err_set(e, ERR_INPUT,
		    _("state: a new %s cannot be '%.60s', only %s"), t->name,
		    to, buf_str(&all));
	else if (all.len == 0)
		err_set(e, ERR_INPUT, _("state: '%.60s' is final"), from);
	else
		err_set(e, ERR_INPUT,
		    _("state: '%.60s' cannot become '%.60s', only %s"), from,
		    to, buf_str(&all));
	buf_clear(&all);
	return -1;
}

/* --- from typed text, and back ---- */

static json_t *
parse_list(const char *s)
{
	json_t *list = json_array();

	while (*s != '\0') {
		size_t n = strcspn(s, ", \n\t");

		if (n > 0)
			json_array_append_new(list, json_stringn(s, n));
		s += n + (s[n] != '\0');
	}
	return list;
}

/* NULL if it is no plain number; types_check() says so. */
static json_t *
parse_number(const char *s)
{
	json_int_t n = 0;

	if (*s == '\0' || strlen(s) > 15 || (s[0] == '0' && s[1] != '\0'))
		return NULL;
	for (; *s != '\0'; s++) {
		if (!is_digit(*s))
			return NULL;
		n = n * 10 + (*s - '0');
	}
	return json_integer(n);
}

static json_t *
parse_bool(const char *s)
{
	if (strcmp(s, "true") == 0 || strcmp(s, "yes") == 0)
		return json_true();
	if (strcmp(s, "false") == 0 || strcmp(s, "no") == 0)
		return json_false();
	return NULL;
}

static json_t *
parse_country(const char *s)
{
	char up[3];

	if (strlen(s) != 2)
		return json_string(s);
	for (int i = 0; i < 2; i++)
		up[i] = (char)(s[i] >= 'a' && s[i] <= 'z' ? s[i] - 32 : s[i]);
	up[2] = '\0';
	return json_string(up);
}

static json_t *
parse_kind(const struct field *f, const char *s)
{
	switch (f->kind) {
	case FIELD_REFS:
	case FIELD_ORGS:
		return parse_list(s);
	case FIELD_NUMBER:
		return parse_number(s);
	case FIELD_BOOL:
		return parse_bool(s);
	case FIELD_COUNTRY:
		return parse_country(s);
	default:
		return json_string(s);
	}
}

int
types_parse(const struct type *t, const struct field *f, const char *text,
    json_t **ret, struct err *e)
{
	struct buf nfc = BUF_INIT;
	json_t *v = NULL;
	int rv = -1;

	if (!text_is_utf8(text, strlen(text))) {
		err_set(e, ERR_INPUT, _("%s: not UTF-8 text"), f->name);
		goto out;
	}
	text_normalise(text, strlen(text), &nfc);
	while (nfc.len > 0 && strchr(" \n\t", nfc.data[nfc.len - 1]) != NULL)
		nfc.data[--nfc.len] = '\0';
	v = nfc.len == 0 ? json_null() : parse_kind(f, buf_str(&nfc));
	if (v == NULL) {
		refuse(f, buf_str(&nfc),
		    f->kind == FIELD_BOOL ? _("true or false")
					  : _("a number of at least 0"),
		    e);
		goto out;
	}
	if (types_check(t, f, v, NULL, e) == -1)
		goto out;
	*ret = v;
	v = NULL;
	rv = 0;
out:
	json_decref(v);
	buf_clear(&nfc);
	return rv;
}

void
types_print(const json_t *value, struct buf *b)
{
	size_t i;
	json_t *v;

	if (json_is_string(value)) {
		buf_add(b, json_string_value(value), json_string_length(value));
	} else if (json_is_array(value)) {
		json_array_foreach (value, i, v) {
			if (i > 0)
				buf_adds(b, ", ");
			types_print(v, b);
		}
	} else if (json_is_boolean(value)) {
		buf_adds(b, json_is_true(value) ? _("yes") : _("no"));
	} else if (value != NULL && !json_is_null(value)) {
		json_write(value, b);
	}
}

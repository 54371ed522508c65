#include "workload.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"

#define EVERY 5 /* one in so many is edited later */

/* The frequent ones first. */
static const char *const words[] = {"the", "of", "and", "to", "in", "for", "a",
    "that", "with", "on", "by", "workers", "shall", "be", "as", "all", "rights",
    "is", "are", "their", "government", "from", "states", "ensure", "should",
    "national", "labour", "women", "protection", "human", "law", "migrant",
    "public", "or", "not", "have", "this", "organisations", "must", "union",
    "access", "members", "against", "health", "including", "social", "it",
    "without", "has", "report", "civil", "society", "international", "which",
    "measures", "people", "employers", "freedom", "its", "violence",
    "convention", "provide", "local", "between", "at", "any", "ratify",
    "education", "community", "support", "regional", "an", "more", "children",
    "through", "services", "under", "independent", "they", "other", "policy",
    "standards", "land", "who", "complaints", "such", "working", "effective",
    "child", "each", "forced", "wages", "within", "both", "legal", "adopt",
    "justice", "families", "environment", "into", "participation", "before",
    "implement", "safety", "domestic", "migration", "defenders", "these",
    "strengthen", "collective", "economic", "countries", "recruitment", "every",
    "establish", "commission", "was", "mechanism", "discrimination", "where",
    "monitoring", "resources", "decent", "conditions", "after", "indigenous",
    "information", "bargaining", "been", "consult", "remedy", "than", "years",
    "detention", "agreement", "minimum", "promote", "fees", "torture", "paid",
    "association", "persons", "disabilities", "housing", "when", "young",
    "immediately", "secretariat", "address", "assembly", "annual", "during",
    "victims", "budget", "maternity", "trafficking", "also", "equal", "sector",
    "informal", "free", "factories", "no", "electoral", "recognise", "system",
    "contracts", "seafarers", "statelessness", "identity", "no-one", "water",
    "review", "ministers", "climate", "investigate", "prompt", "impartial",
    "corporations", "supply", "chains", "due", "diligence", "trade", "garment",
    "plantation", "fishing", "vessels", "inspection", "hours", "overtime",
    "pension", "insurance", "embassies", "return", "reintegration", "abolish",
    "penalty", "death", "moratorium", "media", "journalists", "internet",
    "privacy", "surveillance", "police", "training", "judges", "courts",
    "asylum", "refugees", "border", "repeal", "amend", "provisions", "criminal",
    "defamation", "peaceful", "gatherings", "permit", "register", "funding",
    "foreign", "transparent", "disclose", "procurement", "corruption",
    "whistleblowers", "hydropower", "mining", "forest", "displacement",
    "compensation", "prior", "informed", "consent", "elderly", "youth",
    "apprentices", "night", "pregnancy", "harassment", "workplace", "ILO",
    "ASEAN", "quarterly", "deadline", "focal", "point", "hotline", "languages",
    "interpretation", "shelter", "counselling", "evidence", "statistics"};

/* splitmix64 */
static uint64_t
next(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* A number below n. */
static size_t
below(uint64_t *x, size_t n)
{
	return (size_t)((next(x) >> 32) * n >> 32);
}

/* A word, some more often than others, or the number of an article: about as
 * dense as texts of consultations are. */
static size_t
any_word(uint64_t *x, char *ret, size_t size)
{
	const size_t n = sizeof(words) / sizeof(words[0]);

	if (below(x, 7) == 0)
		return (size_t)snprintf(ret, size, "%zu", below(x, 1000));
	return (size_t)snprintf(
	    ret, size, "%s", words[below(x, n / 4 + below(x, n * 3 / 4) + 1)]);
}

/* Words until there are at least so many characters. */
static void
sentence(uint64_t *x, size_t least, const char *end, char *ret, size_t size)
{
	size_t at = 0;

	while (at < least) {
		if (at > 0)
			ret[at++] = ' ';
		at += any_word(x, ret + at, size - at);
	}
	if (ret[0] >= 'a' && ret[0] <= 'z')
		ret[0] = (char)(ret[0] - 'a' + 'A');
	snprintf(ret + at, size - at, "%s", end);
}

void
workload_record(size_t i, struct workload_record *ret)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	static const char *const later[] = {"adopted", "deferred", "withdrawn"};
	uint64_t x = 0x6d7566616b6174 + (uint64_t)i * 0x2545f4914f6cdd1d;

	for (size_t k = 0; k < sizeof(ret->id) - 1; k++)
		ret->id[k] = letters[below(&x, 32)];
	ret->id[sizeof(ret->id) - 1] = '\0';
	sentence(&x, 45 + below(&x, 10), "", ret->title, sizeof(ret->title));
	sentence(&x, 282 + below(&x, 52), ".", ret->text, sizeof(ret->text));
	sentence(&x, 282 + below(&x, 52), ".", ret->text_later,
	    sizeof(ret->text_later));
	ret->section = below(&x, 3) == 0 ? "regional" : "national";
	ret->state = "proposed";
	ret->state_later = later[below(&x, 3)];
	snprintf(ret->number, sizeof(ret->number), "%zu", i + 1);
}

struct workload_record *
workload_records(size_t n)
{
	struct workload_record *r = mem_array(NULL, n, sizeof(*r));

	for (size_t i = 0; i < n; i++)
		workload_record(i, &r[i]);
	return r;
}

static size_t
edited(size_t n)
{
	return (n + EVERY - 1) / EVERY;
}

size_t
workload_steps(size_t n)
{
	return n + 2 * edited(n);
}

struct workload_step
workload_step(size_t n, size_t k)
{
	if (k < n)
		return (struct workload_step){WORKLOAD_NEW, k};
	k -= n;
	if (k < edited(n))
		return (struct workload_step){WORKLOAD_TEXT, k * EVERY};
	k -= edited(n);
	return (struct workload_step){WORKLOAD_STATE, k * EVERY};
}

void
workload_json(
    const struct workload_record *records, size_t n, size_t k, struct buf *b)
{
	struct workload_step s = workload_step(n, k);
	const struct workload_record *r = &records[s.record];

	buf_printf(b, "{\"op\":\"%s\",\"record\":\"%s\",",
	    s.kind == WORKLOAD_NEW ? "new" : "set", r->id);
	if (s.kind == WORKLOAD_NEW)
		buf_printf(b,
		    "\"fields\":{\"title\":\"%s\","
		    "\"text\":\"%s\",\"section\":\"%s\",\"state\":\"%s\","
		    "\"number\":\"%s\"}}\n",
		    r->title, r->text, r->section, r->state, r->number);
	else if (s.kind == WORKLOAD_TEXT)
		buf_printf(b, "\"fields\":{\"text\":\"%s\"}}\n", r->text_later);
	else
		buf_printf(
		    b, "\"fields\":{\"state\":\"%s\"}}\n", r->state_later);
}

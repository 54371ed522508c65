#include "invitation.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/ident.h"
#include "common/mem.h"
#include "common/text.h"

#define SCHEME      "mufakat:"
#define HEX_CHARS   ((size_t)2 * HASH_LEN)
#define WORDS_BYTES 8 /* of an act or a head, as words */

static int
refuse(struct err *e, const char *why)
{
	return err_set(e, ERR_INPUT,
	    _("this is no whole invitation (%s): paste the line as it was "
	      "sent"),
	    why);
}

/* 64 hex characters and then "end"; moves on behind it. */
static int
take_hash(const char **s, const char *ends, uint8_t ret[static HASH_LEN])
{
	const char *p = *s;

	if (strlen(p) < HEX_CHARS ||
	    text_unhex(p, HEX_CHARS, ret, HASH_LEN) == -1 ||
	    strchr(ends, p[HEX_CHARS]) == NULL)
		return -1;
	*s = p + HEX_CHARS;
	return 0;
}

static int
take_heads(const char **s, struct buf *heads)
{
	uint8_t head[HASH_LEN];

	for (size_t n = 0; n < INVITATION_HEADS_MAX; n++) {
		if (take_hash(s, ",?", head) == -1)
			return -1;
		buf_add(heads, head, HASH_LEN);
		if (**s != ',')
			return 0;
		(*s)++;
	}
	return -1;
}

static int
unescape(const char *s, struct buf *b)
{
	for (; *s != '\0'; s++) {
		static const char digits[] = "0123456789abcdef";
		const char *hi, *lo;

		if (*s != '%') {
			buf_addc(b, *s);
			continue;
		}
		if (s[1] == '\0' || s[2] == '\0')
			return -1;
		hi = strchr(digits, s[1] | 0x20);
		lo = strchr(digits, s[2] | 0x20);
		if (hi == NULL || lo == NULL || (hi == digits && lo == digits))
			return -1;
		buf_addc(b, (char)((hi - digits) * 16 + (lo - digits)));
		s += 2;
	}
	return 0;
}

static int
take_url(const char *s, struct invitation *i)
{
	struct buf b = BUF_INIT;

	if (strncmp(s, "?url=", 5) != 0 || unescape(s + 5, &b) == -1 ||
	    b.len == 0) {
		buf_clear(&b);
		return -1;
	}
	i->url = buf_steal(&b);
	return 0;
}

int
invitation_parse(const char *line, struct invitation *ret, struct err *e)
{
	struct invitation i = {0};
	char *copy = mem_strdup(line);
	const char *s = copy + strspn(copy, " \t\r\n");
	int rv = -1;

	/* what surrounds it in a mail */
	for (size_t n = strlen(copy);
	     n > 0 && strchr(" \t\r\n", copy[n - 1]) != NULL;)
		copy[--n] = '\0';
	if (strncmp(s, SCHEME, strlen(SCHEME)) != 0) {
		refuse(e, _("it does not begin with 'mufakat:'"));
		goto out;
	}
	s += strlen(SCHEME);
	if (take_hash(&s, "/", i.coalition) == -1 || *s++ != '/') {
		refuse(e, _("its coalition does not read"));
		goto out;
	}
	if (take_hash(&s, "/", i.act) == -1 || *s++ != '/') {
		refuse(e, _("its act does not read"));
		goto out;
	}
	if (take_heads(&s, &i.heads) == -1) {
		refuse(e, _("its heads do not read"));
		goto out;
	}
	if (*s != '\0' && take_url(s, &i) == -1) {
		refuse(e, _("its URL does not read"));
		goto out;
	}
	*ret = i;
	rv = 0;
out:
	free(copy);
	if (rv == -1)
		invitation_clear(&i);
	return rv;
}

void
invitation_clear(struct invitation *i)
{
	buf_clear(&i->heads);
	free(i->url);
	*i = (struct invitation){0};
}

/* --- writing --------------------------------------------------------------- */

static void
escape(const char *s, struct buf *b)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("-._~/:@", c) != NULL)
			buf_addc(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

void
invitation_line(const struct invitation *i, struct buf *b)
{
	char hex[HEX_SIZE];

	text_hex(i->coalition, HASH_LEN, hex);
	buf_printf(b, SCHEME "%s", hex);
	text_hex(i->act, HASH_LEN, hex);
	buf_printf(b, "/%s/", hex);
	for (size_t at = 0; at < i->heads.len; at += HASH_LEN) {
		text_hex(i->heads.data + at, HASH_LEN, hex);
		buf_printf(b, "%s%s", at > 0 ? "," : "", hex);
	}
	if (i->url != NULL) {
		buf_adds(b, "?url=");
		escape(i->url, b);
	}
}

void
invitation_words(const struct invitation *i, struct buf *b)
{
	char words[IDENT_WORDS_SIZE];

	ident_coalition_words(i->coalition, words);
	buf_adds(b, words);
	text_words(i->act, WORDS_BYTES, words);
	buf_printf(b, " %s", words);
	if (i->heads.len < HASH_LEN)
		return;
	text_words(i->heads.data, WORDS_BYTES, words);
	buf_printf(b, " %s", words);
}

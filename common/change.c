#include "change.h"

#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "jscan.h"
#include "mem.h"
#include "sshsig.h"

static int
refuse(struct err *e, const char *why)
{
	return err_set(e, ERR_UNTRUSTED, _("bad change line: %s"), why);
}

/* Every byte 0x20 or above.  Eight at a time: "below" has the top bit of
 * some byte set exactly if a byte is under 0x20. */
static bool
is_clean(const char *s, size_t n)
{
	const uint64_t ones = 0x0101010101010101, tops = ones * 0x80;
	uint64_t below = 0, w;

	for (; n >= 8; s += 8, n -= 8) {
		memcpy(&w, s, 8);
		below |= (w - ones * 0x20) & ~w & tops;
	}
	for (; n > 0; s++, n--)
		below |= (unsigned char)*s < 0x20;
	return below == 0;
}

/* jscan() lets any value pass; only spaces can stand before this one. */
static bool
is_object(const char *s, size_t n)
{
	while (n > 0 && *s == ' ')
		s++, n--;
	return n > 0 && *s == '{';
}

static enum portion_form
form(const char *p, size_t n)
{
	uint8_t hash[HASH_LEN];

	if (p[0] == '#' && text_unhex(p + 1, n - 1, hash, HASH_LEN) == 0)
		return PORTION_HASH;
	return p[0] == '~' ? PORTION_SEALED : PORTION_PLAIN;
}

static int
split_portions(const char *p, const char *end, struct change *c, struct err *e)
{
	size_t cap = 0;

	for (c->nportions = 0; p <= end; c->nportions++) {
		const char *tab = memchr(p, '\t', (size_t)(end - p));
		size_t n = (size_t)((tab != NULL ? tab : end) - p);

		if (n == 0)
			return refuse(e, "empty portion");
		if (!is_clean(p, n))
			return refuse(e, "control character");
		if (c->nportions == CHANGE_PORTIONS_MAX)
			return refuse(e, "too many portions");
		if (c->nportions >= cap) {
			cap = cap == 0 ? 4 : cap * 4;
			c->portions =
			    mem_array(c->portions, cap, sizeof(c->portions[0]));
		}
		c->portions[c->nportions] = (struct portion){p, n, form(p, n)};
		p += n + 1;
	}
	return 0;
}

int
change_split(const char *line, size_t n, struct change *ret, struct err *e)
{
	struct change c = {.portions = ret->portions}; /* reused, if any */
	const char *end = line + n;
	const char *tab = memchr(line, '\t', n);
	const char *head;
	size_t len;

	ret->portions = NULL;
	ret->nportions = 0;
	if (n + 1 > CHANGE_ACCEPT_MAX) {
		refuse(e, "too long");
		goto fail;
	}
	if (tab == NULL) {
		refuse(e, "no TAB");
		goto fail;
	}
	c.is_signed = tab != line;
	if (c.is_signed && (tab - line != TEXT_B64_LEN(SIG_LEN) ||
			       text_unb64(line, (size_t)(tab - line), c.sig,
				   SIG_LEN, &len) == -1 ||
			       len != SIG_LEN)) {
		refuse(e, "signature is not 88 characters of base64");
		goto fail;
	}
	head = tab + 1;
	tab = memchr(head, '\t', (size_t)(end - head));
	if (tab == NULL || tab == head) {
		refuse(e, "no head or no portion");
		goto fail;
	}
	c.head = head;
	c.head_len = (size_t)(tab - head);
	if (jscan(head, c.head_len, e) == -1 ||
	    split_portions(tab + 1, end, &c, e) == -1)
		goto fail;
	if (!is_object(head, c.head_len)) {
		refuse(e, "head is not an object");
		goto fail;
	}
	*ret = c;
	return 0;
fail:
	free(c.portions);
	return -1;
}

void
change_clear(struct change *c)
{
	free(c->portions);
	*c = (struct change){0};
}

void
change_join(const struct change *c, bool with_sig, struct buf *b)
{
	char sig[TEXT_B64_LEN(SIG_LEN) + 1];

	if (with_sig && c->is_signed) {
		text_b64(c->sig, SIG_LEN, sig);
		buf_adds(b, sig);
	}
	buf_addc(b, '\t');
	buf_add(b, c->head, c->head_len);
	for (size_t i = 0; i < c->nportions; i++) {
		buf_addc(b, '\t');
		buf_add(b, c->portions[i].p, c->portions[i].len);
	}
	buf_addc(b, '\n');
}

void
portion_hash(const struct portion *p, uint8_t ret[static HASH_LEN])
{
	if (p->form != PORTION_HASH ||
	    text_unhex(p->p + 1, p->len - 1, ret, HASH_LEN) == -1)
		crypto_digest(p->p, p->len, ret);
}

/* What comes before the head, which is short. */
static size_t
preamble(const struct change_place *at, char *s)
{
	char *p = s;

	memcpy(p, "mufakat 1\n", 10);
	p += 10;
	if (at->is_genesis) {
		memcpy(p, "genesis", 7);
		p += 7;
	} else {
		text_hex(at->coalition, HASH_LEN, p);
		p += 2 * HASH_LEN;
	}
	*p++ = '\n';
	ident_key(at->key, p);
	p += KEY_CHARS;
	*p++ = '\n';
	for (size_t i = 0; i < at->nprevious; i++) {
		if (i > 0)
			*p++ = ' ';
		text_hex(at->previous[i], HASH_LEN, p);
		p += 2 * HASH_LEN;
	}
	*p++ = '\n';
	return (size_t)(p - s);
}

#define PREAMBLE_MAX                                                           \
	(10 + HEX_SIZE + KEY_SIZE + CHANGE_PREVIOUS_MAX * HEX_SIZE + 2)

static void
portion_line(const struct portion *p, char ret[static HEX_SIZE])
{
	uint8_t hash[HASH_LEN];

	portion_hash(p, hash);
	text_hex(hash, HASH_LEN, ret);
	ret[HEX_SIZE - 1] = '\n';
}

void
change_message(
    const struct change_place *at, const struct change *c, struct buf *b)
{
	char s[PREAMBLE_MAX];

	buf_add(b, s, preamble(at, s));
	buf_add(b, c->head, c->head_len);
	buf_addc(b, '\n');
	for (size_t i = 0; i < c->nportions; i++) {
		portion_line(&c->portions[i], s);
		buf_add(b, s, HEX_SIZE);
	}
}

void
change_id(const struct change_place *at, const struct change *c,
    uint8_t ret[static HASH_LEN])
{
	struct hasher h;
	char s[PREAMBLE_MAX];

	hasher_init(&h);
	hasher_add(&h, s, preamble(at, s));
	hasher_add(&h, c->head, c->head_len);
	hasher_add(&h, "\n", 1);
	for (size_t i = 0; i < c->nportions; i++) {
		portion_line(&c->portions[i], s);
		hasher_add(&h, s, HEX_SIZE);
	}
	hasher_end(&h, ret);
}

void
change_identify(struct change_place *at, const struct change *c,
    uint8_t ret[static HASH_LEN])
{
	at->is_genesis = at->nprevious == 0;
	change_id(at, c, ret);
	if (!at->is_genesis || memcmp(ret, at->coalition, HASH_LEN) == 0)
		return;
	at->is_genesis = false;
	change_id(at, c, ret);
}

bool
change_verify(const struct change_place *at, const struct change *c)
{
	struct buf b = BUF_INIT;
	bool ok;

	if (!c->is_signed)
		return false;
	change_message(at, c, &b);
	ok = crypto_verify(at->key, SSHSIG_NS_CHANGE, b.data, b.len, c->sig);
	buf_clear(&b);
	return ok;
}

void
change_sign(
    const struct change_place *at, struct change *c, const struct secret *s)
{
	struct buf b = BUF_INIT;

	change_message(at, c, &b);
	secret_sign(s, SSHSIG_NS_CHANGE, b.data, b.len, c->sig);
	c->is_signed = true;
	buf_clear(&b);
}

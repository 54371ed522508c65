/*
 * text: encodings of bytes and the handling of human text.
 *
 * Decoders are strict: one input has one decoding, everything else is
 * refused.  None of them allocates.
 */
#ifndef MUFAKAT_TEXT_H
#define MUFAKAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

/* Lower-case hexadecimal; ret has room for 2 n + 1. */
void text_hex(const void *p, size_t n, char *ret);
int text_unhex(const char *s, size_t len, void *ret, size_t n); /* len == 2n */

/* Lower-case base32 (RFC 4648 alphabet, no padding, unused bits zero).
 * 32 bytes give 52 characters; ret has room for that and a NUL. */
#define TEXT_B32_LEN(n) (((n)*8 + 4) / 5)
void text_b32(const void *p, size_t n, char *ret);
int text_unb32(const char *s, size_t len, void *ret, size_t n);

/* Base64 of RFC 4648, padded, canonical. */
#define TEXT_B64_LEN(n) (((n) + 2) / 3 * 4)
void text_b64(const void *p, size_t n, char *ret); /* TEXT_B64_LEN + 1 */
int text_unb64(const char *s, size_t len, void *ret, size_t cap, size_t *ret_n);

/* Proquints (arXiv:0901.4016): 16 bits a pronounceable word, "lusab-babad".
 * n is even; joined by '-'.  ret has room for n / 2 * 6. */
void text_words(const void *p, size_t n, char *ret);
/* Case, and '-' or spaces between words, do not matter. */
int text_unwords(const char *s, void *ret, size_t cap, size_t *ret_n);

/* UTF-8 as RFC 3629 has it: no surrogates, nothing over-long, no NUL. */
bool text_is_utf8(const char *s, size_t n);

/* May people write or approve this?  ERR_INPUT if it is not UTF-8, holds a
 * byte order mark, or piles more marks on a letter than any script does.
 * Never asked about what others wrote: that is only displayed. */
int text_check(const char *s, size_t n, struct err *e);

/* NFC (utf8proc), CR LF and CR to LF, in linear time.  Input must be UTF-8,
 * else only line ends change; the result is appended to b. */
void text_normalise(const char *s, size_t n, struct buf *b);

/* Makes text safe for a terminal or a log line: C0, DEL, C1, bidi controls
 * and zero-width characters (joiners and word ends inside words of scripts
 * that need them are kept), marks piled up on one letter (more than 30), line
 * ends and invalid bytes appear as \n \x1b \u{202e}.
 * With "lines", LF and TAB stay. */
void text_escape(const char *s, size_t n, bool lines, struct buf *b);

/* Columns that the text takes on a terminal (utf8proc_charwidth). */
size_t text_width(const char *s, size_t n);
/* Length in bytes of the longest prefix, cut between grapheme clusters,
 * that fits "columns". */
size_t text_fit(const char *s, size_t n, size_t columns);

/* How a name looks: as it is written, and in capitals.  Names are alike that
 * are equal in either: NFKD, marks and ignorable characters dropped (but not
 * the vowel signs of Indic, Thai, Khmer, Burmese), then each letter as the
 * Latin one that it looks like, a capital as a capital, in small letters;
 * digits mapped together, spaces and punctuation removed.  For warning people
 * when approving, never for a rule. */
struct text_look {
	struct buf written, capitals;
};
void text_look(const char *s, size_t n, struct text_look *ret);
bool text_looks_like(const struct text_look *a, const struct text_look *b);
void text_look_clear(struct text_look *l);

#endif

/* Encodings of bytes: hex, base32, base64, proquints, UTF-8. */
#include "text.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char b32_digits[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char b64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The place of c in an alphabet, or -1. */
static int
place(const char *alphabet, char c)
{
	const char *p = c != '\0' ? strchr(alphabet, c) : NULL;

	return p != NULL ? (int)(p - alphabet) : -1;
}

void
text_hex(const void *p, size_t n, char *ret)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = hex_digits[b[i] >> 4];
		ret[2 * i + 1] = hex_digits[b[i] & 15];
	}
	ret[2 * n] = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int
text_unhex(const char *s, size_t len, void *ret, size_t n)
{
	uint8_t *b = ret;

	if (len != 2 * n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_value(s[2 * i]);
		int lo = hex_value(s[2 * i + 1]);

		if (hi == -1 || lo == -1)
			return -1;
		b[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

void
text_b32(const void *p, size_t n, char *ret)
{
	const uint8_t *b = p;
	unsigned acc = 0, bits = 0;

	for (size_t i = 0; i < n; i++) {
		acc = acc << 8 | b[i];
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			*ret++ = b32_digits[acc >> bits & 31];
		}
		acc &= (1u << bits) - 1;
	}
	if (bits > 0)
		*ret++ = b32_digits[acc << (5 - bits) & 31];
	*ret = '\0';
}

int
text_unb32(const char *s, size_t len, void *ret, size_t n)
{
	uint8_t *b = ret;
	unsigned acc = 0, bits = 0;

	if (len != TEXT_B32_LEN(n))
		return -1;
	for (size_t i = 0; i < len; i++) {
		int v = place(b32_digits, s[i]);

		if (v == -1)
			return -1;
		acc = acc << 5 | (unsigned)v;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			*b++ = (uint8_t)(acc >> bits);
			acc &= (1u << bits) - 1;
		}
	}
	return acc == 0 ? 0 : -1; /* unused bits are zero */
}

void
text_b64(const void *p, size_t n, char *ret)
{
	const uint8_t *b = p;

	for (; n >= 3; n -= 3, b += 3) {
		*ret++ = b64_digits[b[0] >> 2];
		*ret++ = b64_digits[(b[0] & 3) << 4 | b[1] >> 4];
		*ret++ = b64_digits[(b[1] & 15) << 2 | b[2] >> 6];
		*ret++ = b64_digits[b[2] & 63];
	}
	if (n > 0) {
		uint8_t second = n == 2 ? b[1] : 0;

		*ret++ = b64_digits[b[0] >> 2];
		*ret++ = b64_digits[(b[0] & 3) << 4 | second >> 4];
		*ret++ = n == 2 ? b64_digits[(second & 15) << 2] : '=';
		*ret++ = '=';
	}
	*ret = '\0';
}

/* Value of a base64 digit, or -1; arithmetic, since it is on a hot path. */
static int
b64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int
text_unb64(const char *s, size_t len, void *ret, size_t cap, size_t *ret_n)
{
	uint8_t *b = ret;
	size_t pad = 0, n;
	unsigned acc = 0;

	if (len % 4 != 0)
		return -1;
	while (pad < 2 && pad < len && s[len - 1 - pad] == '=')
		pad++;
	n = len / 4 * 3 - pad;
	if (n > cap)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int v = i + pad < len ? b64_value(s[i]) : 0;
		size_t out = i / 4 * 3;

		if (v == -1)
			return -1;
		acc = acc << 6 | (unsigned)v;
		if (i % 4 != 3)
			continue;
		for (size_t k = 0; k < 3; k++) {
			uint8_t byte = (uint8_t)(acc >> (16 - 8 * k));

			if (out + k < n)
				b[out + k] = byte;
			else if (byte != 0)
				return -1; /* unused bits are zero */
		}
		acc = 0;
	}
	*ret_n = n;
	return 0;
}

static const char consonants[] = "bdfghjklmnprstvz";
static const char vowels[] = "aiou";

void
text_words(const void *p, size_t n, char *ret)
{
	const uint8_t *b = p;

	for (size_t i = 0; i + 1 < n; i += 2) {
		unsigned w = (unsigned)b[i] << 8 | b[i + 1];

		if (i > 0)
			*ret++ = '-';
		*ret++ = consonants[w >> 12];
		*ret++ = vowels[w >> 10 & 3];
		*ret++ = consonants[w >> 6 & 15];
		*ret++ = vowels[w >> 4 & 3];
		*ret++ = consonants[w & 15];
	}
	*ret = '\0';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Reads one word of five letters, or -1. */
static int
unword(const char *s)
{
	unsigned w = 0;

	for (int i = 0; i < 5; i++) {
		bool is_vowel = i % 2 == 1;
		int v = place(is_vowel ? vowels : consonants, lower(s[i]));

		if (v == -1)
			return -1;
		w = w << (is_vowel ? 2 : 4) | (unsigned)v;
	}
	return (int)w;
}

int
text_unwords(const char *s, void *ret, size_t cap, size_t *ret_n)
{
	uint8_t *b = ret;
	size_t n = 0;

	for (;;) {
		int w;

		while (*s == '-' || *s == ' ')
			s++;
		if (*s == '\0')
			break;
		w = unword(s);
		if (w == -1 || n + 2 > cap)
			return -1;
		b[n++] = (uint8_t)(w >> 8);
		b[n++] = (uint8_t)w;
		s += 5;
		if (*s != '\0' && *s != '-' && *s != ' ')
			return -1;
	}
	*ret_n = n;
	return n > 0 ? 0 : -1;
}

/* Length of the well-formed sequence at s (RFC 3629), 0 if there is none. */
static size_t
sequence(const uint8_t *s, size_t n)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t len;

	if (s[0] < 0x80)
		return s[0] != 0 ? 1 : 0;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (len > n || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return len;
}

bool
text_is_utf8(const char *s, size_t n)
{
	const uint8_t *p = (const uint8_t *)s;

	for (size_t i = 0, len; i < n; i += len)
		if ((len = sequence(p + i, n - i)) == 0)
			return false;
	return true;
}

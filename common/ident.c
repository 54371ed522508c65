#include "ident.h"

#include <stdio.h>
#include <string.h>

void
ident_make(const uint8_t change[static HASH_LEN], size_t index,
    char ret[static ID_SIZE])
{
	char text[HEX_SIZE + 24];
	char b32[TEXT_B32_LEN(HASH_LEN) + 1];
	uint8_t hash[HASH_LEN];
	int n;

	text_hex(change, HASH_LEN, text);
	n = snprintf(text + HEX_SIZE - 1, 24, " %zu\n", index);
	crypto_digest(text, HEX_SIZE - 1 + (size_t)n, hash);
	text_b32(hash, HASH_LEN, b32);
	memcpy(ret, b32, ID_CHARS);
	ret[ID_CHARS] = '\0';
}

bool
ident_ok(const char *s, size_t n)
{
	if (n != ID_CHARS)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') ||
			(s[i] >= '2' && s[i] <= '7')))
			return false;
	return true;
}

bool
ident_name_ok(const char *s, size_t n)
{
	if (n == 0 || n > 64 || s[0] < 'a' || s[0] > 'z')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') ||
			(s[i] >= '0' && s[i] <= '9') || s[i] == '-' ||
			s[i] == '/' || s[i] == '.'))
			return false;
	return true;
}

void
ident_key(const uint8_t key[static KEY_LEN], char ret[static KEY_SIZE])
{
	text_b32(key, KEY_LEN, ret);
}

int
ident_parse_key(const char *s, size_t n, uint8_t ret[static KEY_LEN])
{
	uint8_t key[KEY_LEN];

	if (n != KEY_CHARS || text_unb32(s, n, key, KEY_LEN) == -1 ||
	    !crypto_key_ok(key))
		return -1;
	memcpy(ret, key, KEY_LEN);
	return 0;
}

void
ident_coalition_words(
    const uint8_t w[static HASH_LEN], char ret[static IDENT_WORDS_SIZE])
{
	text_words(w, 16, ret);
}

void
ident_key_words(
    const uint8_t key[static KEY_LEN], char ret[static IDENT_WORDS_SIZE])
{
	uint8_t hash[HASH_LEN];

	crypto_digest(key, KEY_LEN, hash);
	text_words(hash, 12, ret);
}

bool
ident_coalition_is(const uint8_t w[static HASH_LEN], const char *s)
{
	uint8_t b[HASH_LEN];
	size_t n;

	if (text_unhex(s, strlen(s), b, HASH_LEN) == 0)
		return memcmp(w, b, HASH_LEN) == 0;
	return text_unwords(s, b, sizeof(b), &n) == 0 && n == 16 &&
	       memcmp(w, b, n) == 0;
}

/* Lines of allowed_signers: made by those who write evidence, compared by
 * those who check it. */
#include "evidence.h"
#include "sshsig.h"

#define PRINCIPAL_KEY 8 /* characters of the key in a principal */

void
evidence_principal(
    const char *org, const uint8_t key[static KEY_LEN], struct buf *b)
{
	char text[KEY_SIZE];

	ident_key(key, text);
	buf_printf(b, "%s.%.*s", org, PRINCIPAL_KEY, text);
}

void
evidence_signer(
    const char *org, const uint8_t key[static KEY_LEN], struct buf *b)
{
	evidence_principal(org, key, b);
	buf_printf(
	    b, " namespaces=\"%s,%s\" ", SSHSIG_NS_RECORD, SSHSIG_NS_CHANGE);
	sshsig_public(key, b);
	buf_addc(b, '\n');
}

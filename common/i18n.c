#include "i18n.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* libc makes paths of catalogues out of LANGUAGE; one that leaves LOCALEDIR
 * would bring format strings of somebody else into our messages. */
static void
drop_foreign_catalogues(void)
{
	const char *s = getenv("LANGUAGE");

	if (s != NULL && strchr(s, '/') != NULL)
		unsetenv("LANGUAGE");
}

void
i18n_setup(void)
{
	drop_foreign_catalogues();
	/* whatever the environment says, what we print is UTF-8 */
	if (setlocale(LC_CTYPE, "") == NULL ||
	    strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	setlocale(LC_MESSAGES, "");
	bindtextdomain("mufakat", LOCALEDIR);
	bind_textdomain_codeset("mufakat", "UTF-8");
	textdomain("mufakat");
}

#include "i18n.h"

#include <locale.h>

void
i18n_setup(void)
{
	if (setlocale(LC_CTYPE, "") == NULL)
		setlocale(LC_CTYPE, "C.UTF-8");
	setlocale(LC_MESSAGES, "");
	bindtextdomain("mufakat", LOCALEDIR);
	bind_textdomain_codeset("mufakat", "UTF-8");
	textdomain("mufakat");
}

/*
 * i18n: messages for people go through _() (gettext of libc); --json, exit
 * codes and what is stored never change with the language.
 */
#ifndef MUFAKAT_I18N_H
#define MUFAKAT_I18N_H

#include <libintl.h>

#define _(s)  gettext(s)
#define N_(s) (s) /* marks a string in a table; _() when it is shown */
/* The one for n things: P_("%lld change", "%lld changes", n). */
#define P_(one, many, n) ngettext(one, many, (unsigned long)(n))

/* Sets messages and character type from the environment; an unusable locale
 * means English in UTF-8.  Numbers and collation stay those of "C". */
void i18n_setup(void);

#endif

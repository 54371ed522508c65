/* What people may write and approve, beyond what is well formed. */
#include "i18n.h"
#include "text.h"
#include "text_internal.h"

size_t
text_pile(size_t marks, utf8proc_int32_t c)
{
	const utf8proc_category_t k = utf8proc_category(c);

	if (k == UTF8PROC_CATEGORY_CC)
		return 0;
	return k == UTF8PROC_CATEGORY_MC || utf8proc_charwidth(c) == 0
		   ? marks + 1
		   : 0;
}

int
text_check(const char *s, size_t n, struct err *e)
{
	utf8proc_int32_t c;
	size_t marks = 0;

	while (n > 0) {
		utf8proc_ssize_t len = utf8proc_iterate(
		    (const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &c);

		if (len <= 0 || c == 0)
			return err_set(e, ERR_INPUT, _("not UTF-8 text"));
		if (c == 0xfeff)
			return err_set(e, ERR_INPUT,
			    _("holds a byte order mark (U+FEFF): save it as "
			      "UTF-8 without one"));
		marks = text_pile(marks, c);
		if (marks > TEXT_MARKS_MAX)
			return err_set(e, ERR_INPUT,
			    _("holds more than %d marks or joiners on one "
			      "letter"),
			    TEXT_MARKS_MAX);
		s += len;
		n -= (size_t)len;
	}
	return 0;
}

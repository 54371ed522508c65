/* What every unit test includes: cmocka with what it needs before it. */
#ifndef MUFAKAT_UNIT_H
#define MUFAKAT_UNIT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#endif

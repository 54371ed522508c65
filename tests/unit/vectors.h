/* The files of tests/data, for the tests that read them. */
#ifndef MUFAKAT_TEST_VECTORS_H
#define MUFAKAT_TEST_VECTORS_H

#include "tests/unit/unit.h"

#include <stdio.h>

#include "common/buf.h"
#include "common/crypto.h"
#include "common/fs.h"
#include "common/ident.h"
#include "common/segment.h"
#include "common/text.h"

#define VECTORS_UNUSED __attribute__((unused))

/* A file, in place of what the buffer held. */
static VECTORS_UNUSED void
load(const char *name, struct buf *b)
{
	const char *source = getenv("MUFAKAT_SOURCE");
	char path[512];
	struct err e;

	snprintf(path, sizeof(path), "%s/tests/data/%s",
	    source != NULL ? source : ".", name);
	buf_reset(b);
	if (fs_read(path, BLOB_MAX, b, &e) == -1)
		fail_msg("%s", e.msg);
}

/* A file of one hash in hex. */
static VECTORS_UNUSED void
load_hash(const char *name, uint8_t ret[static HASH_LEN])
{
	struct buf b = BUF_INIT;

	load(name, &b);
	assert_int_equal(b.len, HEX_SIZE);
	assert_int_equal(text_unhex(b.data, HEX_SIZE - 1, ret, HASH_LEN), 0);
	buf_clear(&b);
}

#endif

#include "frame.h"

#include <string.h>

#include "i18n.h"
#include "jscan.h"

static const char *const words[] = {
    [FRAME_ROUND] = "round",
    [FRAME_WANT] = "want",
    [FRAME_KEEP] = "keep",
    [FRAME_PUT] = "put",
    [FRAME_LIST] = "list",
    [FRAME_DONE] = "done",
    [FRAME_REFS] = "refs",
    [FRAME_BLOB] = "blob",
    [FRAME_END] = "end",
    [FRAME_WRITTEN] = "written",
    [FRAME_PROGRESS] = "progress",
    [FRAME_FAILED] = "failed",
};

const char *
frame_word(enum frame_type type)
{
	size_t n = (size_t)type;

	if (n >= sizeof(words) / sizeof(words[0]) || words[n] == NULL)
		return "unknown";
	return words[n];
}

static bool
carries_bytes(enum frame_type type)
{
	return type == FRAME_BLOB || type == FRAME_PUT;
}

void
frame_write(struct buf *b, enum frame_type type, const json_t *json,
    const void *bytes, size_t n)
{
	size_t start = b->len;
	uint32_t len;
	unsigned char be[4];

	buf_u32be(b, 0);
	buf_addc(b, (char)type);
	json_write(json, b);
	if (carries_bytes(type)) {
		buf_addc(b, '\n');
		buf_add(b, bytes, n);
	}
	len = (uint32_t)(b->len - start - 4);
	be[0] = (unsigned char)(len >> 24);
	be[1] = (unsigned char)(len >> 16);
	be[2] = (unsigned char)(len >> 8);
	be[3] = (unsigned char)len;
	memcpy(b->data + start, be, 4);
}

static int
broken(struct err *e, const char *why)
{
	return err_set(e, ERR_UNTRUSTED, _("broken frame: %s"), why);
}

int
frame_parse(
    const char *p, size_t n, struct frame *ret, size_t *ret_used, struct err *e)
{
	const unsigned char *u = (const unsigned char *)p;
	struct frame f = {0};
	size_t len, json_len;
	const char *lf = NULL;

	if (n < 4)
		return 0;
	len =
	    (size_t)u[0] << 24 | (size_t)u[1] << 16 | (size_t)u[2] << 8 | u[3];
	if (len < 3 || len > FRAME_MAX)
		return broken(e, "absurd length");
	if (n < 4 + len)
		return 0;
	f.type = (enum frame_type)u[4];
	if (strcmp(frame_word(f.type), "unknown") == 0)
		return broken(e, "unknown type");
	json_len = len - 1;
	if (carries_bytes(f.type)) {
		lf = memchr(p + 5, '\n', len - 1);
		if (lf == NULL)
			return broken(e, "no bytes after the JSON");
		json_len = (size_t)(lf - (p + 5));
		f.bytes = lf + 1;
		f.nbytes = len - 1 - json_len - 1;
	}
	if (json_read(p + 5, json_len, &f.json, e) == -1)
		return -1;
	*ret = f;
	*ret_used = 4 + len;
	return 1;
}

void
frame_clear(struct frame *f)
{
	json_decref(f->json);
	*f = (struct frame){0};
}

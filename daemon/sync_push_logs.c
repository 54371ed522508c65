/* Which logs there are to push. */
#include "sync_push_private.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "gate.h"
#include "log_read.h"

struct list {
	struct push_log *logs;
	size_t n, cap;
	const uint8_t *own;
};

static int
list_log(void *arg, const struct log_info *l)
{
	struct list *x = arg;
	struct push_log r = {.log = l->log, .unread = -1};
	char key[KEY_SIZE];

	ident_key(l->key, key);
	memcpy(r.id, key, ID_CHARS);
	r.is_own = x->own != NULL && memcmp(l->key, x->own, KEY_LEN) == 0;
	if (x->n == x->cap) {
		x->cap = x->cap == 0 ? 16 : 2 * x->cap;
		x->logs = mem_array(x->logs, x->cap, sizeof(*x->logs));
	}
	x->logs[x->n++] = r;
	if (r.is_own) {
		x->logs[x->n - 1] = x->logs[0];
		x->logs[0] = r;
	}
	return 0;
}

struct push_log *
push_find(struct push *p, const char *id)
{
	for (size_t i = 0; i < p->nlogs; i++)
		if (strcmp(p->logs[i].id, id) == 0)
			return &p->logs[i];
	return NULL;
}

struct push_log *
push_find_log(struct push *p, int64_t log)
{
	for (size_t i = 0; i < p->nlogs; i++)
		if (p->logs[i].log == log)
			return &p->logs[i];
	return NULL;
}

int
push_reload(struct push *p, struct err *e)
{
	struct list x = {.own = gate_key(p->gate)};

	if (log_each(gate_store(p->gate), list_log, &x, e) == -1) {
		free(x.logs);
		return -1;
	}
	for (size_t i = 0; i < x.n; i++) {
		const struct push_log *old = push_find_log(p, x.logs[i].log);

		if (old != NULL) {
			x.logs[i].is_skipped = old->is_skipped;
			x.logs[i].failures = old->failures;
			x.logs[i].unread = old->unread;
		}
	}
	free(p->logs);
	p->logs = x.logs;
	p->nlogs = x.n;
	return 0;
}

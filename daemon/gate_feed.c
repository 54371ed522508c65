#include "gate_feed.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/mem.h"
#include "gate_thread.h"

#define SLOTS 2           /* one being filled while one is stored */
#define LARGE (64 * 1024) /* a blob from here on is worth a thread */

struct feed {
	struct chunk_reader reader;
	struct chunk slots[SLOTS];
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	/* under the lock */
	size_t filled, taken; /* chunks so far; slot is number % SLOTS */
	bool at_end;          /* the last chunk was filled */
	bool stop;
	/* of the reader's side */
	bool holds; /* the chunk "taken" is lent out */
};

/* Waits for a free slot.  False: nobody wants any more. */
static bool
wait_for_room(struct feed *f)
{
	bool go;

	pthread_mutex_lock(&f->lock);
	while (!f->stop && f->filled - f->taken == SLOTS)
		pthread_cond_wait(&f->moved, &f->lock);
	go = !f->stop;
	pthread_mutex_unlock(&f->lock);
	return go;
}

static void
publish(struct feed *f, bool more)
{
	pthread_mutex_lock(&f->lock);
	f->filled++;
	f->at_end = !more;
	pthread_cond_signal(&f->moved);
	pthread_mutex_unlock(&f->lock);
}

static void *
read_ahead(void *arg)
{
	struct feed *f = arg;
	bool more = true;

	while (more && wait_for_room(f)) {
		more = chunk_next(&f->reader, &f->slots[f->filled % SLOTS]);
		publish(f, more);
	}
	return NULL;
}

struct feed *
feed_new(const void *blob, size_t n, const uint8_t w[static HASH_LEN])
{
	struct feed *f = mem_zalloc(sizeof(*f));

	chunk_reader_init(&f->reader, blob, n, w);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->moved, NULL);
	if (n >= LARGE)
		f->has_thread = gate_thread(&f->thread, read_ahead, f);
	return f;
}

static const struct chunk *
next_here(struct feed *f)
{
	if (f->at_end)
		return NULL;
	f->at_end = !chunk_next(&f->reader, &f->slots[0]);
	return &f->slots[0];
}

const struct chunk *
feed_next(struct feed *f)
{
	const struct chunk *c = NULL;

	if (!f->has_thread)
		return next_here(f);
	pthread_mutex_lock(&f->lock);
	if (f->holds) {
		f->taken++;
		pthread_cond_signal(&f->moved);
	}
	while (f->filled == f->taken && !f->at_end)
		pthread_cond_wait(&f->moved, &f->lock);
	f->holds = f->filled > f->taken;
	if (f->holds)
		c = &f->slots[f->taken % SLOTS];
	pthread_mutex_unlock(&f->lock);
	return c;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	if (f->has_thread) {
		pthread_mutex_lock(&f->lock);
		f->stop = true;
		pthread_cond_signal(&f->moved);
		pthread_mutex_unlock(&f->lock);
		pthread_join(f->thread, NULL);
	}
	pthread_cond_destroy(&f->moved);
	pthread_mutex_destroy(&f->lock);
	for (size_t i = 0; i < SLOTS; i++)
		chunk_clear(&f->slots[i]);
	chunk_reader_clear(&f->reader);
	free(f);
}

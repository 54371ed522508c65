#include "loop.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "config.h"
#include "gate.h"
#include "home.h"
#include "notify.h"
#include "office.h"
#include "request.h"
#include "server.h"
#include "spawner.h"
#include "store.h"
#include "sync.h"

#define PAUSE_MS   50  /* background work makes way for that long */
#define STARVED_MS 500 /* but not longer than that to who asks all the time */

struct daemon {
	const char *home;
	uv_loop_t loop;
	struct gate *gate;
	struct sync *sync;
	struct server *server;
	struct office office;
	const struct spawner *spawner;
	uv_poll_t lost; /* readable when that has ended */
	uv_signal_t signals[3];
	uv_timer_t stop; /* runs out at once when we are to stop */
	uv_timer_t watchdog;
	uv_timer_t pause;  /* of background work */
	uv_prepare_t look; /* each turn: is there background work? */
	uv_idle_t work;
	uint64_t worked;     /* uv_now() of the last slice of it */
	uint64_t generation; /* of the gate when it was last looked at */
	bool is_handed_over; /* the socket is the service manager's */
	bool is_stopping;
	bool is_lost;
};

/* --- configuration --------------------------------------------------------------- */

static void
setup_log(const struct config *c)
{
	log_setup(c->log_level, getenv("JOURNAL_STREAM") == NULL);
}

/* Without the transfer program everything works but sync, whose rounds say
 * what is missing. */
static char *
find_transfer(const struct config *c)
{
	struct err e;
	char *path;

	if (config_transfer(c, &path, &e) == 0)
		return path;
	log_warn("config", "error=\"%s\"", e.msg);
	if (c->transfer != NULL)
		return mem_strdup(c->transfer);
	return fs_join(LIBEXECDIR, "mufakat-transfer");
}

static int
configure(struct daemon *d, struct err *e)
{
	struct config c;
	struct sync_config sc;
	char *transfer;

	if (config_read(d->home, &c, e) == -1) {
		config_clear(&c);
		return -1;
	}
	setup_log(&c);
	transfer = find_transfer(&c);
	sc = (struct sync_config){.spawner = d->spawner,
	    .home = d->home,
	    .transfer = transfer,
	    .ssh = c.ssh,
	    .ssh_agent = c.ssh_agent != 0,
	    .interval_s = c.interval_s,
	    .debounce_ms = c.debounce_ms,
	    .deadline_s = c.deadline_s,
	    .turn_s = c.turn_s,
	    .jitter_percent = c.jitter_percent};
	if (d->sync == NULL)
		d->sync = sync_new(&d->loop, d->gate, &sc);
	else
		sync_configure(d->sync, &sc);
	free(transfer);
	config_clear(&c);
	return 0;
}

static void
reload(struct daemon *d)
{
	struct err e;

	if (configure(d, &e) == -1)
		log_error("config", "error=\"%s\" kept=old", e.msg);
	else
		log_info("config", "reloaded=yes");
}

/* --- stopping -------------------------------------------------------------------- */

static void
close_handle(uv_handle_t *h)
{
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static void
begin_stop(struct daemon *d)
{
	if (d->is_stopping)
		return;
	d->is_stopping = true;
	notify_send("STOPPING=1");
	log_info("stop", "pid=%ld", (long)getpid());
	if (!d->is_handed_over)
		server_unlink(d->home);
	sync_free(d->sync); /* first: it answers those who wait */
	d->sync = d->office.sync = NULL;
	server_free(d->server);
	for (size_t i = 0; i < 3; i++)
		close_handle((uv_handle_t *)&d->signals[i]);
	close_handle((uv_handle_t *)&d->lost);
	close_handle((uv_handle_t *)&d->stop);
	close_handle((uv_handle_t *)&d->watchdog);
	close_handle((uv_handle_t *)&d->pause);
	close_handle((uv_handle_t *)&d->look);
	close_handle((uv_handle_t *)&d->work);
}

static void
on_stop(uv_timer_t *t)
{
	begin_stop(t->data);
}

/* From inside a request: not before it is answered. */
static void
stop_soon(void *arg)
{
	struct daemon *d = arg;

	if (!d->is_stopping)
		uv_timer_start(&d->stop, on_stop, 0, 0);
}

static void
on_signal(uv_signal_t *h, int sig)
{
	struct daemon *d = h->data;

	if (sig == SIGHUP)
		reload(d);
	else
		begin_stop(d);
}

/* Nothing of ours can start transfers any more: another daemon can. */
static void
on_lost(uv_poll_t *h, int status, int events)
{
	struct daemon *d = h->data;

	(void)status;
	(void)events;
	d->is_lost = true;
	begin_stop(d);
}

static void
on_watchdog(uv_timer_t *t)
{
	(void)t;
	notify_send("WATCHDOG=1");
}

/* --- background work --------------------------------------------------------------- */

static void
on_pause_over(uv_timer_t *t)
{
	(void)t; /* that the loop turns is enough */
}

/* Who asks one thing after the other waits for nothing that can wait.  A
 * little work is done at once all the same: an edit is to be found. */
static bool
makes_way(const struct daemon *d)
{
	if (server_is_busy(d->server) || sync_is_busy(d->sync))
		return true;
	return gate_is_behind(d->gate) &&
	       server_quiet_ms(d->server) < PAUSE_MS &&
	       uv_now(&d->loop) - d->worked < STARVED_MS;
}

static void
on_work(uv_idle_t *h)
{
	struct daemon *d = h->data;
	struct err e;
	int more;

	if (makes_way(d)) {
		uv_idle_stop(h);
		d->generation--; /* looked at again */
		uv_timer_start(&d->pause, on_pause_over, PAUSE_MS, 0);
		return;
	}
	more = gate_idle(d->gate, &e);
	d->worked = uv_now(&d->loop);
	if (more == -1)
		log_error("idle", "error=\"%s\"", e.msg);
	if (more != 1)
		uv_idle_stop(h);
}

/* Work arises with changes only, so that a daemon at rest sleeps. */
static void
on_look(uv_prepare_t *h)
{
	struct daemon *d = h->data;
	uint64_t now = gate_generation(d->gate);

	if (now == d->generation || uv_is_active((uv_handle_t *)&d->pause))
		return;
	d->generation = now;
	uv_idle_start(&d->work, on_work);
}

/* --- beginning --------------------------------------------------------------------- */

static void
init_handles(struct daemon *d)
{
	static const int signals[3] = {SIGTERM, SIGINT, SIGHUP};
	int64_t watchdog = notify_watchdog_ms();

	for (size_t i = 0; i < 3; i++) {
		uv_signal_init(&d->loop, &d->signals[i]);
		d->signals[i].data = d;
		uv_signal_start(&d->signals[i], on_signal, signals[i]);
	}
	uv_poll_init(&d->loop, &d->lost, d->spawner->fd);
	uv_poll_start(&d->lost, UV_READABLE, on_lost);
	uv_timer_init(&d->loop, &d->stop);
	uv_timer_init(&d->loop, &d->watchdog);
	uv_timer_init(&d->loop, &d->pause);
	uv_prepare_init(&d->loop, &d->look);
	uv_idle_init(&d->loop, &d->work);
	d->stop.data = d->watchdog.data = d->pause.data = d;
	d->lost.data = d;
	d->look.data = d->work.data = d;
	if (watchdog > 0)
		uv_timer_start(
		    &d->watchdog, on_watchdog, 0, (uint64_t)watchdog);
	d->generation = gate_generation(d->gate) - 1; /* what was left over */
	uv_prepare_start(&d->look, on_look);
}

/* A key whose database is gone may have signed in a coalition already. */
static int
open_gate(struct daemon *d, struct err *e)
{
	bool is_lost = home_has_lost_database(d->home);

	if (gate_open(d->home, &clock_system, &d->gate, e) == -1)
		return -1;
	if (!is_lost)
		return 0;
	log_warn("home", "missing=mufakat.db");
	return store_set_setting(
	    gate_store(d->gate), OFFICE_LOST_DATABASE, "yes", e);
}

static int
begin(struct daemon *d, const struct loop_start *start, struct err *e)
{
	int fd = start->listen_fd;

	d->is_handed_over = fd != -1;
	if (open_gate(d, e) == -1)
		return -1;
	if (fd == -1 && server_listen(d->home, &fd, e) == -1)
		return -1;
	if (configure(d, e) == -1) {
		if (!d->is_handed_over) {
			close(fd);
			server_unlink(d->home);
		}
		return -1;
	}
	d->office = (struct office){.gate = d->gate,
	    .sync = d->sync,
	    .home = d->home,
	    .stop = stop_soon,
	    .stop_arg = d};
	d->server =
	    server_new(&d->loop, fd, &server_limits, request_run, &d->office);
	init_handles(d);
	log_info("listen", "home=%s", d->home);
	return 0;
}

int
loop_run(const struct loop_start *start, struct err *e)
{
	struct daemon d = {.home = start->home, .spawner = start->spawner};
	int rv = -1;

	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&d.loop);
	log_info(
	    "start", "version=%s pid=%ld", MUFAKAT_VERSION, (long)getpid());
	if (begin(&d, start, e) == 0) {
		start->ready(start->arg);
		rv = 0;
	}
	uv_run(&d.loop, UV_RUN_DEFAULT);
	gate_close(d.gate);
	uv_loop_close(&d.loop);
	if (d.is_lost)
		rv = spawner_lost(e);
	return rv;
}

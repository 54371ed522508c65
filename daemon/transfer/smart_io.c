#include "smart_io.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"

struct stream {
	git_smart_subtransport_stream parent; /* first */
	struct smart *s;
};

struct subtransport {
	git_smart_subtransport parent; /* first */
	struct smart *s;
	struct stream *stream; /* of the connection; NULL: none */
};

static struct smart *
of_stream(git_smart_subtransport_stream *st)
{
	return ((struct stream *)(void *)st)->s;
}

static struct subtransport *
of_transport(git_smart_subtransport *t)
{
	return (struct subtransport *)(void *)t;
}

/* The reason goes to our caller past libgit2, which would lose its code. */
static int
refuse(struct smart *s)
{
	git_error_set_str(GIT_ERROR_NET, s->err.msg);
	return -1;
}

static int
stream_read(git_smart_subtransport_stream *st, char *p, size_t n, size_t *ret_n)
{
	struct smart *s = of_stream(st);

	*ret_n = 0;
	if (ssh_read(&s->ssh, p, n, ret_n, &s->err) == -1)
		return refuse(s);
	s->carried += *ret_n;
	if (s->carried > s->most) {
		err_set(&s->err, ERR_UNTRUSTED,
		    _("the remote sends more than %zu bytes at once"), s->most);
		return refuse(s);
	}
	if (channel_moved(s->channel, *ret_n) == -1) {
		err_set(&s->err, ERR_OFFLINE, _("the daemon has gone"));
		return refuse(s);
	}
	return 0;
}

static int
stream_write(git_smart_subtransport_stream *st, const char *p, size_t n)
{
	struct smart *s = of_stream(st);
	struct err e;

	/* a child that has gone says why on standard error */
	if (ssh_write(&s->ssh, p, n, &e) == -1) {
		git_error_set_str(GIT_ERROR_NET, e.msg);
		return -1;
	}
	return channel_moved(s->channel, n);
}

static void
stream_free(git_smart_subtransport_stream *st)
{
	struct subtransport *t = of_transport(st->subtransport);

	t->stream = NULL;
	free(st);
}

static int
start(struct subtransport *t, enum service what)
{
	struct smart *s = t->s;
	struct stream *st;

	buf_clear(&s->ssh.text);
	if (ssh_start(&s->ssh, &s->starter, what, &s->err) == -1)
		return refuse(s);
	st = mem_zalloc(sizeof(*st));
	st->parent.subtransport = &t->parent;
	st->parent.read = stream_read;
	st->parent.write = stream_write;
	st->parent.free = stream_free;
	st->s = s;
	t->stream = st;
	return 0;
}

static int
action(git_smart_subtransport_stream **out, git_smart_subtransport *tp,
    const char *url, git_smart_service_t service)
{
	struct subtransport *t = of_transport(tp);

	(void)url;
	if (service == GIT_SERVICE_UPLOADPACK_LS &&
	    start(t, SERVICE_UPLOAD) == -1)
		return -1;
	if (service == GIT_SERVICE_RECEIVEPACK_LS &&
	    start(t, SERVICE_RECEIVE) == -1)
		return -1;
	/* closing a push asks for an upload-pack stream, too */
	if (t->stream == NULL)
		return -1;
	*out = &t->stream->parent;
	return 0;
}

static int
close_connection(git_smart_subtransport *tp)
{
	ssh_stop(&of_transport(tp)->s->ssh);
	return 0;
}

static void
release(git_smart_subtransport *tp)
{
	close_connection(tp);
	free(tp);
}

static int
make(git_smart_subtransport **out, git_transport *owner, void *smart)
{
	struct subtransport *t = mem_zalloc(sizeof(*t));

	(void)owner;
	t->parent.action = action;
	t->parent.close = close_connection;
	t->parent.free = release;
	t->s = smart;
	*out = &t->parent;
	return 0;
}

int
smart_transport(git_transport **out, git_remote *owner, void *smart)
{
	struct smart *s = smart;

	s->definition = (git_smart_subtransport_definition){
	    .callback = make, .rpc = 0, .param = s};
	return git_transport_smart(out, owner, &s->definition);
}

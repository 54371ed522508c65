#include "ssh_args.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"
#include "ssh.h"

static void
add(struct ssh_args *a, const char *s)
{
	if (a->n < SSH_ARGS_MAX)
		a->list[a->n++] = mem_strdup(s);
}

static void
add_split(struct ssh_args *a, const char *command)
{
	char *copy = mem_strdup(command), *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save))
		add(a, w);
	free(copy);
}

/* For the shell on the other side, as git quotes it. */
static void
quote(const char *s, struct buf *b)
{
	buf_addc(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'' || *s == '!')
			buf_printf(b, "'\\%c'", *s);
		else
			buf_addc(b, *s);
	}
	buf_addc(b, '\'');
}

void
ssh_args_make(struct ssh_args *a, const char *command, const struct ssh_url *u,
    const char *service)
{
	static const char *const options[] = {
	    "BatchMode=yes",          /* never asks */
	    "ConnectTimeout=20",      /* libgit2 knows no time limits */
	    "ServerAliveInterval=15", /* three times unheard, then it ends */
	    "ForwardAgent=no",
	    "ForwardX11=no",
	    "ClearAllForwardings=yes",
	};
	struct buf b = BUF_INIT;

	a->n = 0;
	add_split(a, command);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		add(a, "-o");
		add(a, options[i]);
	}
	if (u->port != NULL) {
		add(a, "-p");
		add(a, u->port);
	}
	add(a, "--");
	add(a, u->target);
	buf_printf(&b, "%s ", service);
	quote(u->path, &b);
	add(a, buf_str(&b));
	buf_clear(&b);
	a->list[a->n] = NULL;
}

void
ssh_args_clear(struct ssh_args *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->list[i]);
}

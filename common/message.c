#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "fs.h"
#include "i18n.h"
#include "jscan.h"
#include "mem.h"

int
message_parse_request(const char *s, size_t n, json_t **ret, struct err *e)
{
	json_t *j;

	if (n > MESSAGE_REQUEST_MAX)
		return err_set(e, ERR_INPUT, _("request is too long"));
	if (json_read(s, n, &j, e) == -1) {
		e->code = ERR_INPUT;
		return err_wrap(e, _("bad request"));
	}
	if (json_get_str(j, "do") == NULL) {
		json_decref(j);
		return err_set(e, ERR_INPUT, _("bad request: no verb"));
	}
	*ret = j;
	return 0;
}

static void
put(struct buf *b, json_t *j)
{
	json_write(j, b);
	buf_addc(b, '\n');
	json_decref(j);
}

void
message_ok(struct buf *b, json_t *fields)
{
	json_t *j = json_pack("{s:b}", "ok", 1);

	if (fields != NULL)
		json_object_update(j, fields);
	json_decref(fields);
	put(b, j);
}

/* An error message comes from anywhere; what is not UTF-8 is escaped. */
void
message_error(struct buf *b, const struct err *e)
{
	struct buf text = BUF_INIT;

	if (text_is_utf8(e->msg, strlen(e->msg)))
		buf_adds(&text, e->msg);
	else
		text_escape(e->msg, strlen(e->msg), false, &text);
	put(b, json_pack("{s:b,s:{s:s,s:s}}", "ok", 0, "error", "code",
		   err_word(e->code), "message", buf_str(&text)));
	buf_clear(&text);
}

void
message_progress(struct buf *b, json_t *fields)
{
	put(b, json_pack("{s:o}", "progress", fields));
}

int
message_parse_reply(const char *s, size_t n, json_t **ret, struct err *e)
{
	json_error_t je;
	json_t *j = json_loadb(s, n, JSON_REJECT_DUPLICATES, &je);
	const json_t *error = json_object_get(j, "error");
	const char *text = json_get_str(error, "message");
	int rv = -1;

	if (json_is_object(json_object_get(j, "progress"))) {
		*ret = j;
		return 1;
	}
	if (json_is_true(json_object_get(j, "ok"))) {
		*ret = j;
		return 0;
	}
	if (text != NULL)
		err_set(
		    e, err_from_word(json_get_str(error, "code")), "%s", text);
	else
		err_set(e, ERR_SYSTEM, _("the daemon gave a broken answer"));
	json_decref(j);
	return rv;
}

int
message_socket_path(const char *home, char **ret, struct err *e)
{
	const size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	char *path = fs_join(home, "socket");
	int fd;

	if (strlen(path) <= max) {
		*ret = path;
		return 0;
	}
	free(path);
	/* the descriptor stays open as long as the process: the path is its */
	fd = open(home, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(e, _("cannot open folder '%s'"), home);
	*ret = mem_printf("/proc/self/fd/%d/socket", fd);
	return 0;
}

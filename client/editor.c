#include "client/editor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/text.h"

#define EDITOR_MAX (4 * 1024 * 1024)

/* Runs the editor as git does: through the shell, so that it may have
 * arguments. */
static int
spawn(const char *editor, const char *path, struct err *e)
{
	char *command = mem_printf("%s \"$@\"", editor);
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(
		    "/bin/sh", "sh", "-c", command, editor, path, (char *)NULL);
		_exit(127);
	}
	free(command);
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return err_sys(e, _("cannot start the editor '%s'"), editor);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(e, ERR_INPUT,
		    _("the editor '%s' failed; nothing is changed"), editor);
	return 0;
}

static const char *
choose(void)
{
	const char *editor = getenv("VISUAL");

	if (editor == NULL || *editor == '\0')
		editor = getenv("EDITOR");
	return editor != NULL && *editor != '\0' ? editor : "vi";
}

int
editor_check(const char *name, const struct buf *b, struct err *e)
{
	if (b->len > 0 && memchr(b->data, '\0', b->len) != NULL)
		return err_set(e, ERR_INPUT,
		    _("'%s' holds a NUL byte, which no text does: is it the "
		      "file that you mean?"),
		    name);
	if (!text_is_utf8(buf_str(b), b->len))
		return err_set(e, ERR_INPUT,
		    _("'%s' is not UTF-8 text: convert it, for example with "
		      "iconv"),
		    name);
	return 0;
}

static int
read_back(const char *path, struct buf *ret, struct err *e)
{
	if (fs_read(path, EDITOR_MAX, ret, e) == -1)
		return -1;
	return editor_check(path, ret, e);
}

int
editor_run(const char *text, struct buf *ret, char **ret_path, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = mem_printf(
	    "%s/mufakat-XXXXXX", tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
	int rv = -1;

	*ret_path = NULL;
	if (mkdtemp(dir) == NULL) {
		err_sys(e, _("cannot make a folder '%s'"), dir);
		goto out;
	}
	*ret_path = fs_join(dir, "text.txt");
	if (fs_write(*ret_path, text, strlen(text), 0600, true, e) == -1 ||
	    spawn(choose(), *ret_path, e) == -1 ||
	    read_back(*ret_path, ret, e) == -1)
		goto out;
	rv = 0;
out:
	free(dir);
	return rv;
}

/* Is there anything in the file that is not in "text"? */
static bool
is_typed(const char *path, const char *text)
{
	struct buf b = BUF_INIT;
	struct err e = {0};
	bool same =
	    fs_read(path, EDITOR_MAX, &b, &e) == 0
		? strcmp(buf_str(&b), text) == 0 && b.len == strlen(text)
		: e.code == ERR_NOTFOUND;

	buf_clear(&b);
	return !same;
}

void
editor_end(char *path, const char *text, bool is_saved)
{
	struct err ignored;

	if (path == NULL)
		return;
	if (!is_saved && is_typed(path, text)) {
		fprintf(
		    stderr, _("mufakat: what you typed is in '%s'\n"), path);
	} else {
		*strrchr(path, '/') = '\0';
		/* with the copies that editors leave beside it */
		fs_remove_tree(path, &ignored);
	}
	free(path);
}

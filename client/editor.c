#include "client/editor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"

#define EDITOR_MAX (1024 * 1024)

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
editor_run(const char *text, struct buf *ret, char **ret_path, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = mem_printf(
	    "%s/mufakat-XXXXXX", tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
	char *path = NULL;
	int rv = -1;

	if (mkdtemp(dir) == NULL) {
		err_sys(e, _("cannot make a folder '%s'"), dir);
		goto out;
	}
	path = fs_join(dir, "text.txt");
	if (fs_write(path, text, strlen(text), 0600, true, e) == -1 ||
	    spawn(choose(), path, e) == -1 ||
	    fs_read(path, EDITOR_MAX, ret, e) == -1) {
		editor_done(path);
		goto out;
	}
	*ret_path = path;
	rv = 0;
out:
	free(dir);
	return rv;
}

void
editor_done(char *path)
{
	char *slash;

	if (path == NULL)
		return;
	unlink(path);
	slash = strrchr(path, '/');
	*slash = '\0';
	rmdir(path);
	free(path);
}

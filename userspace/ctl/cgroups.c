// SPDX-License-Identifier: GPL-2.0
/* The folders of all cgroups. nftw() ends at the first one that goes while it is there. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

/* Far deeper than anybody has them. */
#define DEPTH_MAX 64

static void visit_below(char path[PATH_MAX], unsigned int depth,
			void (*visit)(const char *path, void *arg), void *arg)
{
	size_t length = strlen(path), name_length;
	struct dirent *entry;
	DIR *folder;

	folder = depth < DEPTH_MAX ? opendir(path) : NULL;
	while (folder && (entry = readdir(folder))) {
		name_length = strlen(entry->d_name);
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, "..") || length + 1 + name_length >= PATH_MAX)
			continue;
		path[length] = '/';
		memcpy(path + length + 1, entry->d_name, name_length + 1);
		visit(path, arg);
		visit_below(path, depth + 1, visit, arg);
		path[length] = '\0';
	}
	if (folder)
		closedir(folder);
}

/**
 * cgroups_visit() - call back for all folders below one; those that come and go may be missed
 * @top: the folder
 * @visit: called with the path of each
 * @arg: for @visit
 */
void cgroups_visit(const char *top, void (*visit)(const char *path, void *arg), void *arg)
{
	char *path = malloc(PATH_MAX);

	if (!path)
		return;
	snprintf(path, PATH_MAX, "%s", top);
	visit_below(path, 0, visit, arg);
	free(path);
}

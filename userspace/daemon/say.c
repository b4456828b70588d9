// SPDX-License-Identifier: GPL-2.0
/* Messages, to the standard error: the journal takes the level from what a line begins with. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

static char kept[2048];
static bool keeping;

static void say_lines(int level, char *text)
{
	const char *to_journal = getenv("JOURNAL_STREAM");
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (to_journal)
			fprintf(stderr, "<%d>%s\n", level, line);
		else
			fprintf(stderr, "cxltierd: %s\n", line);
	}
}

/**
 * say() - tell whoever reads the journal
 * @level: of syslog
 * @format: as printf's, without newline at the end
 */
void say(int level, const char *format, ...)
{
	char text[sizeof(kept)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	say_lines(level, text);
}

int complain(const char *format, ...)
{
	size_t used = strlen(kept);
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (keeping)
		snprintf(kept + used, sizeof(kept) - used, "%s%s", used ? "\n" : "", text);
	else
		say_lines(LOG_ERR, text);
	return EXIT_WRONG;
}

void complaints_keep(void)
{
	kept[0] = '\0';
	keeping = true;
}

void complaints_take(char *text, size_t size)
{
	snprintf(text, size, "%s", kept);
	keeping = false;
}

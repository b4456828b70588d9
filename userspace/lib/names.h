/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How commands and attributes are called. Made from netlink/cxltier.yaml by scripts/netlink-gen.
 */
#ifndef CXLTIER_NAMES_H
#define CXLTIER_NAMES_H

/**
 * struct names_attr - an attribute of a set; the set ends with a name of NULL
 * @type: its number
 * @name: its name
 * @nested: the set inside it, or NULL
 */
struct names_attr {
	int type;
	const char *name;
	const struct names_attr *nested;
};

/**
 * struct names_cmd - a command; the last one has a name of NULL
 * @cmd: its number
 * @name: its name
 * @attrs: its set of attributes
 */
struct names_cmd {
	int cmd;
	const char *name;
	const struct names_attr *attrs;
};

extern const struct names_cmd names_cmds[];

#endif /* CXLTIER_NAMES_H */

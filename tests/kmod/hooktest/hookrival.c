// SPDX-License-Identifier: GPL-2.0
/* A second user of the hook engine, beside hooktest. */
#include "hooktest.c"

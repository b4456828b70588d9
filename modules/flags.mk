# SPDX-License-Identifier: GPL-2.0
# Flags for every module. compat/ comes first in the search path: its headers stand before the
# kernel's own of the same name and pull those in with #include_next.
modules := $(src)/..
modules := $(if $(filter /%,$(modules)),,$(srctree)/)$(modules)
LINUXINCLUDE := -I$(modules)/compat $(LINUXINCLUDE)
ccflags-y += -I$(modules)/include -I$(modules)/../include

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pools: single 4 KiB pages of CXL memory, handed out over the nodes of a group up to a limit.
 */
#ifndef CXL_POOL_H
#define CXL_POOL_H

#include <linux/types.h>

struct cxl_group;
struct cxl_pool;
struct page;

struct cxl_pool *cxl_pool_create(const char *owner, const struct cxl_group *group);
void cxl_pool_destroy(struct cxl_pool *pool);

struct page *cxl_pool_get(struct cxl_pool *pool);
void cxl_pool_put(struct cxl_pool *pool, struct page *page);
void cxl_pool_wipe(struct page *page);

void cxl_pool_set_limit(struct cxl_pool *pool, unsigned long nr_pages);
unsigned long cxl_pool_limit(const struct cxl_pool *pool);
bool cxl_pool_is_full(struct cxl_pool *pool);
unsigned long cxl_pool_nr_used(struct cxl_pool *pool);

#endif /* CXL_POOL_H */

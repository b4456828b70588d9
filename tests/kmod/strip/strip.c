// SPDX-License-Identifier: GPL-2.0
/*
 * Takes the buffers, or what else a filesystem keeps of blocks, off the folios of a file that are
 * in the page cache, and leaves the folios there: as shrink_active_list() does when there are too
 * many buffers, and reclaim when somebody gets hold of a folio just then.
 *
 *   path=P     the file
 *   stripped   reads as the number of folios
 *   empty      of those, folios that are not up to date
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pagemap.h>

static char *path;
module_param(path, charp, 0444);
MODULE_PARM_DESC(path, "the file");

static unsigned int stripped;
module_param(stripped, uint, 0444);
MODULE_PARM_DESC(stripped, "folios that were stripped");

static unsigned int empty;
module_param(empty, uint, 0444);
MODULE_PARM_DESC(empty, "of those, folios that are not up to date");

static void strip_folio(struct folio *folio)
{
	folio_lock(folio);
	if (folio->mapping && folio_test_private(folio) && filemap_release_folio(folio, 0)) {
		stripped++;
		empty += !folio_test_uptodate(folio);
	}
	folio_unlock(folio);
}

static int __init strip_init(void)
{
	struct file *file = filp_open(path ?: "", O_RDONLY, 0);
	struct address_space *mapping;
	struct folio *folio;
	pgoff_t index, end;

	if (IS_ERR(file))
		return PTR_ERR(file);
	mapping = file->f_mapping;
	end = DIV_ROUND_UP(i_size_read(mapping->host), PAGE_SIZE);
	for (index = 0; index < end; index++) {
		folio = filemap_get_folio(mapping, index);
		if (IS_ERR(folio))
			continue;
		strip_folio(folio);
		folio_put(folio);
	}
	filp_close(file, NULL);
	return 0;
}

static void __exit strip_exit(void)
{
}

module_init(strip_init);
module_exit(strip_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Takes blocks' state off a file's folios");

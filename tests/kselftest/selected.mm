# Programs of tools/testing/selftests/mm: seconds that each may take, its name and
# arguments. Left out, with the reason:
#   hugetlb*, hugepage-*, map_hugetlb, thuge-gen, charge_reserved_hugetlb.sh,
#   write_to_hugetlbfs, compaction_test: about hugetlbfs, whose pages are never swapped
#   gup_test, hmm-tests, test_vmalloc.sh: need options that Debian's kernel lacks
#   virtual_address_range, va_high_addr_switch: only about addresses, very slow here
#   protection_keys, pkey_sighandler_tests: only about registers, very slow here
#   migration: wants three CPUs and two minutes, all in memory
#   on-fault-limit: wants another user
#   seal_elf: wants a dynamic linker; mseal_test is here
#   khugepaged all:shmem: fails after its first cases without the modules, too
#   khugepaged -s 2: as all:anon, in half a minute more
#   uffd-unit-tests: not through after four minutes without the modules; not yet
#     known which part is waiting
#   mremap_test, gup_longterm, split_huge_page_test: not tried yet
120 cow
120 khugepaged all:anon
30 mkdirty
30 madv_populate
60 soft-dirty
60 pagemap_ioctl
60 ksm_functional_tests
15 ksm_tests -M -p 10
15 ksm_tests -U
15 ksm_tests -Z -p 10 -z 0
15 ksm_tests -Z -p 10 -z 1
15 ksm_tests -N -m 1
15 ksm_tests -N -m 0
10 uffd-stress anon 20 1
10 uffd-stress shmem 20 1
10 mrelease_test
10 mlock2-tests
10 mlock-random-test
10 map_populate
10 map_fixed_noreplace
10 mremap_dontunmap
10 memfd_secret
10 mdwe_test
10 mseal_test
10 droppable
15 transhuge-stress -d 5

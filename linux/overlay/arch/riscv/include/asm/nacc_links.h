/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link that the monitor refused is stored with V=0 and _PAGE_PROT_NONE, so
 * that Linux still finds the table behind it. It knows such entries at level
 * 0 and 1; here it learns them above. A leaf with these bits, as PROT_NONE
 * makes them, is what it was. Included behind the definitions that it hides.
 */
#ifndef _ASM_RISCV_NACC_LINKS_H
#define _ASM_RISCV_NACC_LINKS_H

#ifdef CONFIG_NACC

static inline int nacc_entry_present(unsigned long val)
{
	return val & _PAGE_PRESENT ||
	       (val & (_PAGE_PROT_NONE | _PAGE_LEAF)) == _PAGE_PROT_NONE;
}

#define pud_present(pud)	nacc_entry_present(pud_val(pud))
#define pud_bad(pud)		(!pud_present(pud))
#define p4d_present(p4d)						\
	(!pgtable_l4_enabled || nacc_entry_present(p4d_val(p4d)))
#define p4d_bad(p4d)		(!p4d_present(p4d))
#define pgd_present(pgd)						\
	(!pgtable_l5_enabled || nacc_entry_present(pgd_val(pgd)))
#define pgd_bad(pgd)		(!pgd_present(pgd))

#endif /* CONFIG_NACC */
#endif /* _ASM_RISCV_NACC_LINKS_H */

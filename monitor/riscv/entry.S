/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trap entry in front of OpenSBI's, for one call alone: SET, the page-fault
 * path. Everything else goes on to OpenSBI's handler with each register as the
 * trap found it, and so does SET with a reserved argument that is not zero:
 * the generic path is complete without this file.
 *
 * The cause 9 means that the trap came from S-mode, so mscratch holds this
 * hart's scratch area and M-mode's stack grows down from there, as in
 * OpenSBI's own entry. Interrupts are off, and nothing here can fault: it
 * touches that stack, the pool and the metadata.
 */
#include <sbi/riscv_encoding.h>
#include <sbi/sbi_scratch.h>

#include <nacc_abi.h>

#define CAUSE_S_ECALL	9
#define FRAME		96

.macro NACC_ENTRY name, slow
	.section .entry, "ax", %progbits
	.align	3
	.globl	\name
\name:
	csrrw	sp, CSR_MSCRATCH, sp
	sd	t0, SBI_SCRATCH_TMP0_OFFSET(sp)
	csrr	t0, CSR_MCAUSE
	addi	t0, t0, -CAUSE_S_ECALL
	bnez	t0, 9f
	li	t0, NACC_SBI_EXT
	bne	a7, t0, 9f
	/* Call 0 is SET; a3 to a5 are reserved. */
	or	t0, a3, a4
	or	t0, t0, a5
	or	t0, t0, a6
	bnez	t0, 9f

	sd	a2, -8(sp)
	sd	ra, -16(sp)
	sd	t1, -24(sp)
	sd	t2, -32(sp)
	sd	t3, -40(sp)
	sd	t4, -48(sp)
	sd	t5, -56(sp)
	sd	t6, -64(sp)
	csrrw	t0, CSR_MSCRATCH, sp
	sd	t0, -72(sp)
	mv	a3, a2
	mv	a2, a1
	mv	a1, a0
	ld	a0, SBI_SCRATCH_HARTINDEX_OFFSET(sp)
	addi	sp, sp, -FRAME
	call	nacc_call_set

	csrr	t0, CSR_MEPC
	addi	t0, t0, 4
	csrw	CSR_MEPC, t0
	li	a3, 0
	li	a4, 0
	li	a5, 0
	li	a6, 0
	li	a7, NACC_SBI_EXT
	ld	a2, (FRAME - 8)(sp)
	ld	ra, (FRAME - 16)(sp)
	ld	t1, (FRAME - 24)(sp)
	ld	t2, (FRAME - 32)(sp)
	ld	t3, (FRAME - 40)(sp)
	ld	t4, (FRAME - 48)(sp)
	ld	t5, (FRAME - 56)(sp)
	ld	t6, (FRAME - 64)(sp)
	ld	t0, (FRAME + SBI_SCRATCH_TMP0_OFFSET)(sp)
	ld	sp, (FRAME - 72)(sp)
	mret

9:	ld	t0, SBI_SCRATCH_TMP0_OFFSET(sp)
	csrrw	sp, CSR_MSCRATCH, sp
	j	\slow
.endm

NACC_ENTRY nacc_trap_entry, _trap_handler
NACC_ENTRY nacc_trap_entry_hyp, _trap_handler_hyp

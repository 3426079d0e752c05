/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry of the first and of further harts, and accesses that may fault. All
 * traps are expected in the probes only: there, the handler leaves the cause
 * in t6 and goes on behind the instruction.
 */
#define HIGH	0xffffffc000000000

	.option	norvc

	.section .text.start, "ax", %progbits
	.globl	_start
_start:
	la	sp, boot_stack_end
	la	t0, trap_entry
	csrw	stvec, t0
	call	payload_main

	/* a0 = hart id, a1 = top of this hart's stack */
	.text
	.globl	secondary_entry
secondary_entry:
	mv	sp, a1
	la	t0, trap_entry
	csrw	stvec, t0
	call	payload_secondary

	.balign	4
trap_entry:
	csrr	t4, sepc
	la	t3, probes_begin
	bltu	t4, t3, 1f
	la	t3, probes_end
	bgeu	t4, t3, 1f
	addi	t4, t4, 4
2:	csrw	sepc, t4
	csrr	t6, scause
	sret
	/* A fetch that failed: t5 is where the probe came from. */
1:	mv	t4, t5
	la	t3, probes_begin
	bltu	t4, t3, 3f
	la	t3, probes_end
	bltu	t4, t3, 2b
3:	csrr	a0, scause
	csrr	a1, sepc
	call	payload_trap

probes_begin:
	/* long probe_load(unsigned long address, unsigned long *value) */
	.globl	probe_load
probe_load:
	li	t6, 0
	ld	t0, 0(a0)
	bnez	t6, 1f
	sd	t0, 0(a1)
1:	mv	a0, t6
	ret

	/* long probe_store(unsigned long address, unsigned long value) */
	.globl	probe_store
probe_store:
	li	t6, 0
	sd	a1, 0(a0)
	mv	a0, t6
	ret

	/* long probe_amo(unsigned long address): adds 0 */
	.globl	probe_amo
probe_amo:
	li	t6, 0
	amoadd.d zero, zero, (a0)
	mv	a0, t6
	ret

	/* long probe_fetch(unsigned long address) */
	.globl	probe_fetch
probe_fetch:
	li	t6, 0
	jalr	t5, 0(a0)
	mv	a0, t6
	li	t5, 0
	ret

	/* long probe_call(unsigned long extension, unsigned long call,
	 * unsigned long a0, unsigned long a1, unsigned long a2) */
	.globl	probe_call
probe_call:
	mv	a7, a0
	mv	a6, a1
	mv	a0, a2
	mv	a1, a3
	mv	a2, a4
	li	t6, 0
	ecall
	beqz	t6, 1f
	mv	a0, t6
1:	ret

	/* long probe_run(unsigned long address, unsigned long a0, unsigned long a1) */
	.globl	probe_run
probe_run:
	li	t6, 0
	mv	t0, a0
	mv	a0, a1
	mv	a1, a2
	jalr	t5, 0(t0)
	mv	a0, t6
	li	t5, 0
	ret
probes_end:

	.globl	came_here
came_here:
	la	t0, came
	li	t1, 1
	sd	t1, 0(t0)
	fence
	li	a7, 0x48534D
	li	a6, 1
	ecall
	j	came_here

	/*
	 * unsigned long call_keeps(unsigned long call, unsigned long slot,
	 * unsigned long value): make the call with a pattern in every register that a call has to
	 * keep. Returns 0 if all were kept.
	 */
	.globl	call_keeps
call_keeps:
	addi	sp, sp, -128
	.irp	r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	sd	s\r, (8 * \r)(sp)
	.endr
	sd	ra, 96(sp)
	sd	gp, 104(sp)
	sd	tp, 112(sp)
	csrw	sscratch, sp
	mv	a6, a0
	mv	a0, a1
	mv	a1, a2
	li	a2, 0
	li	a3, 0
	li	a4, 0
	li	a5, 0
	li	a7, 0x0A000001
	.irp	r, 1, 3, 4, 5, 6, 7, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	li	x\r, 0x5a0 + \r
	.endr
	/* Once more without the call's number: that has to be kept as well. */
	slli	x31, a6, 12
	ecall
	srli	x31, x31, 12
	sub	x31, x31, a6
	li	a0, 0x0A000001
	sub	a7, a7, a0
	or	x31, x31, a7
	or	x31, x31, a2
	or	x31, x31, a3
	or	x31, x31, a4
	or	x31, x31, a5
	csrr	a0, sscratch
	sub	a0, a0, sp
	or	x31, x31, a0
	.irp	r, 1, 3, 4, 5, 6, 7, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	addi	x\r, x\r, -(0x5a0 + \r)
	or	x31, x31, x\r
	.endr
	mv	a0, x31
	csrr	sp, sscratch
	.irp	r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	ld	s\r, (8 * \r)(sp)
	.endr
	ld	ra, 96(sp)
	ld	gp, 104(sp)
	ld	tp, 112(sp)
	addi	sp, sp, 128
	ret

	/*
	 * void run_high(unsigned long satp, void (*function)(unsigned long),
	 * unsigned long argument): run it at the alias of this image in the
	 * kernel's half. @function may load another root, and puts @satp back.
	 */
	.globl	run_high
run_high:
	addi	sp, sp, -16
	sd	ra, 0(sp)
	csrw	satp, a0
	sfence.vma
	li	t0, HIGH
	csrr	t1, stvec
	add	t1, t1, t0
	csrw	stvec, t1
	add	sp, sp, t0
	add	a1, a1, t0
	mv	a0, a2
	jalr	a1
	li	t0, HIGH
	sub	sp, sp, t0
	csrr	t1, stvec
	sub	t1, t1, t0
	csrw	stvec, t1
	csrw	satp, zero
	sfence.vma
	ld	ra, 0(sp)
	addi	sp, sp, 16
	ret

	/*
	 * unsigned long call_cost(unsigned long extension, unsigned long call,
	 * unsigned long a0, unsigned long a1, unsigned long a2,
	 * unsigned long a5): instructions between the ecall and the next one,
	 * both left out.
	 */
	.globl	call_cost
call_cost:
	mv	a7, a0
	mv	a6, a1
	mv	a0, a2
	mv	a1, a3
	mv	a2, a4
	li	a3, 0
	li	a4, 0
	csrr	t0, instret
	ecall
	csrr	t1, instret
	sub	a0, t1, t0
	addi	a0, a0, -2
	ret

	.bss
	.balign	16
	.globl	came
came:
	.space	16
	.space	8192
boot_stack_end:

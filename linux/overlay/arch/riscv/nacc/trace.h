/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM nacc

#if !defined(_RISCV_NACC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _RISCV_NACC_TRACE_H

#include <linux/tracepoint.h>
#include <asm/nacc_abi.h>

#define nacc_call_names						\
	{ NACC_CALL_SET,		"SET" },		\
	{ NACC_CALL_COMMIT,		"COMMIT" },		\
	{ NACC_CALL_INFO,		"INFO" },		\
	{ NACC_CALL_BOOT_LOCK,		"BOOT_LOCK" },		\
	{ NACC_CALL_SPACE_CREATE,	"SPACE_CREATE" },	\
	{ NACC_CALL_SPACE_SET,		"SPACE_SET" },		\
	{ NACC_CALL_SPACE_RETIRE,	"SPACE_RETIRE" },	\
	{ NACC_CALL_SPACE_DESTROY,	"SPACE_DESTROY" },	\
	{ NACC_CALL_FRAMES_TAKE,	"FRAMES_TAKE" },	\
	{ NACC_CALL_FRAMES_RETURN,	"FRAMES_RETURN" },	\
	{ NACC_CALL_RECLAIM,		"RECLAIM" },		\
	{ NACC_CALL_QUERY,		"QUERY" },		\
	{ NACC_CALL_OP,			"OP" }

/* One call of the monitor, after it returned. */
TRACE_EVENT_FN(nacc_call,
	TP_PROTO(int call, unsigned long a0, unsigned long a1, unsigned long a2,
		 long error, unsigned long value),
	TP_ARGS(call, a0, a1, a2, error, value),

	TP_STRUCT__entry(
		__field(int, call)
		__field(unsigned long, a0)
		__field(unsigned long, a1)
		__field(unsigned long, a2)
		__field(long, error)
		__field(unsigned long, value)
	),

	TP_fast_assign(
		__entry->call = call;
		__entry->a0 = a0;
		__entry->a1 = a1;
		__entry->a2 = a2;
		__entry->error = error;
		__entry->value = value;
	),

	TP_printk("%s(%lx, %lx, %lx) = %ld, %lx",
		  __print_symbolic(__entry->call, nacc_call_names),
		  __entry->a0, __entry->a1, __entry->a2,
		  __entry->error, __entry->value),

	nacc_watch, nacc_unwatch
);

#endif /* _RISCV_NACC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

# SPDX-License-Identifier: BSD-2-Clause
# Read by OpenSBI's makefile after generic's own objects.mk, which resets these
# variables: its files are taken in reverse order of name, and "nacc" is below
# "objects.mk".

comma := ,
nacc-dir := $(platform_src_dir)/nacc

platform-cflags-y += -DGENERIC_PLATFORM_C='"$(src_dir)/platform/generic/platform.c"'
platform-cflags-y += -I$(platform_src_dir) -I$(NACC_DIR)/monitor/include -I$(NACC_DIR)/abi
platform-asflags-y += -I$(NACC_DIR)/abi

platform-ldflags-y += $(addprefix -Wl$(comma)--wrap=,$(shell grep ^sbi_ $(NACC_DIR)/monitor/platform/wraps))

nacc-sources := $(wildcard $(nacc-dir)/*/*.c $(nacc-dir)/*/*.S)
nacc-sources := $(filter-out %_test.c $(nacc-dir)/platform/platform.c,$(nacc-sources))
platform-objs-y += $(patsubst $(platform_src_dir)/%,%.o,$(basename $(nacc-sources)))

# The update path counts instructions: no frame pointers, and its rare branches
# out of line, so that it does not save registers for them.
$(platform_build_dir)/nacc/%.o: CFLAGS += -fomit-frame-pointer \
	-foptimize-sibling-calls -fno-inline-functions-called-once

# SPDX-License-Identifier: BSD-2-Clause
#
# What belongs to the firmware and is not built by OpenSBI's makefile: host
# tests of the parts that need no hart, and the payload that tests the rest in
# S-mode. For `make -f` or to be included; OUT is where things go.

NACC_TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
OUT ?= $(NACC_TOP)/build/monitor
CROSS ?= riscv64-linux-gnu-

FIRMWARE_WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes
PAYLOAD_CFLAGS := -O2 -g -std=gnu11 $(FIRMWARE_WARNINGS) -ffreestanding \
	-march=rv64ima_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mno-relax \
	-fno-pie -fno-stack-protector -fno-strict-aliasing -I$(NACC_TOP)/abi
PAYLOAD_DIR := $(NACC_TOP)/tests/payload
PAYLOAD_SOURCES := $(wildcard $(PAYLOAD_DIR)/*.c $(PAYLOAD_DIR)/*.S)

.PHONY: firmware-unit payload
payload: $(OUT)/payload.bin

$(OUT)/payload.elf: $(PAYLOAD_SOURCES) $(wildcard $(PAYLOAD_DIR)/*.h) \
		$(PAYLOAD_DIR)/payload.ld $(NACC_TOP)/abi/nacc_abi.h
	@mkdir -p $(@D)
	$(CROSS)gcc $(PAYLOAD_CFLAGS) -nostdlib -static -Wl,--build-id=none \
		-Wl,-T,$(PAYLOAD_DIR)/payload.ld -o $@ $(PAYLOAD_SOURCES)

$(OUT)/payload.bin: $(OUT)/payload.elf
	$(CROSS)objcopy -O binary $< $@

FIRMWARE_HOST_CFLAGS := -O1 -g -std=gnu11 $(FIRMWARE_WARNINGS) \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-I$(NACC_TOP)/monitor/include
FIRMWARE_UNITS := riscv/pmp platform/place

firmware-unit: $(patsubst %,$(OUT)/unit/%_test,$(FIRMWARE_UNITS))
	@for test in $^; do $$test || exit 1; done

$(OUT)/unit/%_test: $(NACC_TOP)/monitor/%_test.c $(NACC_TOP)/monitor/%.c \
		$(NACC_TOP)/monitor/%.h
	@mkdir -p $(@D)
	$(CC) $(FIRMWARE_HOST_CFLAGS) -o $@ $(filter %.c,$^) -lcmocka

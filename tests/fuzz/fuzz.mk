# SPDX-License-Identifier: Apache-2.0
# The targets with libFuzzer: compiled by clang, apart from Automake's objects, because every file must carry the
# fuzzer's counters. Called by `make fuzz-programs` in a build tree (Makefile.inc says with what).
OUT = tests/fuzz/clang
# No recovery: what a sanitizer finds ends the run, as in the test tree. (-fno-sanitize=alignment: ELF headers are
# copied, never cast; nothing is left out.)
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
COMPILE = $(FUZZ_CC) -std=gnu11 -g -O1 -w -D_GNU_SOURCE $(SANITIZE) -fsanitize=fuzzer-no-link -I. -I$(SRC) -I$(SRC)/include \
  $(FLAGS) -MMD -MP
WORLD = tests/fuzz/fuzz.c tests/fuzz/world.c $(HOST)
objects = $(patsubst %.c,$(OUT)/%.o,$(1))

all: $(TARGETS:%=$(OUT)/fuzz-%)

$(OUT)/%.o: $(SRC)/%.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "  FUZZ     $*.o";)$(COMPILE) -c -o $@ $<

$(OUT)/core.a: $(call objects,$(CORE) $(WORLD))
	@rm -f $@
	@ar rcs $@ $^

$(OUT)/tests/fuzz/money.o: private FLAGS += $(if $(GMP),-DHAVE_GMP)
own_adobe = $(ADOBE)
own_names = $(NAMES)
own_rule = $(RULE)
own_sitoo = tests/fuzz/shown.c $(SITOO)
own_webhook = $(SITOO)

define program
$(OUT)/fuzz-$(1): $(call objects,tests/fuzz/$(1).c $(own_$(1))) $(OUT)/core.a
	$(if $(V),,@echo "  FUZZ     fuzz-$(1)";)$(FUZZ_CC) $(SANITIZE) -fsanitize=fuzzer -o $$@ $$^ $(LIBS) $(if $(filter money,$(1)),$(GMP)) -lpthread -lm -ldl
endef
$(foreach target,$(TARGETS),$(eval $(call program,$(target))))

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)

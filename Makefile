# Mufakat.  "make help" lists the goals.

PREFIX  = /usr/local
DESTDIR =
BUILD   = build
CC      = gcc
AR      = ar
V       = 0

CFLAGS   = -O2 -g
HARDEN   = -fstack-protector-strong -fstack-clash-protection -fPIE
LDHARDEN = -pie -Wl,-z,relro,-z,now,-z,noexecstack
FORTIFY  = -D_FORTIFY_SOURCE=2
WARN     = -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
           -Wshadow -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2
SANITIZE =

override CPPFLAGS += -D_GNU_SOURCE -DMUFAKAT_VERSION='"$(VERSION)"' \
        -DLIBEXECDIR='"$(LIBEXEC)"' -DLOCALEDIR='"$(PREFIX)/share/locale"' \
        $(FORTIFY) -I.
override CFLAGS   += -std=c11 $(WARN) $(HARDEN) $(SANITIZE)
override LDFLAGS  += $(LDHARDEN) -Wl,--as-needed $(SANITIZE)

VERSION = 0.1
LIBEXEC = $(PREFIX)/libexec/mufakat

ifeq ($(V),0)
Q = @
say = @printf '  %-7s %s\n' $(1) $(2);
endif

COMMON_LIBS   = -lsodium -ljansson -lutf8proc
DAEMON_LIBS   = -lsqlite3 -luv -lzstd
TRANSFER_LIBS = -lgit2

objects = $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/main.c,$(wildcard $(1)/*.c)))

COMMON   = $(call objects,common)
DAEMON   = $(call objects,daemon)
TRANSFER = $(call objects,daemon/transfer)
CLIENT   = $(call objects,client)
PROGRAMS = $(BUILD)/mufakat $(BUILD)/mufakatd $(BUILD)/mufakat-transfer

UNIT  = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
FUZZ  = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
TOOLS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/sim/sim_*.c))
BENCH = $(addprefix $(BUILD)/tests/bench/,stream floor_sign floor_rows \
        office_write office_ask)

.PHONY: all programs tests demo test check soak bench lint fuzz install uninstall \
        clean help deps deps-test deps-lint format
.SECONDARY:
.DELETE_ON_ERROR:

all: deps programs

programs: $(PROGRAMS)
	@:
tests: programs $(UNIT) $(FUZZ) $(TOOLS)

# What is compiled waits for the packages, where a goal asks for them; a goal
# that calls make again waits for "all", so that no file has two writers.
DEPS  = $(if $(filter all install demo,$(or $(MAKECMDGOALS),all)),deps)
FIRST = $(filter all install demo,$(MAKECMDGOALS))

deps:
	@.ci/deps build
deps-test: | $(FIRST)
	@.ci/deps build test
deps-lint: | $(FIRST)
	@.ci/deps build test lint

# --- programs ---------------------------------------------------------------

$(BUILD)/mufakat: $(BUILD)/client/main.o $(CLIENT) $(BUILD)/libcommon.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS)

$(BUILD)/mufakatd: $(BUILD)/daemon/main.o $(DAEMON) $(BUILD)/libcommon.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) $(DAEMON_LIBS) -lpthread

$(BUILD)/mufakat-transfer: $(BUILD)/daemon/transfer/main.o $(TRANSFER) $(BUILD)/libcommon.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) $(TRANSFER_LIBS)

$(BUILD)/libcommon.a: $(COMMON)
$(BUILD)/libdaemon.a: $(DAEMON)
$(BUILD)/libtransfer.a: $(TRANSFER)
$(BUILD)/libclient.a: $(CLIENT)
$(BUILD)/lib%.a:
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c | $(DEPS)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The schema is SQL in its own file and a string in the program; so is the
# README of evidence folders.
GENERATED = $(BUILD)/gen/schema.sql.h $(BUILD)/gen/evidence_readme.txt.h
$(BUILD)/daemon/store.o: $(BUILD)/gen/schema.sql.h
$(BUILD)/daemon/evidence_readme.o: $(BUILD)/gen/evidence_readme.txt.h
$(BUILD)/daemon/store.o $(BUILD)/daemon/evidence_readme.o: \
    override CPPFLAGS += -I$(BUILD)/gen
$(BUILD)/gen/%.h: daemon/% | $(DEPS)
	@mkdir -p $(@D)
	$(call say,GEN,$@)sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' \
	    -e 's/$$/\\n"/' $< > $@

# --- tests ------------------------------------------------------------------

TESTLIBS = $(BUILD)/libdaemon.a $(BUILD)/libclient.a $(BUILD)/libcommon.a

$(BUILD)/tests/unit/test_transfer%: $(BUILD)/tests/unit/test_transfer%.o \
    $(BUILD)/libtransfer.a $(BUILD)/libcommon.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(COMMON_LIBS) $(TRANSFER_LIBS)

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(TESTLIBS)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(COMMON_LIBS) $(DAEMON_LIBS) -lpthread

# A target is LLVMFuzzerTestOneInput(); replay.c runs a corpus through it.
$(BUILD)/tests/fuzz/fuzz_transfer_%: $(BUILD)/tests/fuzz/fuzz_transfer_%.o \
    $(BUILD)/tests/fuzz/replay.o $(BUILD)/libtransfer.a $(TESTLIBS)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) $(DAEMON_LIBS) $(TRANSFER_LIBS) -lpthread

$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o \
    $(BUILD)/tests/fuzz/replay.o $(TESTLIBS)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) $(DAEMON_LIBS) -lpthread

$(BUILD)/tests/sim/sim_%: $(BUILD)/tests/sim/sim_%.o $(TESTLIBS)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) $(DAEMON_LIBS) -lpthread

BENCH_PARTS = $(patsubst %,$(BUILD)/tests/bench/%.o,workload office process)

$(BENCH): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BENCH_PARTS) \
    $(TESTLIBS)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(COMMON_LIBS) $(DAEMON_LIBS) -lpthread

test: deps-test
	@$(MAKE) --no-print-directory tests
	@tests/run --build $(BUILD)

ASAN = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

check: deps-test
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/check SANITIZE='$(ASAN)' \
	    FORTIFY= CFLAGS='-O1 -g' tests
	@tests/run --build $(BUILD)/check --sanitized

# What takes hours: 200 rounds of kill -9, and 1,000 seeds of order and route,
# plain and under sanitizers.
SOAK = KILL_ROUNDS=200 tests/run --only t0300 --limit 14400
soak: deps-test
	@$(MAKE) --no-print-directory tests
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/check SANITIZE='$(ASAN)' \
	    FORTIFY= CFLAGS='-O1 -g' tests
	@$(BUILD)/tests/sim/sim_property --seeds 1000
	@$(BUILD)/check/tests/sim/sim_property --seeds 1000
	@$(SOAK) --build $(BUILD)
	@$(SOAK) --build $(BUILD)/check --sanitized

lint: deps-lint $(GENERATED)
	@tests/lint $(BUILD)

demo: all
	@.ci/deps build test
	@tests/demo --build $(BUILD)


# Against floors of the same run: RECORDS for other sizes, BENCHFLAGS for more.
RECORDS = 1000 20000
BENCHFLAGS =
bench: deps-test
	@$(MAKE) --no-print-directory programs $(BENCH)
	@tests/bench/run --build $(BUILD) $(BENCHFLAGS) $(RECORDS)

# Real fuzzing with libFuzzer: SECONDS a target.
SECONDS = 60
fuzz: deps-lint
	@tests/fuzz/run --seconds $(SECONDS)

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# --- installation -----------------------------------------------------------

# mufakatd finds mufakat-transfer from where it stands itself, so PREFIX may
# be given to install alone.
BIN        = $(DESTDIR)$(PREFIX)/bin
MAN        = $(DESTDIR)$(PREFIX)/share/man
UNITS      = $(DESTDIR)$(PREFIX)/lib/systemd/user
COMPLETION = $(DESTDIR)$(PREFIX)/share/bash-completion/completions

install: all
	$(call say,INSTALL,"$(DESTDIR)$(PREFIX)")install -d "$(BIN)" "$(DESTDIR)$(LIBEXEC)" "$(MAN)/man1" \
	    "$(MAN)/man5" "$(MAN)/man8" "$(UNITS)" "$(COMPLETION)"
	$(Q)install $(BUILD)/mufakat $(BUILD)/mufakatd "$(BIN)"
	$(Q)install $(BUILD)/mufakat-transfer "$(DESTDIR)$(LIBEXEC)"
	$(Q)install -m 644 client/mufakat.1 "$(MAN)/man1"
	$(Q)install -m 644 daemon/mufakatd.conf.5 "$(MAN)/man5"
	$(Q)install -m 644 daemon/mufakatd.8 "$(MAN)/man8"
	$(Q)for unit in mufakatd.service mufakatd.socket; do \
	    sed 's,@PREFIX@,$(PREFIX),g' systemd/$$unit > "$(UNITS)/$$unit" && \
	    chmod 644 "$(UNITS)/$$unit" || exit 1; done
	$(Q)$(BUILD)/mufakat --completion > "$(COMPLETION)/mufakat"
	$(Q)chmod 644 "$(COMPLETION)/mufakat"

uninstall:
	$(call say,REMOVE,"$(DESTDIR)$(PREFIX)")rm -f "$(BIN)/mufakat" "$(BIN)/mufakatd" "$(COMPLETION)/mufakat" \
	    "$(MAN)/man1/mufakat.1" "$(MAN)/man5/mufakatd.conf.5" \
	    "$(MAN)/man8/mufakatd.8" "$(UNITS)/mufakatd.service" \
	    "$(UNITS)/mufakatd.socket" "$(DESTDIR)$(LIBEXEC)/mufakat-transfer"
	$(Q)rmdir "$(DESTDIR)$(LIBEXEC)" 2>/dev/null || true

clean:
	rm -rf $(BUILD)

help:
	@echo 'make             build mufakat, mufakatd and mufakat-transfer'
	@echo 'make demo        play the story of a consultation with real daemons'
	@echo 'make test        run all tests'
	@echo 'make check       run them under address and undefined sanitizers'
	@echo 'make soak        kill -9 200 times, 1,000 orders and routes (half an hour)'
	@echo 'make bench       speed and size (RECORDS="1000 20000")'
	@echo 'make lint        style, include rules, static analysis, manuals'
	@echo 'make fuzz        fuzz every parser (SECONDS=60 each)'
	@echo 'make install     DESTDIR= PREFIX=/usr/local'
	@echo 'make uninstall   remove what install put there'
	@echo 'make clean       remove build/'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

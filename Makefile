# Two commands do everything on a fresh Debian machine with Swift 6.3: make demo, make test.

SWIFT ?= swift
# What is installed and tested: Embedded Swift needs a folder of its own, a plain "swift build" makes the ordinary executable.
VELOCI := .build/embedded/release/veloci
EMBEDDED := --scratch-path .build/embedded --toolset Sources/VelociExecutable/embedded.json --omit-frame-pointers -debug-info-format none
SUITE := .build/release/oci-conformance
export VELOCI_COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

.PHONY: all build suite demo test client-test conformance conformance-results upstream-validation runc-suite bench fuzz torture memory lab-mini lab packages-build packages-test packages-upstream packages-runc install clean conformance-dist

all: build

build: packages-build
	@echo "== building veloci (the first time about four minutes on two processors)"
	$(SWIFT) build -c release --product veloci $(EMBEDDED)

suite: packages-build
	$(SWIFT) build -c release --product oci-conformance

demo: build
	@Tests/demo.sh $(VELOCI)

test: packages-test
	@Tests/run.sh

# OTHERS: paths of further runtimes, such as newer versions.
RUNTIMES = $(foreach runtime,$(CURDIR)/$(VELOCI) $(shell command -v runc) $(shell command -v crun) $(OTHERS),--runtime $(runtime))
RESULTS := conformance/results

conformance: build suite
	$(SUITE) $(RUNTIMES)

# What is in the repository about veloci, runc and crun; it takes some minutes. Cases fail, so the exit status means nothing.
conformance-results: build suite packages-test
	-$(SUITE) $(RUNTIMES) --quiet --drop --report $(RESULTS)
	-$(SUITE) $(RUNTIMES) --fixtures spec-fixtures --report $(RESULTS) >/dev/null
	rm -f $(RESULTS)/conformance.tap $(RESULTS)/conformance.xml
	Tests/report.sh $(RESULTS)/conformance.html

# The suite as others take it: one static program and the documents, for the architecture of this machine.
conformance-dist: suite
	rm -rf .build/dist && mkdir -p .build/dist/oci-conformance
	cp $(SUITE) conformance/README.md conformance/workflow.yml LICENSE .build/dist/oci-conformance/
	cp -r spec-fixtures .build/dist/oci-conformance/ && rm -r .build/dist/oci-conformance/spec-fixtures/plans
	tar -C .build/dist -czf .build/dist/oci-conformance-$(shell uname -m).tar.gz oci-conformance
	@ls -l .build/dist/*.tar.gz

# The validation programs of the runtime-tools project, from the sources of its Debian package, or from a checkout: SOURCES=PATH.
upstream-validation: build packages-upstream
	Tests/upstream-validation.sh "$(SOURCES)" $(VELOCI)

# runc's own integration tests from a checkout of its repository, over veloci: SOURCES=PATH. VIEWS chooses the control groups that
# they see, PEER=PATH a runc to compare with; Tests/runc-suite.sh says what else there is.
VIEWS := host
runc-suite: build packages-runc
	RUNTIME=$(VELOCI) PEER="$(PEER)" Tests/runc-suite.sh "$(SOURCES)" $(VIEWS)

client-test: build packages-test
	Tests/clients.sh $(VELOCI)

# What every command costs beside runc, crun and OTHERS, written to BENCH; Tests/bench.sh says what the environment chooses.
BENCH := Tests/Benchmark/results
bench: build packages-test
	VELOCI=$(VELOCI) OTHERS="$(OTHERS)" Tests/bench.sh $(BENCH)

# Every fuzzer for that long, two at a time; FUZZERS names some of them.
SECONDS := 10
fuzz: packages-build
	Tests/fuzz.sh $(SECONDS) $(FUZZERS)

# Attacks by chance; the same SEED gives the same.
SEED = $(shell date +%s)
torture: packages-build
	Tests/torture.sh $(SECONDS) $(SEED)

# C under all warnings and the analyzer, the libraries' tests under AddressSanitizer.
memory: packages-build
	Tests/memory.sh all

lab-mini: build suite packages-test
	$(SWIFT) build --build-tests
	Tests/lab.sh mini conformance

lab: build suite packages-test
	$(SWIFT) build --build-tests
	Tests/lab.sh

packages-upstream:
	@Tests/install-packages.sh build control upstream

packages-runc:
	@Tests/install-packages.sh build control clients runc

packages-build:
	@Tests/install-packages.sh build

packages-test:
	@Tests/install-packages.sh build control browser clients lab

PREFIX ?= /usr/local
install: build
	install -D -m 0755 $(VELOCI) $(DESTDIR)$(PREFIX)/bin/veloci

clean:
	$(SWIFT) package clean
	rm -rf .build/embedded

# Two commands do everything on a fresh Debian machine with Swift 6.3: make demo, make test.

SWIFT ?= swift
RELEASE := .build/release
export VELOCI_COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

.PHONY: all build demo test client-test conformance conformance-results upstream-validation bench lab-mini lab packages-build packages-test packages-upstream install clean

all: build

build: packages-build
	@echo "== building (first time: about two minutes)"
	$(SWIFT) build -c release

demo: build
	@Tests/demo.sh $(RELEASE)/veloci

test: packages-test
	@Tests/run.sh

# OTHERS: paths of further runtimes, such as newer versions.
RUNTIMES = $(foreach runtime,$(CURDIR)/$(RELEASE)/veloci $(shell command -v runc) $(shell command -v crun) $(OTHERS),--runtime $(runtime))
RESULTS := conformance/results

conformance: build
	$(RELEASE)/oci-conformance $(RUNTIMES)

# What is in the repository about veloci, runc and crun; it takes some minutes. Cases fail, so the exit status means nothing.
conformance-results: build packages-test
	-$(RELEASE)/oci-conformance $(RUNTIMES) --quiet --report $(RESULTS)
	-$(RELEASE)/oci-conformance $(RUNTIMES) --fixtures spec-fixtures --report $(RESULTS) >/dev/null
	rm -f $(RESULTS)/conformance.tap $(RESULTS)/conformance.xml
	Tests/report.sh $(RESULTS)/conformance.html

# The validation programs of the runtime-tools project, from the sources of its Debian package, or from a checkout: SOURCES=PATH.
upstream-validation: build packages-upstream
	Tests/upstream-validation.sh $(SOURCES)

client-test: build packages-test
	Tests/clients.sh $(RELEASE)/veloci

# What every command costs beside runc, crun and OTHERS, written to BENCH; Tests/bench.sh says what the environment chooses.
BENCH := Tests/Benchmark/results
bench: build packages-test
	VELOCI=$(or $(VELOCI),$(RELEASE)/veloci) OTHERS="$(OTHERS)" Tests/bench.sh $(BENCH)

lab-mini: build packages-test
	$(SWIFT) build --build-tests
	Tests/lab.sh mini conformance

lab: build packages-test
	$(SWIFT) build --build-tests
	Tests/lab.sh

packages-upstream:
	@Tests/install-packages.sh build control upstream

packages-build:
	@Tests/install-packages.sh build

packages-test:
	@Tests/install-packages.sh build control browser clients lab

PREFIX ?= /usr/local
install: build
	install -D -m 0755 $(RELEASE)/veloci $(DESTDIR)$(PREFIX)/bin/veloci

clean:
	$(SWIFT) package clean

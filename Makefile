# Two commands do everything on a fresh Debian machine with Swift 6.3: make demo, make test.

SWIFT ?= swift
RELEASE := .build/release
export VELOCI_COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

.PHONY: all build demo test client-test conformance benchmark lab-mini lab packages-build packages-test install clean

all: build

build: packages-build
	@echo "== building (first time: about two minutes)"
	$(SWIFT) build -c release

demo: build
	@Tests/demo.sh $(RELEASE)/veloci

test: packages-test
	@Tests/run.sh

conformance: build
	$(RELEASE)/oci-conformance $(foreach runtime,$(CURDIR)/$(RELEASE)/veloci $(shell command -v runc) $(shell command -v crun),--runtime $(runtime))

client-test: build packages-test
	Tests/clients.sh $(RELEASE)/veloci

benchmark: build packages-test
	Tests/benchmark.sh

lab-mini: build packages-test
	$(SWIFT) build --build-tests
	Tests/lab.sh mini conformance

lab: build packages-test
	$(SWIFT) build --build-tests
	Tests/lab.sh

packages-build:
	@Tests/install-packages.sh build

packages-test:
	@Tests/install-packages.sh build control clients lab

PREFIX ?= /usr/local
install: build
	install -D -m 0755 $(RELEASE)/veloci $(DESTDIR)$(PREFIX)/bin/veloci

clean:
	$(SWIFT) package clean

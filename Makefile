# Two commands do everything on a fresh Debian machine with Swift 6.3: make demo, make test. make help lists the others.

SWIFT ?= swift
# What is installed and tested: Embedded Swift needs a folder of its own, a plain "swift build" makes the ordinary executable.
VELOCI := .build/embedded/release/veloci
EMBEDDED := --scratch-path .build/embedded --toolset Sources/VelociExecutable/embedded.json --omit-frame-pointers -debug-info-format none
# The compiler's optimizer takes some things in the order of their addresses: where those are the same each time, so is what it makes.
# Some machines do not let a process ask for that.
STEADY := $(shell setarch "$$(uname -m)" -R true 2>/dev/null && echo 'setarch "$$(uname -m)" -R')
# ARCH=arm64, for build, suite, conformance-dist, tarball and deb, makes that of arm64 on another machine: Embedded Swift is compiled
# into the program, and all else that it needs of that machine are headers, libseccomp, and the C library for the suite, which are
# unpacked from Debian's packages.
ARCH :=
SUITE := .build/release/oci-conformance
MACHINE := $(shell uname -m)
ifeq ($(ARCH),arm64)
SUITE := .build/arm64-suite/release/oci-conformance
ON_ARM64 := --triple aarch64-none-none-elf --omit-frame-pointers -debug-info-format none
SUITE_OPTIONS := --scratch-path .build/arm64-suite --toolset conformance/Tool/arm64.json $(ON_ARM64)
MACHINE := aarch64
VELOCI := .build/arm64/release/veloci
EMBEDDED := --scratch-path .build/arm64 --toolset Sources/VelociExecutable/arm64.json $(ON_ARM64)
LIBRARIES := .build/arm64-libraries
export VELOCI_BARE := 1
export PKG_CONFIG_PATH := $(CURDIR)/$(LIBRARIES)/usr/lib/aarch64-linux-gnu/pkgconfig
else ifneq ($(ARCH),)
$(error ARCH is arm64, or nothing for the architecture of this machine)
endif
# An archive of "git archive" knows its commit from a file, a checkout from git.
export VELOCI_COMMIT := $(shell grep -oE '^[0-9a-f]{12}' packaging/commit || git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
VERSION := $(shell sed -n 's/.*static let number = "\(.*\)"/\1/p' Sources/VelociCommand/Version.swift)
# What packages give their files as time: the release's day.
export SOURCE_DATE_EPOCH ?= $(shell date -u -d "$$(sed -n 's/^\#\# $(VERSION) - //p' CHANGELOG.md)" +%s)

.PHONY: all build suite demo test client-test embedding conformance conformance-results upstream-validation runc-suite \
	crun-suite podman-suite buildah-suite bench fuzz torture memory reproducible lab-mini lab packages-build packages-test packages-upstream \
	packages-runc packages-crun packages-podman install clean conformance-dist packages-docs uninstall install-suite deb rpm \
	tarball package-test manual docs api-docs docs-test lint format pre-commit help packages-critest packages-cluster critest \
	cluster-test migration

all: build

build: packages-build ## the executable, as it is installed; with ARCH=arm64 that for arm64
	@echo "== building veloci$(if $(ARCH), for $(ARCH)) (the first time about four minutes on two processors)"
	$(if $(ARCH),packaging/arm64-libraries.sh $(LIBRARIES))
	$(STEADY) $(SWIFT) build -c release --product veloci $(EMBEDDED)

suite: packages-build ## the conformance suite, oci-conformance; with ARCH=arm64 that for arm64
	$(if $(ARCH),packaging/arm64-libraries.sh $(LIBRARIES))
	$(SWIFT) build -c release --product oci-conformance $(SUITE_OPTIONS)

demo: build ## a container from its beginning to its end
	@Tests/demo.sh $(VELOCI)

test: packages-test ## every test, an hour
	@Tests/run.sh

# OTHERS: paths of further runtimes, such as newer versions.
RUNTIMES = $(foreach runtime,$(CURDIR)/$(VELOCI) $(shell command -v runc) $(shell command -v crun) $(OTHERS),--runtime $(runtime))
RESULTS := conformance/results

conformance: build suite ## the conformance suite on veloci, runc and crun
	$(SUITE) $(RUNTIMES)

# What is in the repository about veloci, runc and crun; it takes some minutes. Cases fail, so the exit status means nothing.
conformance-results: build suite packages-test
	-$(SUITE) $(RUNTIMES) --quiet --drop --report $(RESULTS)
	-$(SUITE) $(RUNTIMES) --fixtures spec-fixtures --report $(RESULTS) >/dev/null
	rm -f $(RESULTS)/conformance.tap $(RESULTS)/conformance.xml
	Tests/report.sh $(RESULTS)/conformance.html

# The suite as others take it: one static program and the documents, for the architecture of this machine or for arm64.
conformance-dist: suite ## the suite as one archive for others' machines; with ARCH=arm64 for those of arm64
	rm -rf .build/dist && mkdir -p .build/dist/oci-conformance
	cp $(SUITE) conformance/README.md conformance/workflow.yml LICENSE .build/dist/oci-conformance/
	cp -r spec-fixtures .build/dist/oci-conformance/ && rm -r .build/dist/oci-conformance/spec-fixtures/plans
	tar -C .build/dist -czf .build/dist/oci-conformance-$(MACHINE).tar.gz oci-conformance
	@ls -l .build/dist/*.tar.gz

# The validation programs of the runtime-tools project, from the sources of its Debian package, or from a checkout: SOURCES=PATH.
upstream-validation: build packages-upstream ## runtime-tools' validation programs
	Tests/upstream-validation.sh "$(SOURCES)" $(VELOCI)

# runc's own integration tests from a checkout of its repository, over veloci: SOURCES=PATH. VIEWS chooses the control groups that
# they see, PEER=PATH a runc to compare with; Tests/runc-suite.sh says what else there is.
VIEWS := host
runc-suite: build packages-runc ## runc's integration tests, from SOURCES=CHECKOUT
	RUNTIME=$(VELOCI) PEER="$(PEER)" Tests/runc-suite.sh "$(SOURCES)" $(VIEWS)

# crun's and podman's own tests, likewise. crun's are for views of one version; podman's are of the version that is installed.
crun-suite: build packages-crun ## crun's tests in Python, from SOURCES=CHECKOUT
	RUNTIME=$(VELOCI) PEER="$(PEER)" Tests/crun-suite.sh "$(SOURCES)" $(filter-out host,$(VIEWS))

podman-suite: build packages-podman ## podman's system tests, from SOURCES=CHECKOUT
	RUNTIME=$(VELOCI) PEER="$(PEER)" Tests/podman-suite.sh "$(SOURCES)" $(VIEWS)

buildah-suite: build packages-podman ## buildah's tests of run, or conmon's tests, from SOURCES=CHECKOUT
	RUNTIME=$(VELOCI) PEER="$(PEER)" Tests/buildah-suite.sh "$(SOURCES)" $(VIEWS)

# Containers in a program with 32 busy threads, which rest REST microseconds now and then: twice COUNT of them. The last commit
# is what is built.
COUNT := 20
REST := 0
embedding: packages-build ## programs that link the library, with twice COUNT (20) containers
	Tests/embedding.sh $(COUNT) $(REST)

# The tests of Kubernetes' engines over containerd, likewise.
critest: build packages-critest ## critest over containerd, from SOURCES=CHECKOUT of cri-tools
	RUNTIME=$(VELOCI) PEER="$(PEER)" Tests/critest.sh "$(SOURCES)" $(VIEWS)

client-test: build packages-test ## podman, buildah, containerd and Docker over veloci
	Tests/clients.sh $(VELOCI)

# Docker Swarm on three engines, Slurm on a controller and four nodes; SLOW=1 waits for Slurm's time limits as well.
cluster-test: build packages-cluster ## Docker Swarm and Slurm over veloci, on machines of network namespaces
	Tests/clients.sh $(VELOCI) swarm slurm

# What every command costs beside runc, crun and OTHERS, written to BENCH; Tests/bench.sh says what the environment chooses.
BENCH := Tests/Benchmark/results
bench: build packages-test ## what every command costs beside other runtimes
	VELOCI=$(VELOCI) OTHERS="$(OTHERS)" Tests/bench.sh $(BENCH)

# Every fuzzer for that long, two at a time; FUZZERS names some of them.
SECONDS := 10
fuzz: packages-build ## every fuzzer for SECONDS (10)
	Tests/fuzz.sh $(SECONDS) $(FUZZERS)

# Attacks by chance; the same SEED gives the same.
SEED = $(shell date +%s)
torture: packages-build ## attacks by chance for SECONDS, from SEED
	Tests/torture.sh $(SECONDS) $(SEED)

migration: ## containers move between two machines while others talk to them (root, criu)
	Tests/migration.sh

# C under all warnings and the analyzer, the libraries' tests under AddressSanitizer.
memory: packages-build ## C under all warnings, tests under AddressSanitizer
	Tests/memory.sh all

reproducible: packages-build ## two clean builds in two folders, which must give the same bytes
	Tests/reproducible.sh

lab-mini: build suite packages-test
	$(SWIFT) build --build-tests
	Tests/lab.sh mini conformance

lab: build suite packages-test ## the tests that need other machines (lab/README.md)
	$(SWIFT) build --build-tests
	Tests/lab.sh

packages-docs:
	@Tests/install-packages.sh docs

packages-upstream:
	@Tests/install-packages.sh build control upstream

packages-runc:
	@Tests/install-packages.sh build control clients runc

packages-crun:
	@Tests/install-packages.sh build control clients crun

packages-podman:
	@Tests/install-packages.sh build control clients podman

packages-critest:
	@Tests/install-packages.sh build control clients critest

packages-cluster:
	@Tests/install-packages.sh build control clients cluster

packages-build:
	@Tests/install-packages.sh build

packages-test:
	@Tests/install-packages.sh build control browser clients lab docs shells package lint

# What was built is installed as it is, so that root builds nothing: make, then sudo make install. With PREFIX, DESTDIR and the
# directories below it as packagers know them.
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
PAGES := $(sort $(wildcard packaging/man/veloci*))
install: $(VELOCI) ## veloci, its manual pages and completions, below PREFIX (/usr/local)
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	install -m 0755 $(VELOCI) $(DESTDIR)$(BINDIR)/veloci
	install -m 0644 $(filter %.5,$(PAGES)) $(DESTDIR)$(MANDIR)/man5
	install -m 0644 $(filter %.8,$(PAGES)) $(DESTDIR)$(MANDIR)/man8
	install -m 0644 packaging/completions/veloci.bash $(DESTDIR)$(BASHDIR)/veloci
	install -m 0644 packaging/completions/_veloci $(DESTDIR)$(ZSHDIR)/_veloci
	install -m 0644 packaging/completions/veloci.fish $(DESTDIR)$(FISHDIR)/veloci.fish

uninstall: ## removes what install has put there
	rm -f $(DESTDIR)$(BINDIR)/veloci $(DESTDIR)$(BASHDIR)/veloci $(DESTDIR)$(ZSHDIR)/_veloci $(DESTDIR)$(FISHDIR)/veloci.fish
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man5/,$(notdir $(filter %.5,$(PAGES))))
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,$(notdir $(filter %.8,$(PAGES))))

# The conformance suite is for other machines than those that run containers.
install-suite: $(SUITE) ## oci-conformance and its manual page
	install -D -m 0755 $(SUITE) $(DESTDIR)$(BINDIR)/oci-conformance
	install -D -m 0644 packaging/man/oci-conformance.1 $(DESTDIR)$(MANDIR)/man1/oci-conformance.1

$(VELOCI):
	$(MAKE) build

$(SUITE):
	$(MAKE) suite

PACKAGES := .build/packages
deb: $(VELOCI) ## a Debian package in PACKAGES (.build/packages)
	packaging/deb.sh $(VELOCI) $(VERSION) $(PACKAGES)

rpm: $(VELOCI) ## an RPM package
	packaging/rpm.sh $(VELOCI) $(VERSION) $(PACKAGES)

tarball: $(VELOCI) ## a static tarball for any distribution, with its checksum; with ARCH=arm64 for arm64
	packaging/tarball.sh $(VELOCI) $(VERSION) $(PACKAGES)

package-test: deb ## installs, uses, upgrades and removes the package on Debian 12 and 13
	Tests/package.sh $(PACKAGES)/veloci_$(VERSION)-1_$(shell dpkg --print-architecture).deb

manual: ## writes manual pages and completions again, from the table of commands and docs/manual
	VELOCI_WRITE_MANUAL=1 $(SWIFT) test --filter ManualTests

docs: packages-docs ## the documentation as a site, in .build/site
	docs/site/build.sh .build/site

api-docs: ## the library's documentation as a site, in .build/api (shown by: docc preview, or any web server)
	rm -rf .build/symbols .build/api && mkdir -p .build/symbols
	swift package dump-symbol-graph --minimum-access-level public >/dev/null
	for name in Veloci VelociAsync RuntimeSpec Cgroups Seccomp; do \
		find .build/*/symbolgraph .build/*/*/symbolgraph \( -name "$$name.symbols.json" -o -name "$$name@*.symbols.json" \) -exec cp {} .build/symbols/ \; 2>/dev/null; done; true
	docc convert Sources/VelociAsync/VelociAsync.docc --additional-symbol-graph-dir .build/symbols --output-path .build/api \
		--fallback-display-name VelociAsync --fallback-bundle-identifier veloci --hosting-base-path /

docs-test: docs ## opens every page in a browser, and follows every link
	Tests/site.sh .build/site

lint: ## scripts, manual pages and the rules of the house
	Tests/lint.sh

format: ## formats the Swift files that differ from the last commit
	Tests/format.sh

pre-commit: ## what a commit must pass, in seconds; git config core.hooksPath .githooks runs it before each
	Tests/pre-commit.sh

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "swift test --filter NAME   one test; Tests/run.sh SECTION one part of make test (its head lists them)"

clean: ## removes what was built
	$(SWIFT) package clean
	rm -rf .build/embedded

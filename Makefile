# Builds, tests and installs libmsauth. `make help` says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR ?= $(PREFIX)/bin
VERSION := $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/MSAuth/Library.swift)

BUILD := .build/release
VENV := .build/venv
LIBRARY := $(abspath $(BUILD))/libmsauth.so.0

BUILD_PACKAGES := gcc g++ make pkg-config python3 libcurl4-openssl-dev libexpat1-dev libssl-dev
DEMO_PACKAGES := dbus-daemon gnome-keyring libglib2.0-bin libsecret-tools mono-mcs mono-runtime python3-aiohttp python3-cryptography
TEST_PACKAGES := chromium curl iproute2 libengine-pkcs11-openssl libnss3-tools libsecret-1-dev microsocks opensc openssl \
	p11-kit-modules python3-dbus python3-gi python3-venv shellcheck softhsm2 squid swtpm tinyproxy tpm2-openssl tpm2-tools \
	valgrind

.PHONY: help setup setup-build setup-demo build test unit integration sanitize lint demo bench install clean

help: ## says what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup-build:
	@scripts/packages $(BUILD_PACKAGES)

setup-demo: setup-build
	@scripts/packages $(DEMO_PACKAGES)

setup: setup-demo ## installs what is missing of Debian's packages (asks for root then), and the tests' Python packages
	@scripts/packages $(TEST_PACKAGES)
	@test -x $(VENV)/bin/pytest -a $(VENV)/.requirements -nt Tests/requirements.txt || { \
		/usr/bin/python3 -m venv $(VENV); \
		$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/requirements.txt; \
		touch $(VENV)/.requirements; }

build: setup-build ## the library and the command, in .build/release
	@# An installed library must not look for others beside itself.
	@swift build -c release --disable-local-rpath
	@ln -sf libmsauth.so $(LIBRARY)

test: setup build lint unit integration sanitize ## everything

unit: ## the fast tests, of the Swift sources, and how much of the core they execute
	scripts/coverage

integration: build setup ## the tests through the built library
	MSAUTH_LIBRARY=$(LIBRARY) $(VENV)/bin/pytest Tests/integration

sanitize: setup ## the C tests again under valgrind, ASan and TSan
	Tests/c/sanitize

lint: setup ## style, types and agreement of everything
	scripts/lint

demo: setup-demo build ## signs in to a local Entra and reads the token from four languages
	@scripts/demo

bench: setup build ## measures beside a bare C program and msal
	$(VENV)/bin/python Tests/bench/bench.py

install: build ## into DESTDIR and PREFIX
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(BINDIR)
	install -m 644 -s $(BUILD)/libmsauth.so $(DESTDIR)$(LIBDIR)/libmsauth.so.$(VERSION)
	ln -sf libmsauth.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libmsauth.so.0
	ln -sf libmsauth.so.0 $(DESTDIR)$(LIBDIR)/libmsauth.so
	install -m 644 include/msauth.h $(DESTDIR)$(INCLUDEDIR)/msauth.h
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' \
		bindings/c/msauth.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/msauth.pc
	install -m 755 -s $(BUILD)/msauth-cli $(DESTDIR)$(BINDIR)/msauth
	install -D -m 644 bindings/shell/msauth.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/msauth

clean:
	rm -rf .build .build-*

.DEFAULT_GOAL := test
.PHONY: test soak build lint format generate help

TOOL := go tool -modfile=tools/go.mod

test: ## Install what the tests need, then vet and run the whole suite with the race detector
	@scripts/deps
	@scripts/test

KILLS ?= 1000
SEED ?= 2026
FOR ?= 10m

soak: ## Run the long proofs by hand: make soak KILLS=1000 SEED=2026 FOR=10m (for each engine)
	@scripts/deps
	@PATCHBAY_TEST_FORMAT=standard-verbose scripts/test ./internal/e2e/crash -run TestKilledAtRandom -v -timeout 60m -args -crash.kills=$(KILLS) -crash.seed=$(SEED) -crash.for=$(FOR)

build: ## Build bin/patchbay, a single static binary
	CGO_ENABLED=0 go build -trimpath -o bin/patchbay ./cmd/patchbay

lint: ## Run the linters (the first time builds them, which takes minutes)
	$(TOOL) golangci-lint run ./...

format: ## Format the Go code
	$(TOOL) gofumpt -w cmd internal

generate: ## Write the Go code of the templ pages
	$(TOOL) templ generate

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

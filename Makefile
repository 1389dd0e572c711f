.DEFAULT_GOAL := test
.PHONY: test soak bench mutate build lint format generate help

TOOL := go tool -modfile=tools/go.mod

test: ## Install what the tests need, then vet and run the whole suite with the race detector
	@scripts/deps
	@scripts/test

KILLS ?= 1000
SEED ?= 2026
FOR ?= 10m
ONLY ?=

soak: ## Run the long proofs: make soak KILLS=1000 SEED=2026 FOR=10m ONLY='crash refreshcrash races diskfull deliveries schedule interleavings sixtydays rotation redirects badinput ssrf'
	@scripts/deps
	@KILLS=$(KILLS) SEED=$(SEED) FOR=$(FOR) scripts/soak $(ONLY)

BENCH ?=

bench: build ## Measure requests a second, CPU and memory: make bench BENCH='-for 1m -engines sqlite -sizes 1000'
	@scripts/deps
	@CGO_ENABLED=0 go build -trimpath -o bin/bench ./bench
	@bin/bench $(BENCH)

MUTATE ?=

mutate: ## Take each guard out of a scratch copy and see the suites turn red: make mutate MUTATE='-only keys.go -for 10m'
	@go run ./scripts/mutate $(MUTATE)

build: ## Build bin/patchbay, a single static binary
	CGO_ENABLED=0 go build -trimpath -o bin/patchbay ./cmd/patchbay

lint: ## Run the linters (the first time builds them, which takes minutes)
	$(TOOL) golangci-lint run ./...

format: ## Format the Go code
	$(TOOL) gofumpt -w cmd internal bench

generate: ## Write the Go code of the templ pages
	$(TOOL) templ generate

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

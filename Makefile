# Needs Go and a C++ compiler; the web tests and 'make console' need Node 20 as well. CI calls only these targets.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
TOOL := go tool -modfile=tools/go.mod
FUZZTIME ?= 1m
SEEDS ?= 500
BENCHTIME ?= 1s
EVENTS ?= 10000000
PEERS ?= -events 2000000 -cep-events 100000 -timeout 60m
# Packages that start no goroutine, in code and in tests (internal/lint checks it): the race detector would only make them slow.
SEQUENTIAL = ./adapter/... ./examples/... ./internal/dashboard/grafana ./internal/enrich/geo ./internal/generate/... ./internal/job/declared ./internal/lineage/explain ./internal/source/transcode/parquet ./internal/warehouse ./internal/warehouse/attribution ./internal/warehouse/basket ./internal/warehouse/customer ./internal/warehouse/history ./stream/join ./stream/match ./stream/pattern ./stream/window
# golangci-lint runs go vet over all packages, so tests need not.
TEST := go test -vet=off -timeout 20m
# With the race detector the store's codec is the one in Go: that in C takes long to compile again, and is no race of ours.
RACE := $(TEST) -race -tags pebblegozstd
# The end-to-end tests take the binary that is built.
E2E := E2E_BINARY='$(CURDIR)/bin/millrace' $(TEST) -count=1
UNIT = $(filter-out $(shell go list $(SEQUENTIAL)),$(shell go list ./... | grep -v -e '/e2e$$' -e '/e2e/'))

export CGO_ENABLED := 1

help: ## List the targets
	@sed -n 's/^\([a-z0-9 -]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

build: ## Build bin/millrace
	@mkdir -p bin
	go build -ldflags '-s -w -X main.version=$(VERSION)' -o bin/millrace ./cmd/millrace

run: build ## Build, then replay a year of a real shop's orders: millrace demo
	bin/millrace demo

test: lint test-unit e2e kafka-test sources-test test-web ## Everything CI runs: lint, unit tests with the race detector, end-to-end and web tests
	@echo 'ok: make test'

test-unit: ## Unit tests, with the race detector but for those in which one goroutine computes for long
	$(RACE) $(UNIT)
	$(TEST) $(SEQUENTIAL)
	$(TEST) -run 'Alloc|CostNoMemory' ./internal/schema/contract ./internal/quality ./internal/enrich
	$(TEST) -run 'OnlineRetail|Labels|Order|LeftBehind' ./internal/job ./internal/warehouse/analysis ./internal/warehouse/rollup

e2e: build ## End-to-end tests of the real binary
	$(E2E) ./e2e/...

kafka-test: build ## Tests on a real Apache Kafka broker; needs Java 17 and, the first time, Maven
	$(E2E) -tags kafka -run ApacheKafka ./internal/kafkatest ./internal/eventlog ./internal/source/kafka ./internal/pass/cluster ./e2e

sources-test: build ## Tests on real PostgreSQL, MariaDB, Redis, RabbitMQ, Mosquitto, OpenSSH, an S3 store and clients (SOURCE_EVENTS=100000 through kills, not 20000)
	E2E_BINARY='$(CURDIR)/bin/millrace' tools/sources.sh

test-web: build web/node_modules/.package-lock.json ## The console's tests, in Chromium; the last one repairs broken lines by hand (REPAIR_LINES=541909 for the whole year)
	npm --prefix web test
	$(E2E) -tags web -run Workbench ./e2e

lint: ## gofmt, golangci-lint with go vet, house rules, generated files
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
		if [ -n "$$unformatted" ]; then echo "not formatted (make fmt): $$unformatted" >&2; exit 1; fi
	$(TOOL) golangci-lint run ./...
	go test ./internal/lint
	tools/generate.sh --check

fmt: ## Format Go and web sources
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')
	@if [ -d web/node_modules ]; then npm --prefix web run format; fi

generate: ## Write all generated files anew
	tools/generate.sh

bench: build ## Measure; docs/benchmarks.md holds the results
	go test -run '^$$' -bench . -benchtime $(BENCHTIME) -benchmem $$(grep -rl --include='*_test.go' '^func Benchmark' adapter event internal | xargs -n1 dirname | sort -u | sed 's|^|./|')
	@if [ -d bench ]; then go run ./bench; fi

bench-sources: build ## Measure the doors by protocol, idle connections, and the sources on real services
	go run ./bench -only doors,idle
	go test -run '^$$' -tags sources -bench . -benchtime $(BENCHTIME) -benchmem ./adapter/csv ./adapter/x12 ./adapter/mapped ./internal/source/cdc/... ./internal/source/amqp ./internal/source/mqtt ./internal/source/redis ./internal/source/transcode/... ./internal/schema/contract

bench-quality: build ## Measure what forty checks on every event cost the pass
	MILLRACE_PASS_JOBS_ENABLED=false go run ./bench -only quality
	go test -run '^$$' -bench Forty -benchtime $(BENCHTIME) -benchmem ./internal/quality

bench-rollups: build ## Measure what the rollup that is on by default costs beside the pass
	MILLRACE_PASS_JOBS_ENABLED=false go run ./bench -only rollups
	go test -run '^$$' -bench Keep -benchtime 3x ./internal/warehouse/rollup

bench-analytics: build ## Measure questions over a history of EVENTS (10000000), beside plain DuckDB and ClickHouse; needs Python 3
	go run ./bench -only analytics -events $(EVENTS)

bench-queries: build ## Measure what cross joins and 200 SQL clients cost the pass
	MILLRACE_PASS_JOBS_ENABLED=false go run ./bench -only queries

bench-peers: ## The same queries in Kafka Streams, Flink and Millrace; see bench/peers/README.md (PEERS='flags')
	mvn -q -B -f bench/peers/java package
	@mkdir -p bin
	go build -o bin/millrace-peer ./bench/peers/millrace
	go run ./bench/peers -millrace bin/millrace-peer -systems streams,flink,millrace $(PEERS)

fuzz: ## Run each fuzz target for FUZZTIME (1m)
	tools/fuzz.sh $(FUZZTIME)

sim: ## The pass dies at any write, with SEEDS (500) seeds; then kills of the platform with random ones
	go test -count=1 -timeout 60m -run Simulation ./internal/sim -seeds $(SEEDS)
	go test -count=1 -timeout 30m -v -run 'Kill|Crash|Sim' ./e2e/... ./internal/pass/...

shuffle: ## A year of Online Retail and one of a generated shop, each event up to 30 days late: every number stays
	go test -count=1 -timeout 60m -v -run YearShuffled ./internal/warehouse -whole

docs: generate ## Write the generated pages of docs/ anew and check all links
	go test -count=1 -run Links ./internal/lint

console: web/node_modules/.package-lock.json ## Build the console's bundle, which is committed
	npm --prefix web run build

vuln: ## Look for known vulnerabilities; needs to reach vuln.go.dev
	$(TOOL) govulncheck ./...

web/node_modules/.package-lock.json: web/package-lock.json
	npm --prefix web ci

.PHONY: help build run test test-unit e2e kafka-test sources-test test-web lint fmt generate bench bench-sources bench-quality bench-rollups bench-queries bench-analytics bench-peers fuzz sim shuffle docs console vuln

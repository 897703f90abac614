# make help | make ci is what CI runs. Only deps uses the network.
export GOFLAGS := -tags=duckdb_arrow -buildvcs=false
TOOL := go tool -modfile=.ci/tools.mod
DEMO := build/demo

.PHONY: help deps build dist run demo test race fuzz golden bench soak calibrate lint fmt ci
help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'
deps: ## install what the build and the tests need; the one target that uses the network
	@.ci/deps $(if $(filter run demo build,$(MAKECMDGOALS)),build,all)
build: deps ## compile bin/dials
	go build -trimpath -o bin/dials ./cmd/dials
dist: deps ## what a release consists of, in dist: stripped binary, bill of materials, checksums
	@.ci/dist
demo: build ## write the fictional company's source files and load them
	@test -f $(DEMO)/config.toml || bin/dials demo $(DEMO)
	bin/dials sync --config $(DEMO)/config.toml
run: demo ## serve the demo on http://127.0.0.1:8080
	bin/dials serve --config $(DEMO)/config.toml
test: deps ## all tests but the long runs (lint vets), and each fuzz target for 5 s; within 12 minutes on 2 cores
	go test -count=1 -vet=off -ldflags=-w -timeout 25m ./...
	.ci/fuzz 5s 4
race: deps ## the concurrent packages under the race detector
	go test -race -count=1 -vet=off -ldflags=-w -timeout 40m -short ./warehouse ./ingest/... ./queries ./dashboards/...
fuzz: deps ## each fuzz target for 30 s
	.ci/fuzz 30s
golden: deps ## accept changed golden files; read the diff
	go test ./dashboards/... -update
	go test ./cmd/dials -run TestEstimateDesigns -update
bench: build ## speed, as ratios in one run; the table that README keeps
	go test -run='^$$' -bench=. -benchtime=1x -timeout 60m \
		./ingest ./ingest/connectors/... ./warehouse ./queries ./dashboards ./dashboards/extracts ./cmd/dials
soak: build ## the long runs: an hour of mixed load, 30 kills, 1,000 changing sources and 1,000 attacked companies, of which test runs 5, 100 and 100
	DIALS_KILLS=30 DIALS_PROPERTY_SEEDS=1000 go test -count=1 -timeout 80m ./ingest/... ./warehouse/...
	DIALS_SEEDS=1000 go test -count=1 -timeout 30m -run TestModel ./ingest/connectors/http
	DIALS_SOAK=60m go test -count=1 -v -timeout 80m -run TestSoak ./cmd/dials
	DIALS_ATTACKS=1000 go test -count=1 -timeout 30m -run Attack ./queries
calibrate: build ## 1,000 simulated companies, whose table README keeps, and 200 demo companies; hours
	bin/dials calibrate --runs 1000 --keep build/calibration.jsonl --format json > build/calibration.json
	cp build/calibration.json queries/calibration/released.json
	DIALS_SEEDS=200 DIALS_RUNS=1000 go test -run 'DemoVerdicts|NothingHappened' -v -timeout 4h ./cmd/dials ./queries
lint: deps ## go vet, staticcheck and the rest, as in .golangci.yml; known vulnerabilities where their database can be reached
	$(TOOL) golangci-lint run
	@.ci/vulnerabilities
fmt: deps ## gofumpt
	$(TOOL) golangci-lint fmt
ci: test lint race build ## what .ci/run runs

# `make help` lists the targets. Each target is one line; longer ones call a script in hack/, whose first lines describe it.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo demo-down test fmt lint unit fuzz cluster-test authority account-cost real-test e2e parity matrix siege bench corpus generate book image release

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: ## run the ScripTeam example on a local cluster, and show its progress
	@hack/demo up

demo-down: ## stop the operator and the cluster of the demo
	@hack/demo down

test: ## run all tests, on clusters that it starts and stops (CI runs this)
	@hack/test

fmt: ## format the Rust code
	@cargo fmt

lint: ## check format, clippy, shellcheck, the pure build and the dependencies
	@hack/test format lint pure dependencies scripts

unit: ## run tests without a cluster: units, properties, golden files
	@hack/test unit

fuzz: ## fuzz the Compose loader and the translation of Stacks, 13 s per target (longer: hack/fuzz SECONDS TARGET...)
	@hack/fuzz

cluster-test: ## run scenarios on simulated nodes
	@hack/test cluster

PAIRS ?= 500
authority: ## compare each act of the operator with the author's rights, for $$PAIRS random pairs of rights and a Stack
	@STACKWRIGHT_PAIRS=$(PAIRS) cargo test --test cluster authority -- --nocapture

account-cost: ## measure time and requests of 1,000 Stacks with and without a ServiceAccount
	@cargo test --test cluster the_cost_of_account_checks_is_measured -- --ignored --nocapture

real-test: ## run scenarios on real nodes
	@hack/test real

e2e: ## convert, apply and use the examples on real nodes, with the operator installed by its chart
	@hack/e2e

parity: ## compare what processes experience on Docker Compose and on a cluster
	@hack/parity

matrix: ## run all scenarios on each supported Kubernetes, and upgrades of Kubernetes and the operator
	@hack/test matrix

corpus: ## convert the Compose files in the folder $$STACKWRIGHT_CORPUS, and send the result to an API server
	@hack/test corpus

bench: ## compare the speed of the Compose loader with compose-go
	@hack/bench

generate: ## write the generated files: CRD, RBAC, copies in the charts, parts of the book
	@hack/generate

book: ## write the book of docs/ to target/book
	@hack/book

image: ## build the image of the operator, optimized and static, to dist/stackwright.tar
	@hack/operator-image dist

release: ## write the release $$VERSION to dist/: programs, image, charts, install.yaml, checksums, bill of materials
	@hack/release "$(VERSION)"

siege: ## run fifty hostile Stacks beside twenty good ones for ten minutes, with an optimised operator
	@cargo test --profile image --test siege -- --seconds 600 --flapping-pods 200

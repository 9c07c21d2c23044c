# The verbs of the house; `make help` lists them. Each is one line: what is worth
# more stands in hack/, where each script's first lines say what it does.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo demo-down test fmt lint unit fuzz cluster-test authority account-cost real-test e2e parity matrix siege bench corpus generate

help: ## list the verbs
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: ## run the ScripTeam stack on a cluster of its own, and show it come up
	@hack/demo up

demo-down: ## end the demo's operator and cluster
	@hack/demo down

test: ## prove everything, on clusters that it starts and ends (CI runs this)
	@hack/test

fmt: ## format the Rust code
	@cargo fmt

lint: ## format check, clippy, shellcheck, the pure build, the dependency tree
	@hack/test format lint pure dependencies scripts

unit: ## tests that need no cluster: units, properties, golden files
	@hack/test unit

fuzz: ## random inputs for the Compose loader and the translation of Stacks, 13 s for each target (hack/fuzz SECONDS TARGET...)
	@hack/fuzz

cluster-test: ## scenarios on simulated nodes
	@hack/test cluster

PAIRS ?= 500
authority: ## $$PAIRS random pairs of an author's rights and a Stack, each act of the operator held against the rights
	@STACKWRIGHT_PAIRS=$(PAIRS) cargo test --test cluster authority -- --nocapture

account-cost: ## how long 1,000 Stacks take with and without accounts, and how many requests
	@cargo test --test cluster what_the_rights_of_accounts_cost -- --ignored --nocapture

real-test: ## scenarios on real nodes
	@hack/test real

e2e: ## the examples alive and used, on real nodes, with the operator installed by its chart
	@hack/e2e

parity: ## the same projects on Docker Compose and here, what their processes experience compared
	@hack/parity

matrix: ## all scenarios on each supported Kubernetes, upgrades of it and of the operator under running Stacks
	@hack/test matrix

corpus: ## all that the compose files in the folder $$STACKWRIGHT_CORPUS become, tried on an API server
	@hack/test corpus

bench: ## how fast compose projects are loaded, beside compose-go
	@hack/bench

generate: ## write the files that are made from code: CRD, RBAC, the chart's copies
	@hack/generate

siege: ## ten minutes of hostile load: fifty hostile Stacks beside twenty good ones, with an optimised operator
	@cargo test --profile image --test siege -- --seconds 600 --flapping-pods 200

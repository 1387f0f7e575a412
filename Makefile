# Everything is done by the harness in tests/; each target sets the machine up first.

export WEIR_BEGAN := $(shell date +%s)
export PATH := $(HOME)/.cargo/bin:$(PATH)
HARNESS = --locked --bin weir-harness

.PHONY: help demo demo-down test soak bench setup clean-cache

help:
	@echo "make demo         a real cluster, an S3 server and a Paimon table that Weir mends; leaves the cluster up"
	@echo "make demo-down    ends the demo's cluster"
	@echo "make test         every test"
	@echo "make soak         every test, with long races and many random tables"
	@echo "make bench        the figures; WORKLOAD=w1 for one of them"
	@echo "make setup        installs and builds what the tests need, and nothing else"
	@echo "make clean-cache  forgets what the harness built"

demo demo-down test soak setup:
	@tests/bootstrap.sh
	@cargo build $(HARNESS)
	@cargo run --quiet $(HARNESS) -- $@

bench:
	@tests/bootstrap.sh
	@cargo build $(HARNESS)
	@cargo run --quiet $(HARNESS) -- bench $(if $(WORKLOAD),--only $(WORKLOAD))

clean-cache:
	rm -rf "$${WEIR_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/weir}"

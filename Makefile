.PHONY: run test bench openapi
# From a fresh machine to a running platform with demo data.
run:
	@scripts/run.sh
# Every test, on both databases.
test:
	@scripts/test.sh
# What must be fast, as ratios in one run.
bench:
	@scripts/bench.sh
# The documents that are made from the program.
openapi:
	@. scripts/env.sh && cargo run --quiet -- openapi && python3 tools/print_schema.py

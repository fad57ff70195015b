.PHONY: run test openapi fmt
# From a fresh machine to a running platform with demo data.
run:
	@scripts/run.sh
# Every test, on both databases.
test:
	@scripts/test.sh
# The documents that are made from the program.
openapi:
	@. scripts/env.sh && cargo run --quiet -- openapi && python3 tools/print_schema.py

# `make help` lists every target. Each target does the set-up it needs by itself.

PYTHON3 ?= python3
BIN := .venv/bin
PORT ?= 8787
STATE ?=

.DEFAULT_GOAL := help
.PHONY: help setup dev demo admin audit rebuild drill book test check fast format lint types bundles snapshots openapi lock bench bench-wallet bill sim bank clean

help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make this checkout ready (again); finished steps are skipped
	@$(PYTHON3) runtime/setup.py

# exec, so that a signal to make reaches the edge itself
dev: ## run the edge: PORT=8787, STATE=folder keeps the data
	@exec env PORT="$(PORT)" STATE="$(STATE)" $(PYTHON3) runtime/dev.py

demo: setup ## play the whole story against a running edge: URL=http://127.0.0.1:8787
	@$(BIN)/python runtime/demo.py $(if $(URL),--url "$(URL)")

admin: setup ## make a member of staff on a stopped edge's data: EMAIL=you@example.com STATE=folder [ROLE=admin]
	@test -n "$(EMAIL)" -a -n "$(STATE)" || { echo "usage: make admin EMAIL=you@example.com STATE=folder [ROLE=admin]"; exit 2; }
	@$(BIN)/python runtime/admin.py --email "$(EMAIL)" --role "$(or $(ROLE),admin)" --state "$(STATE)"

audit: ## check an exported statement: FILE=statement.json [ANCHOR="proof.json anchors.json"]
	@test -n "$(FILE)" || { echo 'usage: make audit FILE=statement.json [ANCHOR="proof.json anchors.json"]'; exit 2; }
	@$(PYTHON3) runtime/audit.py $(FILE) $(addprefix --anchor ,$(ANCHOR))

rebuild: setup ## make the projection anew on a stopped edge's data and compare: STATE=folder [SOURCE=archive] [SWAP=1]
	@test -n "$(STATE)" || { echo "usage: make rebuild STATE=folder [SOURCE=archive] [SWAP=1]"; exit 2; }
	@$(BIN)/python runtime/rebuild.py --state "$(STATE)" --source "$(or $(SOURCE),wallets)" $(if $(SWAP),--swap)

drill: setup ## restore every ledger from the archive and compare hash by hash: STATE=folder or ARCHIVE=folder [SQL=file]
	@test -n "$(STATE)$(ARCHIVE)" || { echo "usage: make drill STATE=folder | ARCHIVE=folder [SQL=file]"; exit 2; }
	@$(BIN)/python runtime/drill.py $(if $(STATE),--state "$(STATE)",--archive "$(ARCHIVE)" $(if $(SQL),--sql "$(SQL)"))

book: setup ## a wallet at an event of its closed books: PLAYER=id SEQ=n STATE=folder or ARCHIVE=folder
	@test -n "$(PLAYER)" -a -n "$(SEQ)" -a -n "$(STATE)$(ARCHIVE)" || { echo "usage: make book PLAYER=id SEQ=n STATE=folder | ARCHIVE=folder"; exit 2; }
	@$(BIN)/python runtime/book.py --player "$(PLAYER)" --seq "$(SEQ)" $(if $(STATE),--state "$(STATE)",--archive "$(ARCHIVE)")

format: setup ## format the sources and fix what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/python runtime/check_types.py

fast: setup
	$(BIN)/pytest -q -m "not slow" -n auto --dist loadfile tests/unit tests/property

check: lint types fast ## format, lint, types and fast tests, in under a minute

bundles: setup ## what `wrangler deploy` would upload, checked
	$(BIN)/python runtime/check_bundles.py

snapshots: setup ## save and load a memory snapshot of each Worker: imports are snapshot-safe
	$(BIN)/python runtime/check_snapshots.py

openapi: setup ## write openapi.json and the pages of docs/ that are made from the code
	$(BIN)/python runtime/openapi.py
	$(BIN)/python runtime/problems.py
	$(BIN)/python runtime/roles.py
	$(BIN)/python runtime/compliance_matrix.py
	$(BIN)/python runtime/acceptance.py
	$(BIN)/python runtime/rejections.py
	$(BIN)/python runtime/harm_policy.py

bench: setup ## the same bet on the edge, a native peer and a JavaScript Worker: QUICK=1
	@PYTHONPATH=.:src:tests $(BIN)/python -m bench $(if $(QUICK),--quick)

bench-wallet: setup ## what age costs a wallet, and one whose books are closed: EVENTS=1000000 [WORKERD=1]
	@PYTHONPATH=.:src:tests nice -n 19 $(BIN)/python -m bench.long_wallet --events $(or $(EVENTS),1000000) $(if $(WORKERD),--workerd)

bill: setup ## what a bet leaves behind and what a month of bets costs
	@PYTHONPATH=.:src:tests $(BIN)/python -m bench.bill

test: setup ## everything: unit, property, contract, end to end, browser, bundles, snapshots
	$(BIN)/python runtime/chromium.py
	$(BIN)/python runtime/check_bundles.py
	$(BIN)/python runtime/check_snapshots.py
	$(BIN)/pytest

sim: setup ## histories with faults against the wallet: OPS=1000000 [SEED=1] [PROCESSES=2], or REPLAY=file
	@$(BIN)/python runtime/sim.py $(if $(REPLAY),--replay "$(REPLAY)",--ops $(or $(OPS),1000000) --processes $(or $(PROCESSES),2) $(if $(SEED),--seed $(SEED)))

bank: setup ## 50 clients move money while the edge is killed again and again: DURATION=300
	@DURATION=$(or $(DURATION),300) $(BIN)/pytest -q -s tests/e2e/test_bank.py

lock: ## pin requirements/ and package-lock.json anew, from an environment that was set up once
	$(BIN)/python runtime/lock.py

clean: ## remove what set-up and tools made; secrets (.dev.vars.*) stay
	rm -rf .venv .cache node_modules python_modules web/vendor web/openapi.json artifacts .ruff_cache .hypothesis .wrangler

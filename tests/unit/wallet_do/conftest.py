"""The folder of a Worker's entry is its import root: here too, for the tests of this Worker."""

import sys
from pathlib import Path

WORKER = Path(__file__).parents[3] / "workers" / "wallet_do"

if str(WORKER) not in sys.path:
    sys.path.insert(0, str(WORKER))

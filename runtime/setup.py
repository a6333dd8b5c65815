"""Makes this checkout ready: `python3 runtime/setup.py`, or `make setup`.

Runs under any Python from 3.8 on, with the standard library only. A second run finds everything
done and does nothing.
"""

import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

from localedge.errors import SetupError  # noqa: E402  the flag above has to come first
from localedge.steps import Checkout, set_up  # noqa: E402


def main() -> int:
    begun = time.monotonic()
    try:
        ran = set_up(Checkout(Path(__file__).resolve().parent.parent))
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up: interrupted; the next run goes on from here", file=sys.stderr)
        return 130
    if ran:
        print(f"set-up: ready after {time.monotonic() - begun:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

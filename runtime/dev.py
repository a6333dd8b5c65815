"""Starts the local edge: `make dev [PORT=8787] [STATE=folder]`.

Sets the checkout up when it has to be, then becomes the host, so that signals reach it directly.
Arguments are the host's; see runtime/host.mjs --help.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

sys.dont_write_bytecode = True

import setup  # noqa: E402  the flag above has to come first

from localedge.steps import Checkout  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent


def main() -> NoReturn:
    status = setup.main()
    if status:
        sys.exit(status)
    checkout = Checkout(ROOT)
    node = str(checkout.node)
    arguments = [node, str(ROOT / "runtime" / "host.mjs"), *sys.argv[1:]]
    os.execve(node, arguments, {**os.environ, **checkout.environment()})


if __name__ == "__main__":
    main()

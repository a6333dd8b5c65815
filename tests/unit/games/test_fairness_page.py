"""The program in docs/fairness.md is run as a reader would run it."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "fairness.md"


def test_the_verifier_of_the_page_recomputes_its_example() -> None:
    [program] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    shown = re.search(r"print\(.*\)\s*# (.*)", program)
    assert shown is not None
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == shown[1]

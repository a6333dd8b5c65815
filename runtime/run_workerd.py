"""Becomes workerd: the same process, with the Pyodide folder in its arguments, bound to the life of
its host.

Invariant: workerd does not outlive the host that started it, however that host ends. On Linux the
kernel sees to it (`PR_SET_PDEATHSIG` survives `execve`); elsewhere the host's own clean-up has to
do.

Read from the environment: EDGE_PYODIDE_FOLDER, EDGE_HOST_PID (optional), EDGE_PID_FILE (optional).
"""

import ctypes
import os
import platform
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1


def workerd_binary() -> Path:
    """The binary that npm installed for this machine."""
    system = {"Linux": "linux", "Darwin": "darwin"}[platform.system()]
    arch = {"x86_64": "64", "AMD64": "64", "arm64": "arm64", "aarch64": "arm64"}[platform.machine()]
    return ROOT / "node_modules" / "@cloudflare" / f"workerd-{system}-{arch}" / "bin" / "workerd"


def die_with_host() -> None:
    """Asks the kernel to end this process when its parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    host = os.environ.get("EDGE_HOST_PID")
    if host and os.getppid() != int(host):
        sys.exit("the host has already ended")


def main() -> None:
    sub_command, *arguments = sys.argv[1:]
    if sub_command == "serve":
        die_with_host()
        arguments.insert(0, f"--pyodide-bundle-disk-cache-dir={os.environ['EDGE_PYODIDE_FOLDER']}")
    pid_file = os.environ.get("EDGE_PID_FILE")
    if pid_file:
        Path(pid_file).write_text(str(os.getpid()), encoding="ascii")
    binary = str(workerd_binary())
    os.execv(binary, [binary, sub_command, *arguments])


if __name__ == "__main__":
    main()

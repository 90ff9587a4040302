"""``python -I -S leash.py PARENT COMMAND…``: become COMMAND, and be told to stop when PARENT dies, however it dies.

A program of its own because the request must be made between fork and exec, where a parent with threads may not run
Python code; it survives the exec. Linux only, as prctl(2) is.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for the signal, make sure the parent was not gone before that, and become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == parent:
        os.execvp(command[0], command)  # noqa: S606  becoming another program is the whole point


if __name__ == "__main__":
    main()

"""How a process says that it is ready, to systemd (Type=notify) and to ``cauthang up`` alike: sd_notify(3)."""

import os
import socket


def say_ready() -> None:
    """Tell whoever started this process that it does its work from now on; nobody listening is fine."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        try:
            line.sendto(b"READY=1", address.replace("@", "\0", 1) if address.startswith("@") else address)
        except OSError:
            return  # the listener left; our own work does not depend on it


class ReadyLine:
    """The other end: where a child reports. An abstract socket, so that a long DATA_DIR cannot exceed its name."""

    def __init__(self, name: str) -> None:
        """Listen under a name that no other run of ours uses."""
        self.address = f"@cauthang-{os.getpid()}-{name}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(self.address.replace("@", "\0", 1))

    def heard(self) -> bool:
        """Whether READY=1 arrived since the last time somebody asked."""
        ready = False
        while True:
            try:
                ready |= b"READY=1" in self._socket.recv(4096)
            except BlockingIOError:
                return ready

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

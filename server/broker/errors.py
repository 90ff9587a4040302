"""What can go wrong with the broker, split by who must act.

BrokerError
├── BrokerUrlError       who wrote BROKER_URL: the sentence says which part is wrong
├── BrokerStartError     who starts the process: port taken, no program, configuration refused
└── BrokerBusyError      nobody: the queue towards the broker is full; try again after the next acknowledgement
"""

from __future__ import annotations


class BrokerError(Exception):
    """Something about the broker; the Vietnamese sentence says what to do."""


class BrokerUrlError(BrokerError):
    """The address of the broker cannot be used."""


class BrokerStartError(BrokerError):
    """The broker that we start as a child does not run."""


class BrokerBusyError(BrokerError):
    """The message was not taken: too many wait for an acknowledgement, or no broker has answered yet."""

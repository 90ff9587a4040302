"""All tables in one place: importing this module has imported every noun. One line per noun."""

from server import (  # noqa: F401  (importing a noun registers its tables)
    approvals,
    audit,
    campaigns,
    custody,
    faults,
    library,
    peaks,
    publishing,
    revocations,
    screens,
    sites,
    territories,
    trust,
    units,
    uploads,
    users,
)
from server.db import Base, PlaysBase
from server.plays import tables as plays  # noqa: F401

METADATA = Base.metadata
PLAYS_METADATA = PlaysBase.metadata

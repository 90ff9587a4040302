"""The first schema of plays: every table of server.plays as it stands (see versions/0001_initial.py)."""

from alembic import op

from server.tables import PLAYS_METADATA

revision = "0001"
down_revision = None


def upgrade() -> None:
    PLAYS_METADATA.create_all(op.get_bind())

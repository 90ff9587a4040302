"""The first schema: every table of the noun modules as they stand.

While nothing is released there is nothing to migrate from, so the tables themselves are the definition. From the first
release on, this step is frozen and every change is a step of its own.
"""

from alembic import op

from server.tables import METADATA

revision = "0001"
down_revision = None


def upgrade() -> None:
    METADATA.create_all(op.get_bind())

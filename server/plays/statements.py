"""Every statement of the writer, defined with SQLAlchemy Core, compiled once per database, executed with tuples.

Passing dictionaries through Core costs two thirds of the raw driver's speed; compiled text with tuples costs none
(measured: 0.32 against 1.00).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, Connection, Table, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from server.plays.tables import (
    MEASURES,
    SCREEN_DAY_KEY,
    UNIT_DAY_KEY,
    play_batch,
    play_conflict,
    play_device,
    play_fork,
    play_run,
    r_dirty,
    r_screen_day,
    r_unit_day,
    r_unit_screen,
    zdict,
)

BATCH_COLUMNS = tuple(column.name for column in play_batch.columns if column.name != "id")


@dataclass(frozen=True, slots=True)
class Text:
    """One compiled statement and the order in which it takes its values."""

    sql: str
    order: tuple[str, ...]

    def run(self, connection: Connection, **values: Any) -> Any:
        """Execute once, with values by name."""
        return connection.exec_driver_sql(self.sql, tuple(values[name] for name in self.order))

    def run_many(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute once per row, values in ``order``; nothing happens without rows. Straight to the driver's cursor,
        inside the transaction of ``connection``: at one batch per commit that halves the time of a commit.

        Raises:
            The errors of the driver, not those of SQLAlchemy.
        """
        if rows:
            cursor = connection.connection.cursor()
            try:
                cursor.executemany(self.sql, rows)
            finally:
                cursor.close()


class Statements:
    """The writer's statements as texts of one database."""

    def __init__(self, dialect: Dialect) -> None:
        its_dialect: Any = type(dialect)
        self._upsert: Any = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
        self._dialect = its_dialect(paramstyle="format" if dialect.name == "postgresql" else "qmark")
        self.runs_of_device = self._compiled(
            select(play_run.c.first_n, play_run.c.last_n)
            .where(play_run.c.device_id == bindparam("device_id"))
            .order_by(play_run.c.first_n)
        )
        self.put_run = self._putting(play_run, ("device_id", "first_n"), replace=("last_n",))
        self.drop_run = self._compiled(
            delete(play_run).where(
                play_run.c.device_id == bindparam("device"), play_run.c.first_n == bindparam("first")
            )
        )
        self.add_batch = self._compiled(insert(play_batch).values({n: bindparam(n) for n in BATCH_COLUMNS}))
        self.batches_over = self._compiled(
            select(
                *(play_batch.c[n] for n in ("first_n", "last_n", "codec", "dict_id", "body", "sig")),
            )
            .where(
                play_batch.c.device_id == bindparam("device"),
                play_batch.c.first_n.between(bindparam("earliest"), bindparam("last")),
                play_batch.c.last_n >= bindparam("first"),
            )
            .order_by(play_batch.c.first_n)
        )
        self.add_to_screen_day = self._putting(r_screen_day, SCREEN_DAY_KEY, add=MEASURES)
        self.mark_dirty = self._putting(r_dirty, ("unit_id", "day"))
        self.note_unit_screen = self._putting(r_unit_screen, ("unit_id", "screen_id"))
        self.note_device = self._putting(play_device, ("device_id",), replace=("screen_id",))
        self.note_conflict = self._putting(
            play_conflict, ("device_id", "n"), replace=("last_at", "batch_sha256"), add=("times",)
        )
        self.keep_fork = self._putting(play_fork, ("device_id", "batch_sha256"))
        self.add_dictionary = self._compiled(insert(zdict).values({c.name: bindparam(c.name) for c in zdict.columns}))
        self.dirty_units = self._compiled(select(r_dirty.c.unit_id, r_dirty.c.day).order_by(r_dirty.c.unit_id))
        self.clear_unit_day = self._compiled(
            delete(r_unit_day).where(r_unit_day.c.unit_id == bindparam("unit"), r_unit_day.c.day == bindparam("day"))
        )
        self.derive_unit_day = self._compiled(_derive_unit_day())
        self.unmark = self._compiled(
            delete(r_dirty).where(r_dirty.c.unit_id == bindparam("unit"), r_dirty.c.day == bindparam("day"))
        )

    def _putting(
        self, table: Table, key: tuple[str, ...], replace: tuple[str, ...] = (), add: tuple[str, ...] = ()
    ) -> Text:
        """Insert, or on a known key replace some columns and add to others; neither: leave the row alone."""
        statement = self._upsert(table).values({c.name: bindparam(c.name) for c in table.columns})
        new = statement.excluded
        changes = {name: new[name] for name in replace} | {name: table.c[name] + new[name] for name in add}
        if changes:
            return self._compiled(statement.on_conflict_do_update(index_elements=key, set_=changes))
        return self._compiled(statement.on_conflict_do_nothing(index_elements=key))

    def _compiled(self, statement: ClauseElement) -> Text:
        compiled: Any = statement.compile(dialect=self._dialect)
        return Text(str(compiled), tuple(compiled.positiontup or ()))


def _derive_unit_day() -> ClauseElement:
    """One unit, one day: the sum of the cells of every screen that ever counted under it, by key ranges alone."""
    cell, seen = r_screen_day.c, r_unit_screen.c
    key = (cell.campaign_id, cell.day, cell.unit_id, cell.item_id, cell.grade)
    source = (
        select(*key, *(func.sum(cell[name]) for name in MEASURES))
        .select_from(
            r_unit_screen.join(
                r_screen_day,
                (cell.screen_id == seen.screen_id) & (cell.day == bindparam("day")) & (cell.unit_id == seen.unit_id),
            )
        )
        .where(seen.unit_id == bindparam("unit"))
        .group_by(*key)
    )
    return insert(r_unit_day).from_select([*UNIT_DAY_KEY, *MEASURES], source)

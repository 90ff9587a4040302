"""What all resources share: the strict reader, the shape of a refusal, and what callers must know first."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields
from webargs.flaskparser import FlaskParser

DESCRIPTION = """\
The rules are those of the pages: what a person may not do there is refused here.

**Who asks.** Sign in at `/login` and keep the session cookie, as a browser does. Every POST carries the session's token
in the header `X-CSRFToken`; it stands in each page as `<meta name="csrf-token">`. Over https, send a `Referer` of this
server. Approving and withdrawing also ask for the password, because it opens the approver's signing key.

**Refusals** are `application/problem+json` (RFC 9457): `status`, `detail` (a sentence in the person's language), a
stable `code`, and `errors` by field name. 401 not signed in, 403 not allowed, 404 not there or out of your units'
reach, 409 the state has moved on, 422 something in the request must change, 429 too often.

**Values.** Instants are UTC milliseconds and their names end in `_ms`; days are local ISO dates. Fields that are not
known are refused. Files of renditions lie at `/files/{sha256}`.
"""


class Problem(Schema):
    """A refusal, as RFC 9457 has it."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    code = fields.String()
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class Nothing(Schema):
    """A body without fields."""

    class Meta:
        unknown = RAISE


class Reader(FlaskParser):
    """Refuses what it does not know, in addresses too: a misspelt filter must not answer with everything."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE}  # noqa: RUF012


class Door(Blueprint):
    """A resource of the API, below /api/v1."""

    ARGUMENTS_PARSER = Reader()

    def __init__(self, name: str, import_name: str, **more: Any) -> None:
        super().__init__(f"api-{name}", import_name, url_prefix=f"/api/v1/{name}", **more)

"""Items as the API shows them, and what it asks for."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

from playlists.model import MAX_INTEGER
from server.library import LONGEST_TITLE, ItemStatus
from server.web.library import finding_words

MOST_ITEMS = 100
ID = validate.Range(1, MAX_INTEGER)  # what a database can look for


class Strict(Schema):
    """A body or an address that may hold nothing else."""

    class Meta:
        unknown = RAISE


class RenditionView(Schema):
    """A file made for a class of screens."""

    sha256 = fields.String()
    size_bytes = fields.Integer()
    media_type = fields.String()
    width = fields.Integer()
    height = fields.Integer()
    duration_ms = fields.Integer()
    poster_sha256 = fields.String()


class FindingView(Schema):
    """What the technical check says, as a code and as a sentence in the person's language."""

    code = fields.String()
    grade = fields.String(validate=validate.OneOf(["pass", "warn", "refuse"]))
    screen = fields.String()
    text = fields.Function(finding_words, metadata={"type": "string"})


class ApprovalView(Schema):
    """The approval in force."""

    id = fields.String()
    unit = fields.String(attribute="unit.code")
    decision_number = fields.String()
    decision_date = fields.Date()
    not_before_ms = fields.Integer(attribute="not_before")
    not_after_ms = fields.Integer(attribute="not_after")
    scope = fields.List(fields.String())
    signers = fields.List(fields.String())


class ItemView(Schema):
    """One library entry."""

    id = fields.Integer()
    title = fields.String()
    status = fields.String(validate=validate.OneOf(list(ItemStatus)))
    kind = fields.String()
    unit = fields.String(attribute="unit.code")
    author = fields.String(attribute="author.person")
    field_of_law = fields.Integer(allow_none=True)
    legal_basis = fields.String()
    dwell_ms = fields.Integer()
    source_name = fields.String()
    source_bytes = fields.Integer()
    progress = fields.Integer(metadata={"description": "How far the worker is, in percent."})
    return_reason = fields.String()
    created_ms = fields.Integer(attribute="created")
    changed_ms = fields.Integer(attribute="changed")
    findings = fields.List(fields.Nested(FindingView))
    renditions = fields.List(fields.Nested(RenditionView))


class OneItem(Schema):
    """An item with the approval under which it may be scheduled, if there is one."""

    item = fields.Nested(ItemView)
    approval = fields.Nested(ApprovalView, allow_none=True)


class ItemList(Schema):
    """Items, newest first; ``before`` asks for the next part, null when there is none."""

    items = fields.List(fields.Nested(ItemView))
    before = fields.Integer(allow_none=True)


class ListQuery(Strict):
    """Which items."""

    status = fields.Enum(ItemStatus, by_value=True)
    q = fields.String(load_default="", metadata={"description": "Words of the title, with or without marks."})
    limit = fields.Integer(load_default=48, validate=validate.Range(1, MOST_ITEMS))
    before = fields.Integer(load_default=None, validate=ID, metadata={"description": "Only items older than this id."})


class Description(Strict):
    """What the author says about the item; what is left out stays as it is."""

    title = fields.String(metadata={"maxLength": LONGEST_TITLE})
    field_of_law = fields.Integer(allow_none=True, metadata={"minimum": 1, "maximum": 45})
    legal_basis = fields.String(validate=validate.Length(max=300))
    dwell_ms = fields.Integer(strict=True)


class Password(Strict):
    """The password of the person who asks: it opens the signing key."""

    password = fields.String(required=True, load_only=True)


class Decision(Password):
    """The terms of an approval."""

    unit = fields.String(load_default="", metadata={"description": "Sign for this unit; else for the nearest."})
    decision_number = fields.String(required=True)
    decision_date = fields.Date(required=True)
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    scope = fields.List(
        fields.String(), load_default=list, metadata={"description": "Codes of units; else the one that approves."}
    )


class Reason(Strict):
    """Why an item goes back to its author."""

    reason = fields.String(required=True)


class Withdrawal(Password):
    """Why an approval ends."""

    reason = fields.String(required=True)

"""The documents as JSON: one schema per kind, canonical bytes out, checked values in.

Readers ignore fields they do not know, so an old player survives a newer server; a higher ``format`` is refused.
Long rows travel as plain lists in the order of their fields: that halves a playlist.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields as fields_of
from enum import IntEnum, StrEnum
from functools import partial
from operator import attrgetter
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_dump, post_load, pre_load, validate

from playlists import model
from playlists.envelope import Kind, seal_payload, strict_json
from playlists.errors import Code, Refusal
from playlists.keys import SigningKey
from playlists.model import FORMAT, MAX_INTEGER, SCREEN_ID, SHA256, UNIT_ID
from playlists.play_rows import Read, dump_plays, load_plays, read_plays

PAYLOAD_DEPTH = 10

Document = (
    model.Trust | model.Approval | model.Playlist | model.Head | model.Revocation | model.PlayBatch | model.Receipt
)


class Whole(fields.Integer):
    """An exact integer; ``true`` and ``"1"`` are none."""

    def __init__(self, lowest: int = 0, highest: int = MAX_INTEGER, **kwargs: Any) -> None:
        super().__init__(required=True, validate=validate.Range(lowest, highest), **kwargs)

    def _validated(self, value: Any) -> int:
        if type(value) is not int:
            raise self.make_error("invalid", input=value)
        return value


class Text(fields.String):
    """NFC text without control characters."""

    def __init__(self, longest: int = 200, shortest: int = 1, **kwargs: Any) -> None:
        super().__init__(required=True, validate=[validate.Length(shortest, longest), _plain_text], **kwargs)


def _plain_text(value: str) -> None:
    if not model.is_plain(value):
        raise ValidationError("text is NFC without control characters")


def _matching(pattern: Any, **kwargs: Any) -> fields.String:
    """A string that matches the whole pattern: ``$`` alone would let a final line break through."""

    def whole(value: str) -> None:
        if not pattern.fullmatch(value):
            raise ValidationError("not of the expected form")

    return fields.String(required=True, validate=whole, **kwargs)


Hash = partial(_matching, SHA256)
ScreenId = partial(_matching, SCREEN_ID)
UnitId = partial(_matching, UNIT_ID)


class Word(fields.Field[Any]):
    """A member of an enumeration by its value."""

    def __init__(self, enum: type[StrEnum] | type[IntEnum], **kwargs: Any) -> None:
        super().__init__(required=True, **kwargs)
        self.enum = enum

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return value.value

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if type(value) not in (int, str):
            raise ValidationError("unknown word")
        try:
            return self.enum(value)
        except ValueError as error:
            raise ValidationError("unknown word") from error


class Row(fields.Field[Any]):
    """A dataclass of integers and plain strings as a list of its values, in order."""

    def __init__(self, cls: Callable[..., Any], **kwargs: Any) -> None:
        super().__init__(required=True, **kwargs)
        self.cls = cls
        self.columns = attrgetter(*(f.name for f in fields_of(cls)))  # type: ignore[arg-type]
        self.types = [str if "str" in str(f.type) else int for f in fields_of(cls)]  # type: ignore[arg-type]

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return self.columns(value)  # astuple would copy deeply: six times slower

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if not isinstance(value, list) or [type(v) for v in value] != self.types:
            raise ValidationError("a row has exactly its columns")
        if any(isinstance(v, int) and not 0 <= v <= MAX_INTEGER for v in value):
            raise ValidationError("numbers in a row are exact and not negative")
        return self.cls(*value)


class Rows(fields.List[Any]):
    """A list of rows, kept as a tuple."""

    def __init__(self, inner: fields.Field[Any], longest: int = 100_000, **kwargs: Any) -> None:
        super().__init__(inner, validate=validate.Length(max=longest), **{"required": True, **kwargs})

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self.inner, Row):  # a playlist has thousands: asked one by one they are most of its writing
            return list(map(self.inner.columns, value))
        return super()._serialize(value, *args, **kwargs)

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(*args, **kwargs))


class Part(Schema):
    """A piece of a document: unknown fields are ignored, the value is built by its class, invariants and all."""

    class Meta:
        unknown = EXCLUDE

    builds: Callable[..., Any]

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Any:
        return type(self).builds(**data)


class WholeDocument(Part):
    """A whole document: a part that also carries its format number."""

    @pre_load
    def _known_format(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict) or data.get("format") != FORMAT or type(data["format"]) is not int:
            raise ValidationError(f"only format {FORMAT} is understood")
        return data

    @post_dump
    def _say_format(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"format": FORMAT, **data}


class RenditionPart(Part):
    builds = model.Rendition
    sha256 = Hash()
    size_bytes = Whole(1)
    media_type = Word(model.MediaType)
    width = Whole(1)
    height = Whole(1)
    duration_ms = Whole(1)


class ReferencePart(Part):
    builds = model.Reference
    sha256 = Hash()
    size_bytes = Whole(1)


class DecisionPart(Part):
    builds = model.Decision
    number = Text(100)
    date = Text(10)


class ApprovalDocument(WholeDocument):
    builds = model.Approval
    id = Text(64)
    item = Whole(1)
    title = Text(300)
    unit = UnitId()
    author = Text(64)
    decision = fields.Nested(DecisionPart, required=True)
    renditions = Rows(fields.Nested(RenditionPart), 100)
    scope = Rows(UnitId(), 1000)
    not_before = Whole()
    not_after = Whole()
    issued = Whole()


class EntryPart(Part):
    builds = model.Entry
    item = Whole(1)
    campaign = Whole()
    title = Text(300)
    rendition = fields.Nested(RenditionPart, required=True)
    approval = fields.Nested(ReferencePart, required=True)


class LoopPart(Part):
    builds = model.Loop
    period_ms = Whole(1)
    slots = Rows(Row(model.Slot))


class PlanPart(Part):
    builds = model.Plan
    loops = Rows(fields.Nested(LoopPart))
    programmes = Rows(Rows(Row(model.Block)))
    days = Rows(Row(model.Day))


class OutputPart(Part):
    builds = model.Output
    x = Whole()
    y = Whole()
    width = Whole()
    height = Whole()
    rotation = Whole()
    brightness = Whole()
    volume = Whole()


class PlaylistDocument(WholeDocument):
    builds = model.Playlist
    screen = ScreenId()
    unit = UnitId()
    version = Row(model.Version)
    issued = Whole()
    expires = Whole()
    zone = Text(64)
    trust = Whole(1)
    revocation = Whole()
    previous = Text(64, shortest=0)
    entries = Rows(fields.Nested(EntryPart))
    plan = fields.Nested(PlanPart, required=True)
    fallback = Rows(Whole())
    off_hours = Word(model.OffHours)
    output = fields.Nested(OutputPart, required=True)
    quiet = Rows(Row(model.QuietSpan), required=False, load_default=())

    @post_dump
    def _leave_out_quiet(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Few screens have rules of quiet; the others need not say so."""
        return data if data["quiet"] else {name: value for name, value in data.items() if name != "quiet"}


class HeadDocument(WholeDocument):
    builds = model.Head
    screen = ScreenId()
    version = Row(model.Version)
    playlist = fields.Nested(ReferencePart, required=True)
    trust = Whole(1)
    revocation = Whole()
    emergency = Whole()
    issued = Whole()
    expires = Whole()


class KeyPart(Part):
    builds = model.KeyInfo
    public = Hash()
    person = Text(64)
    not_before = Whole()
    not_after = Whole()


class RolePart(Part):
    builds = model.Role
    keys = Rows(Hash(), 100)
    threshold = Whole(-MAX_INTEGER)


class TrustedUnitPart(Part):
    builds = model.TrustedUnit
    id = UnitId()
    parent = Text(63, shortest=0)
    name = Text(200)
    approvers = Rows(Hash(), 1000)
    threshold = Whole(-MAX_INTEGER)
    wide_threshold = Whole(-MAX_INTEGER)


class TrustDocument(WholeDocument):
    builds = model.Trust
    version = Whole(1)
    epoch = Whole()
    issued = Whole()
    expires = Whole()
    keys = fields.Dict(Hash(), fields.Nested(KeyPart), required=True)
    roles = fields.Dict(Text(32), fields.Nested(RolePart), required=True)
    units = fields.Dict(UnitId(), fields.Nested(TrustedUnitPart), required=True)


class RevocationEntryPart(Part):
    builds = model.RevocationEntry
    kind = Word(model.Revoked)
    value = Text(64)
    unit = Text(63, shortest=0)
    at = Whole()
    reason = Text(500, shortest=0)


class RevocationDocument(WholeDocument):
    builds = model.Revocation
    version = Whole(1)
    issued = Whole()
    entries = Rows(fields.Nested(RevocationEntryPart))


class ReceiptDocument(WholeDocument):
    builds = model.Receipt
    device = Hash()
    last = Whole()
    batch = Hash()
    issued = Whole()
    gaps = Rows(fields.Tuple((Whole(1), Whole(1))), 1000)


SCHEMAS: Mapping[Kind, Schema] = {  # of all but plays: :mod:`playlists.play_rows` reads and writes those
    Kind.TRUST: TrustDocument(),
    Kind.APPROVAL: ApprovalDocument(),
    Kind.PLAYLIST: PlaylistDocument(),
    Kind.HEAD: HeadDocument(),
    Kind.REVOCATION: RevocationDocument(),
    Kind.RECEIPT: ReceiptDocument(),
}
KINDS: Mapping[type, Kind] = {
    model.Trust: Kind.TRUST,
    model.Approval: Kind.APPROVAL,
    model.Playlist: Kind.PLAYLIST,
    model.Head: Kind.HEAD,
    model.Revocation: Kind.REVOCATION,
    model.PlayBatch: Kind.PLAYS,
    model.Receipt: Kind.RECEIPT,
}


def dump(document: Document) -> bytes:
    """The canonical JSON of a document: sorted keys, no spaces, UTF-8. Equal documents, equal bytes."""
    kind = KINDS[type(document)]
    data = dump_plays(document) if isinstance(document, model.PlayBatch) else SCHEMAS[kind].dump(document)
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def load(kind: Kind, payload: bytes) -> Any:
    """The document in a payload whose signatures were checked.

    Raises:
        Refusal: E-PARSE when it is not plain JSON, E-SCHEMA when it is not this kind of document.
    """
    return _read(kind, payload, load_plays if kind is Kind.PLAYS else SCHEMAS[kind].load)


def parse_plays(payload: bytes) -> Read:
    """The plays document in such a payload, column by column.

    Raises:
        Refusal: as :func:`load`.
    """
    read: Read = _read(Kind.PLAYS, payload, read_plays)
    return read


def _read(kind: Kind, payload: bytes, how: Callable[[Any], Any]) -> Any:
    try:
        return how(strict_json(payload, PAYLOAD_DEPTH))
    except (ValidationError, ValueError, TypeError, OverflowError) as error:
        raise Refusal(Code.SCHEMA, f"not a {kind.word} of format {FORMAT}: {error}"[:500]) from error


def seal(document: Document, *keys: SigningKey) -> bytes:
    """The document as it travels: canonical, in an envelope, signed by each key."""
    return seal_payload(KINDS[type(document)], dump(document), *keys)

"""Who may sign what: the versions of the trust document, and how the next one comes from units and approvers.

A version is made from the database, then signed with the root key: at once where that key is on the machine, else by
``cauthang trust sign``. Until it is signed it waits, and every screen goes on with the version before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from playlists.envelope import Kind, open_envelope
from playlists.keys import SigningKey, keyid_of
from playlists.model import KeyInfo, Role, Trust, TrustedUnit
from playlists.schemas import dump, load, seal
from server import custody
from server.db import Base, Millis
from server.errors import Conflict, Invalid
from server.units import Unit

DAY_MS = 24 * 3600 * 1000
YEAR_MS = 365 * DAY_MS  # a trust document and the server's keys in it live a year (reference: reliability A3)
RENEW_MS = 90 * DAY_MS
ROLES = ("root", "director", "log")


class TrustVersion(Base):
    """One version. ``document`` is the exact payload; ``sealed`` is empty while the root's signature is missing."""

    __tablename__ = "trust_versions"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[int]
    document: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_ms: Mapped[Millis]

    def read(self) -> Trust:
        """What this version says."""
        trust: Trust = load(Kind.TRUST, self.document)
        return trust


def latest(session: Session) -> TrustVersion | None:
    """The newest signed version, which screens are to have, or None before ``cauthang init``."""
    signed = select(TrustVersion).where(TrustVersion.sealed.is_not(None))
    return session.scalar(signed.order_by(TrustVersion.version.desc()).limit(1))


def get(session: Session, version: int) -> TrustVersion | None:
    """This version if it is signed, else None."""
    row = session.get(TrustVersion, version)
    return row if row is not None and row.sealed is not None else None


def waiting(session: Session) -> TrustVersion | None:
    """The version that waits for the root's signature, or None."""
    return session.scalar(select(TrustVersion).where(TrustVersion.sealed.is_(None)))


def begin(session: Session, keys: Mapping[str, SigningKey], now_ms: int) -> TrustVersion:
    """Version 1, from the keys of root, director and log (by these names) and the units as they are.

    Raises Conflict when there is one already.
    """
    if session.scalar(select(TrustVersion.version).limit(1)) is not None:
        raise Conflict("trust-exists", "Tài liệu tin cậy đã có: không khởi tạo lần thứ hai.")
    publics = {role: keys[role].public for role in ROLES}
    first = replace(_nothing(), version=1, epoch=1)
    return _add(session, _described(session, first, publics, now_ms), keys["root"])


def rebuild(session: Session, signer: SigningKey | None, now_ms: int) -> TrustVersion | None:
    """The next version from units and approvers' keys, or None when nothing changed and none is about to expire.

    With the root key as ``signer`` it is signed at once; without, it waits. A version that waited before is carried
    on: what it changed (another director) is in the new one too.
    """
    one_at_a_time(session)
    signed, base = _last(session), _newest(session)
    after = _described(session, replace(base, version=signed.version + 1), _publics(base), now_ms)
    _forget_waiting(session)
    if _says(after) == _says(signed) and not _nears_its_end(signed, now_ms):
        return None
    return _add(session, after, signer)


def renew(session: Session, signer: SigningKey | None, now_ms: int) -> bool:
    """Make the next version when the newest one nears its end. Returns whether there is a new one.

    Called again and again while time passes: without the root key it makes one version that waits, not one each time.
    """
    if latest(session) is None or not _nears_its_end(_newest(session), now_ms):
        return False
    return rebuild(session, signer, now_ms) is not None


def expiring(session: Session, now_ms: int) -> Trust | None:
    """The version that screens are to have, when it nears its end; else None."""
    row = latest(session)
    found = row.read() if row is not None else None
    return found if found is not None and _nears_its_end(found, now_ms) else None


def narrows(before: Trust, after: Trust) -> bool:
    """Whether an approval that counted before may count no more: fewer keys, more signatures, another tree."""
    return any(
        code not in after.units
        or after.units[code].parent != unit.parent
        or not set(unit.approvers) <= set(after.units[code].approvers)
        or after.units[code].threshold > unit.threshold
        or after.units[code].wide_threshold > unit.wide_threshold
        for code, unit in before.units.items()
    )


def one_at_a_time(session: Session) -> None:
    """Wait until no other transaction makes a version of the trust or of the revocations (PostgreSQL)."""
    session.execute(select(TrustVersion.version).where(TrustVersion.version == 1).with_for_update())


def director(session: Session) -> str:
    """The public key of the director that screens are to obey. Raises Conflict before ``cauthang init``."""
    return _publics(_last(session))["director"]


def rotate_director(session: Session, director: str, signer: SigningKey | None, now_ms: int) -> TrustVersion:
    """A version with another director (a public key) and a raised epoch: whatever the old key signs is behind now."""
    one_at_a_time(session)
    base = _newest(session)
    publics = {**_publics(base), "director": director}
    higher = replace(base, version=_last(session).version + 1, epoch=base.epoch + 1)
    after = _described(session, higher, publics, now_ms)
    _forget_waiting(session)
    return _add(session, after, signer)


def take_back(
    session: Session, newer: bytes | None, publics: Mapping[str, str], root: SigningKey, now_ms: int
) -> TrustVersion:
    """A version after one that screens hold and a restored database does not (``newer``, sealed), in a higher epoch.

    It names units and approvers as they are here, and this server's director and log (``publics``).
    Raises Invalid when ``root`` is not the root's key.
    """
    one_at_a_time(session)
    _forget_waiting(session)
    if newer is not None:
        payload = open_envelope(Kind.TRUST, newer).payload
        held: Trust = load(Kind.TRUST, payload)
        row = {"version": held.version, "epoch": held.epoch, "document": payload, "sealed": newer}
        session.merge(TrustVersion(**row, created_ms=held.issued))
        session.flush()
    base = _last(session)
    higher = replace(base, version=base.version + 1, epoch=base.epoch + 1)
    return _add(session, _described(session, higher, {**_publics(base), **publics}, now_ms), root)


def sign_waiting(session: Session, root: SigningKey) -> TrustVersion | None:
    """Sign the version that waits, or return None when none does. Raises Invalid when the key is not the root's."""
    one_at_a_time(session)
    row = waiting(session)
    if row is not None:
        row.sealed = _sealed(row.read(), root)
        session.flush()
    return row


def _last(session: Session) -> Trust:
    row = latest(session)
    if row is None:
        raise Conflict("trust-missing", "Chưa có tài liệu tin cậy: hãy chạy `cauthang init` trước.")
    return row.read()


def _newest(session: Session) -> Trust:
    """What the version that waits says, else the newest signed one."""
    row = waiting(session)
    return row.read() if row is not None else _last(session)


def _nears_its_end(trust: Trust, now_ms: int) -> bool:
    return trust.expires - now_ms <= RENEW_MS


def _says(trust: Trust) -> tuple[object, ...]:
    """What a version decides, without its number and dates."""
    return trust.epoch, trust.keys.keys(), trust.roles, trust.units


def _nothing() -> Trust:
    return Trust(version=0, epoch=0, issued=0, expires=1, keys={}, roles={}, units={})


def _publics(trust: Trust) -> dict[str, str]:
    return {role: trust.keys[trust.roles[role].keys[0]].public for role in ROLES}


def _forget_waiting(session: Session) -> None:
    pending = waiting(session)
    if pending is not None:
        session.delete(pending)
        session.flush()


def _described(session: Session, base: Trust, publics: Mapping[str, str], now_ms: int) -> Trust:
    """``base`` with the keys, roles and units as they are now."""
    approvers = custody.trusted_keys(session, now_ms)
    keys = {keyid_of(public): _server_key(base, role, public, now_ms) for role, public in publics.items()}
    keys |= {k.keyid: KeyInfo(k.public, k.user.person, k.created_ms - DAY_MS, k.not_after_ms) for k in approvers}
    units = session.scalars(select(Unit).order_by(Unit.id)).all()
    codes = {unit.id: unit.code for unit in units}
    return replace(
        base,
        issued=now_ms,
        expires=now_ms + YEAR_MS,
        keys=keys,
        roles={role: Role((keyid_of(public),), 1) for role, public in publics.items()},
        units={
            unit.code: TrustedUnit(
                id=unit.code,
                parent=codes[unit.parent_id] if unit.parent_id is not None else "",
                name=unit.name,
                approvers=tuple(sorted(k.keyid for k in approvers if k.unit_id == unit.id)),
                threshold=unit.threshold,
                wide_threshold=unit.wide_threshold,
            )
            for unit in units
        },
    )


def _server_key(base: Trust, role: str, public: str, now_ms: int) -> KeyInfo:
    # A screen whose clock is some hours behind must not find our keys unborn: they are valid from the day before.
    known = base.keys.get(keyid_of(public))
    return KeyInfo(public, f"server:{role}", known.not_before if known else now_ms - DAY_MS, now_ms + YEAR_MS)


def _add(session: Session, trust: Trust, signer: SigningKey | None) -> TrustVersion:
    row = TrustVersion(
        version=trust.version,
        epoch=trust.epoch,
        document=dump(trust),
        sealed=_sealed(trust, signer) if signer is not None else None,
        created_ms=trust.issued,
    )
    session.add(row)
    session.flush()
    return row


def _sealed(trust: Trust, root: SigningKey) -> bytes:
    if root.keyid not in trust.roles["root"].keys:
        raise Invalid("not-root", "Khóa này không phải khóa gốc của hệ thống.")
    return seal(trust, root)

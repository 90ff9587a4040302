"""What an approver does with the password typed just now: sign, sign as a further person, withdraw.

Each opens the person's own key, signs, and lets the screens know, in the caller's one transaction: pages and API alike.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from server import approvals, custody, library, publishing, signing
from server.approvals import Approval, Terms
from server.errors import Conflict
from server.files import Files
from server.library import Item
from server.settings import Settings
from server.units import Unit
from server.users import User


def approve(  # noqa: PLR0913  (a signature needs all of this; every part is named at the call)
    session: Session,
    settings: Settings,
    *,
    approver: User,
    password: str,
    item: Item,
    unit: Unit,
    terms: Terms,
    now_ms: int,
) -> Approval:
    """Sign the item in the name of the unit. Raises Forbidden (author, role, password), Invalid (terms) or Conflict."""
    library.refuse_author(approver, item)
    key = custody.unlock(session, approver, unit.id, password, now_ms)
    files = Files(settings.files_url)
    return approvals.approve(
        session, files, approver=approver, key=key, item=item, unit=unit, terms=terms, now_ms=now_ms
    )


def countersign(  # noqa: PLR0913  (every part is named at the call)
    session: Session, settings: Settings, *, approver: User, password: str, approval: Approval, now_ms: int
) -> None:
    """Sign as a further person; screens that waited for it are planned anew. Raises Forbidden or Conflict."""
    key = custody.unlock(session, approver, approval.unit_id, password, now_ms)
    approvals.countersign(session, Files(settings.files_url), approver, key, approval)
    using = publishing.screens_using(session, item_id=approval.item_id)
    publishing.replan(session, signing.load(settings.keys_dir), using, now_ms)


def withdraw(  # noqa: PLR0913  (every part is named at the call)
    session: Session, settings: Settings, *, approver: User, password: str, item: Item, reason: str, now_ms: int
) -> None:
    """Take the approved item off every screen. Raises Conflict (no approval in force), Forbidden or Invalid."""
    approval = in_force(session, item, now_ms)
    unit = approvals.withdrawing_unit(session, approver, approval)
    key = custody.unlock(session, approver, unit.id, password, now_ms)
    approvals.mark_withdrawn(session, approval, approver, reason, now_ms)
    keys = signing.load(settings.keys_dir)
    publishing.withdraw(session, keys, signer=key, approval=approval, reason=reason, now_ms=now_ms)


def in_force(session: Session, item: Item, now_ms: int) -> Approval:
    """The approval that a withdrawal would end. Raises Conflict."""
    approval = approvals.current(session, item.id, now_ms)
    if approval is None:
        raise Conflict("not-approved", "Sản phẩm này không có phê duyệt nào đang có hiệu lực.")
    return approval

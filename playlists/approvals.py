"""Whose approval counts for which screen."""

from __future__ import annotations

from collections.abc import Mapping

from playlists.errors import Code, Refusal
from playlists.model import Approval, Trust


def signing_units(trust: Trust) -> Mapping[str, str]:
    """The approving unit of each approver key."""
    return {key: unit.id for unit in trust.units.values() for key in unit.approvers}


def needed_signatures(trust: Trust, unit: str, screen_unit: str) -> int:
    """How many distinct persons of ``unit`` must sign for a screen of ``screen_unit``: fewer at home than abroad."""
    approving = trust.units[unit]
    return approving.threshold if unit == screen_unit else approving.wide_threshold


def still_signed(trust: Trust, approval: Approval, signers: frozenset[str], screen_unit: str) -> None:
    """Refuse an approval that does not hold for a screen of ``screen_unit``.

    The approving unit must be the screen's unit or stand above it, the scope must reach the screen, and enough
    distinct persons of that unit, none of them the author, must have signed.

    Raises:
        Refusal: E-APPROVAL or E-THRESH.
    """
    above = trust.ancestors(screen_unit)
    if approval.unit not in above:
        raise Refusal(Code.APPROVAL, f"unit {approval.unit} does not approve for screens of {screen_unit}")
    if not set(approval.scope) & set(above):
        raise Refusal(Code.APPROVAL, f"the approval does not reach screens of {screen_unit}")
    own = signers & set(trust.units[approval.unit].approvers)
    if not own:
        raise Refusal(Code.APPROVAL, f"nobody who approves for {approval.unit} signed")
    persons = {trust.keys[k].person for k in own} - {approval.author}
    needed = needed_signatures(trust, approval.unit, screen_unit)
    if len(persons) < needed:
        raise Refusal(Code.THRESH, f"{len(persons)} of {needed} persons approved")

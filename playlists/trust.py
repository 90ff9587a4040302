"""What makes a trust document whole, whoever signed it."""

from __future__ import annotations

from playlists.errors import Code, Refusal
from playlists.keys import keyid_of
from playlists.model import Role, Trust

ROLES = ("root", "director", "log")


def check_trust(trust: Trust) -> None:
    """Refuse a trust document that would switch a check off.

    Raises:
        Refusal: E-TRUST for a missing role, an unknown or misnamed key, a key with two jobs, or a threshold that is
            zero, negative or more than there are persons (go-tuf GHSA-fphv-w9fq-2525: threshold 0 disables checks).
    """
    for key_id, key in trust.keys.items():
        _insist(key_id == keyid_of(key.public), "a key is filed under another key's id")
    for name in ROLES:
        _insist(name in trust.roles, f"the role {name} is missing")
    jobs = [k for role in trust.roles.values() for k in role.keys]
    jobs += [k for unit in trust.units.values() for k in unit.approvers]
    _insist(len(jobs) == len(set(jobs)), "a key has two jobs")
    _insist(all(k in trust.keys for k in jobs), "a role names a key that is not listed")
    for name, role in trust.roles.items():
        _check_threshold(trust, name, role)
    for code, unit in trust.units.items():
        _insist(unit.id == code, "a unit is filed under another unit's name")
        _insist(unit.parent == "" or unit.parent in trust.units, f"the unit above {code} is not listed")
        # A unit may wait for its approvers; what it must never do is count to less than one.
        _insist(unit.threshold >= 1 and unit.wide_threshold >= 1, f"the threshold of unit {code} is below one")


def _check_threshold(trust: Trust, name: str, role: Role) -> None:
    persons = {trust.keys[k].person for k in role.keys}
    _insist(1 <= role.threshold <= len(persons), f"the threshold of role {name} is not between 1 and its persons")


def _insist(condition: bool, sentence: str) -> None:
    if not condition:
        raise Refusal(Code.TRUST, sentence)

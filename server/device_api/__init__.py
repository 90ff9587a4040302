"""What a player may ask over HTTP. Each request is signed with the device's key; every body has a ceiling.

Answers are the sealed documents themselves; refusals are small JSON objects with a ``code``.
"""

from __future__ import annotations

from flask import Blueprint

from server.device_api import documents, enrolment, files, plays, screenshots

bp = Blueprint("device_api", __name__)
for part in (enrolment, documents, plays, screenshots, files):
    part.add_to(bp)

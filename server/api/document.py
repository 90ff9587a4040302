"""The description of the API, for those who are signed in."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from server.web.permission import signed_in

bp = Blueprint("api", __name__, url_prefix="/api")
EXTENSION = "cauthang.api"


@bp.get("/openapi.json")
@signed_in
def openapi() -> Response:
    """OpenAPI 3.0, made from the resources themselves."""
    return jsonify(current_app.extensions[EXTENSION].to_dict())

"""The pages. Each noun has one module here with its blueprint ``bp``; :func:`blueprints` is the table of contents."""

from __future__ import annotations

from flask import Blueprint


def blueprints() -> list[Blueprint]:
    """Every blueprint of the application, in the order of the menu. A new page module adds its line."""
    from server import device_api  # noqa: PLC0415
    from server.web import (  # noqa: PLC0415  (pages import the application's edge)
        account,
        approvals,
        campaigns,
        health,
        home,
        library,
        peaks,
        plays,
        screens,
        sites,
        territories,
        tv,
        units,
        uploads,
        users,
    )

    content = [home, account, library, uploads, approvals, campaigns, peaks, screens, plays]
    administration = [units, territories, sites, users, health, tv]
    return [*(page.bp for page in content + administration), device_api.bp]

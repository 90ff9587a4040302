"""What must hold for every route there is, found by walking the map of the application."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

from server.app import create_app
from server.settings import Settings, load
from tests.cast import Browser

Login = Callable[[str], Browser]
BUILT_IN = {"static"}


def rules(app: Flask) -> Iterator[Rule]:
    """Every rule but those for static files."""
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint not in BUILT_IN)


def address(rule: Rule) -> str:
    """An address of this rule; what it names does not exist."""
    method = min((rule.methods or set()) - {"HEAD", "OPTIONS"}, default="OPTIONS")
    return rule.map.bind("localhost").build(rule.endpoint, dict.fromkeys(rule.arguments, "987654"), method)


def views(app: Flask, rule: Rule) -> Iterator[Callable[..., object]]:
    """The functions behind a rule: one, or one per method of a class."""
    view = app.view_functions[rule.endpoint]
    kind = getattr(view, "view_class", None)
    if kind is None or hasattr(view, "permission"):
        yield view
    else:
        yield from (getattr(kind, m.lower()) for m in kind.methods or () if m != "OPTIONS")


def test_every_view_declares_who_may_call_it(app: Flask) -> None:
    undeclared = {
        f"{rule.endpoint} ({inspect.getsourcefile(inspect.unwrap(view))})"
        for rule in rules(app)
        for view in views(app, rule)
        if not hasattr(view, "permission")
    }
    assert not undeclared, "use @permit, @signed_in, @public or @device of server.web.permission"


def test_nobody_gets_past_the_login_page_without_signing_in(app: Flask, client: Browser) -> None:
    for rule in rules(app):
        if any(getattr(view, "permission", None) and view.permission.kind == "person" for view in views(app, rule)):  # type: ignore[attr-defined]
            for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
                token = {"X-CSRFToken": client.token()} if method != "GET" else {}
                answer = client.open(address(rule), method=method, headers=token)
                assert answer.status_code in (302, 401), (method, rule)
                assert answer.status_code == 401 or answer.location.startswith("/login"), (method, rule)


def test_person_without_a_role_is_refused_where_a_role_is_asked(app: Flask, login: Login) -> None:
    stranger = login("stranger")
    for rule in rules(app):
        for view in views(app, rule):
            permission = getattr(view, "permission", None)
            if permission and permission.roles and "GET" in (rule.methods or ()):
                assert stranger.get(address(rule)).status_code == 403, rule


@pytest.mark.parametrize("number", [2**53, 2**63, 10**30, "9" * 5000])
def test_a_number_that_no_database_holds_is_not_found(app: Flask, login: Login, number: int | str) -> None:
    browsers = [login(f"{role}-a") for role in ("admin", "approver", "scheduler", "operator", "uploader")]
    for rule in rules(app):
        numbers = [name for name, kind in rule._converters.items() if isinstance(kind, IntegerConverter)]
        for name in numbers:
            parts = {**dict.fromkeys(rule.arguments, "1"), name: 424242}
            method = min((rule.methods or set()) - {"HEAD", "OPTIONS"})
            path = rule.map.bind("localhost").build(rule.endpoint, parts, method).replace("424242", str(number))
            for browser in browsers:
                answer = browser.open(path, method=method, headers={"X-CSRFToken": browser.token()})
                assert answer.status_code in (404, 405), (method, rule)


@pytest.mark.parametrize(
    "path",
    [
        "/library/?before=%s",
        "/library?before=%s",
        "/campaigns/new?campaign=%s",
        "/units/new?parent=%s",
        "/api/v1/items?before=%s",
    ],
)
def test_a_number_in_a_question_that_no_database_holds_is_no_fault(login: Login, path: str) -> None:
    for role in ("admin", "scheduler", "uploader"):
        assert login(f"{role}-a").get(path % 10**30, follow_redirects=True).status_code < 500


def test_every_change_is_refused_without_a_csrf_token(app: Flask, login: Login) -> None:
    browser = login("admin-a")
    for rule in rules(app):
        kinds = {view.permission.kind for view in views(app, rule) if hasattr(view, "permission")}
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"} if kinds != {"device"} else ():
            answer = browser.open(address(rule), method=method)
            assert answer.status_code == 400, (method, rule, answer.status_code)
            assert "biểu mẫu không hợp lệ" in answer.text, (method, rule)


def test_every_answer_carries_the_security_headers(app: Flask, login: Login) -> None:
    browser = login("manager-a")
    for path in ["/static/cauthang.css", "/không/có", "/api/không/có", *(address(rule) for rule in rules(app))]:
        for method in ("GET", "POST"):
            headers = browser.open(path, method=method).headers
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], (method, path)
            assert "object-src 'none'" in headers["Content-Security-Policy"], (method, path)
            assert "unsafe" not in headers["Content-Security-Policy"], (method, path)
            assert headers["X-Content-Type-Options"] == "nosniff", (method, path)
            assert "Referrer-Policy" in headers, (method, path)
            assert "Permissions-Policy" in headers, (method, path)
            assert "Strict-Transport-Security" not in headers, "only over https"


def test_over_https_the_cookie_is_locked_to_this_host_and_hsts_is_sent(settings: Settings) -> None:
    environ = {
        "DATA_DIR": str(settings.data_dir),
        "SECRET_KEY": settings.secret_key,
        "PUBLIC_URL": "https://man-hinh.example.vn",
    }
    answer = create_app(load(environ)).test_client().get("/login", base_url="https://man-hinh.example.vn")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("path", ["/không/có", "/users/987654"])
def test_what_is_not_there_says_so_in_the_persons_language(login: Login, path: str) -> None:
    browser = login("admin-a")
    page = browser.get(path)
    assert page.status_code == 404
    assert "Không tìm thấy" in page.text
    browser.submit("/language", {"language": "en"})
    assert "Not found" in browser.get(path).text


def test_programs_get_problem_json(client: Browser) -> None:
    answer = client.get("/api/v1/khong-co")
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == 404


def test_fault_shows_no_trace_of_the_program(app: Flask, login: Login) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken() -> None:
        raise RuntimeError("bí mật của máy chủ")

    app.view_functions["home.index"] = broken
    page = app.test_client().get("/")
    assert page.status_code == 500
    assert "bí mật" not in page.text
    assert "Traceback" not in page.text
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_form_above_the_limit_is_refused(login: Login) -> None:
    answer = login("uploader-a").submit("/language", {"language": "v" * 3_000_000})
    assert answer.status_code == 413


def test_static_addresses_carry_the_checksum_and_are_kept_for_ever(app: Flask, client: Browser) -> None:
    with app.test_request_context():
        url = app.url_for("static", filename="cauthang.css")
    assert "?v=" in url
    assert "immutable" in client.get(url).headers["Cache-Control"]
    assert "immutable" not in client.get("/static/cauthang.css").headers.get("Cache-Control", "")


def test_no_template_carries_a_script_or_style_inside(app: Flask) -> None:
    for name in app.jinja_env.list_templates(extensions=["html"]):
        source = app.jinja_env.loader.get_source(app.jinja_env, name)[0]  # type: ignore[union-attr]
        assert "style=" not in source, f"{name}: the CSP forbids style attributes"
        assert "<style" not in source, f"{name}: the CSP forbids style elements"
        assert "<script>" not in source, f"{name}: the CSP forbids inline scripts"
        assert " onclick=" not in source, f"{name}: the CSP forbids handlers in attributes"


def test_health_answers_to_anybody(client: Browser) -> None:
    assert client.get("/healthz").text == "ok\n"

"""What a person or a program sees when something is refused: a page in their language, or RFC 9457 problem JSON."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from server.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, msgid

LOG = logging.getLogger(__name__)
FOR_PROGRAMS = ("/api/", "/device/", "/files/", "/uploads")
STATUS = {Invalid: 422, NotFound: 404, Forbidden: 403, Conflict: 409}

SENTENCES = {
    400: (msgid("Yêu cầu không đúng"), msgid("Trình duyệt đã gửi một yêu cầu mà máy chủ không hiểu.")),
    401: (msgid("Cần đăng nhập"), msgid("Hãy đăng nhập rồi thử lại.")),
    403: (msgid("Không có quyền"), msgid("Bạn không có vai trò cần thiết cho việc này: hãy hỏi người quản trị.")),
    404: (msgid("Không tìm thấy"), msgid("Trang này không có, hoặc nằm ngoài phạm vi đơn vị của bạn.")),
    405: (msgid("Không dùng được cách này"), msgid("Địa chỉ này không nhận kiểu yêu cầu vừa gửi.")),
    409: (msgid("Dữ liệu đã thay đổi"), msgid("Người khác vừa thay đổi dữ liệu này: hãy mở lại trang.")),
    413: (msgid("Tệp quá lớn"), msgid("Nội dung gửi lên vượt quá giới hạn cho phép.")),
    422: (msgid("Dữ liệu chưa đúng"), msgid("Hãy xem lại những gì đã nhập.")),
    429: (msgid("Quá nhiều lần thử"), msgid("Hãy đợi một phút rồi thử lại.")),
    500: (msgid("Lỗi của máy chủ"), msgid("Lỗi đã được ghi lại. Hãy thử lại; nếu vẫn vậy, báo cho người quản trị.")),
    503: (msgid("Máy chủ đang bận"), msgid("Hãy thử lại sau ít phút.")),
}
EXPIRED_FORM = msgid("Trang đã mở quá lâu hoặc biểu mẫu không hợp lệ: hãy tải lại trang rồi gửi lại.")


def init_app(app: Flask) -> None:
    """Answer every refusal of this application."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def wants_json() -> bool:
    """Whether the caller is a program (by the address it calls, or by what it accepts)."""
    accepts = request.accept_mimetypes
    return request.path.startswith(FOR_PROGRAMS) or accepts.best_match(["text/html", "application/json"]) == (
        "application/json"
    )


def sentence(error: DomainError) -> str:
    """What the error says, in the language of the request."""
    return str(_(error.sentence, **error.params))


def _domain(error: DomainError) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    field = error.params.get("field")
    beside = {"errors": {field: [sentence(error)]}} if isinstance(field, str) else {}
    return _answer(status, sentence(error), code=error.code, **beside)


def _csrf(_error: CSRFError) -> Response:
    return _answer(400, _(EXPIRED_FORM), code="csrf")


def _http(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return Response.force_type(error.get_response(), request.environ)  # type: ignore[return-value]  # werkzeug names its own class
    answer = _answer(error.code or 500, None, **_by_field(getattr(error, "data", {}).get("messages")))
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer


def _by_field(found: dict[str, Any] | None) -> dict[str, Any]:
    """What marshmallow found, by field: it tells the body's fields from the address's, whose names never meet."""
    if not found:
        return {}
    [(place, said)] = found.items()
    return {"code": "fields", "errors": said if isinstance(said, dict) else {place: said}}


def _fault(error: Exception) -> Response:
    LOG.error("request failed: %s %s", request.method, request.path, exc_info=error)
    return _answer(500, None)


def _answer(status: int, detail: str | None, **more: Any) -> Response:
    title, usual = SENTENCES.get(status, SENTENCES[500 if status >= 500 else 400])
    detail = detail or _(usual)
    if wants_json():
        problem = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            **more,
        }
        body = json.dumps(problem, ensure_ascii=False)
        return Response(body, status, content_type="application/problem+json")
    return Response(render_template("problem.html", status=status, title=_(title), detail=detail), status)

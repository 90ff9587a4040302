"""What all forms share."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FormField

from server.errors import DomainError
from server.web.problems import sentence

REQUIRED = _l("Hãy điền mục này.")


def show_errors(form: FlaskForm, error: DomainError, field: str | None = None) -> None:
    """Put what the noun said beside the field it is about (``field``, or the error's own), else above the form."""
    name = field or error.params.get("field")
    words = sentence(error)
    if isinstance(name, str) and name in form and not isinstance(form[name], FormField):
        form[name].errors = [*form[name].errors, words]
    else:
        form.form_errors.append(words)


def whole_number(text: Any) -> int | None:
    """An id from a choice field, or None for the empty choice. For ``SelectField(coerce=whole_number)``."""
    return int(text) if str(text).isdigit() else None


def iso_day(value: date | None) -> str:
    """A date as HTML's date field wants it."""
    return value.isoformat() if value else ""

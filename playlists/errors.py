"""Why a document was refused: one code for machines, one sentence for the log."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Refusal codes, in the order in which the checks are made. They travel in the state topic and the logs."""

    SIZE = "E-SIZE"
    PARSE = "E-PARSE"
    TYPE = "E-TYPE"
    SIG = "E-SIG"
    THRESH = "E-THRESH"
    TRUST = "E-TRUST"
    SCHEMA = "E-SCHEMA"
    ROOT = "E-ROOT"
    KEY = "E-KEY"
    TARGET = "E-TARGET"
    ROLLBACK = "E-ROLLBACK"
    FORK = "E-FORK"
    MIX = "E-MIX"
    FUTURE = "E-FUTURE"
    APPROVAL = "E-APPROVAL"
    EXPIRED = "E-EXPIRED"
    REVOKED = "E-REVOKED"
    ITEM = "E-ITEM"
    PATH = "E-PATH"
    HASH = "E-HASH"
    ROT = "E-ROT"


class Refusal(Exception):  # noqa: N818  the word of the domain: a document is refused, the program has no error
    """A document or file was not accepted; what was held before stays in force."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence

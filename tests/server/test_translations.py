"""Every sentence of the pages, forms and errors has its English translation, with the same placeholders."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
ENGLISH = ROOT / "server/translations/en/LC_MESSAGES/messages.po"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def keywords() -> dict[str, tuple[int, ...] | None]:
    """What marks a sentence: gettext's own names, and those that the Makefile hands to the extractor."""
    named = re.search(r"^MARKS := (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert named
    return {**DEFAULT_KEYWORDS, **parse_keywords(named.group(1).split())}


def used() -> dict[str, str]:
    """Every sentence in the sources, and where it stands first."""
    with (ROOT / "babel.cfg").open() as file:
        method_map, options = parse_mapping_cfg(file)
    sentences: dict[str, str] = {}
    for package in ("server", "media"):
        for name, line, message, *_ in extract_from_dir(str(ROOT / package), method_map, options, keywords()):
            for sentence in message if isinstance(message, tuple) else (message,):
                sentences.setdefault(sentence, f"{package}/{name}:{line}")
    return sentences


def english() -> Catalog:
    """The catalogue as it is in the repository."""
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def test_every_sentence_has_an_english_translation() -> None:
    known = {one for m in english() if m.string for one in ([m.id] if isinstance(m.id, str) else m.id)}
    missing = {sentence: place for sentence, place in used().items() if sentence not in known}
    assert not missing, "\n".join(f"{place}: {sentence}" for sentence, place in sorted(missing.items()))


def test_translations_fill_the_same_blanks() -> None:
    for message in english():
        if isinstance(message.id, str) and message.id:
            assert set(PLACEHOLDER.findall(message.id)) == set(PLACEHOLDER.findall(str(message.string))), message.id


def test_no_translation_is_left_of_a_sentence_that_is_gone() -> None:
    sentences = used()
    gone = [m.id for m in english() if m.id and (m.id if isinstance(m.id, str) else m.id[0]) not in sentences]
    assert not gone, gone

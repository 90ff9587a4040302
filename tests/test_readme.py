"""Every setting and every command is in the README, and it names none that is not there."""

import argparse
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from player import cli as player_cli
from server import cli as server_cli
from server.settings import SECRET_NAMES, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Full names of all commands, such as ``trust sign``."""
    subparsers = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for name, inner in (pair for action in subparsers for pair in action.choices.items()):
        yield from [f"{name} {rest}" for rest in commands(inner)] or [name]


SERVER_COMMANDS = sorted(f"cauthang {name}" for name in commands(server_cli._parser()))
PLAYER_COMMANDS = sorted(f"cauthang-player {name}" for name in commands(player_cli._parser()))
MAKE_COMMANDS = [f"make {name}" for name in re.findall(r"^([a-z]+):.*##", MAKEFILE, re.M) if name != "help"]


@pytest.mark.parametrize("name", [field.name.upper() for field in fields(Settings)])
def test_setting_is_described(name: str) -> None:
    assert re.search(rf"^\| .*`{name}`.* \|", README, re.M)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_secret_that_may_come_from_a_file_is_named(name: str) -> None:
    assert f"`{name}_FILE`" in README


@pytest.mark.parametrize("command", [*SERVER_COMMANDS, *PLAYER_COMMANDS, *MAKE_COMMANDS])
def test_command_is_described(command: str) -> None:
    assert re.search(rf"^\| .*`{command}[ `].*\|", README, re.M)


def test_no_command_is_promised_that_does_not_exist() -> None:
    known = "|".join([*SERVER_COMMANDS, *PLAYER_COMMANDS, *MAKE_COMMANDS])
    promised = re.findall(r"`((?:cauthang|cauthang-player|make) [a-z].*?)`", README)
    assert [text for text in promised if not re.match(rf"({known})\b", text)] == []


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:|#)([^)#]+)", README))
def test_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs/adr"
    index = (folder / "README.md").read_text("utf-8")
    assert [path.name for path in sorted(folder.glob("[0-9]*.md")) if f"({path.name})" not in index] == []

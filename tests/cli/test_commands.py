"""The list of commands. Each command is imported only when it is used."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from picprocure.cli import lazy_group, main


def test_help_lists_every_command() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    for name in (
        "sort",
        "evaluate",
        "models",
        "cache",
        "up",
        "web",
        "worker",
        "clock",
        "demo",
        "manage",
    ):
        assert f"\n  {name} " in listed


@pytest.mark.parametrize("name", lazy_group.COMMANDS)
def test_every_command_has_help(name: str) -> None:
    arguments = ["cache", "clear", "--help"] if name == "cache" else [name, "--help"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Usage:") or name == "manage"


def test_unknown_command_is_refused() -> None:
    result = CliRunner().invoke(main, ["sorted"])
    assert result.exit_code == 2
    assert "No such command 'sorted'" in result.stderr

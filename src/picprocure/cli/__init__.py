"""The `picprocure` command."""

from picprocure.cli.commands import main

__all__ = ["main"]

"""The `picprocure` command."""

from picprocure.cli.group import main

__all__ = ["main"]

"""The `picprocure` command."""

from picprocure.cli.lazy_group import main

__all__ = ["main"]

"""The commands, each imported only when it is asked for: some need Django, which takes its time."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import Any, Final

import click

COMMANDS: Final = {
    "sort": "picprocure.cli.sort",
    "evaluate": "picprocure.cli.evaluate",
    "models": "picprocure.cli.models",
    "cache": "picprocure.cli.cache",
    "keys": "picprocure.cli.keys",
    "sweep": "picprocure.cli.sweep",
    "up": "picprocure.cli.commands",
    "demo": "picprocure.cli.commands",
    "manage": "picprocure.cli.commands",
}

STOPPED_BY_CTRL_C: Final = 130


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(STOPPED_BY_CTRL_C)
        except Exception as error:
            if not _is_about_settings(error):
                raise
            raise click.ClickException(str(error)) from error


def _is_about_settings(error: Exception) -> bool:
    """Return whether a setting caused the error.

    Imports nothing, so that commands that don't read the settings start fast.
    """
    named = (("environs", "EnvError"), ("django.core.exceptions", "ImproperlyConfigured"))
    kinds = (getattr(sys.modules.get(module), name, ()) for module, name in named)
    return any(isinstance(error, kind) for kind in kinds)


@click.group(cls=LazyGroup)
@click.version_option(package_name="picprocure")
def main() -> None:
    """PicProcure gives everyone the event photos they are in, and only those."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "picprocure.config.settings")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names may hold what a terminal can't show; that must not end a command.
            stream.reconfigure(errors="replace")

"""The command group. It imports each command only when it is used, since Django starts slowly."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import Any, Final

import click

from picprocure.config.names import renamed_names, unknown_names

COMMANDS: Final = {
    "sort": "picprocure.cli.sort",
    "evaluate": "picprocure.cli.evaluate",
    "models": "picprocure.cli.models",
    "cache": "picprocure.cli.cache",
    "keys": "picprocure.cli.keys",
    "sweep": "picprocure.cli.sweep",
    "up": "picprocure.cli.commands",
    "web": "picprocure.cli.commands",
    "worker": "picprocure.cli.commands",
    "clock": "picprocure.cli.commands",
    "health": "picprocure.cli.health",
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
            problem = _settings_problem(error)
            if problem is None:
                raise
            raise click.ClickException(problem) from error


def _settings_problem(error: Exception) -> str | None:
    """Return what is wrong with the settings if that caused the error, else None."""
    if _is_a(error, "environs", "EnvError"):
        return str(error)
    if _is_a(error, "django.core.exceptions", "ImproperlyConfigured"):
        return " ".join(str(error).split())
    if _is_a(error, "django.db", "OperationalError"):
        return f"The database can't be used: {_first_line(error)}"
    return None


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _is_a(error: Exception, module: str, name: str) -> bool:
    """Return whether the error is of a class, without importing the class.

    Commands that don't read the settings start faster that way.
    """
    return isinstance(error, getattr(sys.modules.get(module), name, ()))


def _warn_about_setting_names() -> None:
    for name, suggestion in unknown_names().items():
        hint = f" Did you mean {suggestion}?" if suggestion else ""
        click.echo(f"Warning: PicProcure has no setting {name}.{hint}", err=True)
    for old, new in renamed_names().items():
        click.echo(f"Warning: {old} is now called {new}. The old name still works.", err=True)


@click.group(cls=LazyGroup)
@click.version_option(package_name="picprocure")
def main() -> None:
    """PicProcure gives everyone the event photos they are in, and only those."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "picprocure.config.settings")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names may contain characters that a terminal can't print. That is no error.
            stream.reconfigure(errors="replace")
    _warn_about_setting_names()

"""`picprocure models`: the available detectors and embedders, and how to get more."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from picprocure.cli.fetching import FetchFailed, fetch_model, read_model_file
from picprocure.faces.detectors import DETECTORS
from picprocure.faces.embedding import EMBEDDERS
from picprocure.faces.errors import ModelError
from picprocure.faces.models import registry
from picprocure.faces.models.alternatives import Alternative
from picprocure.faces.models.registry import Model

DOWNLOADABLE = {model.name: model for model in registry.MODELS if not model.is_packaged}

folder_option = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="PICPROCURE_MODELS_DIR",
    help="Folder for models. Default: your data folder.",
)


@click.group(invoke_without_command=True)
@folder_option
@click.pass_context
def models(context: click.Context, folder: Path | None) -> None:
    """List the available detectors and models, and where they come from."""
    context.obj = folder
    if context.invoked_subcommand is None:
        _list(folder)


@models.command()
@click.argument("name", type=click.Choice(sorted(DOWNLOADABLE)))
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Install from this file (the model, or the package that contains it), without a download.",
)
@click.option("--timeout", default=60.0, show_default=True, help="Time limit in seconds.")
@click.pass_obj
def get(folder: Path | None, name: str, file: Path | None, timeout: float) -> None:
    """Download a model, and install it if its hash is right."""
    model = DOWNLOADABLE[name]
    if file is None and _is_ready(model, folder):
        click.echo(f"{name} is already installed.")
        return
    try:
        content = (
            read_model_file(model, file)
            if file is not None
            else fetch_model(model, timeout_seconds=timeout)
        )
        path = registry.install(model, content, folder)
    except FetchFailed as problem:
        raise click.ClickException(_fetch_problem(model, problem, file)) from problem
    except (ModelError, OSError) as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"Installed {name}: {path}")


def _fetch_problem(model: Model, problem: FetchFailed, file: Path | None) -> str:
    if file is not None:
        return str(problem)
    return (
        f"{model.name} could not be downloaded from {model.origin}.\n{problem}\n"
        f"Get {model.file_name} another way and pass it with --file."
    )


def _is_ready(model: Model, folder: Path | None) -> bool:
    try:
        registry.model_path(model, folder)
    except ModelError:
        return False
    return True


def _list(folder: Path | None) -> None:
    for model in registry.MODELS:
        click.echo(f"{model.name} ({model.kind}): {_state(model, folder)}")
        click.echo(f"  {model.license}, {model.size:,} bytes, from {model.origin}")
        click.echo(f"  sha256 {model.sha256}")
    for kind in (DETECTORS, EMBEDDERS):
        for alternative in kind.alternatives:
            if alternative.model is None:
                state = _state_of_packages(alternative)
                click.echo(f"{alternative.name} ({kind.task}): {state}")
                click.echo(f"  {alternative.origin}")
    click.echo(f"\nModels are stored in {folder or registry.default_models_dir()}")


def _state(model: Model, folder: Path | None) -> str:
    if not registry.is_here(model, folder):
        if model.is_packaged:
            return "missing"
        return f"not installed. To install it, run `picprocure models get {model.name}`"
    try:
        registry.model_path(model, folder)
    except ModelError as problem:
        return f"REFUSED. {problem}"
    return "installed"


def _state_of_packages(alternative: Alternative[Any]) -> str:
    """Return whether everything is there that an alternative needs from Python packages."""
    missing = [package for package in alternative.packages if find_spec(package) is None]
    if missing:
        return f"missing. There is no Python package {missing[0]}"
    for model in alternative.packaged:
        state = _state(model, None)
        if state != "installed":
            return f"{state} (the model {model.name})" if state == "missing" else state
    return "installed"

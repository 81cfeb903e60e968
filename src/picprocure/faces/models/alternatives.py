"""Alternatives for one task, such as detectors, of which operators choose one by its name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from picprocure.faces.models import registry as models

if TYPE_CHECKING:
    from pathlib import Path

    from picprocure.faces.models.registry import Model

T = TypeVar("T")

AUTO: Final = "auto"
"""The choice of the best alternative that is available."""


@dataclass(frozen=True, slots=True)
class Alternative(Generic[T]):
    """A class that can be chosen. Its module is imported when it is made.

    Attributes:
        name: The name for users.
        module: The full name of a module.
        class_name: A class of that module. It is called with the path of the model's file, or
            without arguments if there is no model that must be fetched.
        model: The file that must be fetched, if any.
        origin: License and source of an alternative without such a file.
        packages: Python modules that an alternative without such a file needs.
        packaged: The files from Python packages that it needs.
    """

    name: str
    module: str
    class_name: str
    model: Model | None = None
    origin: str = ""
    packages: tuple[str, ...] = ()
    packaged: tuple[Model, ...] = ()

    def is_available(self, models_dir: Path | None = None) -> bool:
        """Return whether it needs no file, or the file is there."""
        return self.model is None or models.is_here(self.model, models_dir)

    def check(self, models_dir: Path | None = None) -> None:
        """Check the file, if it needs one.

        Raises:
            ModelMissing: The file is not there.
            WrongModel: The file is not the one that its name says.
        """
        if self.model is not None:
            models.model_path(self.model, models_dir)

    def make(self, models_dir: Path | None = None, **options: object) -> T:
        """Return a new object.

        Args:
            models_dir: The folder of fetched models, by default `default_models_dir()`.
            options: Passed to the class.

        Raises:
            ModelMissing: The file is not there.
            WrongModel: The file is not the one that its name says.
            UnusableModel: The file can't be run.
        """
        arguments = () if self.model is None else (models.model_path(self.model, models_dir),)
        made: T = getattr(import_module(self.module), self.class_name)(*arguments, **options)
        return made


class Alternatives(Generic[T]):
    """All alternatives for a task, the best first. The last one needs no file."""

    def __init__(self, task: str, *alternatives: Alternative[T]) -> None:
        """List the alternatives for a task, which is named in messages."""
        self.task = task
        self.alternatives = alternatives
        self.names = tuple(alternative.name for alternative in alternatives)
        self.choices = (AUTO, *self.names)

    @property
    def best(self) -> str:
        return self.names[0]

    def resolved_name(self, name: str, models_dir: Path | None = None) -> str:
        """Return the name of the best available one for `AUTO`, and any other name unchanged.

        Args:
            name: One of the choices.
            models_dir: The folder of fetched models, by default `default_models_dir()`.
        """
        if name != AUTO:
            return name
        return next(
            alternative.name
            for alternative in self.alternatives
            if alternative.is_available(models_dir)
        )

    def named(self, name: str, models_dir: Path | None = None, **options: object) -> T:
        """Return a new object of this name, or the best available one for `AUTO`.

        Args:
            name: One of the choices.
            models_dir: The folder of fetched models, by default `default_models_dir()`.
            options: Passed to the class.

        Raises:
            ModelMissing: Its file is not there.
            WrongModel: The file is not the one that its name says.
            UnusableModel: The file can't be run.
            ValueError: There is none of this name.
        """
        return self._alternative(name, models_dir).make(models_dir, **options)

    def checked_name(self, name: str, models_dir: Path | None = None) -> str:
        """Return `resolved_name`, after checking its file. Nothing is loaded.

        Raises:
            ModelMissing: Its file is not there.
            WrongModel: The file is not the one that its name says.
            ValueError: There is none of this name.
        """
        alternative = self._alternative(name, models_dir)
        alternative.check(models_dir)
        return alternative.name

    def _alternative(self, name: str, models_dir: Path | None) -> Alternative[T]:
        wanted = self.resolved_name(name, models_dir)
        for alternative in self.alternatives:
            if alternative.name == wanted:
                return alternative
        raise ValueError(f"there is no {self.task} {name!r}; there are {', '.join(self.choices)}")

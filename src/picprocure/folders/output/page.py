"""The page that a run leaves in the output folder, for whoever ran it to look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from picprocure.folders.analysis.thumbnails import face_name, thumbnail_name
from picprocure.folders.names import address, shown, with_name
from picprocure.folders.state_folder import STATE_FOLDER
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from picprocure.faces.types import Box
    from picprocure.folders.outcome import Outcome, Reference, SortedPerson
    from picprocure.folders.output.delivery import Delivered

PAGE: Final = "index.html"
PICTURES: Final = f"{STATE_FOLDER}/pictures"


@dataclass(frozen=True, slots=True)
class Tile:
    """``picture`` and ``target`` are relative addresses."""

    name: str
    target: str
    picture: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PersonOnPage:
    anchor: str
    name: str
    face: str | None
    references: list[Reference]
    photos: list[Tile]
    review: list[Tile]

    @property
    def usable(self) -> int:
        return sum(reference.ok for reference in self.references)


def write_page(outcome: Outcome, delivered: Delivered, out: Path) -> None:
    """Raises ``OSError``; an older page stays until this one is whole."""
    page = page_of(outcome, delivered, out)
    write_atomically(out / PAGE, page.encode("utf-8"))


def page_of(outcome: Outcome, delivered: Delivered, out: Path) -> str:
    # No extension decides here: everything that is put into the page is escaped.
    templates = Environment(
        autoescape=True,
        loader=FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    templates.filters["shown"] = shown
    templates.filters["with_name"] = lambda problem, name: with_name(name, problem)
    return templates.get_template("page.html").render(
        outcome=outcome,
        people=[
            _person(number, person, outcome, delivered, out)
            for number, person in enumerate(outcome.people, start=1)
        ],
        delivered_photos=len({name for person in outcome.people for name in person.photos}),
        failed=outcome.failed,
        has_links=delivered.has_links,
    )


def _person(
    number: int, person: SortedPerson, outcome: Outcome, delivered: Delivered, out: Path
) -> PersonOnPage:
    pictures = _Pictures(out)
    shown_reference = next((one for one in person.references if one.ok), None)
    face = None
    if shown_reference is not None and shown_reference.box is not None:
        face = pictures.face(shown_reference.digest, shown_reference.box)
    places = delivered.photos[person.name]
    doubtful = delivered.review.get(person.name, {})
    return PersonOnPage(
        anchor=f"person-{number}",
        name=person.name,
        face=face,
        references=person.references,
        photos=[
            Tile(name, address(places[name]), pictures.photo(outcome.photos[name].digest))
            for name in person.photos
        ],
        review=[
            Tile(
                name,
                address(doubtful[name]),
                pictures.face(outcome.photos[name].digest, doubt.box),
                doubt.reason,
            )
            for name, doubts in person.review.items()
            for doubt in doubts
        ],
    )


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Addresses of the small pictures that could be made."""

    out: Path

    def photo(self, digest: str | None) -> str | None:
        return None if digest is None else self._address(thumbnail_name(digest))

    def face(self, digest: str | None, box: Box) -> str | None:
        return None if digest is None else self._address(face_name(digest, box))

    def _address(self, name: str) -> str | None:
        path = f"{PICTURES}/{name}"
        return address(path) if (self.out / path).is_file() else None

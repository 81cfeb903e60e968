"""The HTML page that a run writes into the output folder."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from picprocure.folders.analysis.thumbnail_names import face_name, thumbnail_name
from picprocure.folders.analysis.thumbnail_sizes import size_of_photo
from picprocure.folders.corrections.entries import ABOUT, SAVED_BY_PAGE, VERSION, entry_of
from picprocure.folders.names import name_with_problem, printable, relative_url
from picprocure.folders.output.notices import notices
from picprocure.folders.state_folder import STATE_FOLDER
from picprocure.system.atomic_files import write_atomically

if TYPE_CHECKING:
    from picprocure.faces.types import Box
    from picprocure.folders.outcome import Outcome, Reference, SortedPerson
    from picprocure.folders.output.delivery import Delivery

PAGE: Final = "index.html"
PICTURES: Final = f"{STATE_FOLDER}/pictures"


@dataclass(frozen=True, slots=True)
class Tile:
    """A photo on the page. `picture` and `target` are relative URLs."""

    name: str
    target: str
    picture: str | None
    digest: str | None
    reason: str = ""
    box: Box | None = None

    @property
    def box_text(self) -> str:
        """Return the face's box in the form in which the page's script reads it."""
        return "" if self.box is None else ",".join(map(str, _sides(self.box)))


@dataclass(frozen=True, slots=True)
class PersonOnPage:
    """A person's section of the page.

    Attributes:
        face: The relative URL of the person's face, if there is a thumbnail.
    """

    anchor: str
    name: str
    face: str | None
    references: list[Reference]
    photos: list[Tile]
    review: list[Tile]

    @property
    def usable(self) -> int:
        """Return the number of references that can be used."""
        return sum(reference.ok for reference in self.references)


def write_page(outcome: Outcome, delivery: Delivery, out: Path) -> None:
    """Write the page. An older page is replaced only when the new one is complete.

    Raises:
        OSError: The page can't be written.
    """
    page = render_page(outcome, delivery, out)
    write_atomically(out / PAGE, page.encode("utf-8"))


def render_page(outcome: Outcome, delivery: Delivery, out: Path) -> str:
    script = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
    # Escape all values, whatever the template's file name.
    templates = Environment(
        autoescape=True,
        loader=FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    templates.filters["printable"] = printable
    templates.filters["name_with_problem"] = lambda problem, name: name_with_problem(name, problem)
    return templates.get_template("page.html").render(
        outcome=outcome,
        people=[
            _person(number, person, outcome, delivery, out)
            for number, person in enumerate(outcome.people, start=1)
        ],
        delivered_photos=len({name for person in outcome.people for name in person.photos}),
        failed=outcome.failed,
        notices=notices(outcome),
        has_links=delivery.has_links,
        data=_data(outcome, out),
        script=script,
        script_hash=base64.b64encode(sha256(script.encode()).digest()).decode(),
    )


def _data(outcome: Outcome, out: Path) -> dict[str, Any]:
    """Return what the page's script needs: people, faces and decisions."""
    pictures = _Pictures(out)
    shown = {name for person in outcome.people for name in (*person.photos, *person.review)}
    photos = {}
    for name in sorted(shown):
        photo = outcome.photos[name]
        if photo.digest is not None:
            size = size_of_photo(out / PICTURES / thumbnail_name(photo.digest))
            photos[photo.digest] = {
                "name": name,
                "picture": pictures.photo(photo.digest),
                "size": size,
                "faces": [
                    {"box": _sides(face.box), "person": face.person, "decision": face.decision}
                    for face in photo.faces
                ],
            }
    return {
        "file": {"version": VERSION, "about": ABOUT, "saved_by": SAVED_BY_PAGE},
        "people": [person.name for person in outcome.people],
        "photos": photos,
        "decisions": [entry_of(one) for one in outcome.settled.all],
    }


def _sides(box: Box) -> list[int]:
    return [box.left, box.top, box.right, box.bottom]


def _person(
    number: int, person: SortedPerson, outcome: Outcome, delivery: Delivery, out: Path
) -> PersonOnPage:
    pictures = _Pictures(out)
    reference = next((reference for reference in person.references if reference.ok), None)
    face = None
    if reference is not None and reference.box is not None:
        face = pictures.face(reference.digest, reference.box)
    photo_paths = delivery.photos[person.name]
    review_paths = delivery.review.get(person.name, {})
    return PersonOnPage(
        anchor=f"person-{number}",
        name=person.name,
        face=face,
        references=person.references,
        photos=[
            Tile(
                name,
                relative_url(photo_paths[name]),
                pictures.photo(outcome.photos[name].digest),
                outcome.photos[name].digest,
            )
            for name in person.photos
        ],
        review=[
            Tile(
                name,
                relative_url(review_paths[name]),
                pictures.face(outcome.photos[name].digest, candidate.box),
                outcome.photos[name].digest,
                candidate.reason,
                candidate.box,
            )
            for name, candidates in person.review.items()
            for candidate in candidates
        ],
    )


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Relative URLs of the thumbnails that exist."""

    out: Path

    def photo(self, digest: str | None) -> str | None:
        return None if digest is None else self._url(thumbnail_name(digest))

    def face(self, digest: str | None, box: Box) -> str | None:
        return None if digest is None else self._url(face_name(digest, box))

    def _url(self, name: str) -> str | None:
        path = f"{PICTURES}/{name}"
        return relative_url(path) if (self.out / path).is_file() else None

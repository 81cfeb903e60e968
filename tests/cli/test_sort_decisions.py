"""Correct what `picprocure sort` did with real faces, by hand and on its page. It stays so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browser.conftest import browser as browser  # noqa: PLC0414 -- a fixture
from real_engines import MODELS_DIR

REPO = Path(__file__).parents[2]
FIRST, LATER = slice(6, 9), slice(9, 10)
SAME_ENGINE: tuple[str, ...] = ()
OTHER_ENGINE = ("--detector", "hog", "--embedder", "dlib")

Delivered = dict[str, set[str]]

pytestmark = [pytest.mark.engine, pytest.mark.browser]

either_engine = pytest.mark.parametrize(
    "engine",
    [
        pytest.param(SAME_ENGINE, id="same engine"),
        pytest.param(OTHER_ENGINE, id="other engine", marks=pytest.mark.soak),
    ],
)


@dataclass(frozen=True)
class Sorted:
    """Twelve registered people and some photos with several faces each."""

    root: Path
    cache: Path
    labels: dict[str, list[str]]

    @property
    def out(self) -> Path:
        return self.root / "out"

    def sort(self, *more: str) -> str:
        """Run the command, and return what it says."""
        folders = [str(self.root / "photos"), str(self.root / "people"), "--out", str(self.out)]
        options = ["--models", str(MODELS_DIR), "--workers", "1", *more]
        done = subprocess.run(
            [sys.executable, "-m", "picprocure.cli", "sort", *folders, *options],
            env={
                **os.environ,
                "PYTHONPATH": str(REPO / "src"),
                "XDG_CACHE_HOME": str(self.cache),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return " ".join(done.stdout.split())

    def delivered(self) -> Delivered:
        return {
            person.stem: {path.name for path in (self.out / person.stem).iterdir()}
            for person in (self.root / "people").iterdir()
        }

    def answers(self) -> set[tuple[str, str, str]]:
        entries = json.loads((self.out / "decisions.json").read_text())["decisions"]
        return {(one["photo"], one["answer"], one.get("person", "")) for one in entries}


def add_photos(event: Sorted, source: Path, which: slice) -> None:
    for photo in sorted((source / "photos").iterdir())[which]:
        shutil.copy(photo, event.root / "photos")


@pytest.fixture(scope="module")
def first_run(labeled_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Sorted:
    source = labeled_photos / "event"
    labels = json.loads((source / "labels.json").read_text())["photos"]
    root = tmp_path_factory.mktemp("event")
    event = Sorted(root / "event", root / "cache", labels)
    shutil.copytree(source / "people", event.root / "people")
    (event.root / "photos").mkdir(parents=True)
    add_photos(event, source, FIRST)
    event.sort()
    return event


@pytest.fixture
def event(first_run: Sorted, tmp_path: Path) -> Sorted:
    """Return a copy of the first run. All tests share its cache of analyses."""
    own = replace(first_run, root=tmp_path / "event")
    shutil.copytree(first_run.root, own.root, symlinks=True)
    return own


def someone_with_two_photos(delivered: Delivered) -> str:
    return next(name for name, photos in sorted(delivered.items()) if len(photos) > 1)


@either_engine
def test_photos_that_were_moved_by_hand_stay_where_they_are(
    event: Sorted, labeled_photos: Path, engine: tuple[str, ...]
) -> None:
    """Over a second run, another photo, another reference, and another engine."""
    before = event.delivered()
    one = someone_with_two_photos(before)
    photo = max(before[one])
    other, third = [name for name in sorted(before) if photo not in before[name]][:2]
    (event.out / one / photo).rename(event.out / other / photo)

    said = event.sort()
    assert f"1 photo taken from {one}, 1 photo given to {other}. This stays so." in said
    moved = {one: before[one] - {photo}, other: before[other] | {photo}}
    assert event.delivered() == {**before, **moved}
    decided = event.answers()
    assert decided == {(photo, "withheld", one), (photo, "given", other)}
    assert "by hand" not in event.sort()

    add_photos(event, labeled_photos / "event", LATER)
    (event.root / "people" / third).mkdir()
    picture = sorted((labeled_photos / "lfw" / third).iterdir())[-1]
    shutil.copy(picture, event.root / "people" / third)
    event.sort(*engine)
    after = event.delivered()
    assert (photo in after[other], photo in after[one]) == (True, False)
    assert event.answers() == decided
    assert after == {**fresh_run(event, *engine), one: after[one], other: after[other]}


def fresh_run(event: Sorted, *engine: str) -> Delivered:
    """Return what a run without decisions delivers."""
    corrected = event.out.rename(event.root / "corrected")
    event.sort(*engine)
    delivered = event.delivered()
    shutil.rmtree(event.out)
    corrected.rename(event.out)
    return delivered


def open_page(event: Sorted, browser: Browser) -> Page:
    page = browser.new_page()
    page.add_init_script("delete window.showSaveFilePicker")
    page.goto((event.out / "index.html").as_uri())
    return page


@either_engine
def test_faces_that_were_marked_on_the_page_stay_wrong(
    event: Sorted, browser: Browser, engine: tuple[str, ...]
) -> None:
    """Over a second run and another engine."""
    before = event.delivered()
    one = someone_with_two_photos(before)
    photo, second = min(before[one]), max(before[one])
    other = next(name for name in sorted(before) if name not in event.labels[photo])
    page = open_page(event, browser)
    section = page.locator("section", has=page.get_by_role("heading", name=one, exact=True))
    section.get_by_role("link", name=photo).focus()
    page.keyboard.press("f")
    page.get_by_label("It's").select_option(other)
    page.get_by_role("button", name="Confirm").press("Enter")
    page.keyboard.press("Escape")
    section.get_by_role("link", name=second).focus()
    page.keyboard.press("n")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save decisions").click()
    saved = event.root / "saved.json"
    download.value.save_as(saved)
    page.close()

    event.sort("--decisions", str(saved))
    decided = event.answers()
    assert decided == {(photo, "is", other), (second, "is not", one)}
    event.sort(*engine)
    after = event.delivered()
    assert photo in after[other]
    assert not after[one] & {photo, second}
    assert event.answers() == decided


def test_bad_decisions_stop_the_command_before_it_changes_anything(event: Sorted) -> None:
    path = event.out / "decisions.json"
    path.write_text("{")
    before = {file: file.lstat().st_mtime_ns for file in event.out.rglob("*")}
    with pytest.raises(AssertionError, match=r"decisions\.json can't be used: it isn't JSON"):
        event.sort()
    assert {file: file.lstat().st_mtime_ns for file in event.out.rglob("*")} == before

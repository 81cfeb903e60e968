"""`picprocure sort` as users run it: in its own process, with real photos and the real engine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from picprocure.cli import main
from picprocure.folders.analysis.thumbnail_names import thumbnail_name
from picprocure.folders.output.page import PICTURES as PICTURES_FOLDER
from picprocure.imaging.pixels import fitting
from real_engines import MODELS_DIR

REPO = Path(__file__).parents[2]
PORTRAITS = REPO / "var/photos/face_recognition-1.3.0/tests/test_images"
PICTURES = {"monday/1.jpg": "obama2", "tuesday/1.jpg": "obama3", "joe.jpg": "biden"}

# Not the installed script, which may belong to another checkout.
COMMAND = (sys.executable, "-m", "picprocure.cli")


@dataclass
class Event:
    """References of two people, and three photos, two of which show one of them."""

    root: Path

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    def arguments(self, *more: str) -> list[str]:
        named = [str(self.root / "photos"), str(self.root / "people"), "--out", str(self.out)]
        return [*COMMAND, "sort", *named, "--models", str(MODELS_DIR), *more]

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(REPO / "src"),
            "XDG_CACHE_HOME": str(self.cache),
            "PYTHONIOENCODING": "ascii",  # characters that can't be printed must not end the run
        }

    def sort(self, *more: str) -> subprocess.CompletedProcess[str]:
        return run_command(self.arguments(*more), self.environment)

    def start(self, *more: str) -> subprocess.Popen[str]:
        """Start a run in its own process group, all of which Ctrl-C reaches in a terminal."""
        return subprocess.Popen(
            self.arguments(*more),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def delivered_files(self) -> set[str]:
        return {
            path.relative_to(self.out).as_posix()
            for person in ("Barack", "Joe")
            for path in (self.out / person).iterdir()
        }

    def cached_photos(self) -> int:
        return len(list(self.cache.rglob("*.photo")))


def run_command(
    arguments: Sequence[str], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def write_small_copy(name: str, path: Path) -> None:
    source = PORTRAITS / f"{name}.jpg"
    if not source.is_file():
        pytest.fail(f"{source.name} is missing; `make test` gets the sample photos first")
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(source) as picture:
        picture.thumbnail((640, 640))
        picture.save(path, quality=92)


def small_event(root: Path) -> Event:
    write_small_copy("obama", root / "people/Barack.jpg")
    write_small_copy("biden", root / "people/Joe/face.jpg")
    for name, source in PICTURES.items():
        write_small_copy(source, root / "photos" / name)
    return Event(root)


@pytest.fixture
def event(tmp_path: Path) -> Event:
    return small_event(tmp_path)


ALL_DELIVERED = {"Barack/monday-1.jpg", "Barack/tuesday-1.jpg", "Joe/joe.jpg"}

engine = pytest.mark.engine
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")


@engine
def test_sideways_photo_is_delivered_and_its_thumbnail_is_upright(event: Event) -> None:
    """The second run takes the analysis from the cache, and writes the thumbnail again."""
    path = event.root / "photos/joe.jpg"
    with Image.open(path) as photo:
        photo.load()
    photo.transpose(Image.Transpose.ROTATE_90).save(path, quality=92)
    for _ in range(2):
        run = event.sort("--workers", "1")
        assert run.returncode == 0, run.stderr
        assert event.delivered_files() == ALL_DELIVERED
        digest = sha256(path.read_bytes()).hexdigest()
        thumbnail = event.out / PICTURES_FOLDER / thumbnail_name(digest)
        with Image.open(thumbnail) as picture:
            assert picture.size == fitting(*photo.size, 400)
            difference = np.asarray(picture, float) - np.asarray(photo.resize(picture.size), float)
        assert np.abs(difference).mean() < 8
        assert (event.out / "Joe/joe.jpg").read_bytes() == path.read_bytes()
        thumbnail.unlink()


@engine
def test_second_run_analyzes_only_new_photos(event: Event) -> None:
    report = event.root / "report.json"
    first = event.sort("--report", str(report))
    assert first.returncode == 0, first.stderr
    assert event.delivered_files() == ALL_DELIVERED
    assert "3 photos in" in first.stdout
    assert "3 analyzed now" in first.stdout
    assert (event.out / "index.html").is_file()
    content = json.loads(report.read_text())
    assert content["people"]["Barack"]["photos"] == ["monday/1.jpg", "tuesday/1.jpg"]
    assert content["people"]["Joe"]["references"] == [
        {"file": "Joe/face.jpg", "ok": True, "reason": None}
    ]
    (event.root / "photos/joe.jpg").unlink()
    write_small_copy("obama", event.root / "photos/new.jpg")
    second = event.sort("--report", str(report), "--workers", "1")
    assert "1 analyzed now" in second.stdout
    assert event.delivered_files() == ALL_DELIVERED - {"Joe/joe.jpg"} | {"Barack/new.jpg"}
    fresh_path = event.root / "fresh.json"
    fresh = event.sort("--no-cache", "--workers", "1", "--report", str(fresh_path))
    assert "3 analyzed now" in fresh.stdout
    cached, fresh_report = (json.loads(path.read_text()) for path in (report, fresh_path))
    assert {**cached, "timing": None} == {**fresh_report, "timing": None}
    assert event.cached_photos() == 4
    cleared = run_command([*COMMAND, "cache", "clear"], event.environment)
    assert cleared.stdout.startswith("Deleted 6 results")
    assert event.cached_photos() == 0


@pytest.fixture(scope="module")
def run_without_cache(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Event, subprocess.CompletedProcess[str]]:
    """Run `sort --no-cache --copy` with a damaged photo and odd names. It lists its imports."""
    event = small_event(tmp_path_factory.mktemp("run"))
    (event.root / "photos/broken\x1b[31m.jpg").write_bytes(b"\xff\xd8\xff and no more")
    (event.root / "people/Joe").rename(event.root / "people/Joé \N{GRINNING FACE} [bold]")
    program = (
        "import sys\n"
        "from picprocure.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print('imported:', sorted({'django', 'celery'} & set(sys.modules)))\n"
    )
    options = ("--no-cache", "--copy", "--workers", "1", "--report", event.root / "report.json")
    arguments = event.arguments(*map(str, options))[len(COMMAND) :]
    done = run_command([sys.executable, "-c", program, *arguments], event.environment)
    return event, done


@engine
def test_no_cache_option_stores_nothing_and_copy_option_makes_no_links(
    run_without_cache: tuple[Event, subprocess.CompletedProcess[str]],
) -> None:
    event, _ = run_without_cache
    assert not (event.cache / "picprocure").exists()
    (photo,) = (event.out / "Joé \N{GRINNING FACE} [bold]").iterdir()
    assert photo.read_bytes() == (event.root / "photos/joe.jpg").read_bytes()
    assert not photo.is_symlink()


@engine
def test_damaged_photo_is_listed_and_sets_the_status(
    run_without_cache: tuple[Event, subprocess.CompletedProcess[str]],
) -> None:
    event, done = run_without_cache
    assert done.returncode == 3
    assert "Jo? ? [bold]" in done.stdout
    assert "1 photo could not be analyzed" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    assert len(list((event.out / "Joé \N{GRINNING FACE} [bold]").iterdir())) == 1
    photos = json.loads((event.root / "report.json").read_text())["photos"]
    assert "can't be opened" in photos["broken\x1b[31m.jpg"]["error"]


@engine
def test_one_person_with_two_names_is_named_and_the_others_get_the_same(
    labeled_photos: Path, tmp_path: Path
) -> None:
    """12 people are registered, then one of them a second time with another picture."""
    people, out, report = tmp_path / "people", tmp_path / "out", tmp_path / "report.json"
    shutil.copytree(labeled_photos / "event/people", people)
    photos = tmp_path / "photos"
    photos.mkdir()
    for photo in sorted((labeled_photos / "event/photos").iterdir())[4:14]:
        (photos / photo.name).symlink_to(photo)
    options = ["--out", str(out), "--report", str(report), "--models", str(MODELS_DIR)]
    command = [*COMMAND, "sort", str(photos), str(people), *options]
    environment = Event(tmp_path).environment

    def sort() -> tuple[str, dict[str, list[str]]]:
        done = run_command(command, environment)
        assert done.returncode == 0, done.stderr
        found = json.loads(report.read_text())["people"]
        return done.stdout, {name: person["photos"] for name, person in found.items()}

    said, before = sort()
    assert "look like one person" not in said
    (name, second), picture = ("Wen_Jiabao", "Premier"), "Wen_Jiabao_0011.jpg"
    shutil.copy(labeled_photos / "lfw" / name / picture, people / f"{second}.jpg")
    said, with_two = sort()
    assert f"{second} and {name} look like one person." in said
    assert json.loads(report.read_text())["same_face"] == [[second, name]]
    assert f"{second} and {name} look like one person." in (out / "index.html").read_text()
    assert len({*with_two[name], *with_two[second]}) < len(before[name])
    assert {**with_two, name: [], second: []} == {**before, name: [], second: []}
    (people / name).mkdir()
    for own in (f"{name}.jpg", f"{second}.jpg"):
        (people / own).rename(people / name / own)
    said, merged = sort()
    assert "look like one person" not in said
    assert merged == before


@engine
@needs_proc
def test_killed_worker_loses_no_photos(event: Event) -> None:
    running = event.start()
    os.kill(first_worker_of(running), signal.SIGKILL)
    stdout, stderr = running.communicate(timeout=120)
    assert running.returncode == 0, stderr
    assert "3 photos in" in stdout
    assert event.delivered_files() == ALL_DELIVERED


@engine
@needs_proc
def test_ctrl_c_ends_all_processes_and_the_next_run_continues(event: Event) -> None:
    for number in range(24):
        write_small_copy("obama2", event.root / f"photos/more/{number}.jpg")
        with (event.root / f"photos/more/{number}.jpg").open("ab") as photo:
            photo.write(bytes([number]))
    running = event.start()
    wait_until(lambda: event.cached_photos() >= 2, running)
    workers = children_of(running.pid)
    os.killpg(running.pid, signal.SIGINT)
    _, stderr = running.communicate(timeout=60)
    assert running.returncode == 130, stderr
    *_, last = stderr.strip().splitlines()  # on a slow machine there are lines of progress before
    assert last == "Stopped. Run the same command to continue."
    assert workers
    wait_until(lambda: not any(is_running(pid) for pid in workers))
    known = event.cached_photos()
    assert 2 <= known < 27
    again = event.sort()
    assert again.returncode == 0
    assert f"{27 - known} analyzed now" in again.stdout


def first_worker_of(running: subprocess.Popen[str]) -> int:
    """Return a worker process, not the resource tracker."""

    def started_workers() -> list[int]:
        return [pid for pid in children_of(running.pid) if b"spawn_main" in command_of(pid)]

    wait_until(lambda: bool(started_workers()), running)
    return started_workers()[0]


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def is_running(pid: int) -> bool:
    """Return whether the process runs. A zombie doesn't."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition: Callable[[], bool], running: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert running is None or running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@engine
def test_sort_does_not_import_django(
    run_without_cache: tuple[Event, subprocess.CompletedProcess[str]],
) -> None:
    _, done = run_without_cache
    assert "imported: []" in done.stdout, done.stderr


def refused(*arguments: str | Path) -> str:
    result = CliRunner().invoke(main, ["sort", *map(str, arguments)])
    assert result.exit_code == 2, result.output
    return " ".join(result.stderr.split())


def test_wrong_arguments_exit_with_status_2_and_a_message(tmp_path: Path) -> None:
    photos, people, out = tmp_path / "photos", tmp_path / "people", tmp_path / "out"
    photos.mkdir()
    assert "Missing option '--out'" in refused(photos, people)
    assert "people does not exist" in refused(photos, people, "--out", out)
    (people / "Ada").mkdir(parents=True)
    assert "contains the photos or the people" in refused(photos, people, "--out", photos)
    assert "does not exist" in refused(photos, people, "--out", out, "--report", out / "no/r.json")
    assert "is a folder" in refused(photos, people, "--out", out, "--report", photos)
    assert "'--workers'" in refused(photos, people, "--out", out, "--workers", "0")
    assert "'--detector'" in refused(photos, people, "--out", out, "--detector", "best")
    nothing = ("--detector", "yunet", "--models", tmp_path)
    assert "`picprocure models get yunet`" in refused(photos, people, "--out", out, *nothing)
    assert not out.exists()


def test_report_replaces_only_a_report(tmp_path: Path) -> None:
    photos, people, out = tmp_path / "photos", tmp_path / "people", tmp_path / "out"
    photos.mkdir()
    (people / "Ada").mkdir(parents=True)
    (photos / "1.jpg").write_bytes(b"a photo")
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    (out / ".picprocure").mkdir(parents=True)
    (out / ".picprocure" / "manifest.json").write_text('{"format": 1, "files": {}}')
    for report in (photos / "1.jpg", photos / "new.json", people / "Ada" / "r.json"):
        assert "inside the photos folder" in refused(
            photos, people, "--out", out, "--report", report
        )
    for report in (out / ".picprocure/manifest.json", out / ".picprocure/r.json"):
        assert "inside a results folder" in refused(
            photos, people, "--out", out, "--report", report
        )
    assert "is not a report" in refused(photos, people, "--out", out, "--report", notes)
    assert (photos / "1.jpg").read_bytes() == b"a photo"
    assert notes.read_text() == "mine"


def test_no_people_exits_with_status_2(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "people").mkdir()
    best = ("--models", MODELS_DIR, "--no-cache")
    message = refused(tmp_path / "photos", tmp_path / "people", "--out", tmp_path / "out", *best)
    assert "There are no people in" in message
    assert not (tmp_path / "out").exists()


def test_help_does_not_import_the_face_engine() -> None:
    program = (
        "import sys\n"
        "from picprocure.cli import main\n"
        "try:\n"
        "    main(['sort', '--help'])\n"
        "finally:\n"
        "    print('imported:', sorted({'django', 'numpy', 'dlib', 'rich'} & set(sys.modules)))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPO / "src")}
    done = run_command([sys.executable, "-c", program], environment)
    assert "OUT/_review" in done.stdout
    assert "imported: []" in done.stdout

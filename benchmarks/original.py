"""Sort an event like the system before PicProcure, for comparison: with dlib, in one process.

It searches each photo at full resolution with the frontal detector and one upsampling, and computes
one descriptor at a time from five landmarks. Then it runs dlib's Chinese Whispers at a distance of
0.5 on the faces of the event and of the profile photos. A person gets the photos of the cluster
that their profile photo is in.

    python benchmarks/original.py PHOTOS PEOPLE    prints who gets what, and the time of each step
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dlib
import numpy as np
from PIL import Image

from picprocure.faces.embedding.dlib_resnet import ResnetEmbedder
from picprocure.faces.embedding.pose import yaw_of
from picprocure.faces.models import registry
from picprocure.faces.types import Box, FoundFace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from picprocure.faces.types import Embedding
    from picprocure.imaging.loaded_image import LoadedImage, Pixels

UPSAMPLINGS: Final = 1
MIN_SCORE: Final = 0.0
CLUSTER_DISTANCE: Final = 0.5


class Original:
    """The original system. It reads its three models once."""

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(registry.landmarks_path()))
        self._network = dlib.face_recognition_model_v1(str(registry.resnet_path()))

    def descriptors(self, photo: Path) -> list[Embedding]:
        """Return a descriptor for each face of a photo, decoded at its full size."""
        with Image.open(photo) as picture:
            pixels = np.array(picture.convert("RGB"))
        return [self._descriptor(pixels, box) for box in self._detector(pixels, UPSAMPLINGS)]

    def _descriptor(self, pixels: Pixels, box: dlib.rectangle) -> Embedding:
        points = self._landmarks(pixels, box)
        return np.array(self._network.compute_face_descriptor(pixels, points), dtype=np.float32)


def deliveries(
    descriptors: Sequence[Embedding], photos: Sequence[str], profiles: Mapping[str, Embedding]
) -> set[tuple[str, str]]:
    """Return pairs of a person and a photo, by the clusters that the profiles are in.

    Args:
        descriptors: The faces of the event.
        photos: The name of the photo for each face.
        profiles: The face of each person.
    """
    everything = [*descriptors, *profiles.values()]
    labels = dlib.chinese_whispers_clustering(
        [dlib.vector(row.tolist()) for row in everything], CLUSTER_DISTANCE
    )
    photos_of: dict[int, set[str]] = defaultdict(set)
    for label, photo in zip(labels, photos, strict=False):
        photos_of[label].add(photo)
    of_people = zip(profiles, labels[len(photos) :], strict=True)
    return {(name, photo) for name, label in of_people for photo in photos_of[label]}


class OriginalEngine:
    """Finds the same faces and embeddings with a faster embedder.

    It is for measuring deliveries, not time. Its embeddings differ from dlib's by less than 1e-6.
    Other than those of PicProcure's engine, they keep their lengths.
    """

    version = "original-2"

    def __init__(self) -> None:
        self._embedder = ResnetEmbedder(mirror=False)

    def find_faces(self, image: LoadedImage) -> list[FoundFace]:
        """Return the faces, found at full resolution as the original does."""
        pixels = image.pixels if image.full_resolution is None else image.full_resolution()
        found, scores, _ = dlib.get_frontal_face_detector().run(pixels, UPSAMPLINGS, MIN_SCORE)
        # dlib's rectangles include the last column and row.
        boxes = [Box(box.left(), box.top(), box.right() + 1, box.bottom() + 1) for box in found]
        embeddings = self._embedder.embed(pixels, boxes)
        return [FoundFace(*face) for face in zip(boxes, embeddings, scores, strict=True)]

    def search_photo(self, image: LoadedImage) -> list[FoundFace]:
        """Return the faces of a photo as it is."""
        return self.find_faces(image)

    def find_boxes(self, image: LoadedImage) -> list[Box]:
        return [face.box for face in self.find_faces(image)]

    def head_yaw(self, image: LoadedImage, box: Box) -> float:
        return yaw_of(self._embedder.landmarks(image.pixels, box))

    def embed_reference(self, image: LoadedImage, box: Box) -> Embedding:
        """Embed a reference like any other face."""
        embedding: Embedding = self._embedder.embed(image.pixels, [box])[0]
        return embedding


@dataclass
class Seconds:
    """The seconds of each step, for all photos together."""

    analysis: float = 0.0
    clustering: float = 0.0

    @property
    def total(self) -> float:
        return self.analysis + self.clustering


def sorted_event(
    photos: Sequence[Path], profiles: Mapping[str, Path]
) -> tuple[set[tuple[str, str]], Seconds]:
    """Sort an event.

    Profile photos without a face are left out. Of several faces, the first one counts.

    Returns:
        Pairs of a person and a photo, and the time without loading the models.
    """
    original, seconds = Original(), Seconds()
    start = time.perf_counter()
    of_photos = [(photo.name, original.descriptors(photo)) for photo in photos]
    of_profiles = {name: original.descriptors(photo) for name, photo in profiles.items()}
    seconds.analysis = time.perf_counter() - start
    start = time.perf_counter()
    given = deliveries(
        [descriptor for _, own in of_photos for descriptor in own],
        [name for name, own in of_photos for _ in own],
        {name: own[0] for name, own in of_profiles.items() if own},
    )
    seconds.clustering = time.perf_counter() - start
    return given, seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("photos", type=Path, help="a folder of JPEGs")
    parser.add_argument("people", type=Path, help="a folder of profile photos, NAME.jpg")
    options = parser.parse_args()
    profiles = {file.stem: file for file in sorted(options.people.glob("*.jpg"))}
    photos = sorted(options.photos.glob("*.jpg"))
    given, seconds = sorted_event(photos, profiles)
    for name, photo in sorted(given):
        print(f"{name}\t{photo}")
    print(
        f"{len(photos)} photos in {seconds.total:.1f} s, "
        f"{seconds.clustering:.2f} s of it for the clusters"
    )


if __name__ == "__main__":
    main()

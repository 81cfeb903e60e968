from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from picprocure.faces.engine import ComposedEngine
from picprocure.faces.enrollment.quality import (
    check_reference,
    crop_around,
    reference_face,
)
from picprocure.faces.errors import (
    FaceCutOff,
    FaceTooBlurred,
    FaceTooDark,
    FaceTooSmall,
    FaceWithoutDetail,
    NoFaceFound,
    SeveralFacesFound,
)
from picprocure.faces.types import EMBEDDING_SIZE, Box, Embedding, FoundFace
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.imaging.loading import load_upright
from real_engines import best_engine

from ..conftest import MAX_PIXELS

SIDE = 400


def scene(brightness: float = 1.0, *, original_side: int = SIDE) -> LoadedImage:
    """Return a picture of coarse shapes and fine detail, like a sharp face."""
    random = np.random.default_rng(0)
    shapes = random.integers(80, 230, (SIDE // 40, SIDE // 40, 1)).repeat(40, 0).repeat(40, 1)
    detail = random.integers(-25, 25, (SIDE, SIDE, 3))
    pixels = ((shapes + detail) * brightness).astype(np.uint8)
    return LoadedImage(pixels, original_side, original_side)


def softened(image: LoadedImage, radius: float) -> LoadedImage:
    soft = Image.fromarray(image.pixels).filter(ImageFilter.GaussianBlur(radius))
    return LoadedImage(np.array(soft), image.width, image.height)


def face_at(left: int, top: int, side: int) -> FoundFace:
    box = Box(left, top, left + side, top + side)
    return FoundFace(box, np.zeros(EMBEDDING_SIZE, np.float32))


def test_the_one_clear_face_is_returned() -> None:
    face = face_at(100, 100, 200)
    assert check_reference(scene(), [face]) is face


def test_no_face_is_refused() -> None:
    with pytest.raises(NoFaceFound):
        check_reference(scene(), [])


def test_two_faces_are_refused_with_their_number() -> None:
    with pytest.raises(SeveralFacesFound) as caught:
        check_reference(scene(), [face_at(20, 20, 150), face_at(220, 20, 120)])
    assert caught.value.count == 2


def test_of_several_faces_the_chosen_one_is_taken() -> None:
    left, right = face_at(20, 120, 150), face_at(220, 120, 150)

    class TwoFaces:
        version = "two"

        def find_boxes(self, _image: LoadedImage) -> list[Box]:
            return [left.box, right.box]

        def embed_reference(self, _image: LoadedImage, _box: Box) -> Embedding:
            return np.ones(EMBEDDING_SIZE, np.float32)

    nearly = Box(right.box.left + 4, right.box.top - 3, right.box.right, right.box.bottom)
    chosen = reference_face(TwoFaces(), scene(), chosen=nearly)  # type: ignore[arg-type]
    assert chosen.box == right.box
    assert chosen.embedding.all()


def test_a_refusal_says_where_the_face_is() -> None:
    face = face_at(100, 100, 40)
    with pytest.raises(FaceTooSmall) as caught:
        check_reference(scene(), [face])
    assert caught.value.box == face.box


def test_plain_areas_are_refused() -> None:
    drawn = scene()
    drawn.pixels[100:300, 100:240] = (250, 210, 180)
    with pytest.raises(FaceWithoutDetail):
        check_reference(drawn, [face_at(100, 100, 200)])


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        (Box(150, 150, 250, 250), (220, 220, 3)),  # 60 more on each side
        (Box(0, 0, 100, 100), (160, 160, 3)),  # it ends at the edge of the photo
        (Box(-20, 300, 80, 400), (160, 140, 3)),
    ],
)
def test_only_the_surroundings_of_a_face_are_kept(box: Box, shape: tuple[int, ...]) -> None:
    assert crop_around(scene(), box).shape == shape


def test_of_a_reduced_picture_the_same_is_kept() -> None:
    whole = crop_around(scene(original_side=2 * SIDE), Box(300, 300, 500, 500))
    assert whole.shape == (220, 220, 3)


def test_a_small_face_in_the_background_is_ignored() -> None:
    face = face_at(100, 100, 220)
    assert check_reference(scene(), [face_at(5, 5, 60), face]) is face


def test_a_cut_face_at_the_side_of_a_centered_one_is_ignored() -> None:
    face = face_at(120, 120, 160)
    assert check_reference(scene(), [face_at(-10, 110, 140), face]) is face


def test_a_posing_group_is_refused_although_one_person_is_in_the_middle() -> None:
    group = [face_at(10, 140, 105), face_at(140, 130, 120), face_at(280, 140, 110)]
    with pytest.raises(SeveralFacesFound) as caught:
        check_reference(scene(), group)
    assert caught.value.count == 3


@pytest.mark.engine
def test_no_group_photo_of_an_event_is_taken_for_a_profile(
    engine: ComposedEngine, labeled_photos: Path
) -> None:
    photos = labeled_photos / "event" / "photos"
    for name in ("p0005.jpg", "p0015.jpg"):
        image = load_upright(photos / name, name=name, max_pixels=MAX_PIXELS)
        faces = engine.find_faces(image)
        assert len(faces) > 1
        with pytest.raises(SeveralFacesFound):
            check_reference(image, faces)


def test_two_who_pose_side_by_side_are_refused() -> None:
    with pytest.raises(SeveralFacesFound):
        check_reference(scene(), [face_at(40, 120, 160), face_at(200, 120, 140)])


def test_a_face_half_outside_the_frame_is_refused() -> None:
    with pytest.raises(FaceCutOff):
        check_reference(scene(), [face_at(-100, 100, 200)])


def test_a_forehead_slightly_outside_the_frame_is_fine() -> None:
    face = face_at(100, -30, 200)
    assert check_reference(scene(), [face]) is face


def test_a_small_face_is_refused_with_its_size() -> None:
    with pytest.raises(FaceTooSmall) as caught:
        check_reference(scene(), [face_at(100, 100, 63)])
    assert (caught.value.pixels, caught.value.minimum) == (63, 64)


def test_the_size_counts_in_the_original() -> None:
    """The same face is found in a reduced copy. Its box is in pixels of the original."""
    face = face_at(400, 400, 200)
    assert check_reference(scene(original_side=4 * SIDE), [face]) is face


def test_a_dark_face_is_refused() -> None:
    with pytest.raises(FaceTooDark):
        check_reference(scene(0.1), [face_at(100, 100, 200)])


def test_a_dim_face_is_fine() -> None:
    face = face_at(100, 100, 200)
    assert check_reference(scene(0.4), [face]) is face


def test_a_blurred_face_is_refused() -> None:
    with pytest.raises(FaceTooBlurred):
        check_reference(softened(scene(), 12), [face_at(100, 100, 200)])


def test_only_the_face_has_to_be_sharp() -> None:
    """Portraits have a blurred background."""
    image = softened(scene(), 12)
    image.pixels[100:300, 100:300] = scene().pixels[100:300, 100:300]
    face = face_at(100, 100, 200)
    assert check_reference(image, [face]) is face


def test_a_face_of_one_flat_color_is_refused_rather_than_divided_by_zero() -> None:
    flat = LoadedImage(np.full((SIDE, SIDE, 3), 128, np.uint8), SIDE, SIDE)
    with pytest.raises(FaceTooBlurred):
        check_reference(flat, [face_at(100, 100, 200)])


@pytest.mark.engine
class TestRealPhotos:
    def checked(self, engine: ComposedEngine, image: Image.Image) -> FoundFace:
        stored = io.BytesIO()
        image.save(stored, "JPEG", quality=92)
        stored.seek(0)
        loaded = load_upright(stored, name="me.jpg", max_pixels=MAX_PIXELS)
        return check_reference(loaded, engine.find_faces(loaded))

    @pytest.mark.parametrize("name", ["obama", "obama2", "obama3", "biden"])
    def test_official_portraits_are_good_references(
        self, name: str, engine: ComposedEngine, portrait: Callable[[str], Path]
    ) -> None:
        with Image.open(portrait(name)) as photo:
            assert self.checked(engine, photo).box.width > 200

    def test_a_group_photo_is_refused_with_its_number_of_faces(
        self, engine: ComposedEngine, group_photo: Callable[[int], Path]
    ) -> None:
        with Image.open(group_photo(6)) as photo, pytest.raises(SeveralFacesFound) as caught:
            self.checked(engine, photo)
        assert caught.value.count == 4

    def test_a_portrait_out_of_focus_is_refused(
        self, engine: ComposedEngine, portrait: Callable[[str], Path]
    ) -> None:
        with Image.open(portrait("obama")) as photo, pytest.raises(FaceTooBlurred):
            self.checked(engine, photo.filter(ImageFilter.GaussianBlur(9)))

    def test_a_portrait_in_the_dark_is_refused(
        self, engine: ComposedEngine, portrait: Callable[[str], Path]
    ) -> None:
        with Image.open(portrait("obama")) as photo, pytest.raises(FaceTooDark):
            self.checked(engine, photo.point(lambda value: value * 0.15))

    def test_a_postage_stamp_is_refused(
        self, engine: ComposedEngine, portrait: Callable[[str], Path]
    ) -> None:
        with Image.open(portrait("obama")) as photo, pytest.raises(FaceTooSmall):
            self.checked(engine, photo.resize((photo.width // 5, photo.height // 5)))

    def test_labeled_profile_photos_are_good_references(
        self, labeled_photos: Path, engine: ComposedEngine
    ) -> None:
        for path in sorted((labeled_photos / "event/people").glob("*.jpg")):
            with Image.open(path) as photo:
                assert self.checked(engine, photo).box.width > 100


@pytest.mark.engine
def test_reference_has_the_embedding_that_the_face_has_in_a_photo(
    portrait: Callable[[str], Path],
) -> None:
    image = load_upright(portrait("obama"), name="obama", max_pixels=MAX_PIXELS)
    (face,) = best_engine().find_faces(image)
    reference = reference_face(best_engine(), image)
    assert reference.box == face.box
    assert np.abs(reference.embedding - face.embedding).max() < 1e-6

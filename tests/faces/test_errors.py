from __future__ import annotations

from pathlib import Path

import pytest

from picprocure.faces import errors

EVERY_ERROR = [
    errors.WeightsMissing(Path("model.dat")),
    errors.ModelMissing("yunet", Path("models/yunet.onnx")),
    errors.WrongModel("yunet", Path("yunet.onnx"), expected="ab" * 32, found="cd" * 32),
    errors.UnusableModel(Path("yunet.onnx")),
    errors.NoFaceFound(),
    errors.SeveralFacesFound(3),
    errors.FaceCutOff(),
    errors.FaceTooSmall(40, 64),
    errors.FaceTooDark(),
    errors.FaceTooBlurred(),
    errors.FaceWithoutDetail(),
    errors.FaceTurnedAway(),
    errors.TooFewFrames(3, 8),
    errors.SeveralFacesInFrames(),
    errors.FaceLostInFrames(),
    errors.AnotherFaceInFrames(),
    errors.TurnMissing(),
]


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_a_message_says_what_was_found_and_then_what_to_do(error: errors.FacesError) -> None:
    found, _, advice = str(error).partition(". ")
    assert found
    assert advice.endswith(".")


def test_messages_carry_the_values() -> None:
    assert "3 faces" in str(errors.SeveralFacesFound(3))
    assert "40 pixels" in str(errors.FaceTooSmall(40, 64))
    assert "64" in str(errors.FaceTooSmall(40, 64))


def test_a_wrong_model_names_both_hashes() -> None:
    error = errors.WrongModel("yunet", Path("y.onnx"), expected="ab" * 32, found="cd" * 32)
    assert "ab" * 32 in str(error)
    assert "cd" * 32 in str(error)


def test_the_tree_can_be_caught_by_its_branches() -> None:
    assert all(isinstance(error, errors.FacesError) for error in EVERY_ERROR)
    assert [isinstance(error, errors.UnusableReference) for error in EVERY_ERROR] == (
        [False] * 4 + [True] * 8 + [False] * 5
    )

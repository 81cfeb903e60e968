"""Frames of head turns, made of pictures of Labeled Faces in the Wild.

One is from the front, one is turned to a side, and that one is mirrored for the other side.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageOps

# Identity, the picture from the front, and one on which they look to their own left.
MEL = ("Mel_Gibson", "Mel_Gibson_0001.jpg", "Mel_Gibson_0002.jpg")
OTHERS = (
    ("Luiz_Inacio_Lula_da_Silva", "0007", "0004"),
    ("Michael_Powell", "0004", "0001"),
    ("Norm_Coleman", "0004", "0005"),
    ("George_Robertson", "0003", "0005"),
    ("Trent_Lott", "0006", "0016"),
)


def stills(crops: Path, who: tuple[str, str, str] = MEL) -> dict[str, bytes]:
    """Return the three pictures of a person's frames, as JPEGs of 640 by 480."""
    name, front, turned = who
    front_path, turned_path = (
        crops / name / (still if still.endswith(".jpg") else f"{name}_{still}.jpg")
        for still in (front, turned)
    )
    return {
        "front": frame(front_path),
        "left": frame(turned_path),
        "right": frame(turned_path, mirrored=True),
    }


def frames(pictures: dict[str, bytes], *scenes: str, each: int = 3) -> list[bytes]:
    """Each scene for some frames."""
    return [pictures[scene] for scene in scenes for _ in range(each)]


def frame(path: Path, *, mirrored: bool = False) -> bytes:
    """Show a still as a camera would, as a JPEG of 640 by 480."""
    face = Image.open(path).convert("RGB").resize((450, 450), Image.Resampling.LANCZOS)
    picture = Image.new("RGB", (640, 480), (90, 90, 90))
    picture.paste(ImageOps.mirror(face) if mirrored else face, (95, 15))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def blend(one: bytes, other: bytes, share: float) -> bytes:
    """Blend two frames; `share` is how much is of the other one."""
    first, second = (Image.open(io.BytesIO(picture)) for picture in (one, other))
    out = io.BytesIO()
    Image.blend(first, second, share).save(out, "JPEG", quality=92)
    return out.getvalue()

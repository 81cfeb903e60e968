"""Damaged and hostile ZIPs: each entry is accepted, or refused with a message."""

from __future__ import annotations

import io
import random
import struct
import time
import zipfile
from collections.abc import Callable

import pytest

from photos.pictures import zipped
from picprocure.imaging.process_limits import memory
from picprocure.photos.errors import RefusedPhoto
from picprocure.photos.zips import MAX_LISTED_ENTRIES, ZipLimits, ZippedPhoto, photos_in

LIMITS = ZipLimits(max_photo_bytes=1_000_000, max_bytes=4_000_000)
NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
MUTATIONS = 120


def noise(seed: int, size: int = 700) -> bytes:
    return random.Random(seed).randbytes(size)


FILES = {f"day {n}/IMG_{n}.jpg": noise(n) for n in range(4)}


class Pipe(io.RawIOBase):
    """A stream without `seek`, so that `zipfile` writes the sizes after each file."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.content += data  # type: ignore[arg-type]
        return len(data)  # type: ignore[arg-type]


def with_descriptors() -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return bytes(pipe.content)


def zip64() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in FILES.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(content)
    content = buffer.getvalue()
    at = content.rindex(b"PK\5\6")
    count, size, offset = struct.unpack_from("<HLL", content, at + 10)
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    return content[:at] + end + struct.pack("<4sLQL", b"PK\6\7", 0, at, 1) + content[at:]


def commented() -> bytes:
    buffer = io.BytesIO(zipped(FILES))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"c" * 300
    return buffer.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped(FILES))
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = content.find(signature)
        while start >= 0:
            content[start + at] |= 1
            start = content.find(signature, start + 4)
    return bytes(content)


ZIPS: dict[str, Callable[[], bytes]] = {
    "stored": lambda: zipped(FILES),
    "deflated": lambda: zipped(FILES, compression=zipfile.ZIP_DEFLATED),
    "bzip2": lambda: zipped(FILES, compression=zipfile.ZIP_BZIP2),
    "lzma": lambda: zipped(FILES, compression=zipfile.ZIP_LZMA),
    "zip64": zip64,
    "descriptors": with_descriptors,
    "comment": commented,
    "encrypted": encrypted,
    "names": lambda: zipped({f"fête {n} \u2603.jpg": noise(n) for n in range(4)}),
    "after other bytes": lambda: noise(9) + zipped(FILES),
}


def read_zip(content: bytes) -> list[ZippedPhoto]:
    """Return the photos of a ZIP, or none if it is refused. Other errors fail the test."""
    try:
        return list(photos_in(io.BytesIO(content), name="album.zip", limits=LIMITS))
    except RefusedPhoto:
        return []


def mutated(content: bytes, random_: random.Random) -> bytes:
    """Change a few bytes, most of them near the structures. Sometimes also cut or repeat a part."""
    damaged = bytearray(content)
    structures = [at for at in range(len(content)) if content[at : at + 2] == b"PK"]
    for _ in range(random_.randint(1, 6)):
        near = random_.choice(structures) + random_.randint(0, 60)
        at = near if random_.random() < 0.8 else random_.randrange(len(content))
        width = random_.choice([1, 2, 4])
        number = random_.choice([*NUMBERS, random_.getrandbits(32)])
        damaged[at : at + width] = struct.pack("<I", number)[:width]
    kind = random_.random()
    if kind < 0.1:
        del damaged[random_.randrange(len(damaged)) :]
    elif kind < 0.15:
        damaged += damaged[random_.randrange(len(damaged)) :]
    return bytes(damaged)


@pytest.mark.parametrize("kind", ZIPS)
def test_complete_zip_gives_its_photos_or_refusals(kind: str) -> None:
    photos = read_zip(ZIPS[kind]())
    assert len(photos) == 4
    is_accepted = kind not in {"bzip2", "lzma", "encrypted"}
    assert [bool(photo.content) for photo in photos] == [is_accepted] * 4


@pytest.mark.parametrize("kind", ZIPS)
def test_entries_of_a_damaged_zip_are_accepted_or_refused(kind: str) -> None:
    content, random_ = ZIPS[kind](), random.Random(kind)
    before, begun = memory().resident, time.process_time()
    for _ in range(MUTATIONS):
        for photo in read_zip(mutated(content, random_)):
            assert photo.content or photo.refusal is not None or photo.name
            assert len(photo.content) <= LIMITS.max_photo_bytes
            if photo.refusal:
                assert photo.name in str(photo.refusal)
    assert time.process_time() - begun < 10
    assert memory().resident - before < 50_000_000


@pytest.mark.parametrize("kind", ZIPS)
def test_truncated_zip_is_refused(kind: str) -> None:
    content = ZIPS[kind]()
    for length in range(0, content.rindex(b"PK\5\6") + 20, 37):
        assert read_zip(content[:length]) == []


def test_damaged_entry_does_not_affect_other_entries() -> None:
    content = bytearray(zipped(FILES))
    content[content.find(FILES["day 1/IMG_1.jpg"]) + 5] ^= 0xFF
    photos = read_zip(bytes(content))
    assert [bool(photo.content) for photo in photos] == [True, False, True, True]
    assert "IMG_1.jpg is damaged: it can't be unpacked" in str(photos[1].refusal)


# --- Directories -------------------------------------------------------------------------------


def directory(count: int, *, claimed_count: int | None = None, name: bytes = b"a") -> bytes:
    """Return a ZIP with a large directory, in which all entries lead to the same empty file."""
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0) + name
    entry = struct.pack(
        "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0
    )
    entries = (entry + name) * count
    claimed = count if claimed_count is None else claimed_count
    end_position = len(local) + len(entries)
    end = struct.pack(
        "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, claimed, claimed, len(entries), len(local)
    )
    end += struct.pack("<4sLQL", b"PK\6\7", 0, end_position, 1)
    small = min(claimed, 0xFFFF)
    last = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, small, small, len(entries), len(local), 0)
    return local + entries + end + last


def with_end(content: bytes, at: int, layout: str, number: int) -> bytes:
    changed = bytearray(content)
    struct.pack_into(layout, changed, content.rindex(b"PK\5\6") + at, number)
    return bytes(changed)


PLAIN = zipped(FILES)
DIRECTORIES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a million entries": (lambda: directory(1_000_000), "contains 1,000,000 files; the limit is"),
    "a million, claimed to be four": (
        lambda: directory(1_000_000, claimed_count=4),
        "can't be read",
    ),
    "more than claimed": (lambda: directory(40, claimed_count=30), "can't be read"),
    "fewer than claimed": (lambda: directory(30, claimed_count=40), "can't be read"),
    "counts that disagree": (lambda: with_end(PLAIN, 8, "<H", 3), "can't be read"),
    "a directory of gigabytes": (lambda: with_end(PLAIN, 12, "<I", 0xFFFFFFF0), "can't be read"),
    "names of 64 KB": (lambda: directory(100, name=b"n" * 65_000), "can't be read"),
    "the second of two disks": (lambda: with_end(PLAIN, 4, "<H", 1), "one part of several"),
    "begun on another disk": (lambda: with_end(PLAIN, 6, "<H", 1), "one part of several"),
    "just too many": (lambda: directory(MAX_LISTED_ENTRIES + 1), "the limit is 5,000"),
}


@pytest.mark.parametrize("name", DIRECTORIES)
def test_bad_directory_is_refused_by_its_end_record(name: str) -> None:
    make, words = DIRECTORIES[name]
    content = make()
    before, begun = memory().resident, time.process_time()
    with pytest.raises(RefusedPhoto, match=words) as refusal:
        list(photos_in(io.BytesIO(content), name="album.zip", limits=LIMITS))
    assert str(refusal.value).startswith("album.zip ")
    assert time.process_time() - begun < 0.5
    assert memory().resident - before < 20_000_000


def test_wrongly_encoded_name_does_not_affect_other_entries() -> None:
    content = zipped({"fête \u2603.jpg": noise(1), "b.jpg": noise(2)})
    latin = content.replace("fête \u2603.jpg".encode(), b"f\xeate 1234.jpg")
    assert [bool(photo.content) for photo in read_zip(latin)] == [False, True]
    assert "can't be unpacked" in str(read_zip(latin)[0].refusal)


def test_missing_comment_is_ignored() -> None:
    assert len(read_zip(with_end(PLAIN, 20, "<H", 9))) == 4


def test_folders_and_system_files_are_skipped() -> None:
    system = {f"__MACOSX/{n}/._IMG_{n}.jpg": b"x" for n in range(60)} | {"a/": b"", "a/b/": b""}
    assert len(read_zip(zipped({**system, **FILES}))) == 4


def test_methods_that_can_unpack_to_any_length_are_refused() -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        content = zipped({"bomb.jpg": bytes(5_000_000)}, compression=method)
        small = content.replace(struct.pack("<I", 5_000_000), struct.pack("<I", 900))
        before = memory().resident
        (photo,) = read_zip(small)
        assert "an unusual kind of compression" in str(photo.refusal)
        assert memory().resident - before < 20_000_000

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from machine.photos import DISTRIBUTION, unpack

IMAGES = f"{DISTRIBUTION}/tests/test_images"


def archive_with(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 5
            tar.addfile(member, io.BytesIO(b"photo"))
    return path


def files_under(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_only_the_portraits_are_unpacked(tmp_path: Path) -> None:
    archive = archive_with(
        tmp_path / "a.tar.gz",
        f"{IMAGES}/obama.jpg",
        f"{IMAGES}/32bit.png",
        f"{DISTRIBUTION}/setup.py",
        f"{DISTRIBUTION}/examples/biden.jpg",
    )
    unpack(archive, tmp_path / "out")

    assert files_under(tmp_path / "out") == {f"{IMAGES}/obama.jpg"}
    assert (tmp_path / "out" / IMAGES / "obama.jpg").read_bytes() == b"photo"


def test_no_member_gets_out_of_the_folder(tmp_path: Path) -> None:
    archive = archive_with(
        tmp_path / "a.tar.gz",
        f"{IMAGES}/../../../escaped.jpg",
        f"{IMAGES}/sub/deep.jpg",
        "/absolute.jpg",
        f"{IMAGES}/biden.jpg",
    )
    unpack(archive, tmp_path / "out")

    assert files_under(tmp_path) == {"a.tar.gz", f"out/{IMAGES}/biden.jpg"}


def test_a_link_under_a_portraits_name_is_left_out(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        link = tarfile.TarInfo(f"{IMAGES}/obama.jpg")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/passwd"
        tar.addfile(link)
    unpack(tmp_path / "a.tar.gz", tmp_path / "out")

    assert not (tmp_path / "out").exists()

"""XMP packets: well formed, and where readers look for them in each format."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PIL import Image

from tests.films import drawn
from x2face_core.media.images import write_picture
from x2face_core.media.video import read_frames
from x2face_core.media.writing import write_film, write_folder
from x2face_core.media.xmp import KEY, packet

NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "x2face": "urn:x2face:provenance:1#",
}
PACKET = packet({"xmp:CreatorTool": "x2face <1> & more", "x2face:Inputs": ["a", "b"]})


def test_a_packet_is_rdf_with_its_properties() -> None:
    body = PACKET[PACKET.index("?>") + 2 : PACKET.rindex("<?")]
    root = ElementTree.fromstring(body)
    assert root.findtext(".//xmp:CreatorTool", namespaces=NAMES) == "x2face <1> & more"
    assert [one.text for one in root.findall(".//x2face:Inputs/rdf:Seq/rdf:li", NAMES)] == ["a", "b"]


def test_an_unknown_namespace_is_refused() -> None:
    with pytest.raises(ValueError, match="no such namespace of XMP here: exif"):
        packet({"exif:Flash": "no"})


def test_an_mp4_ends_in_a_box_of_the_packet_and_plays(tmp_path: Path) -> None:
    plain, with_xmp = tmp_path / "plain.mp4", tmp_path / "told.mp4"
    write_film(plain, (drawn(k) for k in range(3)), 25)
    write_film(with_xmp, (drawn(k) for k in range(3)), 25, metadata={KEY: PACKET})
    size = 8 + 16 + len(PACKET.encode())
    added = with_xmp.read_bytes()[plain.stat().st_size :]
    assert with_xmp.read_bytes()[: plain.stat().st_size] == plain.read_bytes()
    assert added[:8] == size.to_bytes(4, "big") + b"uuid"
    assert added[8:24].hex() == "be7acfcb97a942e89c71999491e3afac"  # XMP specification, part 3
    assert added[24:].decode() == PACKET
    assert sum(1 for _ in read_frames(with_xmp)) == 3


def test_a_gif_holds_it_before_its_trailer(tmp_path: Path) -> None:
    film = tmp_path / "a.gif"
    write_film(film, (drawn(k) for k in range(3)), 25, metadata={KEY: PACKET})
    content = film.read_bytes()
    assert b"\x21\xff\x0bXMP DataXMP" + PACKET.encode() + b"\x01\xff\xfe" in content
    assert content.endswith(b"\x01\x00\x00\x3b")
    assert sum(1 for _ in read_frames(film)) == 3


def test_a_webm_has_the_texts_without_the_packet(tmp_path: Path) -> None:
    film = tmp_path / "a.webm"
    write_film(film, (drawn(k) for k in range(2)), 25, metadata={KEY: PACKET, "comment": "told"})
    assert b"told" in film.read_bytes()
    assert b"xpacket" not in film.read_bytes()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_pictures_hold_it(tmp_path: Path, name: str) -> None:
    write_picture(tmp_path / name, drawn(1), {KEY: PACKET, "comment": "told"})
    with Image.open(tmp_path / name) as image:
        found = image.info.get("xmp") or image.info.get(KEY)
    assert (found.decode() if isinstance(found, bytes) else found) == PACKET


def test_every_picture_of_a_folder_holds_it(tmp_path: Path) -> None:
    write_folder(tmp_path / "f", (drawn(k) for k in range(2)), metadata={KEY: PACKET})
    assert all(b"xpacket" in file.read_bytes() for file in (tmp_path / "f").iterdir())

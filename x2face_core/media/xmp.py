"""XMP packets in films and pictures: metadata that says how a file was made (ISO 16684-1)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

KEY = "XML:com.adobe.xmp"
"""Key of the packet among the metadata texts of write_film, write_folder and write_picture; PNG's own keyword."""

_SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "x2face": "urn:x2face:provenance:1#",
}
_MP4_BOX = uuid.UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes
_GIF_BLOCK = b"\x21\xff\x0bXMP DataXMP"
_GIF_MAGIC = bytes([0x01, *range(0xFF, -1, -1), 0x00])  # ends the packet for readers that take it for sub-blocks
_TRAILER = b"\x3b"

Property = str | Sequence[str]


def packet(properties: Mapping[str, Property]) -> str:
    """An XMP packet.

    properties: by qualified name, such as "xmp:CreatorTool"; a sequence becomes an ordered list (rdf:Seq), and
        dc:description a text with a language, as the standard has it. ValueError for an unknown namespace.
    """
    used = {name.partition(":")[0] for name in properties}
    if unknown := sorted(used - set(_SPACES)):
        raise ValueError(f"no such namespace of XMP here: {unknown[0]}")
    spaces = " ".join(f"xmlns:{prefix}={quoteattr(_SPACES[prefix])}" for prefix in _SPACES if prefix in used)
    inner = "".join(_element(name, value) for name, value in properties.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {spaces}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )


def _element(name: str, value: Property) -> str:
    if name == "dc:description":
        inner = f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(str(value))}</rdf:li></rdf:Alt>'
    elif isinstance(value, str):
        inner = escape(value)
    else:
        inner = f"<rdf:Seq>{''.join(f'<rdf:li>{escape(one)}</rdf:li>' for one in value)}</rdf:Seq>"
    return f"<{name}>{inner}</{name}>"


def append_to_film(path: Path, xmp: str) -> None:
    """Add a packet to a complete .mp4 (a box `uuid` at its end) or .gif (an application extension before its trailer).

    Does nothing for other formats, which carry texts only.
    """
    if path.suffix.lower() == ".mp4":
        _append_box(path, xmp.encode())
    elif path.suffix.lower() == ".gif":
        _insert_block(path, xmp.encode())


def _append_box(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write((8 + len(_MP4_BOX) + len(content)).to_bytes(4, "big") + b"uuid" + _MP4_BOX + content)


def _insert_block(path: Path, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(-1, 2)
        if file.read(1) == _TRAILER:
            file.seek(-1, 2)
            file.write(_GIF_BLOCK + content + _GIF_MAGIC + _TRAILER)

"""Files as phones make them: pictures with a place in them, sounds with tags."""

from __future__ import annotations

import struct
from io import BytesIO

from mutagen import id3
from mutagen.ogg import OggPage
from PIL import Image

PDF = b"%PDF-1.4\n%%EOF\n"
AMR = b"#!AMR\n" + bytes([0x3C]) + bytes(31)
PAGE = b"<html><script>alert(1)</script></html>"
SECRET = b"Ba-Lan-21.5N"


def picture(
    form: str = "JPEG",
    *,
    size: tuple[int, int] = (60, 40),
    orientation: int = 1,
    mode: str = "RGB",
) -> bytes:
    """A picture, red at the left and blue at the right, with a place, a name and a time."""
    drawn = Image.new(mode, size, "blue")
    drawn.paste(Image.new(mode, (size[0] // 2, size[1]), "red"), (0, 0))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B] = SECRET.decode()  # the artist
    place = exif.get_ifd(0x8825)
    place.update({1: "N", 2: (21.0, 30.0, 0.0), 3: "E", 4: (104.0, 54.0, 0.0)})
    out = BytesIO()
    more = {} if form == "GIF" else {"exif": exif}
    drawn.save(out, form, comment=SECRET, **more)
    return out.getvalue()


def atom(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + name + content


def recording(handler: bytes = b"soun") -> bytes:
    """An MP4 as recorders write it, with a place in `udta`; a film with the handler "vide"."""
    times = struct.pack(">IIIII", 0, 3_900_000_000, 3_900_000_001, 1000, 4000)
    track = atom(
        b"trak",
        atom(b"tkhd", times, bytes(60)),
        atom(
            b"mdia",
            atom(b"mdhd", times, bytes(4)),
            atom(b"hdlr", bytes(8), handler, bytes(12), b"\x00"),
            atom(b"minf", atom(b"stbl", atom(b"stsd", bytes(4), struct.pack(">I", 0)))),
        ),
    )
    return b"".join(
        (
            atom(b"ftyp", b"M4A ", bytes(4), b"M4A isom"),
            atom(b"moov", atom(b"mvhd", times, bytes(80)), track, atom(b"udta", SECRET)),
            atom(b"uuid", bytes(16), SECRET),
            atom(b"mdat", b"\x21\x22\x23\x24"),
        )
    )


def song() -> bytes:
    """An MP3 of some frames, with a title and an artist before and after them."""
    frame = b"\xff\xfb\x90\x64" + bytes(413)
    file = BytesIO(frame * 20)
    tags = id3.ID3()
    tags.add(id3.TPE1(encoding=0, text=SECRET.decode()))
    tags.save(file, v1=2)
    return file.getvalue()


def _page(number: int, *packets: bytes, flags: int = 0, position: int = 0) -> bytes:
    page = OggPage()
    page.packets, page.sequence, page.serial, page.position = list(packets), number, 7, position
    page.first, page.last = bool(flags & 2), bool(flags & 4)
    return bytes(page.write())


def voice(seconds: int = 1) -> bytes:
    """An OGG with Opus as Telegram records it, with a tag."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 48000, 0, 0)
    tag = b"ARTIST=" + SECRET
    tags = b"OpusTags" + struct.pack("<I", 4) + b"test" + struct.pack("<II", 1, len(tag)) + tag
    return b"".join(
        (
            _page(0, head, flags=2),
            _page(1, tags),
            _page(2, b"\x08" + bytes(40), flags=4, position=48000 * seconds),
        )
    )


def bare(seconds: int = 1) -> bytes:
    """AAC in no container (ADTS), as Zalo's phones record it: 16 kHz, one channel."""
    frame = bytes(120)
    size = 7 + len(frame)
    head = bytes(
        (0xFF, 0xF1, 0x60, 0x40 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC)
    )
    return (head + frame) * (seconds * 16000 // 1024 + 1)


def noise(size: tuple[int, int]) -> bytes:
    """A picture that no coder makes small."""
    grain = Image.effect_noise(size, 90).convert("RGB")
    out = BytesIO()
    grain.save(out, "JPEG", quality=90)
    return out.getvalue()

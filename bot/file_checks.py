"""What a file really is, and what is kept of it: the content without what tells who made it.

Nothing that the sender or the platform says of a file is believed. Pictures are decoded and drawn
anew as JPEG, which leaves out place, time, phone and name; sounds lose their tags. A PDF is kept
byte for byte: it is read, never shown. Anything else is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import mutagen
from mutagen import aac, apev2, id3, mp3, mp4, oggopus, oggvorbis
from PIL import Image, ImageOps

from bot.sounds import seconds_of
from handlers.messages import Kind

LONGEST_SIDE = 4096
"""Pixels of a side that are kept: a page of print stays readable."""

MOST_PIXELS = 50_000_000
"""Of a JPEG, which is decoded smaller than it is. The largest cameras of phones have 50 million."""

MOST_OTHER_PIXELS = 16_000_000
"""Of pictures that must be decoded whole: 64 MB of memory."""

QUALITY = 85
MEGABYTE = 1024 * 1024

SHOWN_BYTES = 1_000_000
"""Of a picture in a message: Zalo takes no larger one."""

SHOWN_SIDES = (1600, 1200, 800)

TOO_LARGE = "files.reason.too_large"
UNKNOWN = "files.reason.unknown"
DAMAGED = "files.reason.damaged"
TOO_MANY_PIXELS = "files.reason.pixels"
MOVING = "files.reason.video"


class Unfit(Exception):
    """It may not be kept. `reason` is the key of a text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FileLimits:
    """The most bytes of each kind, and the most files of one case."""

    photo: int = 10 * MEGABYTE
    voice: int = 10 * MEGABYTE
    document: int = 10 * MEGABYTE
    per_case: int = 10

    @property
    def largest(self) -> int:
        return max(self.photo, self.voice, self.document)

    def of(self, kind: Kind) -> int:
        """The most bytes worth fetching: a picture may come as a file, so that may be anything."""
        return {Kind.IMAGE: self.photo, Kind.VOICE: self.voice}.get(kind, self.largest)


@dataclass(frozen=True, slots=True)
class Checked:
    """What may be kept, and what it is: a picture, a sound or a document.

    `seconds` is how long a sound lasts, rounded up; 0 where that cannot be told.
    """

    kind: Kind
    mime: str
    content: bytes
    seconds: int = 0


def check(content: bytes, limits: FileLimits) -> Checked:
    """Look at a file by opening it. Raises Unfit. Takes a while: not for the event loop."""
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")) or (
        content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    ):
        _at_most(content, limits.photo)
        return Checked(Kind.IMAGE, "image/jpeg", _redrawn(content))
    if content.startswith(b"%PDF-"):
        _at_most(content, limits.document)
        return Checked(Kind.FILE, "application/pdf", content)
    if mime := _sound(content):
        _at_most(content, limits.voice)
        kept = _untagged(content, mime)
        return Checked(Kind.VOICE, mime, kept, seconds=seconds_of(kept, mime))
    raise Unfit(UNKNOWN)


def for_a_phone(kept: bytes) -> bytes:
    """A kept picture as it is shown in a message: smaller if need be, and never too large."""
    shown = kept
    with Image.open(BytesIO(kept), formats=("JPEG",)) as picture:
        for side in SHOWN_SIDES:
            if len(shown) <= SHOWN_BYTES and max(picture.size) <= SHOWN_SIDES[0]:
                break
            picture.thumbnail((side, side))
            out = BytesIO()
            picture.save(out, "JPEG", quality=QUALITY)
            shown = out.getvalue()
    return shown


def _at_most(content: bytes, most: int) -> None:
    if len(content) > most:
        raise Unfit(TOO_LARGE)


def _redrawn(content: bytes) -> bytes:
    """The picture (of a moving one the first) as it was seen, upright, and nothing else."""
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP", "GIF")) as picture:
            pixels = picture.width * picture.height
            if pixels > (MOST_PIXELS if picture.format == "JPEG" else MOST_OTHER_PIXELS):
                raise Unfit(TOO_MANY_PIXELS)
            shrink = max(1.0, max(picture.size) / LONGEST_SIDE)
            picture.draft("RGB", (int(picture.width / shrink), int(picture.height / shrink)))
            turned = picture.getexif().get(_ORIENTATION, 1)
            seen: Image.Image = picture
            if picture.has_transparency_data:
                paper = Image.new("RGBA", picture.size, "white")
                paper.alpha_composite(picture.convert("RGBA"))
                seen = paper
            seen = seen.convert("RGB")
            seen.info.clear()
            seen.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            seen.getexif()[_ORIENTATION] = turned
            ImageOps.exif_transpose(seen, in_place=True)
            drawn = Image.frombytes("RGB", seen.size, seen.tobytes())
    except Unfit:
        raise
    except Image.DecompressionBombError as error:
        raise Unfit(TOO_MANY_PIXELS) from error
    except (OSError, SyntaxError, ValueError, ArithmeticError, LookupError, struct.error,
            TypeError) as error:  # fmt: skip
        raise Unfit(DAMAGED) from error
    out = BytesIO()
    drawn.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


_ORIENTATION = 0x0112


def _sound(content: bytes) -> str:
    """What kind of sound its first bytes promise; nothing if it is none that is known."""
    if content.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return "audio/amr"
    if content[4:8] == b"ftyp":
        return "audio/mp4"
    if content.startswith(b"OggS"):
        return "audio/ogg"
    if content.startswith(b"ID3") or (content[:1] == b"\xff" and content[1:2] >= b"\xe0"):
        # The two bits of the layer are 0 in the one format alone.
        layer = content[1] & 0x06 if content[:1] == b"\xff" else 1
        return "audio/mpeg" if layer else "audio/aac"
    return ""


def _untagged(content: bytes, mime: str) -> bytes:
    """The sound without its tags. AMR has none, and is known by its header alone."""
    if mime == "audio/amr":
        return content
    file = BytesIO(content)
    try:
        match mime:
            case "audio/mp4":
                file = BytesIO(_blanked(content))
                mutagen.File(file, [mp4.MP4])
            case "audio/ogg":
                opened = mutagen.File(file, [oggopus.OggOpus, oggvorbis.OggVorbis])
                if opened is None:
                    raise Unfit(UNKNOWN)
                file.seek(0)
                opened.delete(file)
            case _:
                for tags in (id3, apev2):
                    file.seek(0)
                    tags.delete(file)
                file.seek(0)
                if mime == "audio/aac":
                    mutagen.File(file, [aac.AAC])
                elif _is_doubtful(file):
                    raise Unfit(UNKNOWN)
    except (mutagen.MutagenError, OSError, ValueError, LookupError, ArithmeticError, struct.error,
            TypeError, EOFError) as error:  # fmt: skip
        raise Unfit(DAMAGED) from error
    return file.getvalue()


def _is_doubtful(file: BytesIO) -> bool:
    """Whether an MP3 has too few whole frames to be one."""
    opened = mutagen.File(file, [mp3.MP3])
    return opened is None or opened.info.sketchy


_HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"edts", b"moof", b"traf"}
_SOUND_ATOMS = {
    *(b"ftyp", b"mdat", b"mvhd", b"iods", b"tkhd", b"elst", b"mdhd", b"hdlr", b"smhd", b"dinf"),
    *(b"stbl", b"mvex", b"mfhd", b"tfhd", b"tfdt", b"trun", b"sidx", b"mfra", b"tref", b"styp"),
}


def _blanked(content: bytes) -> bytes:
    """An MP4 whose atoms that sound does not need are blank: names, places, and times with them.

    Nothing moves, since other atoms point into the file. Raises Unfit for a film, and ValueError.
    """
    blank = bytearray(content)
    for name, start, end in _atoms(content, 0, len(content)):
        if name == b"hdlr" and content[start + 8 : start + 12] == b"vide":
            raise Unfit(MOVING)
        if name in {b"mvhd", b"tkhd", b"mdhd"}:
            times = slice(start + 4, start + (20 if content[start : start + 1] == b"\x01" else 12))
            blank[times] = bytes(len(blank[times]))
        elif name not in _SOUND_ATOMS | _HOLDERS:
            blank[start:end] = bytes(end - start)
            if content[start - 4 : start] == name:
                blank[start - 4 : start] = b"free"
    return bytes(blank)


def _atoms(
    content: bytes, start: int, end: int, depth: int = 0
) -> Iterator[tuple[bytes, int, int]]:
    """The atoms between two places: name, where its content begins, where it ends."""
    while start + 8 <= end:
        size, name, head = (
            int.from_bytes(content[start : start + 4]),
            content[start + 4 : start + 8],
            8,
        )
        if size == 1:
            size, head = int.from_bytes(content[start + 8 : start + 16]), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise ValueError("an atom is larger than what holds it")
        yield name, start + head, start + size
        if name in _HOLDERS and depth < 8:
            yield from _atoms(content, start + head, start + size, depth + 1)
        start += size

"""How long a sound lasts is read from the sound itself, and never guessed."""

from __future__ import annotations

import pytest

from bot.file_checks import FileLimits, check
from bot.sounds import seconds_of
from tests.bot import samples

FRAME = bytes([0x3C]) + bytes(31)
WIDE = bytes([0x04]) + bytes(17)
SILENCE = bytes([0x7C])  # nothing was sent in this frame


@pytest.mark.parametrize(
    ("content", "mime", "seconds"),
    [
        (b"#!AMR\n" + FRAME * 151, "audio/amr", 4),
        (b"#!AMR\n" + FRAME * 50 + SILENCE * 50, "audio/amr", 2),
        (b"#!AMR-WB\n" + WIDE * 500, "audio/amr", 10),
        (b"#!AMR\n" + FRAME * 50 + b"\x70" + bytes(5000), "audio/amr", 1),
        (b"#!AMR\n", "audio/amr", 0),
        (b"#!AMR\n" + FRAME[:9], "audio/amr", 0),
        (samples.voice(), "audio/ogg", 1),
        (samples.voice(seconds=83), "audio/ogg", 83),
        (samples.song(), "audio/mpeg", 1),
        (samples.recording(), "audio/mp4", 4),
        (b"", "audio/ogg", 0),
        (b"OggS" + bytes(40), "audio/ogg", 0),
        (b"\xff\xf1" + bytes(3), "audio/aac", 0),
    ],
)
def test_the_length_of_a_sound_is_rounded_up_or_not_told(
    content: bytes, mime: str, seconds: int
) -> None:
    assert seconds_of(content, mime) == seconds


def test_what_is_kept_knows_its_length() -> None:
    assert check(samples.voice(seconds=12), FileLimits()).seconds == 12
    assert check(samples.picture(), FileLimits()).seconds == 0

"""Files are what they are, not what they are called; what tells who made them is gone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from io import BytesIO

import mutagen
import pytest
from PIL import Image

from bot import file_checks
from bot.file_checks import FileLimits, Unfit, check
from handlers.messages import Kind
from tests.bot import samples

LIMITS = FileLimits()
NEAR = 60  # JPEG is not exact


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def reason(content: bytes, limits: FileLimits = LIMITS) -> str:
    with pytest.raises(Unfit) as raised:
        check(content, limits)
    return raised.value.reason


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_loses_its_place_its_name_and_its_time(form: str) -> None:
    content = samples.picture(form)
    checked = check(content, LIMITS)
    assert (checked.kind, checked.mime) == (Kind.IMAGE, "image/jpeg")
    assert samples.SECRET not in checked.content
    shown = opened(checked.content)
    assert (shown.format, shown.size) == ("JPEG", (60, 40))
    assert not shown.getexif()
    assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_the_sample_had_what_is_taken_out() -> None:
    found = opened(samples.picture()).getexif()
    assert found.get_ifd(0x8825)[2] == (21.0, 30.0, 0.0)


@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [(1, (60, 40), (5, 20)), (3, (60, 40), (55, 20)), (6, (40, 60), (20, 5)),
     (8, (40, 60), (20, 55))],
)  # fmt: skip
def test_a_picture_stands_upright_as_it_was_taken(
    orientation: int, size: tuple[int, int], red: tuple[int, int]
) -> None:
    shown = opened(check(samples.picture(orientation=orientation), LIMITS).content)
    assert shown.size == size
    pixel = shown.getpixel(red)
    assert isinstance(pixel, tuple)
    assert pixel[0] > 255 - NEAR
    assert pixel[2] < NEAR


def test_what_can_be_seen_through_stands_on_white() -> None:
    out = BytesIO()
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(check(out.getvalue(), LIMITS).content).getpixel((4, 4)) == (255, 255, 255)


def test_a_huge_picture_is_made_smaller_and_a_bomb_is_not_opened() -> None:
    wide = samples.picture(size=(9000, 100))
    assert opened(check(wide, LIMITS).content).size == (file_checks.LONGEST_SIDE, 46)
    out = BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < LIMITS.photo
    assert reason(out.getvalue()) == file_checks.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (samples.voice(), "audio/ogg"),
        (samples.song(), "audio/mpeg"),
        (samples.recording(), "audio/mp4"),
        (samples.AMR, "audio/amr"),
    ],
)
def test_a_sound_keeps_its_sound_and_loses_its_tags(content: bytes, mime: str) -> None:
    checked = check(content, LIMITS)
    assert (checked.kind, checked.mime) == (Kind.VOICE, mime)
    assert samples.SECRET not in checked.content
    if mime != "audio/amr":
        before, after = (mutagen.File(BytesIO(each)) for each in (content, checked.content))
        assert before is not None
        assert after is not None
        assert after.info.length == pytest.approx(before.info.length, abs=0.03)
    assert check(checked.content, LIMITS) == checked, "what is clean stays as it is"


def test_a_recordings_times_are_gone() -> None:
    assert (3_900_000_000).to_bytes(4) in samples.recording()
    assert (3_900_000_000).to_bytes(4) not in check(samples.recording(), LIMITS).content


def test_a_film_is_no_sound() -> None:
    assert reason(samples.recording(b"vide")) == file_checks.MOVING


def test_a_pdf_is_kept_as_it_is() -> None:
    assert check(samples.PDF, LIMITS).content == samples.PDF
    assert check(samples.PDF, LIMITS).mime == "application/pdf"


@pytest.mark.parametrize(
    "content", [b"", samples.PAGE, b"MZ\x90", b"PK\x03\x04", b"<svg/>", b"BM" + bytes(60)]
)
def test_anything_else_is_refused(content: bytes) -> None:
    assert reason(content) == file_checks.UNKNOWN


@pytest.mark.parametrize(
    "whole", [samples.picture(), samples.picture("PNG"), samples.voice(), samples.recording()]
)
def test_a_file_that_breaks_off_is_refused_or_whole_at_every_length(whole: bytes) -> None:
    for length in range(12, len(whole) - 2, 7):
        with suppress(Unfit):
            assert samples.SECRET not in check(whole[:length], LIMITS).content


@pytest.mark.parametrize(
    ("name", "content"),
    [("photo", samples.picture()), ("voice", samples.voice()), ("document", samples.PDF)],
)
def test_each_kind_has_its_own_limit(name: str, content: bytes) -> None:
    assert check(content, replace(LIMITS, **{name: len(content)}))
    assert reason(content, replace(LIMITS, **{name: len(content) - 1})) == file_checks.TOO_LARGE

"""A notice's form with a picture or a voice, as a browser sends it."""

from __future__ import annotations

from aiohttp import FormData

from tests.bot import samples
from tests.console.desk import Desk, form

ABOUT = "Bảng giờ tiêm ở trạm y tế"


async def send(
    desk: Desk,
    page: str,
    files: dict[str, tuple[str, bytes, str]],
    status: int = 200,
    step: str = "/preview",
    **typed: str,
) -> str:
    """The form as a browser sends it, with files: name, bytes, and what the browser says they
    are."""
    to, fields = form(page, step)
    data = FormData(default_to_multipart=True)
    for name, value in (fields | typed).items():
        data.add_field(name, value)
    for name, (called, content, mime) in files.items():
        data.add_field(name, content, filename=called, content_type=mime)
    answer = await desk.client.post(to, data=data)
    shown = await answer.text()
    assert answer.status == status, shown
    return shown


def picture(size: tuple[int, int] = (60, 40)) -> tuple[str, bytes, str]:
    return ("anh.jpg", samples.picture(size=size), "image/jpeg")


def voice(seconds: int = 4) -> tuple[str, bytes, str]:
    return ("loi.ogg", samples.voice(seconds=seconds), "audio/ogg")

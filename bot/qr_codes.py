"""Draws the code that opens a conversation, and knows which address it holds."""

from __future__ import annotations

import io

import segno

from bot.channels.channel import Health
from handlers.deep_links import DeepLink

SCALE = 24  # dots a module: sharp on a poster too
EDGE = 4  # modules of white around the code, as the standard (ISO/IEC 18004) wants


def coded(address: str) -> segno.QRCode:
    """The code of an address: a quarter of it may be dirty or torn (level Q)."""
    return segno.make(address, error="q", micro=False)


def picture(address: str, ending: str) -> bytes:
    """The code as a file: `png` or `svg`."""
    file = io.BytesIO()
    coded(address).save(file, kind=ending, scale=SCALE, border=EDGE)
    return file.getvalue()


def link_of(health: Health, link: DeepLink, *, home: str, public_url: str) -> tuple[str, str]:
    """The address that opens an account for the link's unit, or what keeps it from having one.

    `home` is the unit that everybody belongs to who writes to the account, or empty.
    """
    address = health.unit_link.format(unit=link) or health.link
    if not address:
        return "", health.problem or "this platform gives its accounts no address"
    if not health.unit_link and home not in {"", link.unit}:
        return "", f"people who write to it belong to {home}, and its address can name no other"
    if not address.startswith("/"):
        return address, ""
    if not public_url:
        return "", "set [web] public_url to the address that people open from outside"
    return public_url + address, ""

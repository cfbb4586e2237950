"""Makes a reply fit a channel: once, from its declared capabilities, by pure functions."""

from __future__ import annotations

from dataclasses import replace

from content.screens import shorten, split, utf16_length
from handlers.messages import Button, Capabilities, Media, MediaKind, Reply

SHORT_LABEL = 16
BETWEEN = " · "


def lay_out(reply: Reply, capabilities: Capabilities) -> list[Reply]:
    """The reply as one or more messages that the channel can show as they are.

    Choices show their digit. Buttons beyond what the channel has become numbered lines, short ones
    without a digit one line together; pictures
    and sounds that it cannot show become a link, or are left out if they have none, since then the
    words say the same; of one sound in several forms it gets the first that it plays. Long text is
    cut at the border of a paragraph, else of a sentence, else of a word. Pictures go with the first
    message, which also takes an earlier one's place; buttons with the last.
    """
    shown = reply.buttons[: capabilities.buttons]
    media = _shown(reply.media, capabilities)
    links = [m.line for m in reply.media if m.line and not capabilities.shows(m)]
    lines = _lines(reply.buttons[capabilities.buttons :])
    text = "\n".join([reply.text, *links, *lines]).strip()
    parts = split(text, capabilities.text_length) or [""]
    messages = [Reply(part) for part in parts]
    messages[0] = replace(
        messages[0], media=media, menu=reply.menu and len(parts) == 1, replaces=reply.replaces
    )
    messages[-1] = replace(
        messages[-1],
        buttons=tuple(
            replace(button, label=shorten(_numbered(button), capabilities.button_label_length))
            for button in shown
        ),
        commands=reply.commands,
    )
    return messages


def _shown(media: tuple[Media, ...], capabilities: Capabilities) -> tuple[Media, ...]:
    """What the channel can show; of one thing in several forms (read.ogg, read.aac) the first."""
    forms: dict[tuple[MediaKind, str], Media] = {}
    for one in media:
        if capabilities.shows(one):
            forms.setdefault((one.kind, one.name.rpartition(".")[0] or one.name), one)
    return tuple(forms.values())


def _lines(buttons: tuple[Button, ...]) -> list[str]:
    """One choice a line; short ones that are typed as they are stand together in the last."""
    if not buttons:
        return []
    lines = [_numbered(button) for button in buttons if not _typed(button)]
    words = BETWEEN.join(button.label for button in buttons if _typed(button))
    return ["", *lines, *([words] if words else [])]


def _typed(button: Button) -> bool:
    return button.digit is None and utf16_length(button.label) <= SHORT_LABEL


def _numbered(button: Button) -> str:
    """The digit stands on buttons too, so that people learn it and can type it anywhere."""
    return button.label if button.digit is None else f"{button.digit}. {button.label}"

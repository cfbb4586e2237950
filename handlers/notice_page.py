"""How a notice looks on each channel: the one place that lays it out, for sending and for previews.

It must be one message everywhere, so its words have a limit (`LONGEST`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from content.texts import Texts
from handlers.actions import ShowCard, StopNotices, encode
from handlers.layout import lay_out
from handlers.messages import Button, Capabilities, Media, Reply
from storage.broadcasts import Draft, Enclosed

LONGEST = 900
"""Letters of a notice: it must be one message on every channel, with the line that tells how to
stop it. The shortest that a channel takes is 2,000."""


class NoticePage:
    """Lays notices out."""

    def __init__(
        self,
        texts: Texts,
        *,
        title_of: Callable[[str], str],
        media_of: Callable[[Enclosed], Media],
    ) -> None:
        """`title_of` gives a card's title, empty for a card that is not there; `media_of` names
        what is enclosed for whoever sends it."""
        self._texts = texts
        self._title_of = title_of
        self._media_of = media_of

    def media(self, draft: Draft) -> tuple[Media, ...]:
        """What is enclosed, as it goes out: the picture before the voice."""
        return tuple(map(self._media_of, draft.enclosed))

    def shown(self, draft: Draft, capabilities: Capabilities, language: str = "") -> Reply:
        """The message as people there see it who chose that language; empty for Vietnamese.

        Where there are no buttons, a line says what to type: a digit could mean anything in a chat
        that was doing something else.
        """
        stop = Button(self._texts("notices.stop"), encode(StopNotices()))
        more = Button(self._texts("notices.more"), encode(ShowCard(draft.card)))
        buttons: tuple[Button, ...] = (more, stop) if draft.card else (stop,)
        how_to_stop = self._texts("notices.how_to_stop")
        title = self._title_of(draft.card) if draft.card else ""
        if capabilities.buttons < len(buttons):
            buttons = ()
            if title:
                more_by_words = self._texts("notices.more_by_words", title=title)
                how_to_stop = f"{more_by_words}\n{how_to_stop}"
        reply = Reply(f"{draft.text_in(language)}\n\n{how_to_stop}", buttons, self.media(draft))
        return replace(lay_out(reply, capabilities)[0], removes=draft.removes)

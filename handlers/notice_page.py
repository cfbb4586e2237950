"""How a notice looks on each channel: the one place that lays it out, for sending and for previews.

It must be one message everywhere, so its words have a limit (`LONGEST`; what it asks has its own in
`asking`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from content.texts import Texts
from handlers.actions import ShowCard, StopNotices, encode
from handlers.errands import VIETNAM
from handlers.layout import lay_out
from handlers.messages import Button, Capabilities, Media, Reply
from handlers.notice_template import carried, goes
from handlers.survey_actions import Asked, Survey, Vote
from storage.broadcasts import Draft, Enclosed
from storage.questionnaires import Form, Questionnaire

MOST_CARDS = 3
LONGEST = 900
"""Letters of a notice: it must be one message on every channel, with the line that tells how to
stop it. The shortest that a channel takes is 2,000."""

NUMBER = len("201. ")
"""Letters that stand before a choice on its button."""


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

    def _more(self, draft: Draft) -> list[Button]:
        """A button for each card; a single one needs no name, for the notice is about it."""
        named = {card: self._title_of(card) if draft.also else "" for card in draft.cards}
        more = self._texts("notices.more")
        return [Button(title or more, encode(ShowCard(card))) for card, title in named.items()]

    def media(self, draft: Draft) -> tuple[Media, ...]:
        """What is enclosed, as it goes out: the picture before the voice."""
        return tuple(
            replace(media, text=one.about or media.text)
            for one, media in zip(draft.enclosed, map(self._media_of, draft.enclosed), strict=True)
        )

    def shown(
        self, draft: Draft, capabilities: Capabilities, language: str = "", *, number: int = 0
    ) -> Reply:
        """The message as people there see it who chose that language; empty for Vietnamese.

        `number` is the broadcast's, of which a preview's buttons need not know.

        Where there are no buttons, a line says what to type: a digit could mean anything in a chat
        that was doing something else.
        """
        if draft.asks is not None:
            return self._asking(draft, draft.asks, capabilities, language, number)
        stop = Button(self._texts("notices.stop"), encode(StopNotices()))
        buttons: tuple[Button, ...] = (*self._more(draft), stop)
        how_to_stop = self._texts("notices.how_to_stop")
        if capabilities.buttons < len(buttons):
            buttons = ()
            how_to_stop = f"{self._more_by_words(draft)}{how_to_stop}"
        reply = Reply(f"{draft.text_in(language)}\n\n{how_to_stop}", buttons, self.media(draft))
        template = carried(draft, language) if goes(draft, capabilities) else ""
        return replace(lay_out(reply, capabilities)[0], removes=draft.removes, template=template)

    def _asking(
        self,
        draft: Draft,
        asks: Questionnaire,
        capabilities: Capabilities,
        language: str,
        number: int,
    ) -> Reply:
        """Its choices as buttons where all of them fit; their numbers mean the same in every chat,
        whatever else was going on there, and stand in the words where a button cannot hold them."""
        choices = self._entries(asks, number)
        extra = [Button(self._texts("notices.stop"), encode(StopNotices()))]
        extra[:0] = self._more(draft)
        tapped = len(choices) <= capabilities.buttons
        room = capabilities.button_label_length - NUMBER
        survey = asks.form is Form.SURVEY
        listed = not tapped or any(len(choice.label) > room for choice in choices)
        whole = tapped and len(choices) + len(extra) <= capabilities.buttons
        lines = [f"{choice.digit}. {choice.label}" for choice in choices if listed and not survey]
        if survey:
            key = "asked.tap_begin" if tapped else "asked.type_begin"
            how = [self._texts(key, digit=asks.digit(0))]
        else:
            how = [self._texts("asked.tap" if tapped else "asked.type")]
        if asks.until is not None:
            how.append(self._texts("asked.until", until=until(asks.until)))
        if draft.card and not whole:
            how.append(self._more_by_words(draft).strip())
        how.append(self._texts("notices.how_to_stop"))
        words = self._words(draft.text_in(language), asks)
        parts = [words, "\n".join(lines), "\n".join(filter(None, how))]
        shown = (*choices, *(extra if whole else ())) if tapped else ()
        reply = Reply("\n\n".join(filter(None, parts)), shown, self.media(draft))
        return replace(lay_out(reply, capabilities)[0], removes=draft.removes)

    def _words(self, text: str, asks: Questionnaire) -> str:
        """What stands above the choices."""
        if asks.form is Form.SURVEY:
            count = self._texts("asked.invitation", count=len(asks.questions))
            return f"{text}\n\n{count}".strip()
        return f"{text}\n\n{asks.questions[0].text}".strip()

    def _entries(self, asks: Questionnaire, number: int) -> list[Button]:
        if asks.form is Form.SURVEY:
            begin = encode(Survey(Asked.BEGIN, number))
            return [Button(self._texts("asked.begin"), begin, asks.digit(0))]
        return [
            Button(choice, encode(Vote(number, place)), asks.digit(place))
            for place, choice in enumerate(asks.questions[0].choices)
        ]

    def _more_by_words(self, draft: Draft) -> str:
        """How the cards are opened where there are no buttons for them, a line each."""
        titles = [title for card in draft.cards if (title := self._title_of(card))]
        lines = [self._texts("notices.more_by_words", title=title) for title in titles]
        return "".join(f"{line}\n" for line in lines)


def until(at: datetime) -> str:
    """The last moment for an answer, in Vietnam's time."""
    local = at.astimezone(VIETNAM)
    return f"{local.hour}:{local.minute:02} {local.day}/{local.month}/{local.year}"

"""The form of a notice: what was typed is read into what will be sent, or refused with all that is
wrong in it, a line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from content.languages import CODES
from content.texts import Texts
from content.when import NotATime, When, read_when
from handlers.asking import purposes
from handlers.notice_page import LONGEST
from handlers.staff.forms import LONGEST_REASON
from handlers.staff.notice_asking import AskingForm, Faults
from handlers.staff.notice_places import NoticePlaces
from handlers.staff.notice_written import KEPT, Written, of_draft
from storage.audiences import Audience
from storage.broadcasts import Draft, Enclosed
from storage.consents import GENERAL, Purpose
from storage.officials import Official
from storage.questionnaires import Questionnaire

READ_AGAIN = timedelta(hours=12)
"""So long after its preview a form may be handed in with the times that were seen there."""

LONGEST_ABOUT = 200
"""Letters of what a picture shows: it is heard, and stands beside a link."""


class Wrong(Exception):
    """It cannot be so; `faults` says why: the field's name and the words, each."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(", ".join(name for name, _ in faults))
        self.faults = tuple(faults)


class NoticeForm:
    """Reads what was typed."""

    def __init__(
        self,
        *,
        texts: Texts,
        places: NoticePlaces,
        asking: AskingForm,
        title_of: Callable[[str], str],
        zone: ZoneInfo,
    ) -> None:
        """`title_of` gives a card's title, empty for a card that is not there."""
        self._texts = texts
        self.places = places
        self._asking = asking
        self._title_of = title_of
        self._zone = zone

    def filled(self, draft: Draft) -> Written:
        """The form for a notice as it stands."""
        until = draft.asks.until if draft.asks else None
        return of_draft(
            draft,
            place=self.places.value(draft.unit, only=draft.only_unit),
            when=self.in_words(draft.due_at, draft.repeats),
            until=self.in_words(until, ""),
        )

    def in_words(self, due: datetime | None, repeats: str) -> str:
        """A time as it can be typed; nothing for at once."""
        if due is None:
            return ""
        local = due.astimezone(self._zone)
        rule, _, clock = repeats.partition("@")
        kind, _, number = rule.partition(":")
        hour = clock or f"{local.hour}:{local.minute:02}"
        if not kind:
            return f"{hour} {local.day}/{local.month}/{local.year}"
        day = self._texts(f"notice.weekday.{number}") if kind == "weekly" else number
        return self._texts(f"staff.notice.rule.{kind}", hour=hour, day=day)

    def draft(
        self,
        written: Written,
        official: Official,
        *,
        before: Draft | None,
        saved: Mapping[str, Audience],
        enclosed: Sequence[Enclosed],
        now: datetime,
    ) -> Draft:
        """What it becomes; `before` is what it was, of which stays what the form does not show.
        `saved` are the lists that they may send to. Raises Wrong."""
        base = before or Draft("")
        asks, wrong = self._asking.read(written, base.asks)
        who, faults = self.audience(written, official, saved=saved, asks=asks)
        cards = tuple(dict.fromkeys(slug for slug in written.cards if slug))
        if not cards and self._title_of(who.topic):
            cards = (who.topic,)  # what they asked about is what they are to open
        emergency = written.emergency and asks is None
        wrong = [*self._of_words(written, asks), *faults, *wrong]
        if not all(map(self._title_of, cards)):
            wrong.append(("card1", self._texts("notice.no_such_card")))
        due, repeats = None, ""
        if written.when and not emergency:
            try:
                when = self.when(written.when, asked=written.asked, now=now)
                due, repeats = when.first, when.repeats
            except Wrong as fault:
                wrong += fault.faults
        if asks is not None:
            asks = replace(asks, until=self._until(written, due, repeats, now, wrong))
        if wrong:
            raise Wrong(wrong)
        new = replace(
            base, text=written.text, texts=tuple(written.texts.items()),
            card=cards[0] if cards else "", also=cards[1:],
            emergency=emergency, reason=written.reason if emergency else "",
            due_at=due, repeats=repeats, enclosed=tuple(enclosed), asks=asks,
            template=written.template and asks is None,
        )  # fmt: skip
        return who.of(new)

    def audience(
        self,
        written: Written,
        official: Official,
        *,
        saved: Mapping[str, Audience],
        asks: Questionnaire | None = None,
    ) -> tuple[Audience, Faults]:
        """To whom, by a list or by the fields, and what is wrong about it."""
        if written.saved:
            if (who := saved.get(written.saved)) is None:
                return Audience(), [("saved", self._texts("staff.notice.no_list"))]
            fits = asks is None or who.purpose in purposes(asks)
            wrong = [] if fits else [("saved", self._texts("staff.notice.list_not_asked"))]
            return who, wrong
        wrong = []
        found, unit, only = self.places.meant(written.place, official), "", False
        if len(found) == 1:
            unit, only = found[0].unit, found[0].only
        else:
            key = "staff.notice.which_place" if found else "staff.notice.no_place"
            wrong.append(("place", self._texts(key)))
        if written.language not in {"", *CODES}:
            wrong.append(("language", self._texts("staff.notice.no_language")))
        purpose, faults = self._purpose(written, asks)
        who = Audience(unit, only, purpose, written.topic, written.language)
        return who, [*wrong, *faults]

    def _purpose(self, written: Written, asks: Questionnaire | None) -> tuple[Purpose, Faults]:
        """What its people said yes to. What asks something goes to who wants to be asked."""
        if written.topic:
            if asks is not None:
                return Purpose.TOPIC, [("topic", self._texts("staff.notice.topic_asks"))]
            known = self._title_of(written.topic)
            wrong = [] if known else [("topic", self._texts("notice.no_such_card"))]
            return Purpose.TOPIC, wrong
        if asks is not None:
            chosen = Purpose.CAMPAIGNS.value == written.purpose
            campaign = chosen and Purpose.CAMPAIGNS in purposes(asks)
            return Purpose.CAMPAIGNS if campaign else Purpose.SURVEYS, []
        if written.purpose in {one.value for one in GENERAL}:
            return Purpose(written.purpose), []
        return Purpose.NOTICES, [("purpose", self._texts("staff.notice.no_purpose"))]

    def _of_words(self, written: Written, asks: Questionnaire | None) -> Faults:
        """What is wrong about the words, what a picture shows, and why it is an emergency."""
        wrong = []
        count = len(written.text)
        if not any(letter.isalnum() for letter in written.text) and asks is None:
            wrong.append(("text", self._texts("staff.notice.no_text")))
        for name, words in (("text", written.text), *written.texts.items()):
            if len(words) > LONGEST:
                told = self._texts("notice.too_long", count=len(words), most=LONGEST)
                wrong.append((name if name == "text" else f"text_{name}", told))
        if written.texts and not count:
            wrong.append(("text", self._texts("staff.notice.text_first")))
        if len(written.about) > LONGEST_ABOUT:
            told = self._texts("notice.too_long", count=len(written.about), most=LONGEST_ABOUT)
            wrong.append(("about", told))
        if written.files.get("picture", KEPT) != KEPT and not written.about:
            wrong.append(("about", self._texts("staff.notice.no_about")))
        if not written.emergency:
            return wrong
        if asks is not None:
            wrong.append(("emergency", self._texts("staff.notice.urgent_asks")))
        elif not any(letter.isalpha() for letter in written.reason):
            wrong.append(("reason", self._texts("staff.notice.no_reason")))
        elif len(written.reason) > LONGEST_REASON:
            wrong.append(("reason", self._texts("staff.case.long_reason")))
        return wrong

    def when(self, words: str, *, asked: str = "", now: datetime, name: str = "when") -> When:
        """Read a time as it was meant when it was shown. Raises Wrong, about the field `name`."""
        then = _earlier(asked, now)
        try:
            when = read_when(words, now=then, zone=self._zone)
        except NotATime as fault:
            told = self._texts(f"when.{fault.key}", said=fault.said)
            raise Wrong([(name, told)]) from fault
        if when.first <= now:
            raise Wrong([(name, self._texts("notice.time_passed"))])
        return when

    def _until(
        self, written: Written, due: datetime | None, repeats: str, now: datetime, wrong: Faults
    ) -> datetime | None:
        """The end for answers, None for the usual one; adds to `wrong`."""
        if repeats:
            wrong.append(("when", self._texts("notice.ask_once")))
        if not written.until:
            return None
        try:
            until = self.when(written.until, asked=written.asked, now=now, name="until")
        except Wrong as fault:
            wrong += fault.faults
            return None
        if until.repeats or until.first <= max(now, due or now):
            wrong.append(("until", self._texts("notice.until_early")))
        return until.first


def _earlier(asked: str, now: datetime) -> datetime:
    """When the words were read first, as our own page wrote it, if that is not long ago."""
    try:
        then = datetime.fromisoformat(asked)
    except ValueError:
        return now
    return then if then.tzinfo and now - READ_AGAIN <= then <= now else now

"""The form of a notice: what was typed is read into what will be sent, or refused with all that is
wrong in it, a line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from content.texts import Texts
from content.when import NotATime, When, read_when
from handlers.asking import faults
from handlers.notice_page import LONGEST, MOST_CARDS
from handlers.official.notices_screens import ALONE
from handlers.official.notices_steps import Route
from handlers.staff.forms import LONGEST_REASON, Form, typed
from storage.broadcasts import Draft
from storage.consents import GENERAL, Purpose
from storage.officials import Official

READ_AGAIN = timedelta(hours=12)
"""So long after its preview a form may be handed in with the times that were seen there."""

CARDS = tuple(f"card{place}" for place in range(1, MOST_CARDS + 1))


class Wrong(Exception):
    """It cannot be so; `faults` says why: the field's name and the words, each."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(", ".join(name for name, _ in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Written:
    """The fields as they were typed. `place` is a unit's code, with `ALONE` behind it without what
    is below; `asked` (ISO) when the words of `when` were read first."""

    text: str = ""
    place: str = ""
    purpose: str = Purpose.NOTICES.value
    cards: tuple[str, ...] = ("",) * MOST_CARDS
    when: str = ""
    emergency: bool = False
    reason: str = ""
    asked: str = ""

    @classmethod
    def of(cls, form: Form) -> Written:
        return cls(
            text=typed(form, "text"),
            place=form.get("place", "")[:80],
            purpose=form.get("purpose", "")[:20],
            cards=tuple(form.get(name, "")[:64] for name in CARDS),
            when=" ".join(typed(form, "when").split())[:80],
            emergency=bool(form.get("emergency")),
            reason=" ".join(typed(form, "reason").split()),
            asked=form.get("asked", "")[:40],
        )


class NoticeForm:
    """Reads what was typed."""

    def __init__(
        self,
        *,
        texts: Texts,
        route: Route,
        title_of: Callable[[str], str],
        zone: ZoneInfo,
    ) -> None:
        """`title_of` gives a card's title, empty for a card that is not there."""
        self._texts = texts
        self._route = route
        self._title_of = title_of
        self._zone = zone

    def places(self, official: Official) -> list[tuple[str, str, bool]]:
        """Where they may send to: as the form names it, the unit's code, and whether it alone."""
        return [(f"{c}{ALONE if o else ''}", c, o) for c, o in self._route.places(official)]

    def filled(self, draft: Draft) -> Written:
        """The form for a notice as it stands."""
        cards = (*draft.cards, *("",) * MOST_CARDS)[:MOST_CARDS]
        return Written(
            text=draft.text,
            place=f"{draft.unit}{ALONE if draft.only_unit else ''}",
            purpose=draft.purpose.value,
            cards=cards,
            when=self.in_words(draft.due_at, draft.repeats),
            emergency=draft.emergency,
            reason=draft.reason,
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
        self, written: Written, official: Official, *, before: Draft | None, now: datetime
    ) -> Draft:
        """What it becomes; `before` is what it was, of which stays what the form does not show.
        Raises Wrong."""
        base = before or Draft("")
        asks = base.asks
        found = {value: (code, only) for value, code, only in self.places(official)}
        unit, only = found.get(written.place, ("", False))
        cards = tuple(dict.fromkeys(slug for slug in written.cards if slug))
        emergency = written.emergency and asks is None
        purpose = base.purpose
        wrong = self._of_words(written, asks=asks is not None)
        if written.place not in found:
            wrong.append(("place", self._texts("staff.notice.no_place")))
        if not all(map(self._title_of, cards)):
            wrong.append(("card1", self._texts("notice.no_such_card")))
        if asks is None and purpose is not Purpose.TOPIC:
            if written.purpose in {one.value for one in GENERAL}:
                purpose = Purpose(written.purpose)
            else:
                wrong.append(("purpose", self._texts("staff.notice.no_purpose")))
        due, repeats = None, ""
        if written.when and not emergency:
            try:
                when = self.when(written.when, asked=written.asked, now=now)
                due, repeats = when.first, when.repeats
            except Wrong as fault:
                wrong += fault.faults
        wrong += self._of_asking(written, base, due, repeats, now)
        if wrong:
            raise Wrong(wrong)
        return replace(
            base, text=written.text, texts=base.texts if written.text == base.text else (),
            unit=unit, only_unit=only, purpose=purpose,
            card=cards[0] if cards else "", also=cards[1:],
            emergency=emergency, reason=written.reason if emergency else "",
            due_at=due, repeats=repeats,
        )  # fmt: skip

    def _of_words(self, written: Written, *, asks: bool) -> list[tuple[str, str]]:
        """What is wrong about the words, and about why it is an emergency."""
        wrong = []
        count = len(written.text)
        if not any(letter.isalnum() for letter in written.text) and not asks:
            wrong.append(("text", self._texts("staff.notice.no_text")))
        elif count > LONGEST:
            told = self._texts("notice.too_long", count=count, most=LONGEST)
            wrong.append(("text", told))
        if not written.emergency or asks:
            return wrong
        if not any(letter.isalpha() for letter in written.reason):
            wrong.append(("reason", self._texts("staff.notice.no_reason")))
        elif len(written.reason) > LONGEST_REASON:
            wrong.append(("reason", self._texts("staff.case.long_reason")))
        return wrong

    def when(self, words: str, *, asked: str = "", now: datetime) -> When:
        """Read a time as it was meant when it was shown. Raises Wrong."""
        then = _earlier(asked, now)
        try:
            when = read_when(words, now=then, zone=self._zone)
        except NotATime as fault:
            told = self._texts(f"when.{fault.key}", said=fault.said)
            raise Wrong([("when", told)]) from fault
        if when.first <= now:
            raise Wrong([("when", self._texts("notice.time_passed"))])
        return when

    def _of_asking(
        self, written: Written, base: Draft, due: datetime | None, repeats: str, now: datetime
    ) -> list[tuple[str, str]]:
        """What is wrong about what it asks, with these words and at this time."""
        if base.asks is None:
            return []
        wrong = []
        if repeats:
            wrong.append(("when", self._texts("notice.ask_once")))
        until = base.asks.until
        if until is not None and until <= max(now, due or now):
            wrong.append(("when", self._texts("notice.until_early")))
        for one in faults(base.asks, written.text):
            told = self._texts(f"asked.fault.{one.key}", count=one.count, most=one.most)
            wrong.append(("text", told))
        return wrong


def _earlier(asked: str, now: datetime) -> datetime:
    """When the words were read first, as our own page wrote it, if that is not long ago."""
    try:
        then = datetime.fromisoformat(asked)
    except ValueError:
        return now
    return then if then.tzinfo and now - READ_AGAIN <= then <= now else now

"""Makes the text of an answer from a card: the section asked for, in the state of that day.

Which card and which facet is `understanding`'s decision; the buttons below are the errand's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from content.cards import LOCAL_PLACES, Card, Facet, Form, Item
from content.days import Span
from content.figures import Period
from content.texts import Texts

LONGEST = 900
"""Characters that fit a small screen; `checker` holds the cards to it."""

CHANGE_DAYS = 90
"""A change of a figure is announced this many days ahead."""

_ORDER = (
    Facet.ELIGIBILITY,
    Facet.AMOUNT,
    Facet.PAPERS,
    Facet.WHERE,
    Facet.STEPS,
    Facet.DEADLINE,
    Facet.FEE,
    Facet.CONTACT,
)
_PLACE = re.compile(r"\{([a-z0-9-]+)\}")


@dataclass(frozen=True, slots=True)
class LocalFacts:
    """What one commune told about itself; what is empty is said in general words."""

    unit_name: str = ""
    office_address: str = ""
    office_hours: str = ""
    office_phone: str = ""
    clinic: str = ""
    police: str = ""
    contact: str = ""  # the person to ask: "cô Hoa, cán bộ văn hóa – xã hội"


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """`facets` are the other sides of the subject worth a button, the nearest first."""

    text: str
    facets: tuple[Facet, ...]


NOWHERE = LocalFacts()

TEXT_KEYS = (
    *(f"answer.facet.{facet}" for facet in Facet),
    *(f"answer.heading.{facet}" for facet in Facet),
    *(
        "answer.bullet",
        "answer.ask_commune",
        "answer.as_of",
        "answer.when_year",
        "answer.when_month",
        "answer.when_day",
        "answer.changes",
        "answer.changes_many",
        "answer.changes_rule",
        "answer.change",
        "answer.ends",
        "answer.ends_rule",
        "answer.ends_some",
    ),
    *("answer.source", "answer.source_more", "answer.read_again"),
    *("answer.sample", "answer.sample_urgent", "answer.approved", "answer.overdue"),
    *("answer.remember", "answer.choices", "answer.choice", "answer.choices_end"),
    *("answer.unknown", "answer.unclear", "answer.unreadable"),
    *("answer.mot_cua", "answer.mot_cua_unit", "answer.mot_cua_address"),
    *("answer.tram_y_te", "answer.tram_y_te_known", "answer.cong_an_xa"),
    *("answer.cong_an_xa_known", "answer.gio_lam_viec", "answer.gio_lam_viec_known"),
    *("answer.lien_he_xa", "answer.lien_he_xa_phone", "answer.lien_he_xa_person"),
    *("answer.lien_he_xa_both", "answer.unit"),
    *("smalltalk.greeting", "smalltalk.thanks", "smalltalk.goodbye", "smalltalk.who_are_you"),
)
"""The texts this file may ask for; whoever loads the texts requires them."""


def compose(
    card: Card,
    facet: Facet,
    *,
    today: date,
    time: Span | None = None,
    local: LocalFacts = NOWHERE,
    texts: Texts,
) -> CardAnswer:
    """The answer about one facet, today (in Asia/Ho_Chi_Minh) or at the `time` that was named.

    A sentence, bullet or step whose figure may not be shown that day is left out whole, and the
    section then ends by sending people to the commune.
    """
    page = _Page(card, today, time, local, texts)
    lines = [texts(f"answer.heading.{facet}", title=card.title)]
    if facet is Facet.GENERAL:
        kept = page.keep(card.sections[facet].items)
        lines += _render(kept, page)
        if remembered := page.keep(card.remember):
            lines += [texts("answer.remember"), *_render(remembered, page)]
    else:
        lines += _render(page.keep(card.sections[facet].items), page)
    if time is not None and (page.shown or page.left_out):
        when = _when(time, texts)
        lines.insert(1, texts("answer.as_of", when=when[:1].upper() + when[1:]))
    if page.left_out:
        lines.append(texts("answer.ask_commune"))
    lines += page.changes()
    lines += page.footer()
    return CardAnswer("\n".join(lines), other_facets(facet))


def other_facets(facet: Facet) -> tuple[Facet, ...]:
    """The other facets, beginning with what people ask next."""
    if facet is Facet.GENERAL:
        return _ORDER
    at = _ORDER.index(facet) + 1
    return (*_ORDER[at:], *_ORDER[: at - 1], Facet.GENERAL)


def label(facet: Facet, texts: Texts) -> str:
    """The words of a facet's button."""
    return texts(f"answer.facet.{facet}")


def menu(titles: Sequence[str], texts: Texts) -> str:
    """Asks which of the titled subjects is meant."""
    rows = [texts("answer.choice", number=n, title=t) for n, t in enumerate(titles, start=1)]
    return "\n".join([texts("answer.choices"), *rows, texts("answer.choices_end")])


def unknown_key(question: str) -> str:
    """The text for a question that no card answers: one word or none cannot be passed on."""
    words = [word for word in question.split() if any(letter.isalpha() for letter in word)]
    return "answer.unknown" if len(words) > 1 else "answer.unclear"


class _Page:
    """One answer in the making: fills the places and remembers what was left out."""

    def __init__(
        self, card: Card, today: date, time: Span | None, local: LocalFacts, texts: Texts
    ) -> None:
        self.card, self.today, self.texts = card, today, texts
        self.day = time.first if time else today
        # Within a whole year that was named, every change is told.
        self.ahead = max(CHANGE_DAYS, (time.last - time.first).days) if time else CHANGE_DAYS
        self.places = {
            "mot-cua": _one_stop_desk(local, texts),
            "tram-y-te": _named("tram_y_te", local.clinic, texts),
            "cong-an-xa": _named("cong_an_xa", local.police, texts),
            "gio-lam-viec": _named("gio_lam_viec", local.office_hours, texts),
            "lien-he-xa": _contact(local, texts),
        }
        self.left_out = False
        self.shown: dict[str, Period] = {}

    def keep(self, items: Iterable[Item]) -> list[Item]:
        """The items that may be shown on the day."""
        return [item for item in items if self._may_show(item)]

    def _may_show(self, item: Item) -> bool:
        names = [name for name in item.placeholders if name not in LOCAL_PLACES]
        overdue = self.card.overdue(self.today)
        found = {name: None if overdue else self.card.figures[name].on(self.day) for name in names}
        if not all(found.values()):
            self.left_out = True
            return False
        self.shown |= {name: period for name, period in found.items() if period}
        return True

    def fill(self, text: str) -> str:
        values = self.places | {name: period.value for name, period in self.shown.items()}
        filled = _PLACE.sub(lambda place: values[place[1]], text)
        return filled[:1].upper() + filled[1:]

    def changes(self) -> Iterator[str]:
        """One line for each day on which figures shown will change or end."""
        coming: dict[date, dict[str, str]] = {}
        ending: dict[date, list[str]] = {}
        for name, now in self.shown.items():
            figure = self.card.figures[name]
            if after := figure.upcoming(self.day, self.ahead):
                coming.setdefault(after.start, {})[now.value] = after.value
            elif last := figure.ends(self.day, self.ahead):
                ending.setdefault(last, []).append(now.value)
        for day, pairs in sorted(coming.items()):
            if len(pairs) == 1:
                [(old, new)] = pairs.items()
                key = "answer.changes" if _is_amount(old) else "answer.changes_rule"
                yield self.texts(key, day=_day(day), old=old, new=new)
                continue
            said = [self.texts("answer.change", old=old, new=new) for old, new in pairs.items()]
            yield self.texts("answer.changes_many", day=_day(day), changes="; ".join(said))
        for day, values in sorted(ending.items()):
            key = "answer.ends" if len(values) < 3 else "answer.ends_some"
            if not any(map(_is_amount, values)):
                key = "answer.ends_rule"
            yield self.texts(key, old=", ".join(values), day=_day(day))

    def footer(self) -> Iterator[str]:
        """Where it comes from, when it was read again, and who stands behind it."""
        read = self.texts("answer.read_again", day=_day(self.card.reviewed))
        sources = self._sources()
        key = "answer.source_more" if len(sources) > 1 else "answer.source"
        law = sources[0] if sources else ""
        yield self.texts(key, law=law, more=len(sources) - 1, read=read) if sources else read
        if self.card.overdue(self.today):
            yield self.texts("answer.overdue")
        if approval := self.card.approval:
            yield self.texts("answer.approved", office=approval.by, day=_day(approval.on))
        else:
            yield self.texts("answer.sample_urgent" if self.card.urgent else "answer.sample")

    def _sources(self) -> list[str]:
        """First the sources of the figures shown, then the other laws that hold on the day."""
        laws = [law for law in self.card.legal if law.in_force <= self.day]
        gone = {number for law in laws for number in law.replaces}
        numbers = [law.number for law in laws if law.number not in gone]
        shown = [period.source for period in self.shown.values()]
        # A source may be a price list or a sum; only declared laws are named to people.
        first = [number for source in shown for number in numbers if number in source]
        named = first + numbers
        return list(dict.fromkeys(named))


def _render(items: Sequence[Item], page: _Page) -> Iterator[str]:
    step, paragraph = 0, -1
    line = ""
    for item in items:
        words = page.fill(item.text)
        if item.form is Form.SENTENCE and item.paragraph == paragraph:
            line = f"{line} {words}"
            continue
        if line:
            yield line
        if item.form is Form.STEP:
            step += 1
            line = f"{step}. {words}"
        else:
            bullet = page.texts("answer.bullet") if item.form is Form.BULLET else ""
            line = f"{bullet} {words}" if bullet else words
        paragraph = item.paragraph
    if line:
        yield line


def _is_amount(value: str) -> bool:
    return any(sign.isdigit() for sign in value)


def _when(time: Span, texts: Texts) -> str:
    year, month = time.first.year, time.first.month
    if time.whole_year:
        return texts("answer.when_year", year=year)
    if time.whole_month:
        return texts("answer.when_month", month=month, year=year)
    return texts("answer.when_day", day=_day(time.first))


def _day(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"


def _one_stop_desk(local: LocalFacts, texts: Texts) -> str:
    if not local.unit_name and not local.office_address:
        return texts("answer.mot_cua")
    unit = local.unit_name or texts("answer.unit")
    if not local.office_address:
        return texts("answer.mot_cua_unit", unit=unit)
    return texts("answer.mot_cua_address", unit=unit, address=local.office_address)


def _named(key: str, value: str, texts: Texts) -> str:
    return texts(f"answer.{key}_known", value=value) if value else texts(f"answer.{key}")


def _contact(local: LocalFacts, texts: Texts) -> str:
    fields = {
        "unit": local.unit_name or texts("answer.unit"),
        "phone": local.office_phone,
        "person": local.contact,
    }
    match bool(local.office_phone), bool(local.contact):
        case True, True:
            return texts("answer.lien_he_xa_both", **fields)
        case True, False:
            return texts("answer.lien_he_xa_phone", **fields)
        case False, True:
            return texts("answer.lien_he_xa_person", **fields)
        case _:
            return texts("answer.lien_he_xa")

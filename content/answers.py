"""Makes the text of an answer from a card: the section asked for, in the state of that day.

Which card and which facet is `understanding`'s decision; the buttons below are the errand's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from content import changes
from content.cards import LOCAL_PLACES, Card, Facet, Form, Item
from content.changes import CHANGE_DAYS, in_words
from content.days import NoSuchTime, Span, Time
from content.figures import Figure, Period, cites
from content.texts import Texts

LONGEST = 900
"""Characters that fit a small screen; `checker` holds the cards to it."""

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


@dataclass(frozen=True, slots=True)
class Pieces:
    """A card's lines on a day, for a sheet or a script. `notes` tell what is left out, what
    changes soon, and whether an office stands behind it."""

    sections: Mapping[Facet, tuple[str, ...]]
    remember: tuple[str, ...]
    notes: tuple[str, ...]
    source: str


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
        "answer.when_span",
        "answer.no_such_time",
        "answer.from_then",
        "answer.only_then",
    ),
    *changes.TEXT_KEYS,
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
    time: Time | None = None,
    local: LocalFacts = NOWHERE,
    texts: Texts,
) -> CardAnswer:
    """The answer about one facet, today (in Asia/Ho_Chi_Minh) or at the `time` that was named.

    A sentence, bullet or step whose figure may not be shown that day is left out whole, and the
    section then ends by sending people to the commune. One whose figure begins later is told with
    that day. Of a time that does not exist nothing is guessed: that is said, and today's told.
    """
    span = time if isinstance(time, Span) else None
    page = _Page(card, today, span, local, texts)
    lines = [texts(f"answer.heading.{facet}", title=card.title)]
    if span is not None:
        lines.append(texts("answer.as_of", when=_capital(_when(span, texts))))
    elif isinstance(time, NoSuchTime):
        lines.append(texts("answer.no_such_time", when=time.said))
    if facet is Facet.GENERAL:
        kept = page.keep(card.sections[facet].items)
        lines += _render(kept, page)
        if remembered := page.keep(card.remember):
            lines += [texts("answer.remember"), *_render(remembered, page)]
    else:
        lines += _render(page.keep(card.sections[facet].items), page)
    if page.left_out:
        lines.append(texts("answer.ask_commune"))
    lines += page.changes()
    lines += [page.source(), *page.standing()]
    return CardAnswer("\n".join(lines), other_facets(facet))


def pieces(
    card: Card, facets: Iterable[Facet], *, today: date, local: LocalFacts, texts: Texts
) -> Pieces:
    """Some facets of a card and what to remember, under the rules of `compose`, without headings.

    A list says so itself, in its numbers; bullets have no mark here.
    """
    page = _Page(card, today, None, local, texts)
    sections = {
        facet: tuple(_render(page.keep(card.sections[facet].items), page, bullet=""))
        for facet in facets
    }
    remember = tuple(_render(page.keep(card.remember), page, bullet=""))
    left_out = [texts("answer.ask_commune")] if page.left_out else []
    notes = (*left_out, *page.changes(), *page.standing())
    return Pieces(sections, remember, notes, page.source())


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


@dataclass(frozen=True, slots=True)
class _Kept:
    """An item to show with the values of its figures; `since` when they begin only then."""

    item: Item
    values: dict[str, str]
    since: date | None = None


class _Page:
    """One answer in the making: fills the places and remembers what was left out."""

    def __init__(
        self, card: Card, today: date, span: Span | None, local: LocalFacts, texts: Texts
    ) -> None:
        self.card, self.today, self.span, self.texts = card, today, span, texts
        self.day, self.last = (span.first, span.last) if span else (today, today)
        self.places = {
            "mot-cua": _one_stop_desk(local, texts),
            "tram-y-te": _named("tram_y_te", local.clinic, texts),
            "cong-an-xa": _named("cong_an_xa", local.police, texts),
            "gio-lam-viec": _named("gio_lam_viec", local.office_hours, texts),
            "lien-he-xa": _contact(local, texts),
        }
        self.left_out = False
        self.shown: dict[str, Period] = {}

    def keep(self, items: Iterable[Item]) -> list[_Kept]:
        """The items that may be shown on the day, or are known to hold from a later one."""
        return [kept for item in items if (kept := self._kept(item))]

    def _kept(self, item: Item) -> _Kept | None:
        names = [name for name in item.placeholders if name not in LOCAL_PLACES]
        if names and self.card.overdue(self.today):
            self.left_out = True
            return None
        figures = {name: self.card.figures[name] for name in names}
        now = _values(figures, self.day)
        if now is not None:
            self.shown |= now
            return _Kept(item, {name: period.value for name, period in now.items()})
        later = [figure.begins_after(self.day) for figure in figures.values()]
        since = max(start for start in [*later, self.day] if start)
        then = _values(figures, since)
        told = then is not None and (since > self.today or since <= self.last)
        # What held before the first known value is no rule that people should go and ask for.
        self.left_out |= not told or any(f.began_before(since) for f in figures.values())
        if then is None or not told:
            return None
        return _Kept(item, {name: period.value for name, period in then.items()}, since)

    def fill(self, kept: _Kept) -> str:
        values = self.places | kept.values
        filled = _capital(_PLACE.sub(lambda place: values[place[1]], kept.item.text))
        if kept.since is None:
            return filled
        key = "answer.from_then" if kept.since > self.today else "answer.only_then"
        what = filled[:1].lower() + filled[1:]
        return self.texts(key, day=in_words(kept.since), what=what)

    def changes(self) -> Iterator[str]:
        """One line for each day on which figures shown change or end, or a new law begins."""
        figures = {self.card.figures[name]: period for name, period in self.shown.items()}
        inside = self.last if self.span else self.day
        last = max(self.last, self.day + timedelta(days=CHANGE_DAYS))
        yield from changes.told(
            figures, self.day, last=last, named=inside > self.day, texts=self.texts
        )
        laws, read = self.card.legal, self.card.reviewed
        yield from changes.new_laws(laws, read, last=last, texts=self.texts)

    def source(self) -> str:
        """Where it comes from, and when it was read again."""
        read = self.texts("answer.read_again", day=in_words(self.card.reviewed))
        sources = self._sources()
        key = "answer.source_more" if len(sources) > 1 else "answer.source"
        law = sources[0] if sources else ""
        return self.texts(key, law=law, more=len(sources) - 1, read=read) if sources else read

    def standing(self) -> Iterator[str]:
        """Who stands behind it, and whether it had to be read again."""
        if self.card.overdue(self.today):
            yield self.texts("answer.overdue")
        if approval := self.card.approval:
            yield self.texts("answer.approved", office=approval.by, day=in_words(approval.on))
        else:
            yield self.texts("answer.sample_urgent" if self.card.urgent else "answer.sample")

    def _sources(self) -> list[str]:
        """First the sources of the figures shown, then the other laws that hold on the day."""
        laws = [law for law in self.card.legal if law.in_force is None or law.in_force <= self.day]
        gone = {number for law in laws for number in law.replaces}
        numbers = [law.number for law in laws if law.number not in gone]
        shown = [period.source for period in self.shown.values()]
        # A source may be a price list or a sum; only declared laws are named to people.
        first = [number for source in shown for number in numbers if cites(source, number)]
        named = first + numbers
        return list(dict.fromkeys(named))


def _render(kept: Sequence[_Kept], page: _Page, *, bullet: str | None = None) -> Iterator[str]:
    """The lines; a `bullet` stands in the place of the usual mark."""
    mark = page.texts("answer.bullet") if bullet is None else bullet
    step, paragraph = 0, -1
    line = ""
    for one in kept:
        item, words = one.item, page.fill(one)
        if item.form is Form.SENTENCE and item.paragraph == paragraph:
            line = f"{line} {words}"
            continue
        if line:
            yield line
        if item.form is Form.STEP:
            step += 1
            line = f"{step}. {words}"
        else:
            line = f"{mark} {words}" if mark and item.form is Form.BULLET else words
        paragraph = item.paragraph
    if line:
        yield line


def _values(figures: Mapping[str, Figure], day: date) -> dict[str, Period] | None:
    """What each figure is on the day; None unless all are known."""
    found = {name: figure.on(day) for name, figure in figures.items()}
    known = {name: period for name, period in found.items() if period}
    return known if len(known) == len(found) else None


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _when(time: Span, texts: Texts) -> str:
    year, month = time.first.year, time.first.month
    if time.whole_year:
        return texts("answer.when_year", year=year)
    if time.whole_month:
        return texts("answer.when_month", month=month, year=year)
    if time.first == time.last:
        return texts("answer.when_day", day=in_words(time.first))
    return texts("answer.when_span", first=in_words(time.first), last=in_words(time.last))


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

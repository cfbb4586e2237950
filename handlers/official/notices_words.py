"""Notices in words for officials: to whom, when, how each channel shows them, whom they reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from content.plainness import remarks, seconds_aloud
from content.screens import shorten
from content.texts import Texts
from content.wording import Wording
from handlers.errands import VIETNAM
from handlers.messages import Media, Reply
from handlers.notice_page import NoticePage, until
from handlers.notice_reach import NoticeReach
from handlers.official.notices_templates import SHUT, TemplateWords
from handlers.units import Units
from storage.answer_numbers import Results
from storage.broadcast_corrections import Corrections
from storage.broadcast_recipients import Account
from storage.broadcasts import Broadcast, Draft
from storage.database import Transaction
from storage.questionnaires import Form, Questionnaire
from storage.reach import REACHED, Reach, Way

IN_LIST = 40
"""Letters of a notice in a list."""

FEW = 5
"""Of fewer people who chose a language or follow a card, not even officials read how many there
are: in a hamlet that would be somebody."""


class NoticeWords:
    """Says what there is to say of a notice; it changes nothing."""

    def __init__(
        self,
        *,
        texts: Texts,
        units: Units,
        page: NoticePage,
        reach: NoticeReach,
        platform: Callable[[str], str],
        wording: Wording,
        title_of: Callable[[str], str],
    ) -> None:
        """`platform` says of an account what kind of channel it is."""
        self._texts = texts
        self._units = units
        self._page = page
        self._reach = reach
        self._platform = platform
        self._wording = wording
        self._title_of = title_of
        self._corrections = Corrections()
        self.templates = TemplateWords(
            texts=texts, capabilities=reach.capabilities, channel=self._channel
        )

    def in_words_of(self, texts: Texts) -> NoticeWords:
        """The same in other words; what people get is shown as they get it."""
        return NoticeWords(
            texts=texts,
            units=self._units,
            page=self._page,
            reach=self._reach,
            platform=self._platform,
            wording=self._wording,
            title_of=self._title_of,
        )

    def place(self, unit: str, *, only: bool) -> str:
        """To whom, as in a sentence."""
        if not unit:
            return self._texts("notice.everybody")
        known = self._units.get(unit)
        if known is None:  # it was taken out of the settings
            return unit
        if len(self._units.below(known.code)) == 1:
            return known.name
        return self._texts("notice.only" if only else "notice.below", unit=known.name)

    def name(self, unit: str) -> str:
        """What a unit is called."""
        known = self._units.get(unit)
        return known.name if known else unit

    def when(self, due: datetime | None, repeats: str = "") -> str:
        """At what time, in Vietnam's."""
        if due is None:
            return self._texts("notice.at_once")
        local = due.astimezone(VIETNAM)
        weekday = self._texts(f"notice.weekday.{local.weekday()}")
        time = f"{local.hour}:{local.minute:02}"
        day = f"{local.day}/{local.month}/{local.year}"
        first = self._texts("notice.at", time=time, weekday=weekday, day=day)
        if not repeats:
            return first
        rule = repeats.partition("@")[0].partition(":")[0]
        return self._texts("notice.repeated", rule=self._texts(f"notice.rule.{rule}"), first=first)

    def line(self, it: Broadcast) -> str:
        """In a list."""
        text = shorten(" ".join(it.draft.headline.split()), IN_LIST)
        return self._texts("notice.line", id=it.id, state=self.state(it), text=text)

    def state(self, it: Broadcast) -> str:
        return self._texts(f"notice.state.{it.phase}")

    def facts(self, draft: Draft) -> str:
        """To whom, for what, when, with which card; an emergency and why."""
        when = self._texts("notice.when", when=self.when(draft.due_at, draft.repeats))
        lines = [*self.whom(draft), when]
        lines += [
            self._texts("notice.card", title=self._title_of(card) or card) for card in draft.cards
        ]
        for one in draft.enclosed:
            kind = "audio" if one.is_sound else "image"
            lines.append(self._texts(f"notice.with.{kind}", seconds=one.seconds))
        if draft.asks is not None:
            end = self._texts("notice.until_usual")
            if draft.asks.until is not None:
                end = until(draft.asks.until)
            lines.append(self._texts("notice.until", until=end))
        if draft.emergency:
            lines.insert(0, self._texts("notice.emergency", reason=draft.reason))
        return "\n".join(lines)

    def whom(self, draft: Draft) -> list[str]:
        """To whom and for what they said yes, a line each."""
        back = "notice.takes_away" if draft.removes else "notice.takes_back"
        place = self.place(draft.unit, only=draft.only_unit)
        lines = [
            self._texts("notice.to", place=place)
            if draft.takes_back is None
            else self._texts(back, id=draft.takes_back)
        ]
        if draft.language:
            name = self._texts(f"language.{draft.language}")
            lines.append(self._texts("notice.only_language", language=name))
        if draft.topic:
            title = self._title_of(draft.topic) or draft.topic
            return [*lines, self._texts("notice.followers", title=title)]
        purpose = self._texts(f"notice.purpose.{draft.purpose}")
        return [*lines, self._texts("notice.for", purpose=purpose)]

    def preview(self, draft: Draft) -> Reply:
        """The notice as each kind of channel shows it, what looks the same told once; what is
        enclosed can be seen and heard with it."""
        media = self._page.media(draft)
        parts = [
            part for one in ("", *dict(draft.texts)) for part in self._looks(draft, one, media)
        ]
        if draft.asks is not None and draft.asks.form is Form.SURVEY:
            parts += self._questions(draft.asks)
        parts += self.templates.looks(draft)
        return Reply("\n\n".join(parts), media=media)

    def _looks(self, draft: Draft, language: str, media: tuple[Media, ...]) -> list[str]:
        """As people see it who chose that language."""
        looks: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for account, able in self._reach.capabilities().items():
            shown = self._page.shown(draft, able, language)
            seen = [one.kind.value for one in shown.media]
            lost = [one.kind.value for one in media if one not in shown.media and not one.line]
            look = (
                shown.text,
                (
                    *(button.label for button in shown.buttons),
                    *(self._texts(f"notice.enclosed.{kind}") for kind in seen),
                    *(self._texts(f"notice.enclosed_not.{kind}") for kind in lost),
                ),
            )
            name = self._channel(account)
            if name not in looks.setdefault(look, []):
                looks[look].append(name)
        parts = []
        for (text, labels), channels in looks.items():
            below = " ".join(f"[{label}]" for label in labels)
            where = ", ".join(sorted(channels))
            head = self._texts("notice.on", channels=where)
            if language:
                name = self._texts(f"language.{language}")
                head = self._texts("notice.on_in", channels=where, language=name)
            parts.append("\n".join(filter(None, [head, text, below])))
        return parts

    def _questions(self, asks: Questionnaire) -> Iterable[str]:
        """What follows in a survey once somebody begins."""
        for at, one in enumerate(asks.questions, start=1):
            head = self._texts("asked.question", at=at, of=len(asks.questions), text=one.text)
            lines = [f"{place}. {choice}" for place, choice in enumerate(one.choices, start=1)]
            yield "\n".join([head, *(lines or [self._texts("notice.choices.words")])])

    def right_answer(self, draft: Draft) -> str:
        """Which choice of a quiz is right, for who looks at it before it goes; else nothing."""
        if draft.asks is None or draft.asks.form is not Form.QUIZ:
            return ""
        [question] = draft.asks.questions
        return self._texts("staff.notice.right", text=question.choices[question.right or 0])

    def results(self, found: Results) -> str:
        """Totals of what was answered, as far as they may be told."""
        few = self._texts("notice.result_few")
        answered = few if found.answered is None else str(found.answered)
        key = "notice.results_closed" if found.closed_at else "notice.results_open"
        ends = found.closed_at or found.closes
        when = until(ends) if ends else ""
        parts = [self._texts(key, asked=found.asked, answered=answered, when=when)]
        for one in found.questions:
            count = few if one.answered is None else str(one.answered)
            lines = [self._texts("notice.result_head", text=one.question.text, count=count)]
            for choice, many in zip(one.question.choices, one.choices, strict=True):
                told = self._texts("notice.hidden") if many is None else str(many)
                lines.append(f"{choice}: {told}")
            parts.append("\n".join(lines))
        return "\n\n".join(parts)

    def how_it_reads(self, draft: Draft) -> str:
        """How long it takes to read aloud, and what may be hard to understand in it."""
        words = draft.text
        for one in draft.asks.questions if draft.asks else ():
            words = "\n".join([words, one.text, *one.choices]).strip()
        found = [
            self._texts(f"official.remark.{one.kind}", words=one.words, plain=one.plain)
            if one.plain or one.kind != "term"
            else self._texts("official.remark.abbreviation", words=one.words)
            for one in remarks(words, self._wording)
        ]
        lines = [self._texts("notice.aloud", seconds=seconds_aloud(words))]
        return "\n".join([*lines, *([self._texts("official.remarks"), *found] if found else [])])

    async def count(self, tx: Transaction, draft: Draft, *, now: datetime) -> Reach:
        """Whom it would reach, as things stand."""
        return await self._reach.count(tx, draft, now=now)

    async def taking_back(self, tx: Transaction, it: Broadcast, *, now: datetime) -> str:
        """Whom words that take it back would reach now, whom not and why, and what stays."""
        draft = replace(it.draft, takes_back=it.id, due_at=None, asks=None, texts=())
        received = await self._corrections.received(tx, it.id)
        lines = [self.reaching(await self.count(tx, draft, now=now), draft)]
        if received.forgotten:
            lines.append(self._texts("notice.back_forgotten", count=received.forgotten))
        if it.draft.enclosed:
            lines.append(self._texts("notice.picture_stays"))
        return "\n".join(lines)

    def reaching(self, reach: Reach, draft: Draft) -> str:
        """Whom it reaches on which way, what costs money, and why it does not reach others."""
        lines = [self._reached(reach, draft)]
        lines += self._by_language(reach, draft)
        if reach.ways(Way.BILLED):
            lines.append(self._texts("notice.billed", count=reach.ways(Way.BILLED)))
        lines += self.templates.lines(reach, draft)
        if missed := self._missed(reach):
            count = sum(reach.people.values()) - reach.reached + reach.never + reach.stopped
            if count >= FEW or not draft.language:
                lines.append(self._texts("notice.missed", count=count, reasons=", ".join(missed)))
        windows = any(able.window for able in self._reach.capabilities().values())
        if draft.due_at is not None and windows:
            lines.append(self._texts("notice.as_of", when=self.when(draft.due_at)))
        return "\n".join(lines)

    def many(self, reach: Reach, draft: Draft) -> str:
        """How many it reaches; of few who are chosen by more than a place it is not said."""
        if (draft.language or draft.topic) and 0 < reach.reached < FEW:
            return self._texts("notice.few_readers", count=FEW)
        return str(reach.reached)

    def _reached(self, reach: Reach, draft: Draft) -> str:
        if not reach.reached:
            return self._texts("notice.reach_nobody")
        if (many := self.many(reach, draft)) != str(reach.reached):
            channels_of = self._by_channel(reach).items()
            names = ", ".join(n for n, ways in channels_of if any(map(ways.get, REACHED)))
            return self._texts("notice.reach", count=many, channels=names)
        channels = []
        for name, ways in self._by_channel(reach).items():
            count = sum(ways.get(way, 0) for way in REACHED)
            parts = [
                self._texts(f"notice.way.{way}", count=ways[way])
                for way in (Way.FREE, Way.BILLED, Way.TEMPLATE, Way.UNKNOWN)
                if ways.get(way)
            ]
            if count:
                split = self._texts("notice.parts", parts=", ".join(parts)) if parts else ""
                channels.append(self._texts("notice.channel", channel=name, count=count) + split)
        return self._texts("notice.reach", count=reach.reached, channels=", ".join(channels))

    def _by_language(self, reach: Reach, draft: Draft) -> list[str]:
        """How many read it in which language; of few it is not said how many."""
        written = dict(draft.texts)
        lines = []
        for code, count in sorted(reach.languages.items(), key=lambda one: (-one[1], one[0])):
            if code:
                key = "notice.readers" if code in written else "notice.readers_vietnamese"
                many = str(count) if count >= FEW else self._texts("notice.few_readers", count=FEW)
                lines.append(self._texts(key, language=self._texts(f"language.{code}"), count=many))
        return lines

    def _missed(self, reach: Reach) -> list[str]:
        found = [
            self._texts(f"notice.miss.{why}", count=count)
            for why, count in (("never", reach.never), ("stopped", reach.stopped))
            if count
        ]
        for way in (Way.BLOCKED, Way.FULL, Way.REMOVED):
            if count := reach.ways(way):
                found.append(self._texts(f"notice.miss.{way}", count=count))
        for name, ways in self._by_channel(reach).items():
            for way in SHUT:  # a platform's reasons: it is named with them
                if ways.get(way):
                    found.append(self._texts(f"notice.miss.{way}", count=ways[way], channel=name))
        return found

    def _by_channel(self, reach: Reach) -> Mapping[str, Mapping[Way, int]]:
        """What `Reach.accounts` gives, by the channel's name for people."""
        found: dict[str, dict[Way, int]] = {}
        for account, ways in reach.accounts().items():
            channel = found.setdefault(self._channel(account), {})
            for way, count in ways.items():
                channel[way] = channel.get(way, 0) + count
        return found

    def _channel(self, account: str) -> str:
        return self._texts(f"notice.channel_name.{self._platform(account) or 'other'}")


def echoes(it: Broadcast, texts: Texts) -> str:
    """What came back of it, as far as anything did, and how long it took."""
    parts = [
        texts(key, count=count)
        for key, count in (("broadcast.arrived", it.arrived), ("broadcast.opted_out", it.opted_out))
        if count
    ]
    if it.took is not None:
        minutes = max(1, round(it.took.total_seconds() / 60))
        parts.append(texts("broadcast.took", minutes=minutes))
    return " ".join(parts)


def in_words(account: Account, texts: Texts) -> str:
    """ "312 trên 320 người đã nhận, 5 người đã chặn, 3 người cần gửi lại"."""
    parts = [texts("broadcast.sent", sent=account.sent, recipients=account.recipients)]
    for key, count in (
        ("broadcast.blocked", account.blocked),
        ("broadcast.again", account.failed - account.blocked),
        ("broadcast.uncertain", account.uncertain),
        ("broadcast.skipped", account.skipped),
        ("broadcast.pending", account.pending),
        ("broadcast.edited", account.edited),
        ("broadcast.deleted", account.deleted),
        ("broadcast.by_template", account.by_template),
    ):
        if count:
            parts.append(texts(key, count=count))
    return ", ".join(parts)


def joined(*parts: str) -> str:
    """Paragraphs, without the empty ones."""
    given: Iterable[str] = filter(None, parts)
    return "\n\n".join(given)

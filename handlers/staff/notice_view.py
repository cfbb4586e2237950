"""What the console shows of one notice: its words, whom it reaches, how it stands, what may follow.

It changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from content.texts import Texts
from handlers.official.notices_deeds import Deeds
from handlers.official.notices_pages import MENDABLE, Seen, offered
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_words import NoticeWords, echoes, in_words
from handlers.official_actions import Deed
from handlers.staff.papers_desk import prints
from storage.answer_numbers import Results, results_of
from storage.answers import CLOCK
from storage.broadcast_outcomes import ENDS, NOT_KNOWN
from storage.broadcast_recipients import BLOCKED, ELSEWHERE, ENOUGH, REMOVED, Account, Recipients
from storage.broadcast_records import AHEAD
from storage.broadcast_schedule import CHANGED, LOST, MISSED
from storage.broadcasts import CANCELLED, WITHDRAWN, Broadcast, Broadcasts, Phase
from storage.database import Transaction
from storage.notices import Notices
from storage.officials import Official
from storage.outbox import State

DEEDS = {
    Deed.APPROVE: "approve",
    Deed.RETURN: "return",
    Deed.MEND: "edit",
    Deed.PAUSE: "pause",
    Deed.RESUME: "resume",
    Deed.CANCEL: "cancel",
    Deed.RETRY: "retry",
    Deed.RETRY_UNCERTAIN: "retry-uncertain",
    Deed.LEAVE_UNCERTAIN: "leave-uncertain",
    Deed.TAKE_BACK: "take-back",
    Deed.CLOSE: "close",
}
"""The word of each deed in an address."""

REASONS = {
    BLOCKED: "blocked",
    REMOVED: "removed",
    ENOUGH: "enough",
    ELSEWHERE: "elsewhere",
    WITHDRAWN: "withdrawn",
    CANCELLED: "cancelled",
    NOT_KNOWN: "not_known",
    ENDS[State.HELD][1]: "paused",
    ENDS[State.PENDING][1]: "forgotten",
}
"""Why somebody did not get it, as the book keeps it, by the word of its text."""

MOST_REASONS = 12
NOTES = {MISSED: "missed", LOST: "lost", CHANGED: "changed"}


class Line(NamedTuple):
    """A deed of the history."""

    at: str
    by: str
    did: str


@dataclass(frozen=True, slots=True)
class View:
    """A notice in words. `deeds` are the labels of what may be done, by the word of its address;
    `late` its time, if that has passed before anybody approved it; `back` whom words that take it
    back would reach; `prints`: there are papers of it; `templates` are those by which it goes."""

    id: int
    version: int
    state: str
    author: str
    released: str
    facts: str
    looks: str
    reading: str
    right: str
    reach: str
    back: str
    prints: bool
    templates: tuple[str, ...]
    note: str
    late: str
    repeats: bool
    runs: bool
    account: str
    echoes: str
    numbers: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, int], ...]
    results: Results | None
    closing: str
    history: tuple[Line, ...]
    deeds: Mapping[str, str]


class NoticeViews:
    """Builds views."""

    def __init__(
        self,
        *,
        texts: Texts,
        words: NoticeWords,
        rights: NoticeRights,
        deeds: Deeds,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._texts = texts
        self._words = words
        self._rights = rights
        self._deeds = deeds
        self._zone = zone
        self._clock = clock
        self._broadcasts = Broadcasts()
        self._recipients = Recipients()
        self._notices = Notices()

    async def of(self, tx: Transaction, official: Official, seen: Seen) -> View:
        """The notice as this official sees it now."""
        it, now = seen.it, self._clock()
        account = await self._recipients.account(tx, it.id)
        reach = ""
        if it.phase in MENDABLE:
            found = await self._words.count(tx, it.draft, now=now)
            reach = self._words.reaching(found, it.draft)
        results = None
        if it.draft.asks is not None and it.started_at is not None:
            results = await results_of(tx, it)
        ends = (results.closed_at or results.closes) if results else None
        history = await self._broadcasts.history(tx, it.id)
        due = it.draft.due_at
        late = it.phase is Phase.SUBMITTED and due is not None and due <= now
        begun = it.started_at is not None
        deeds = await self._offered(tx, official, seen, account)
        back = await self._words.taking_back(tx, it, now=now) if "take-back" in deeds else ""
        return View(
            id=it.id,
            version=it.version,
            state=self._words.state(it),
            author=it.author,
            released=self._released(it),
            facts=self._words.facts(it.draft),
            looks=self._words.preview(it.draft).text,
            reading=self._words.how_it_reads(it.draft),
            right=self._words.right_answer(it.draft),
            reach=reach,
            back=back,
            prints=prints(it),
            templates=tuple(self._words.templates.known()) if it.draft.template else (),
            note=self._note(it, history),
            late=self._words.when(due) if late else "",
            repeats=bool(it.draft.repeats),
            runs=it.phase in (*AHEAD, Phase.SENDING),
            account=in_words(account, self._texts) if begun else "",
            echoes=echoes(it, self._texts) if begun else "",
            numbers=self.numbers(account) if begun else (),
            reasons=self._reasons(account) if begun else (),
            results=results,
            closing=self._words.when(ends) if ends else "",
            history=tuple(self._line(*one) for one in history),
            deeds=deeds,
        )

    def numbers(self, account: Account) -> tuple[tuple[str, int], ...]:
        """What became of it, by its name for people; what is nobody's is left out."""
        found = (
            ("sent", account.sent),
            ("pending", account.pending),
            ("blocked", account.blocked),
            ("again", account.failed - account.blocked),
            ("uncertain", account.uncertain),
            ("skipped", account.skipped),
        )
        named = [(self._texts(f"staff.notice.became.{name}"), many) for name, many in found]
        return tuple((name, many) for name, many in named if many) or (named[0],)

    def _reasons(self, account: Account) -> tuple[tuple[str, int], ...]:
        many = sorted(account.reasons.items(), key=lambda one: (-one[1], one[0]))
        return tuple((self._reason(why), count) for why, count in many[:MOST_REASONS])

    def _reason(self, why: str) -> str:
        if why in REASONS:
            return self._texts(f"staff.notice.why.{REASONS[why]}")
        return self._texts("staff.notice.why.other", why=why)

    def _released(self, it: Broadcast) -> str:
        if it.alone:
            return self._texts("notice.alone", name=it.approved_by)
        return self._texts("notice.approved_by", name=it.approved_by) if it.approved_by else ""

    def _note(self, it: Broadcast, history: list[tuple[str, str, str]]) -> str:
        """What there is to know before all else: why it was given back, or why it stands still."""
        if it.phase is Phase.DRAFT and history and history[-1][0] == "return":
            return self._texts("notice.why_returned", why=it.note)
        if it.phase is Phase.PAUSED and it.note in NOTES:
            return self._texts(f"staff.notice.stopped.{NOTES[it.note]}")
        return ""

    def _line(self, deed: str, by: str, at: str) -> Line:
        local = datetime.fromisoformat(at).astimezone(self._zone)
        who = self._texts("staff.notice.by_clock") if by == CLOCK else by
        return Line(f"{local:%H:%M %d/%m/%Y}", who, self._texts(f"staff.notice.did.{deed}"))

    async def _offered(
        self, tx: Transaction, official: Official, seen: Seen, account: Account
    ) -> Mapping[str, str]:
        again = await self._notices.can_go_again(tx, seen.it.id)
        deeds = {
            DEEDS[deed]: self._texts(
                f"notice.deed.{deed}", count=again if deed is Deed.RETRY else account.uncertain
            )
            for deed in offered(self._rights, official, seen, account, again)
        }
        if seen.it.phase is Phase.DRAFT and "edit" in deeds:
            deeds["submit"] = self._texts("notice.submit")
        if self._deeds.movable(official, seen):
            deeds["move"] = self._texts("notice.change.when")
        return deeds

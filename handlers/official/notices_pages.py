"""What officials see of notices that were handed in: the list, one of them, what may be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from content.texts import Texts
from handlers.actions import Action, Home, encode
from handlers.messages import Button, Reply
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_words import NoticeWords, echoes, in_words, joined
from handlers.official_actions import Deed, ListNotices, Notice
from storage.answer_numbers import results_of
from storage.broadcast_recipients import Account, Recipients
from storage.broadcast_records import AHEAD, LIVE, OPEN
from storage.broadcast_schedule import MISSED
from storage.broadcasts import Broadcast, Broadcasts, Phase
from storage.database import Transaction
from storage.notices import Notice as Ownership
from storage.notices import Notices
from storage.officials import Official

PAGE = 8
MORE, BACK = 9, 0
MOST_LISTED = 200

MENDABLE = (*OPEN, *AHEAD)
"""While nothing of it went out its author may change it; what was approved is approved anew."""

DIGITS = {
    Deed.MEND: 1,
    Deed.PAUSE: 2,
    Deed.RESUME: 2,
    Deed.CANCEL: 3,
    Deed.TAKE_BACK: 7,
    Deed.CLOSE: 8,
}
AGAIN = {Deed.RETRY: 4, Deed.RETRY_UNCERTAIN: 5, Deed.LEAVE_UNCERTAIN: 6}
"""The digit of each deed below a notice: they mean the same in every state."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A notice as one official sees it: whose it is and whether they wrote it."""

    it: Broadcast
    owners: Ownership
    own: bool


class Pages:
    """Builds the pages; it changes nothing."""

    def __init__(self, *, texts: Texts, words: NoticeWords, rights: NoticeRights) -> None:
        self._texts = texts
        self._words = words
        self._rights = rights
        self._broadcasts = Broadcasts()
        self._recipients = Recipients()
        self._notices = Notices()

    async def list(
        self, tx: Transaction, official: Official, start: int, notice: str = ""
    ) -> Reply:
        """Their own and those for their people, what has not ended first."""
        units = self._rights.units_of(official)
        numbers = await self._notices.listed(
            tx, author=official.id, units=units, at_most=MOST_LISTED
        )
        begin = start if 0 <= start < len(numbers) else 0
        buttons = []
        for digit, number in enumerate(numbers[begin : begin + PAGE], start=1):
            it = await self._broadcasts.get(tx, number)
            buttons.append(_button(digit, self._words.line(it), Notice(Deed.OPEN, number)))
        if begin + PAGE < len(numbers):
            buttons.append(_button(MORE, self._texts("menu.more"), ListNotices(begin + PAGE)))
        buttons.append(_button(BACK, self._texts("menu.home"), Home()))
        text = self._texts("notice.list" if numbers else "notice.list_empty")
        return Reply(joined(notice, text), tuple(buttons), menu=True)

    async def page(
        self, tx: Transaction, official: Official, seen: Seen, now: datetime, notice: str = ""
    ) -> tuple[Reply, ...]:
        """One notice: as people see it while it is still to be decided on, and how it stands."""
        it = seen.it
        deciding = it.phase is Phase.SUBMITTED and not seen.own
        account = await self._recipients.account(tx, it.id)
        parts = [notice, self._head(seen), self._words.facts(it.draft)]
        if it.phase in MENDABLE:
            reach = await self._words.count(tx, it.draft, now=now)
            parts += [
                self._words.how_it_reads(it.draft) if deciding else "",
                self._words.reaching(reach, it.draft),
            ]
        elif not it.draft.repeats:
            parts.append(self._texts("notice.account", account=in_words(account, self._texts)))
            parts.append(echoes(it, self._texts))
        if it.draft.asks is not None and it.started_at is not None:
            parts.append(self._words.results(await results_of(tx, it)))
        if await self._returned(tx, it):
            parts.append(self._texts("notice.why_returned", why=it.note))
        again = await self._notices.can_go_again(tx, it.id)
        buttons = self._deeds(official, seen, account, again)
        status = Reply(joined(*parts), buttons)
        return (self._words.preview(it.draft), status)

    def asking(self, seen: Seen) -> Reply:
        """Whether it is to be cancelled for good."""
        it = seen.it
        yes = _button(
            1, self._texts("notice.cancel_yes"), Notice(Deed.CANCEL, it.id, it.version, 1)
        )
        return Reply(self._texts("notice.cancel_sure", id=it.id), (yes, self.back_to(it)))

    def asking_to_take_back(self, seen: Seen, notice: str = "") -> Reply:
        """What was sent is wrong: other words for it, or none?"""
        it = seen.it
        none = Notice(Deed.TAKE_BACK, it.id, it.version, 1)
        buttons = (_button(1, self._texts("notice.take_back_whole"), none), self.back_to(it))
        stays = self._texts("notice.picture_stays") if it.draft.enclosed else ""
        asked = self._texts("notice.ask.take_back", id=it.id)
        return Reply(joined(notice, stays, asked), buttons)

    def closing(self, seen: Seen) -> Reply:
        """Whether it is to take no more answers."""
        it = seen.it
        yes = _button(1, self._texts("notice.deed.e"), Notice(Deed.CLOSE, it.id, it.version, 1))
        return Reply(self._texts("notice.close_sure", id=it.id), (yes, self.back_to(it)))

    def asking_for_now(self, seen: Seen) -> Reply:
        """Its time has passed: is now a good time? What is repeated needs another first time."""
        it = seen.it
        now = Notice(Deed.APPROVE, it.id, it.version, 1)
        buttons = [self._deed(2, Deed.RETURN, it), self.back_to(it)]
        if not it.draft.repeats:
            buttons.insert(0, _button(1, self._texts("notice.approve_now"), now))
        when = self._words.when(it.draft.due_at)
        return Reply(self._texts("notice.late_approval", when=when), tuple(buttons))

    def deciding(self, seen: Seen) -> tuple[Button, ...]:
        """1 approve, 2 give back, 3 later."""
        it = seen.it
        return (
            self._deed(1, Deed.APPROVE, it),
            self._deed(2, Deed.RETURN, it),
            _button(3, self._texts("notice.later"), ListNotices()),
        )

    def back_to(self, it: Broadcast) -> Button:
        return _button(BACK, self._texts("notice.back"), Notice(Deed.OPEN, it.id))

    def again(self, it: Broadcast, account: Account, again: int) -> tuple[Button, ...]:
        """One tap each for what did not arrive, and what may have."""
        buttons: list[Button] = []
        if again:
            buttons.append(self._deed(AGAIN[Deed.RETRY], Deed.RETRY, it, again))
        if account.uncertain:
            for deed in (Deed.RETRY_UNCERTAIN, Deed.LEAVE_UNCERTAIN):
                buttons.append(self._deed(AGAIN[deed], deed, it, account.uncertain))
        return tuple(buttons)

    def _head(self, seen: Seen) -> str:
        it = seen.it
        lines = [
            self._texts("notice.head", id=it.id, state=self._words.state(it), author=it.author)
        ]
        if it.alone:
            lines.append(self._texts("notice.alone", name=it.approved_by))
        elif it.approved_by:
            lines.append(self._texts("notice.approved_by", name=it.approved_by))
        if it.phase is Phase.PAUSED and it.note == MISSED:
            lines.append(self._texts("notice.was_missed"))
        return "\n".join(lines)

    async def _returned(self, tx: Transaction, it: Broadcast) -> bool:
        deed, _ = await self._notices.last_deed(tx, it.id)
        return it.phase is Phase.DRAFT and deed == "return"

    def _deeds(
        self, official: Official, seen: Seen, account: Account, again: int
    ) -> tuple[Button, ...]:
        """What they may do with it now, each by its fixed digit."""
        it, buttons = seen.it, list[Button]()
        for deed in offered(self._rights, official, seen, account, again):
            if deed is Deed.APPROVE:
                buttons += self.deciding(seen)
            elif deed in AGAIN:
                many = again if deed is Deed.RETRY else account.uncertain
                buttons.append(self._deed(AGAIN[deed], deed, it, many))
            elif deed in DIGITS:
                buttons.append(self._deed(DIGITS[deed], deed, it))
        buttons.append(_button(BACK, self._texts("notice.to_list"), ListNotices()))
        return tuple(buttons)

    def _deed(self, digit: int, deed: Deed, it: Broadcast, count: int = 0) -> Button:
        label = self._texts(f"notice.deed.{deed}", count=count)
        return _button(digit, label, Notice(deed, it.id, it.version))


def offered(
    rights: NoticeRights, official: Official, seen: Seen, account: Account, again: int
) -> list[Deed]:
    """What they may do with it now; `again` is to how many what failed can be sent once more."""
    it, deeds = seen.it, list[Deed]()
    if it.phase is Phase.SUBMITTED and rights.may_release(official, it) and not seen.own:
        return [Deed.APPROVE, Deed.RETURN]
    if not rights.may_change(official, it, seen.owners):
        return deeds
    if it.phase in MENDABLE and seen.own and it.draft.takes_back is None:
        deeds.append(Deed.MEND)
    if it.phase in (*AHEAD, Phase.SENDING):
        deeds.append(Deed.PAUSE)
    if it.phase is Phase.PAUSED:
        deeds.append(Deed.RESUME)
    if it.phase in (*OPEN, *LIVE):
        deeds.append(Deed.CANCEL)
    if it.phase in (Phase.SENDING, Phase.FINISHED):
        deeds += [Deed.RETRY] if again else []
        deeds += [Deed.RETRY_UNCERTAIN, Deed.LEAVE_UNCERTAIN] if account.uncertain else []
    if it.started_at is not None:
        deeds.append(Deed.TAKE_BACK)
    if closable(it):
        deeds.append(Deed.CLOSE)
    return deeds


def closable(it: Broadcast) -> bool:
    """Whether it asks something and still takes answers."""
    return it.draft.asks is not None and it.started_at is not None and it.closed_at is None


def _button(digit: int, label: str, action: Action) -> Button:
    return Button(label, encode(action), digit)

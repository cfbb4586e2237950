"""Tells officials what happens to notices: to be approved, given back, approved, sent, stuck.

The clock calls `run`. What was told stands in the same transaction as the message that tells it, so
that nothing is told twice or lost, whoever did the deed: in a chat or on the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from content.texts import Texts
from handlers.actions import encode
from handlers.messages import Button, Reply
from handlers.official.notices_pages import Pages, Seen
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_words import NoticeWords, in_words, joined
from handlers.official_actions import Deed
from handlers.official_actions import Notice as Step
from handlers.post import Post
from storage.answer_numbers import results_of
from storage.broadcast_recipients import Recipients
from storage.broadcast_records import AHEAD
from storage.broadcast_schedule import LOST, MISSED
from storage.broadcasts import Broadcast, Broadcasts, Phase, same_name
from storage.database import Database, Transaction
from storage.notices import Notice, Notices
from storage.officials import Desk, Officials


class Stage(StrEnum):
    """What there may be to tell beside a broadcast's own phases."""

    RETURNED = "returned"
    APPROVED = "approved"  # to be sent, or on its way already
    MISSED = "missed"
    LOST = "lost"  # a picture or sound of it is gone
    UNCERTAIN = "uncertain"
    CLOSED = "closed"  # no more answers are taken: this is what was answered


class NoticeReports:
    """Writes to authors and approvers."""

    def __init__(
        self,
        *,
        database: Database,
        texts: Texts,
        post: Post,
        words: NoticeWords,
        pages: Pages,
        rights: NoticeRights,
    ) -> None:
        self._database = database
        self._texts = texts
        self._post = post
        self._words = words
        self._pages = pages
        self._rights = rights
        self._broadcasts = Broadcasts()
        self._recipients = Recipients()
        self._notices = Notices()
        self._officials = Officials()

    async def run(self, now: datetime) -> None:
        """Tell all that is new. `now` in UTC."""
        async with self._database.read() as tx:
            untold = await self._notices.untold(tx)
            orphans = await self._notices.orphans(tx)
        if orphans:
            async with self._database.begin() as tx:
                await self._notices.adopt(tx)
        for notice in untold:
            await self._report(notice, now)

    async def _report(self, notice: Notice, now: datetime) -> None:
        """Look first, and write only where there is news."""
        async with self._database.read() as tx:
            if await self._news(tx, notice) is None:
                return
        async with self._database.begin() as tx:
            news = await self._news(tx, notice)
            if news is None:
                return
            it, stage = news
            if await self._notices.tell(tx, notice, f"{stage}:{it.version}"):
                await self._tell(tx, it, notice, stage, now)

    async def _news(self, tx: Transaction, notice: Notice) -> tuple[Broadcast, str] | None:
        it = await self._broadcasts.get(tx, notice.broadcast)
        stage = await self._stage(tx, it)
        if not stage or notice.told == f"{stage}:{it.version}":
            return None
        if stage == Phase.SUBMITTED and not await self._approvers(tx, it, notice):
            return None  # whoever comes to lead there is asked then
        return it, stage

    async def _stage(self, tx: Transaction, it: Broadcast) -> str:
        """What there is to tell of it now; nothing while it only goes its way."""
        deed, _ = await self._notices.last_deed(tx, it.id)
        match it.phase:
            case Phase.DRAFT:
                return Stage.RETURNED if deed == "return" else ""
            case Phase.PAUSED if it.note == MISSED:
                return Stage.MISSED
            case Phase.PAUSED if it.note == LOST:
                return Stage.LOST
            case Phase.FINISHED if it.closed_at is not None:
                return Stage.CLOSED
            case Phase.SENDING if it.expanded:
                if await self._notices.waits_for_nothing(tx, it.id):
                    account = await self._recipients.account(tx, it.id)
                    if account.uncertain:
                        return Stage.UNCERTAIN
        if it.phase in {*AHEAD, Phase.SENDING}:
            # One of a series was approved with the series.
            return Stage.APPROVED if deed == "approve" and it.series is None else ""
        return it.phase.value

    async def _tell(
        self, tx: Transaction, it: Broadcast, notice: Notice, stage: str, now: datetime
    ) -> None:
        author = await self._desk(tx, notice.author)
        if stage == Phase.SUBMITTED:
            await self._ask_approvers(tx, it, notice, now)
            return
        approver = await self._desk(tx, notice.approver)
        to = {desk.official.id: desk for desk in (author, approver) if desk is not None}
        if stage == Stage.APPROVED and it.alone:
            await self._tell_of_emergency(tx, it, notice, now)
        if stage == Stage.RETURNED:
            to = {author.official.id: author} if author else {}
        _, actor = await self._notices.last_deed(tx, it.id)
        account = await self._recipients.account(tx, it.id)
        text = self._texts(
            f"notice.news.{stage}", id=it.id, name=actor, why=it.note,
            when=self._words.when(it.draft.due_at, it.draft.repeats),
            account=in_words(account, self._texts),
        )  # fmt: skip
        if stage == Stage.CLOSED:
            text = joined(text, self._words.results(await results_of(tx, it)))
        by_hand = stage in {
            Stage.CLOSED,
            Stage.APPROVED,
            Stage.RETURNED,
            Phase.CANCELLED,
            Phase.PAUSED,
        }
        for desk in to.values():
            if by_hand and same_name(desk.official.name, actor):
                continue  # who did it was told at once
            buttons = await self._deeds(tx, it, desk, notice, stage)
            await self._send(tx, desk, Reply(text, buttons), now)

    async def _deeds(
        self, tx: Transaction, it: Broadcast, desk: Desk, notice: Notice, stage: str
    ) -> tuple[Button, ...]:
        """One tap for what is likely to follow."""
        if not self._rights.may_change(desk.official, it, notice):
            return ()
        match stage:
            case Phase.FINISHED | Stage.UNCERTAIN:
                account = await self._recipients.account(tx, it.id)
                return self._pages.again(it, account, await self._notices.can_go_again(tx, it.id))
            case Stage.MISSED | Stage.LOST:
                return (self._button(Deed.RESUME, it), self._button(Deed.CANCEL, it))
            case Stage.RETURNED:
                return (self._button(Deed.MEND, it), self._button(Deed.CANCEL, it))
        return ()

    async def _ask_approvers(
        self, tx: Transaction, it: Broadcast, notice: Notice, now: datetime
    ) -> None:
        """Show it to who may release it, whole, with whom it reaches."""
        reach = await self._words.count(tx, it.draft, now=now)
        preview = self._words.preview(it.draft)
        facts = joined(
            self._texts("notice.news.submitted", id=it.id, name=it.author),
            self._words.facts(it.draft),
            self._words.how_it_reads(it.draft),
            self._words.reaching(reach, it.draft),
        )
        ask = Reply(facts, self._pages.deciding(Seen(it, notice, own=False)))
        for desk in await self._approvers(tx, it, notice):
            await self._send(tx, desk, preview, now)
            await self._send(tx, desk, ask, now)

    async def _tell_of_emergency(
        self, tx: Transaction, it: Broadcast, notice: Notice, now: datetime
    ) -> None:
        """Nobody looked at it before it went: who could have, knows at once."""
        text = self._texts(
            "notice.news.alone",
            id=it.id,
            name=it.author,
            why=it.draft.reason,
            text=it.draft.headline,
        )
        for desk in await self._approvers(tx, it, notice):
            await self._send(tx, desk, Reply(text), now)

    async def _approvers(self, tx: Transaction, it: Broadcast, notice: Notice) -> list[Desk]:
        author = await self._officials.get(tx, notice.author) if notice.author else None
        return await self._rights.approvers(tx, it.draft.unit, but=author, editors=it.editors)

    async def _desk(self, tx: Transaction, official: int | None) -> Desk | None:
        """Where an official can be written to; None: nowhere."""
        known = await self._officials.get(tx, official) if official is not None else None
        if known is None:
            return None
        desks: Sequence[Desk] = await self._officials.desks(
            tx, units=[known.unit], roles=[known.role]
        )
        return next((desk for desk in desks if desk.official.id == known.id), None)

    async def _send(self, tx: Transaction, desk: Desk, reply: Reply, now: datetime) -> None:
        """Write to an official. Their digits keep their meaning (`Post`): whoever is about to hand
        in their own notice must not approve another's by the same digit."""
        await self._post.send(
            tx, reply, account=desk.account, conversation=desk.conversation, at=now
        )

    def _button(self, deed: Deed, it: Broadcast) -> Button:
        return Button(self._texts(f"notice.deed.{deed}"), encode(Step(deed, it.id, it.version)))

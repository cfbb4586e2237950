"""The preview of a notice that is composed, and what ends composing: handing it in, or sending an
emergency on one person's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from content.texts import Texts
from handlers.asking import faults
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.official.notices_asking import asks_of, over_before
from handlers.official.notices_enclosing import Enclosing, Whole
from handlers.official.notices_rights import NoticeRights
from handlers.official.notices_screens import Screens
from handlers.official.notices_steps import Step, Turn
from handlers.official.notices_words import NoticeWords, joined
from storage.broadcasts import Broadcasts, NoBroadcast, WrongState
from storage.notice_drafts import NoticeDraft, NoticeDrafts
from storage.notices import Notices
from storage.officials import Official


class HandingIn:
    """Shows what will be sent and hands it in. What it cannot do is a step to go back to."""

    def __init__(
        self,
        *,
        texts: Texts,
        words: NoticeWords,
        rights: NoticeRights,
        enclosing: Enclosing,
        screens: Screens,
    ) -> None:
        self._texts = texts
        self._words = words
        self._rights = rights
        self._enclosing = enclosing
        self._screens = screens
        self._drafts = NoticeDrafts()
        self._broadcasts = Broadcasts()
        self._notices = Notices()

    async def look(
        self, visit: Visit, official: Official, draft: NoticeDraft, news: str, start: int
    ) -> Served | Turn:
        """The preview, and all that is to be known of it; before the first one, whether it goes by
        a template, where that reaches more people."""
        found = await self._whole(visit, draft)
        whole = found.draft
        reach = await self._words.count(visit.tx, whole, now=visit.now)
        if draft.template is None and self._words.templates.beyond(reach, whole):
            return await self.template(visit, replace(draft, step=Step.TEMPLATE), news)
        facts = joined(
            news,
            self._enclosing.news(found),
            self._words.facts(whole),
            self._words.how_it_reads(whole),
            self._words.reaching(reach, whole),
            await self._who_approves(visit, official, draft),
        )
        preview = self._words.preview(whole)
        return self._screens.look(visit, draft, preview=preview, facts=facts, start=start)

    async def template(self, visit: Visit, draft: NoticeDraft, news: str) -> Served | Turn:
        """Ask whether it goes by a template to who gets no free text; who could choose nothing is
        not asked."""
        await self._drafts.keep(visit.tx, visit.conversation.id, draft, at=visit.now)
        found = await self._whole(visit, replace(draft, template=False))
        reach = await self._words.count(visit.tx, found.draft, now=visit.now)
        beyond = self._words.templates.beyond(reach, found.draft)
        if not beyond:
            return Turn(replace(draft, step=Step.LOOK, template=draft.template or False))
        question = self._words.templates.question(beyond, found.draft)
        return self._screens.template(visit, draft, question, news)

    async def urgent(self, visit: Visit, draft: NoticeDraft, news: str) -> Served:
        """The second question before it goes out at once, with how many people get it."""
        whole = await self._whole(visit, draft)
        reach = await self._words.count(visit.tx, whole.draft, now=visit.now)
        many = self._words.many(reach, whole.draft)
        return self._screens.urgent(visit, draft, many, news)

    async def submit(self, visit: Visit, official: Official, draft: NoticeDraft) -> Served | Turn:
        """Hand it in for another person's eyes."""
        whole = await self._whole(visit, draft)
        if whole.coming:  # the screen says so
            return Turn(draft)
        if late := _late(draft, visit.now):
            return Turn(late, "notice.time_passed")
        if draft.questions and over_before(draft, visit.now):
            return Turn(replace(draft, step=Step.UNTIL), "notice.until_early")
        if fault := next(faults(asks_of(draft), draft.text), None) if draft.questions else None:
            fields = {"count": fault.count, "most": fault.most}
            return Turn(draft, f"asked.fault.{fault.key}", fields)
        number = await self._write(visit, official, draft, whole)
        if number is None:
            return self._say(visit, "notice.changed")
        await self._broadcasts.submit(visit.tx, number, by=official.name, at=visit.now)
        await self._drafts.drop(visit.tx, visit.conversation.id)
        who = await self._who_approves(visit, official, draft)
        submitted = self._texts("notice.submitted", id=number)
        return self._screens.said(visit, Reply(joined(submitted, who)))

    async def send_now(self, visit: Visit, official: Official, draft: NoticeDraft) -> Served | Turn:
        """An emergency on one person's word: they typed that they mean it."""
        if not self._rights.releases(official):
            return Turn(replace(draft, step=Step.LOOK))
        found = await self._whole(visit, draft)
        if found.coming:
            return Turn(draft, "notice.enclosed_not_here")
        reach = await self._words.count(visit.tx, found.draft, now=visit.now)
        number = await self._write(visit, official, draft, found)
        if number is None:
            return self._say(visit, "notice.changed")
        await self._broadcasts.submit(visit.tx, number, by=official.name, at=visit.now)
        await self._broadcasts.approve(visit.tx, number, by=official.name, at=visit.now)
        await self._notices.released(visit.tx, number, official.id)
        await self._drafts.drop(visit.tx, visit.conversation.id)
        many = self._words.many(reach, found.draft)
        return self._say(visit, "notice.sending_now", id=number, count=many)

    async def _write(
        self, visit: Visit, official: Official, draft: NoticeDraft, found: Whole
    ) -> int | None:
        """The broadcast that it becomes; None: it was changed or has begun meanwhile."""
        tx, whole, by, at = visit.tx, found.draft, official.name, visit.now
        number = draft.broadcast
        if number is None:
            number = await self._broadcasts.write(tx, whole, by=by, at=at)
        else:
            try:
                it = await self._broadcasts.get(tx, number, lock=True)
                if it.version != draft.seen:
                    raise WrongState(f"broadcast {number} was changed meanwhile")
                whole = replace(whole, grace=it.draft.grace)
                await self._broadcasts.edit(tx, number, whole, by=by, at=at)
            except (WrongState, NoBroadcast):
                await self._drafts.drop(tx, visit.conversation.id)
                return None
        await self._notices.wrote(tx, number, official.id)
        return number

    async def _whole(self, visit: Visit, draft: NoticeDraft) -> Whole:
        """The notice as it would be sent, by a template only where one can carry it."""
        found = await self._enclosing.whole(visit.tx, draft)
        return replace(found, draft=self._words.templates.possible(found.draft))

    async def _who_approves(self, visit: Visit, official: Official, draft: NoticeDraft) -> str:
        desks = await self._rights.approvers(visit.tx, draft.unit, but=official)
        if not desks:
            return self._texts("notice.no_approver")
        return self._texts("notice.approvers", names=", ".join(d.official.name for d in desks))

    def _say(self, visit: Visit, key: str, **fields: object) -> Served:
        return self._screens.said(visit, Reply(self._texts(key, **fields)))


def _late(draft: NoticeDraft, now: datetime) -> NoticeDraft | None:
    """Asking for another time, where the chosen one is over."""
    if draft.emergency or draft.due_at is None or draft.due_at > now:
        return None
    return replace(draft, step=Step.WHEN, due_at=None, repeats="")

"""Writing: what an official says for a case, shown as the villager will get it, then sent.

It stays in the database until it is sent or dropped. What changed meanwhile is told, and nothing
goes out twice: the case's version decides who was first. How a voice comes, `speaking` knows.
"""

from __future__ import annotations

from dataclasses import replace

from content.texts import Texts
from handlers.case_files import CaseFiles
from handlers.casework import Casework
from handlers.errands import Served, Visit
from handlers.messages import Reply
from handlers.official.duties import still
from handlers.official.proof import LONGEST, Proof, has_words
from handlers.official.screens import Screens
from handlers.official_actions import Duty, Work
from storage.case_history import Happened, History
from storage.case_records import Case, Changed, Refused
from storage.cases import Cases
from storage.database import Transaction
from storage.files import File, Files
from storage.official_drafts import OfficialDraft, OfficialDrafts, Purpose
from storage.officials import Official

PURPOSES = {
    Duty.ANSWER: Purpose.ANSWER,
    Duty.ASK_BACK: Purpose.ASK_BACK,
    Duty.CLOSE: Purpose.CLOSE,
    Duty.NOTE: Purpose.NOTE,
    Duty.UNMASK: Purpose.UNMASK,
}


class Writing:
    """Takes words from officials and does with them what they were asked for."""

    def __init__(
        self,
        *,
        casework: Casework,
        screens: Screens,
        texts: Texts,
        proof: Proof,
        files: CaseFiles,
    ) -> None:
        self._casework = casework
        self._screens = screens
        self._texts = texts
        self._proof = proof
        self._case_files = files
        self._files = Files()
        self._cases = Cases()
        self._drafts = OfficialDrafts()
        self._history = History()

    async def begin(self, visit: Visit, official: Official, case: Case, purpose: Purpose) -> Served:
        """The next words of theirs are for this."""
        draft = await self._drafts.begin(
            visit.tx, visit.conversation.id, official=official.id, case=case.id,
            purpose=purpose, seen=case.version, at=visit.now,
        )  # fmt: skip
        return self.ask(visit, case, draft)

    def ask(self, visit: Visit, case: Case, draft: OfficialDraft, key: str = "") -> Served:
        """Ask for the words."""
        text = self._texts(
            key or f"official.write.{draft.purpose}", case=self._casework.label(case)
        )
        return self.say(visit, Reply(text, (self._screens.duty(0, Duty.DROP, case),)))

    async def hear(
        self, visit: Visit, official: Official, case: Case, draft: OfficialDraft
    ) -> Served:
        """They wrote it."""
        text = visit.text.strip()
        if not has_words(text):
            return self.ask(visit, case, draft, self.wants(draft))
        if len(text) > LONGEST:
            return self.ask(visit, case, draft, "official.too_long")
        draft = replace(draft, text=text)
        if draft.purpose.goes_out:
            await self.keep(visit, draft)
            return await self.preview(visit, official, case, draft)
        await self.drop(visit)
        match draft.purpose:
            case Purpose.NOTE:
                await self._cases.note(visit.tx, case.id, text, by=official.id, at=visit.now)
                return await self._show(visit, official, case, "official.noted")
            case Purpose.UNMASK:
                await self._history.note(
                    visit.tx, case.id, Happened.SHOWN, at=visit.now, by=official.id, detail=text
                )
                return await self._show(visit, official, case, "official.shown", unmasked=True)
        return await self._close(visit, official, case, draft)

    async def preview(
        self,
        visit: Visit,
        official: Official,
        case: Case,
        draft: OfficialDraft,
        notice: str = "official.preview",
    ) -> Served:
        """What the villager will get, in answer to the official."""
        account = visit.conversation.account
        if draft.voice and notice == "official.preview":
            notice = "official.voice.preview"
        text = self._texts(notice, case=self._casework.label(case))
        reply = await self.shown(visit.tx, official, case, draft, account=account, notice=text)
        return self.say(visit, reply)

    async def shown(
        self,
        tx: Transaction,
        official: Official,
        case: Case,
        draft: OfficialDraft,
        *,
        account: str,
        notice: str,
    ) -> Reply:
        """What the villager will read and hear, word for word, and what may be hard in it; for the
        official, who is on that account."""
        voice = await self._voice(tx, draft)
        told = self._proof.told(case, draft.purpose, self._signed(official, draft), voice)
        found = await self._proof.all_remarks(tx, case, draft.text)
        notes = "\n".join([self._texts("official.remarks"), *found]) if found else ""
        media = (self._case_files.media(voice),) if voice else ()
        asides = []
        if voice and await self._casework.by_link(tx, case, voice):
            asides.append(self._texts("official.voice.by_link"))
        if not all(self._casework.opens(account, one) for one in media):
            asides.append(self._texts("official.voice.not_here"))
        parts = [notice, told, *asides, notes]
        sign = "official.unsign" if draft.signed else "official.duty.g"
        buttons = (
            self._screens.duty(1, Duty.SEND, case),
            self._screens.duty(2, Duty.REWRITE, case),
            self._screens.button(
                3, self._texts(sign, name=official.name), Work(Duty.SIGN, case.id, case.version)
            ),
            self._screens.duty(0, Duty.DROP, case),
        )
        return Reply("\n\n".join(filter(None, parts)), buttons, media)

    async def decide(
        self, visit: Visit, official: Official, case: Case, draft: OfficialDraft, duty: Duty
    ) -> Served:
        """They looked at the preview and chose."""
        match duty:
            case Duty.REWRITE:
                draft = replace(draft, text="", voice=None)
                await self._files.put_aside(visit.tx, official_draft=draft.id)
                await self.keep(visit, draft)
                return self.ask(visit, case, draft)
            case Duty.SIGN:
                draft = replace(draft, signed=not draft.signed)
                await self.keep(visit, draft)
                return await self.preview(visit, official, case, draft)
        return await self._send(visit, official, case, draft)

    async def _send(
        self, visit: Visit, official: Official, case: Case, draft: OfficialDraft
    ) -> Served:
        text, voice = self._signed(official, draft), await self._voice(visit.tx, draft)
        send = self._casework.ask_back
        if draft.purpose is Purpose.ANSWER:
            send = self._casework.answer
        if voice and not await self._casework.can_hear(visit.tx, case, voice):
            await self._files.put_aside(visit.tx, official_draft=draft.id)
            return self.ask(visit, case, draft, "official.voice.cannot_hear")
        try:
            if case.version != draft.seen:
                raise Changed
            await send(visit.tx, case, text, by=official, at=visit.now, voice=voice)
        except Refused:
            return await self._too_late(visit, official, case)
        except Changed:
            case = await self._casework.get(visit.tx, case.id)
            if not still(case, draft.purpose) or not self._screens.sees(official, case):
                return await self._too_late(visit, official, case)
            draft = replace(draft, seen=case.version)
            await self.keep(visit, draft)
            page = await self._screens.case(visit.tx, official, case, visit.now)
            again = await self.preview(visit, official, case, draft, "official.preview_again")
            news = Reply(self._texts("official.changed") + "\n\n" + page.text)
            return replace(again, replies=(news, *again.replies))
        await self.drop(visit)
        return await self.list(visit, official, f"official.sent.{draft.purpose}", case)

    async def _close(
        self, visit: Visit, official: Official, case: Case, draft: OfficialDraft
    ) -> Served:
        try:
            if case.version != draft.seen:
                raise Changed
            await self._casework.close(visit.tx, case, by=official, at=visit.now, why=draft.text)
        except (Changed, Refused):
            return await self._too_late(visit, official, case)
        return await self.list(visit, official, "official.closed", case)

    async def _too_late(self, visit: Visit, official: Official, case: Case) -> Served:
        """Somebody else was first: who it was and how it stands; nothing went out."""
        await self.drop(visit)
        case = await self._casework.get(visit.tx, case.id)
        if not self._screens.sees(official, case):
            return await self.list(visit, official, "official.gone", case)
        name = await self._casework.answered_by(visit.tx, case)
        if name is None:
            return await self._show(visit, official, case, "official.changed")
        return await self._show(visit, official, case, "official.answered_first", name=name)

    async def list(
        self, visit: Visit, official: Official, key: str, case: Case, start: int = 0
    ) -> Served:
        """The list, with what was done above it."""
        notice = self._texts(key, case=self._casework.label(case))
        return self.say(
            visit, await self._screens.list(visit.tx, official, start, visit.now, notice)
        )

    async def _show(
        self,
        visit: Visit,
        official: Official,
        case: Case,
        key: str,
        *,
        unmasked: bool = False,
        **fields: str,
    ) -> Served:
        page = await self._screens.case(
            visit.tx, official, case, visit.now,
            notice=self._texts(key, case=self._casework.label(case), **fields), unmasked=unmasked,
        )  # fmt: skip
        return self.say(visit, page)

    def _signed(self, official: Official, draft: OfficialDraft) -> str:
        if not draft.signed:
            return draft.text
        return self._texts("official.signed", text=draft.text, name=official.name).strip()

    async def _voice(self, tx: Transaction, draft: OfficialDraft) -> File | None:
        return await self._files.of_official_draft(tx, draft.id) if draft.voice else None

    def wants(self, draft: OfficialDraft) -> str:
        """What to say to who sent something that is no answer."""
        return "official.text_or_voice" if draft.purpose.goes_out else "official.text_only"

    async def drop(self, visit: Visit) -> None:
        await self._drafts.drop(visit.tx, visit.conversation.id)

    async def keep(self, visit: Visit, draft: OfficialDraft) -> None:
        await self._drafts.keep(visit.tx, draft, at=visit.now)

    def say(self, visit: Visit, reply: Reply) -> Served:
        return Served((reply,), replace(visit.talk, expecting="", greeted=True))

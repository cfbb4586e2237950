"""The office in a chat: first turn for who works there, and nothing for anybody else.

Whoever is an official is asked of the database each time, so that who was removed may do nothing
from then on. What is no work of theirs (a question, a menu) goes on to the villagers' errands.
"""

from __future__ import annotations

import re
from dataclasses import replace

from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.actions import Action, Stop
from handlers.casework import Casework
from handlers.errands import Served, Visit
from handlers.messages import Kind, Reply
from handlers.official.alike import AlikeCases
from handlers.official.duties import duties
from handlers.official.joining import Joining
from handlers.official.last_screen import before_work
from handlers.official.screens import Screens
from handlers.official.speaking import Speaking
from handlers.official.writing import PURPOSES, Writing
from handlers.official_actions import Duty, JoinOffice, ListWork, Work
from storage.case_history import Happened, History
from storage.case_records import Case, Changed, Refused
from storage.cases import Cases
from storage.official_drafts import OfficialDraft, OfficialDrafts
from storage.officials import Official, Officials

_LIST = re.compile(r"/?viec(?:\s+(?:so\s+)?([0-9]{1,9}))?")
READING = frozenset({Duty.OPEN})
OF_ANY_VERSION = frozenset({Duty.NOTE, Duty.FILES})
DECIDING = frozenset({Duty.SEND, Duty.REWRITE, Duty.SIGN})


class Office:
    """Serves officials at their work."""

    def __init__(
        self,
        *,
        casework: Casework,
        texts: Texts,
        joining: Joining,
        screens: Screens,
        writing: Writing,
        speaking: Speaking,
    ) -> None:
        self._casework = casework
        self._texts = texts
        self._joining = joining
        self._screens = screens
        self._writing = writing
        self._speaking = speaking
        self._lets_pass = frozenset(
            fold(word) for word in texts("official.words_release_all").split("|")
        )
        self._stops = frozenset(fold(word) for word in texts("official.words_stop").split("|"))
        self._cases = Cases()
        self._drafts = OfficialDrafts()
        self._history = History()
        self._alike = AlikeCases(casework=casework, texts=texts)
        self._officials = Officials()
        self.arrived = speaking.arrived

    async def serve(self, visit: Visit, kind: Kind, action: Action | None) -> Served | None:
        """Serve what is an official's work; None for all else."""
        if isinstance(action, JoinOffice):
            return await self._joining.join(visit, action)
        if action is None and (joins := await self._joining.hear(visit, kind)) is not None:
            return joins
        official = None
        if not visit.group:
            official = await self._officials.of(visit.tx, visit.conversation.id)
        if official is not None:
            return await self._work(visit, official, kind, action)
        if isinstance(action, ListWork | Work):
            return self._writing.say(visit, Reply(self._texts("official.not_here")))
        return None

    def describe(self, action: Action) -> str:
        """What an official said by tapping a button; nothing for other buttons."""
        match action:
            case Work(duty=Duty.OPEN, case=case):
                return self._texts("official.opens", id=case)
            case Work(duty=Duty.GIVE):
                return self._texts("official.duty.h")
            case Work(duty=Duty.JOIN, value=other):
                return self._texts("official.duty.j", id=other)
            case Work(duty=duty):
                return self._texts(f"official.duty.{duty}", name="")
            case ListWork():
                return self._texts("official.to_list")
            case JoinOffice():
                return self._texts("official.join.yes")
        return ""

    async def _work(
        self, visit: Visit, official: Official, kind: Kind, action: Action | None
    ) -> Served | None:
        draft = await self._drafts.of(visit.tx, visit.conversation.id)
        if draft is not None and draft.official != official.id:
            draft = None
        match action:
            case Work():
                return await self._step(visit, official, draft, action)
            case ListWork(start=start):
                return await self._list(visit, official, draft, start)
        typed = fold(visit.text).strip(" .!?") if kind is Kind.TEXT else ""
        if draft is not None and (isinstance(action, Stop) or typed in self._stops):
            return await self._stop(visit, official)
        if action is not None:
            return None
        if official.leads and draft is None and typed in self._lets_pass:
            count = await self._casework.release_crowd(visit.tx, by=official, at=visit.now)
            notice = self._texts("official.released_all", count=count)
            return self._writing.say(
                visit, await self._screens.list(visit.tx, official, 0, visit.now, notice)
            )
        if found := _LIST.fullmatch(typed):
            if found[1]:
                opened = Work(Duty.OPEN, int(found[1]))
                return await self._step(visit, official, draft, opened)
            return await self._list(visit, official, draft, 0)
        if kind in {Kind.START, Kind.BUTTON}:
            return None
        if draft is None:
            sent = bool(visit.attachments) and not visit.text.strip()
            return self._unawaited(visit) if sent and before_work(visit.talk) else None
        return await self._words(visit, official, draft, kind)

    def _unawaited(self, visit: Visit) -> Served:
        """A voice, picture or file while they look at their work: for whom is it?"""
        return Served((Reply(self._texts("official.unawaited")),), visit.talk)

    async def _words(
        self, visit: Visit, official: Official, draft: OfficialDraft, kind: Kind
    ) -> Served:
        """They write, or send something that is no writing, while words are awaited."""
        case = await self._cases.get(visit.tx, draft.case)
        if case is None or not self._screens.sees(official, case):
            return await self._gone(visit, official)
        if draft.ready:  # it waits to be sent: what they say now must not take its place unseen
            return await self._writing.preview(
                visit, official, case, draft, "official.preview_waits"
            )
        if kind is not Kind.TEXT or visit.attachments:
            return await self._speaking.take(visit, official, case, draft)
        if draft.coming:
            return await self._speaking.add(visit, case, draft)
        return await self._writing.hear(visit, official, case, draft)

    async def _list(
        self, visit: Visit, official: Official, draft: OfficialDraft | None, start: int
    ) -> Served:
        if draft is not None and (draft.ready or draft.coming):
            case = await self._cases.get(visit.tx, draft.case)
            if case is not None and self._screens.sees(official, case):
                if draft.coming:
                    return self._speaking.wait(visit, case)
                return await self._writing.preview(
                    visit, official, case, draft, "official.preview_waits"
                )
        await self._writing.drop(visit)
        return self._writing.say(
            visit, await self._screens.list(visit.tx, official, start, visit.now)
        )

    async def _stop(self, visit: Visit, official: Official) -> Served:
        """They give up what they were writing; the list follows."""
        await self._writing.drop(visit)
        notice = self._texts("official.dropped")
        return self._writing.say(
            visit, await self._screens.list(visit.tx, official, 0, visit.now, notice)
        )

    async def _gone(self, visit: Visit, official: Official) -> Served:
        await self._writing.drop(visit)
        notice = self._texts("official.gone", case="")
        return self._writing.say(
            visit, await self._screens.list(visit.tx, official, 0, visit.now, notice)
        )

    async def _step(
        self, visit: Visit, official: Official, draft: OfficialDraft | None, action: Work
    ) -> Served:
        case = await self._cases.get(visit.tx, action.case)
        if case is None or not self._screens.sees(official, case):
            if draft is not None and draft.case != action.case and (draft.ready or draft.coming):
                return await self._list(visit, official, draft, 0)  # what waits is not lost
            return await self._gone(visit, official)
        duty = action.duty
        if duty is Duty.DROP:
            if draft is None:
                return await self._open(visit, official, case)
            return await self._stop(visit, official)
        if duty in DECIDING:
            if draft is None or draft.case != case.id or not draft.ready:
                return await self._open(visit, official, case, "official.old_button")
            return await self._writing.decide(visit, official, case, draft, duty)
        if draft is not None and (draft.ready or draft.coming):
            return await self._list(visit, official, draft, 0)
        await self._writing.drop(visit)
        if duty in READING:
            return await self._open(visit, official, case)
        if duty not in OF_ANY_VERSION and action.seen != case.version:
            return await self._open(visit, official, case, "official.changed")
        if duty not in duties(official, case):
            return await self._open(visit, official, case, "official.may_not")
        if duty is Duty.FILES:
            return await self._look(visit, official, case)
        if duty in PURPOSES:
            return await self._writing.begin(visit, official, case, PURPOSES[duty])
        return await self._move(visit, official, case, action)

    async def _move(self, visit: Visit, official: Official, case: Case, action: Work) -> Served:
        """A step that needs no words."""
        tx, at = visit.tx, visit.now
        try:
            match action.duty:
                case Duty.HAND_ON:
                    reply = await self._screens.colleagues(tx, official, case, action.value)
                    return self._writing.say(visit, reply)
                case Duty.TAKE:
                    await self._casework.assign(tx, case, to=official, by=official, at=at)
                    key, name = "official.taken", official.name
                case Duty.GIVE:
                    to = await self._officials.get(tx, action.value)
                    if to is None or not to.answers or not self._screens.sees(to, case):
                        return await self._open(visit, official, case, "official.not_to_them")
                    await self._casework.assign(tx, case, to=to, by=official, at=at)
                    key, name = "official.given", to.name
                case Duty.JOIN | Duty.PART:
                    said = await self._alike.act(tx, official, action, at=at)
                    if said is None:
                        return await self._gone(visit, official)
                    key, name = said, ""
                case _:
                    await self._casework.release(tx, case, by=official, at=at)
                    key, name = "official.released", ""
        except (Changed, Refused):
            case = await self._casework.get(tx, case.id)
            return await self._open(visit, official, case, "official.changed")
        case = await self._casework.get(tx, case.id)
        return await self._open(visit, official, case, key, name=name, id=str(action.value))

    async def _look(self, visit: Visit, official: Official, case: Case) -> Served:
        """Photos and voices of a case; that they were looked at stands in its history."""
        account = visit.conversation.account
        shown, replies = await self._screens.files(visit.tx, case, account, visit.now)
        if shown:
            await self._history.note(
                visit.tx, case.id, Happened.FILES_SHOWN, at=visit.now, by=official.id,
                detail=", ".join(map(str, shown)),
            )  # fmt: skip
        return replace(self._writing.say(visit, replies[-1]), replies=replies)

    async def _open(
        self, visit: Visit, official: Official, case: Case, key: str = "", **fields: str
    ) -> Served:
        notice = self._texts(key, case=self._casework.label(case), **fields) if key else ""
        page = await self._screens.case(visit.tx, official, case, visit.now, notice=notice)
        return self._writing.say(visit, page)

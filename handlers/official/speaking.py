"""Speaking: an official answers by a voice note, which has to be fetched before anybody hears it.

What came is a file of their draft; once it is here it is shown to them as a text is, and if it
cannot be had they are told why. Words that they send with it or meanwhile go along.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from content.texts import Texts
from handlers.case_files import CaseFiles
from handlers.casework import Casework
from handlers.errands import Served, Visit
from handlers.messages import Attachment, Kind, Reply
from handlers.official.proof import LONGEST
from handlers.official.screens import Screens
from handlers.official.writing import Writing
from handlers.official_actions import Duty
from handlers.post import Post
from storage.case_records import Case
from storage.cases import Cases
from storage.database import Transaction
from storage.files import File, Files, FileState
from storage.official_drafts import OfficialDraft, OfficialDrafts
from storage.officials import Official, Officials

PREVIEW = "official.voice.preview"


class Speaking:
    """Takes voices from officials, and shows them when they have come."""

    def __init__(
        self,
        *,
        casework: Casework,
        screens: Screens,
        writing: Writing,
        texts: Texts,
        files: CaseFiles,
        post: Post,
    ) -> None:
        self._casework = casework
        self._screens = screens
        self._writing = writing
        self._texts = texts
        self._case_files = files
        self._post = post
        self._cases = Cases()
        self._drafts = OfficialDrafts()
        self._files = Files()
        self._officials = Officials()

    async def take(
        self, visit: Visit, official: Official, case: Case, draft: OfficialDraft
    ) -> Served:
        """They sent something that is no mere words."""
        voice = _voice_in(visit.attachments)
        if voice is None or not draft.purpose.goes_out:
            return self._writing.ask(visit, case, draft, self._writing.wants(draft))
        if not await self._casework.can_hear(visit.tx, case):
            return self._writing.ask(visit, case, draft, "official.voice.cannot_hear")
        await self._case_files.take_voice(
            visit.tx, voice, draft=draft.id, account=visit.conversation.account, at=visit.now
        )
        return await self._wait(visit, case, draft)

    async def add(self, visit: Visit, case: Case, draft: OfficialDraft) -> Served:
        """They write while their voice is on its way: the words go along. A digit is no words."""
        if visit.text.strip().isdigit():
            return self.wait(visit, case)
        return await self._wait(visit, case, draft)

    def wait(self, visit: Visit, case: Case) -> Served:
        """Say that their voice is on its way."""
        text = self._texts("official.voice.coming", case=self._casework.label(case))
        return self._writing.say(visit, Reply(text, (self._screens.duty(0, Duty.DROP, case),)))

    async def _wait(self, visit: Visit, case: Case, draft: OfficialDraft) -> Served:
        """Keep the words that came, if there are any."""
        words = visit.text.strip()
        if any(letter.isalnum() for letter in words):
            draft = replace(draft, text=f"{draft.text}\n{words}".strip())
        if len(draft.text) > LONGEST:
            return self._writing.ask(visit, case, draft, "official.too_long")
        await self._writing.keep(visit, draft)
        return self.wait(visit, case)

    async def arrived(self, tx: Transaction, file: int, at: datetime) -> None:
        """An attempt to fetch a file ended. If it is what an official spoke, they see how.

        Nothing else that is under way in their chat is disturbed: `Post` chooses the digits.
        """
        conversation = await self._drafts.hold(tx, file)
        draft = None if conversation is None else await self._drafts.of(tx, conversation)
        voice = await self._files.owned(tx, file)
        if conversation is None or draft is None or draft.voice != file or voice is None:
            return
        usable = voice.state is FileState.STORED and voice.mime.startswith("audio/")
        if not usable and voice.state is not FileState.WAITING:
            await self._files.put_aside(tx, official_draft=draft.id)
        official = await self._officials.of(tx, conversation)
        case = await self._cases.get(tx, draft.case)
        if official is None or case is None or not self._screens.sees(official, case):
            return  # they are told with their next word
        reply = await self._shown(tx, official, case, draft, voice)
        if reply is not None:
            await self._post.send(
                tx, reply, account=voice.account, conversation=conversation, at=at
            )

    async def _shown(
        self, tx: Transaction, official: Official, case: Case, draft: OfficialDraft, voice: File
    ) -> Reply | None:
        """The preview, or why there is none; None when there is nothing new to say."""
        label = self._casework.label(case)
        drop = (self._screens.duty(0, Duty.DROP, case),)
        if voice.state is FileState.WAITING:
            again = voice.attempts > 1
            return None if again else Reply(self._texts("official.voice.later", case=label), drop)
        key, why = PREVIEW, ""
        if voice.state is not FileState.STORED:
            key, why = "official.voice.failed", self._texts(voice.reason)
        elif not voice.mime.startswith("audio/"):
            key, why = "official.voice.failed", self._texts("official.voice.no_sound")
        elif not await self._casework.can_hear(tx, case, voice):
            key = "official.voice.cannot_hear"
        notice = self._texts(key, case=label, why=why)
        if key != PREVIEW:
            await self._files.put_aside(tx, official_draft=draft.id)
            draft = replace(draft, voice=None, coming=False)
            if not draft.text:
                return Reply(notice, drop)
            notice = f"{notice}\n{self._texts('official.voice.words_left')}"
        return await self._writing.shown(
            tx, official, case, draft, account=voice.account, notice=notice
        )


def _voice_in(attachments: tuple[Attachment, ...]) -> Attachment | None:
    """What may be a voice: some phones send recordings as mere files."""
    return next((one for one in attachments if one.kind in {Kind.VOICE, Kind.FILE}), None)

"""The picture and the voice of a notice while it is composed: taken, waited for, told of, left out.

They are fetched as files of cases are, and nothing is handed in before they have come. What is
handed in names each with its hash, so that an approval is of these bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from content.texts import Texts
from content.understanding.vietnamese import fold
from handlers.actions import encode
from handlers.errands import Visit
from handlers.messages import Attachment, Button, Kind, Reply
from handlers.official.notices_steps import Step
from handlers.official_actions import Compose, Composed
from handlers.post import Post
from storage.broadcasts import Broadcast, Draft, Enclosed
from storage.consents import Purpose
from storage.database import Transaction
from storage.files import File, Files, FileState
from storage.notice_drafts import NoticeDraft, NoticeDrafts
from storage.officials import Officials
from storage.questionnaires import Questionnaire

USABLE = ("image/", "audio/")


@dataclass(frozen=True, slots=True)
class Whole:
    """A notice as it would be sent. `coming`: a file of it is not here yet; `lost`: why one that
    was to go with it cannot, the key of a text."""

    draft: Draft
    coming: bool = False
    lost: str = ""


class Enclosing:
    """Takes what officials send while they compose."""

    def __init__(self, *, texts: Texts, post: Post) -> None:
        self._texts = texts
        self._post = post
        self._files = Files()
        self._drafts = NoticeDrafts()
        self._officials = Officials()
        self._without = {
            name: frozenset(fold(word) for word in texts(key).split("|"))
            for name, key in (
                ("picture", "notice.without.picture"),
                ("voice", "notice.without.voice"),
            )
        }

    async def take(self, visit: Visit, draft: NoticeDraft) -> NoticeDraft | None:
        """What came with their message goes with the notice, in the place of any earlier one of its
        kind; None: nothing came that could."""
        took = draft
        for one in visit.attachments:
            name = _place(one)
            if name is None:
                continue
            number = await self._files.receive_for_notice(
                visit.tx,
                account=visit.conversation.account,
                reference=one.reference,
                kind=one.kind.value,
                mime=one.mime,
                size=one.size,
                at=visit.now,
            )
            took = _with(took, name, number)
        return None if took is draft else took

    def leave_out(self, draft: NoticeDraft, words: str) -> NoticeDraft | None:
        """ "bỏ ảnh", "bỏ lời nói": it goes without; None: they said something else."""
        said = fold(words).strip(" .!?")
        for name, known in self._without.items():
            if said in known and getattr(draft, name) is not None:
                return _with(draft, name, None)
        return None

    async def whole(self, tx: Transaction, draft: NoticeDraft) -> Whole:
        """The notice with what has come for it."""
        enclosed, coming, lost = list[Enclosed](), False, ""
        for number in (draft.picture, draft.voice):
            if number is None:
                continue
            file = await self._files.get(tx, number)
            if file is not None and file.state is FileState.WAITING:
                coming = True
            elif why := _unfit(file):
                lost = why
            elif file is not None:
                shows = draft.about if number == draft.picture else ""
                one = enclosed_of(file, shows)
                if all(other.is_sound != one.is_sound for other in enclosed):
                    enclosed.append(one)
        return Whole(as_draft(draft, tuple(enclosed)), coming, lost)

    def news(self, whole: Whole) -> str:
        """What its author has to know of its files; mostly nothing."""
        if whole.coming:
            return self._texts("notice.enclosed_not_here")
        if whole.lost:
            return self._texts("notice.enclosed_lost", why=self._texts(whole.lost))
        return self._texts("notice.enclosed_hint") if whole.draft.enclosed else ""

    async def arrived(self, tx: Transaction, file: int, at: datetime) -> None:
        """An attempt to fetch a file ended: if it was for a notice, its author is told how.

        Nothing else that is under way in their chat is disturbed: `Post` chooses the digits.
        """
        conversation = await self._drafts.with_file(tx, file)
        found = None if conversation is None else await self._files.get(tx, file)
        draft = None if conversation is None else await self._drafts.of(tx, conversation)
        if conversation is None or found is None or draft is None:
            return
        official = await self._officials.of(tx, conversation)
        if official is None or official.id != draft.official:
            return
        if found.state is FileState.WAITING:
            if found.attempts > 1:
                return
            text = self._texts("notice.enclosed_later")
        elif why := _unfit(found):
            await self._drafts.without(tx, file)
            text = self._texts("notice.enclosed_lost", why=self._texts(why))
        else:
            text = self._texts("notice.enclosed_here")
        show = Button(self._texts("notice.go_on"), encode(Compose(Composed.SHOW, draft.step)), 1)
        await self._post.send(
            tx, Reply(text, (show,)), account=found.account, conversation=conversation, at=at
        )


def enclosed_of(file: File, about: str = "") -> Enclosed:
    """A stored file as a notice names it."""
    return Enclosed(file.id, file.key, file.mime, file.seconds, file.digest, about)


def as_draft(draft: NoticeDraft, enclosed: tuple[Enclosed, ...] = ()) -> Draft:
    """What the broadcast will be: an emergency has no time but now."""
    calm = not draft.emergency
    return Draft(
        text=draft.text,
        purpose=Purpose(draft.purpose or Purpose.NOTICES),
        unit=draft.unit,
        only_unit=draft.only_unit,
        card=draft.card,
        emergency=draft.emergency,
        reason=draft.reason,
        due_at=draft.due_at if calm else None,
        repeats=draft.repeats if calm else "",
        asks=Questionnaire.from_json(draft.questions),
        enclosed=enclosed,
        texts=draft.texts,
        language=draft.language,
        topic=draft.topic,
        also=draft.also,
        template=bool(draft.template),
    )


def as_composed(official: int, it: Broadcast) -> NoticeDraft:
    """A broadcast that this official changes, at its preview."""
    return NoticeDraft(
        official=official,
        step=Step.LOOK,
        unit=it.draft.unit,
        only_unit=it.draft.only_unit,
        text=it.draft.text,
        purpose=it.draft.purpose.value,
        card=it.draft.card,
        due_at=it.draft.due_at,
        repeats=it.draft.repeats,
        emergency=it.draft.emergency,
        reason=it.draft.reason,
        looked=True,
        broadcast=it.id,
        seen=it.version,
        picture=next((one.id for one in it.draft.enclosed if not one.is_sound), None),
        voice=next((one.id for one in it.draft.enclosed if one.is_sound), None),
        texts=it.draft.texts,
        language=it.draft.language,
        topic=it.draft.topic,
        questions=it.draft.asks.to_json() if it.draft.asks else "",
        also=it.draft.also,
        template=it.draft.template or None,
        about=next((one.about for one in it.draft.enclosed if not one.is_sound), ""),
    )


def _with(draft: NoticeDraft, name: str, file: int | None) -> NoticeDraft:
    if name == "picture":
        return replace(draft, picture=file, about="")
    return replace(draft, voice=file)


def _place(one: Attachment) -> str | None:
    """Where it belongs, by what its sender says; what it is, is seen once it is here."""
    match one.kind:
        case Kind.IMAGE:
            return "picture"
        case Kind.VOICE:
            return "voice"
        case Kind.FILE:  # some phones send recordings and pictures as mere files
            return "picture" if one.mime.startswith("image/") else "voice"
    return None


def _unfit(file: File | None) -> str:
    """Why it cannot go with a notice: the key of a text; empty if it can."""
    if file is None:
        return "files.reason.gone"
    if file.state is not FileState.STORED:
        return file.reason or "files.reason.gone"
    return "" if file.mime.startswith(USABLE) else "notice.enclosed_no_document"

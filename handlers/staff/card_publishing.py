"""How a card's file and the console's book of it stay one: approved drafts are written into the
file, and what somebody saved in a file past the console is noted.

First it is decided in the database, then the file is written, then the draft ends: a crash in
between leaves an approved draft, which is written when anybody looks next.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from content.approvals import Approval, ApprovalFault, Approvals, digest_of
from content.card_files import FileMoved, texts_in, write_card
from content.languages import VIETNAMESE
from content.texts import Texts
from content.whole_files import alone
from storage.audit import Audit, Kind, Verb
from storage.card_drafts import CardDraft, CardDrafts, DraftChanged, DraftState
from storage.card_versions import CardVersions
from storage.database import Database, Transaction

log = logging.getLogger(__name__)

NEVER = (0, "")
"""Number and digest of the last version of a card of which none is known."""


class Published(StrEnum):
    """What became of an approved draft."""

    DONE = "done"
    MOVED = "moved"  # the file was saved by somebody else: the draft went back to its writers
    UNWRITABLE = "unwritable"  # it stays approved and is tried again


class CardPublishing:
    """Writes what was approved, notes what is there."""

    def __init__(
        self,
        *,
        database: Database,
        folder: Path,
        texts: Texts,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        """`folder` is the content folder."""
        self._database = database
        self._folder = folder
        self._texts = texts
        self._zone = zone
        self._clock = clock
        self._drafts = CardDrafts()
        self._versions = CardVersions()

    async def look(self) -> None:
        """Write what was approved and is not in its file yet, and note each file's text."""
        await self.finish_all()
        async with self._database.read() as tx:
            newest = await self._versions.newest(tx, VIETNAMESE)
        texts = await asyncio.to_thread(texts_in, self._folder)
        fresh = {
            slug: text
            for slug, text in texts.items()
            if digest_of(text) != newest.get(slug, NEVER)[1]
        }
        if not fresh:
            return
        async with self._database.begin() as tx:
            # What stands there already because it was approved is noted when its draft ends.
            approved = await self._drafts.all(tx, VIETNAMESE, {DraftState.APPROVED})
            coming = {draft.slug: digest_of(draft.text) for draft in approved}
            for slug, text in fresh.items():
                if (digest := digest_of(text)) != coming.get(slug):
                    await self._versions.see(
                        tx, VIETNAMESE, slug, after=newest.get(slug, NEVER)[0], text=text,
                        digest=digest, at=self._clock(),
                    )  # fmt: skip

    async def finish_all(self) -> None:
        """Write what was approved before a crash, or while the folder could not be written."""
        async with self._database.read() as tx:
            waiting = await self._drafts.all(tx, VIETNAMESE, {DraftState.APPROVED})
        for draft in waiting:
            await self.finish(draft)

    async def finish(self, draft: CardDraft) -> Published:
        """Put an approved draft into its file; twice, or in two processes, does it once."""
        try:
            await asyncio.to_thread(self._write, draft)
        except FileMoved:
            with contextlib.suppress(DraftChanged):
                async with self._database.begin() as tx:
                    note = self._texts("staff.card.moved_meanwhile")
                    await self._drafts.give_back(tx, draft, note=note)
                    await Audit().note(
                        tx, Verb.RETURNED, Kind.CARD, draft.slug, by=None, at=self._clock(),
                        reason=note,
                    )  # fmt: skip
            return Published.MOVED
        except (OSError, ApprovalFault) as fault:
            log.error("the approved card %s cannot be written yet: %s", draft.slug, fault)
            return Published.UNWRITABLE
        async with self._database.begin() as tx:
            if await self._drafts.end(tx, draft):
                await self._note(tx, draft)
        return Published.DONE

    def _write(self, draft: CardDraft) -> None:
        write_card(self._folder, draft.slug, draft.text, base=draft.base, language=draft.language)
        if draft.office:
            today = self._clock().astimezone(self._zone).date()
            approval = Approval(draft.office, today, digest_of(draft.text))
            with alone(self._folder):
                Approvals.load(self._folder).record(
                    self._folder, draft.slug, approval, draft.language
                )

    async def _note(self, tx: Transaction, draft: CardDraft) -> None:
        """The former text, if the book has not got it, and the new one."""
        newest = await self._versions.newest(tx, draft.language)
        after, known = newest.get(draft.slug, NEVER)
        at = self._clock()
        if draft.base and digest_of(draft.base) != known:
            await self._versions.see(
                tx, draft.language, draft.slug, after=after, text=draft.base,
                digest=digest_of(draft.base), at=at,
            )  # fmt: skip
            after += 1
        digest = digest_of(draft.text)
        await self._versions.publish(tx, draft, after=after, digest=digest, at=at)

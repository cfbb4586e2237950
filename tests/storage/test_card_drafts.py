"""Drafts of cards: one a card, changed only as it was seen, released by another; and versions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storage.card_drafts import CardDraft, CardDrafts, DraftChanged, DraftState
from storage.card_versions import CardVersions, Origin
from storage.database import Database

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DRAFTS, VERSIONS = CardDrafts(), CardVersions()
LAN, SUA, MAI = 1, 2, 3


async def begun(database: Database, slug: str = "so-do") -> CardDraft:
    async with database.begin() as tx:
        await DRAFTS.begin(tx, "vi", slug, text="mới", base="cũ", by=LAN, at=NOW)
    return await now(database, slug)


async def now(database: Database, slug: str = "so-do") -> CardDraft:
    async with database.read() as tx:
        draft = await DRAFTS.get(tx, "vi", slug)
    assert draft is not None
    return draft


async def test_a_card_has_one_draft(database: Database) -> None:
    draft = await begun(database)
    assert (draft.state, draft.text, draft.base) == (DraftState.DRAFT, "mới", "cũ")
    with pytest.raises(DraftChanged):
        await begun(database)
    await begun(database, "ho-ngheo")
    async with database.read() as tx:
        assert [one.slug for one in await DRAFTS.all(tx, "vi")] == ["ho-ngheo", "so-do"]
        assert await DRAFTS.all(tx, "vi", {DraftState.APPROVED}) == []
        assert await DRAFTS.get(tx, "km", "so-do") is None


async def test_who_saw_an_older_draft_changes_nothing(database: Database) -> None:
    seen = await begun(database)
    async with database.begin() as tx:
        await DRAFTS.write(tx, seen, text="của Sua", by=SUA, at=NOW)
    async with database.begin() as tx:
        assert not await DRAFTS.end(tx, seen)
        with pytest.raises(DraftChanged):
            await DRAFTS.submit(tx, seen)
        with pytest.raises(DraftChanged):
            await DRAFTS.write(tx, seen, text="của Lan", by=LAN, at=NOW)
    draft = await now(database)
    assert (draft.text, draft.writers) == ("của Sua", (LAN, SUA))


async def test_nobody_who_wrote_in_it_approves_it_and_only_what_was_handed_in(
    database: Database,
) -> None:
    draft = await begun(database)
    async with database.begin() as tx:
        with pytest.raises(DraftChanged):
            await DRAFTS.approve(tx, draft, by=MAI)
        await DRAFTS.write(tx, draft, text="mới", by=SUA, at=NOW)
    draft = await now(database)
    async with database.begin() as tx:
        await DRAFTS.submit(tx, draft)
    draft = await now(database)
    async with database.begin() as tx:
        for writer in (LAN, SUA):
            with pytest.raises(DraftChanged):
                await DRAFTS.approve(tx, draft, by=writer)
        approved = await DRAFTS.approve(tx, draft, by=MAI, office="Sở")
    assert (approved.state, approved.approved_by, approved.office) == (
        DraftState.APPROVED, MAI, "Sở",
    )  # fmt: skip
    async with database.begin() as tx:
        for writes in (approved, draft):
            with pytest.raises(DraftChanged):
                await DRAFTS.write(tx, writes, text="lén", by=LAN, at=NOW)
        await DRAFTS.give_back(tx, approved, note="tệp đổi")
    draft = await now(database)
    assert (draft.state, draft.approved_by, draft.office) == (DraftState.RETURNED, None, "")


async def test_versions_are_numbered_and_one_number_is_given_once(database: Database) -> None:
    draft = await begun(database)
    async with database.begin() as tx:
        assert await VERSIONS.see(tx, "vi", "so-do", after=0, text="cũ", digest="a", at=NOW)
        assert not await VERSIONS.see(tx, "vi", "so-do", after=0, text="x", digest="b", at=NOW)
        assert await VERSIONS.publish(tx, draft, after=1, digest="c", at=NOW)
        assert await VERSIONS.see(tx, "vi", "so-do", after=2, text="tay", digest="d", at=NOW)
        assert await VERSIONS.see(tx, "vi", "khac", after=0, text="y", digest="e", at=NOW)
    async with database.read() as tx:
        assert await VERSIONS.newest(tx, "vi") == {"so-do": (3, "d"), "khac": (1, "e")}
        all_of = await VERSIONS.of(tx, "vi", "so-do", below=None, at_most=9)
        assert [one.origin for one in all_of] == [Origin.HAND, Origin.CONSOLE, Origin.FOUND]
        assert [one.number for one in await VERSIONS.of(tx, "vi", "so-do", below=3, at_most=1)] == [
            2
        ]
        assert all_of[1].writers == (LAN,)
        assert await VERSIONS.text(tx, "vi", "so-do", 2) == "mới"
        assert await VERSIONS.text(tx, "vi", "so-do", 9) is None

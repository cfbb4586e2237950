"""An approval stands behind one text, and no other."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from content.__main__ import app
from content.answers import compose
from content.approvals import FILE, Approval, ApprovalFault, Approvals
from content.cards import Facet
from content.shelf import SHIPPED, Shelf
from content.texts import Texts

DAY = date(2026, 11, 24)
SLUG = "khai-sinh"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A content folder of its own, with two cards."""
    cards = tmp_path / "cards" / "vi"
    cards.mkdir(parents=True)
    for slug in (SLUG, "ket-hon"):
        text = (SHIPPED / "cards" / "vi" / f"{slug}.md").read_text("utf-8")
        lines = [line for line in text.splitlines() if not line.startswith("related:")]
        (cards / f"{slug}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def said(shelf: Shelf, texts: Texts) -> str:
    return compose(shelf.cards[SLUG], Facet.GENERAL, today=DAY, texts=texts).text


def approve(folder: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["approve", *words, "--folder", str(folder)])
    return result.exit_code, result.output


def test_no_shipped_card_claims_an_approval(shelf: Shelf, texts: Texts) -> None:
    assert not (SHIPPED / FILE).exists()
    for card in shelf.cards.values():
        sample = compose(card, Facet.WHERE, today=DAY, texts=texts).text
        assert texts("answer.sample_urgent" if card.urgent else "answer.sample") in sample


def test_an_approved_card_names_its_office_until_its_text_changes(
    folder: Path, texts: Texts
) -> None:
    assert approve(folder, SLUG, "--by", "UBND xã Mẫu") == (
        0,
        f"{SLUG}: approved by UBND xã Mẫu; any change of its text undoes this\n",
    )
    shelf = Shelf.load(folder)
    assert "UBND xã Mẫu đã xem và đồng ý" in said(shelf, texts)
    assert texts("answer.sample") not in said(shelf, texts)
    path = folder / "cards" / "vi" / f"{SLUG}.md"
    path.write_text(
        path.read_text("utf-8").replace("lấy giấy hẹn", "giữ giấy hẹn"), encoding="utf-8"
    )
    assert shelf.reload_if_changed()
    assert texts("answer.sample") in said(shelf, texts)
    assert shelf.approvals.undone(SLUG, shelf.cards[SLUG].digest)
    listed = CliRunner().invoke(app, ["status", "--folder", str(folder)]).output
    assert "approval undone" in listed


def test_an_approval_takes_effect_while_the_program_runs(folder: Path, texts: Texts) -> None:
    shelf = Shelf.load(folder)
    assert texts("answer.sample") in said(shelf, texts)
    approve(folder, SLUG, "--by", "Sở Tư pháp")
    assert shelf.reload_if_changed()
    assert "Sở Tư pháp" in said(shelf, texts)
    approve(folder, "ket-hon", "--by", 'Phòng "Một cửa"')
    shelf.reload_if_changed()
    assert "Sở Tư pháp" in said(shelf, texts)
    assert shelf.cards["ket-hon"].approval is not None


def test_how_lines_end_is_no_change_of_the_text(folder: Path) -> None:
    approve(folder, SLUG, "--by", "UBND xã Mẫu")
    path = folder / "cards" / "vi" / f"{SLUG}.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert Shelf.load(folder).cards[SLUG].approval is not None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["khong-co", "--by", "UBND"], "no such card"),
        ([SLUG, "--by", "  "], "name the office"),
        ([SLUG, "--by", "x" * 200], "name the office"),
        ([SLUG], "--by"),
    ],
)
def test_what_cannot_be_approved_is_told(folder: Path, words: list[str], told: str) -> None:
    code, output = approve(folder, *words)
    assert code
    assert told in output
    assert not (folder / FILE).exists()


def test_a_card_with_a_fault_or_past_its_review_is_not_approved(folder: Path) -> None:
    path = folder / "cards" / "vi" / f"{SLUG}.md"
    good = path.read_text("utf-8")
    path.write_text(good.replace("## Bao lâu", "## Khi nào"), encoding="utf-8")
    assert approve(folder, SLUG, "--by", "UBND")[0]
    path.write_text(good.replace("review_by: 2027-03-31", "review_by: 2026-11-23"), "utf-8")
    assert approve(folder, SLUG, "--by", "UBND")[0]
    assert not (folder / FILE).exists()


@pytest.mark.parametrize("broken", ["không phải TOML [", "[vi.khai-sinh]\nby = 'x'", "vi = 3"])
def test_a_broken_record_is_told_and_no_card_counts_as_approved(
    folder: Path, texts: Texts, broken: str
) -> None:
    approve(folder, SLUG, "--by", "UBND xã Mẫu")
    (folder / FILE).write_text(broken, encoding="utf-8")
    os.utime(folder / FILE, ns=(5, 5))
    shelf = Shelf.load(folder)
    assert any(str(folder / FILE) in str(found) for found in shelf.faults)
    assert texts("answer.sample") in said(shelf, texts)
    with pytest.raises(ApprovalFault):
        Approvals.load(folder)


def test_an_approval_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ApprovalFault, match="cannot be written"):
        Approvals({}).record(tmp_path / "gone", SLUG, Approval("UBND", DAY, "0"))
    shutil.rmtree(tmp_path, ignore_errors=True)

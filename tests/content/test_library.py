"""The library while editors save: a good card takes effect, a broken one harms nobody."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from content.cards import Facet
from content.library import Library, NoCards
from content.shelf import SHIPPED
from content.texts import Texts
from content.understanding import Answer, Context, Understanding, Unknown
from content.understanding.apart import learn_apart
from tests.small_content import SLUGS, few_cards, few_phrases


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A content folder of an operator's own, learned in a second."""
    return few_phrases(few_cards(tmp_path / "own"))


def write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    later = path.stat().st_mtime_ns + 1_000_000_000
    os.utime(path, ns=(later, later))


def title(library: Library, question: str) -> str:
    outcome = library.understand(question, None)
    assert isinstance(outcome, Answer), outcome
    return library.shelf.cards[outcome.slug].title


def test_a_saved_card_takes_effect_without_a_restart(folder: Path, tmp_path: Path) -> None:
    library = Library.open(folder, cache=tmp_path / "cache")
    question = "làm giấy khai sinh cho con cần giấy tờ gì"
    before = title(library, question)
    card = folder / "cards" / "vi" / "khai-sinh.md"
    write(card, card.read_text("utf-8").replace(f"title: {before}", "title: Giấy khai sinh mới"))
    assert library.reload_if_changed()
    assert title(library, question) == "Giấy khai sinh mới"
    assert not library.reload_if_changed()


def test_a_broken_edit_is_reported_and_the_last_good_card_stays(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    library = Library.open(folder, cache=tmp_path / "cache")
    question = "làm giấy khai sinh cho con cần giấy tờ gì"
    before = title(library, question)
    write(folder / "cards" / "vi" / "khai-sinh.md", "---\ntitle: hỏng\n")
    library.reload_if_changed()
    assert title(library, question) == before
    assert "khai-sinh.md" in caplog.text


def test_what_is_learned_apart_is_taken_up_and_not_learned_again(
    folder: Path, tmp_path: Path
) -> None:
    library = Library.open(folder, cache=tmp_path / "cache")
    card = folder / "cards" / "vi" / "so-do.md"
    write(card, card.read_text("utf-8").replace("title: ", "title: Mới, "))
    write(folder / "cards" / "vi" / "khai-sinh.md", "---\ntitle: hỏng\n")
    assert library.reload_if_changed(apart=True)
    assert title(library, "làm sổ đỏ cần giấy tờ gì").startswith("Mới, ")
    cards, cache = library.shelf.cards, tmp_path / "apart"
    learn_apart(cards, folder=library.words, cache=cache, stamp=cards.digest)
    [kept] = cache.glob("matcher-*")
    os.utime(kept, ns=(1, 1))
    Understanding.build(cards, folder=library.words, cache=cache, stamp=cards.digest)
    assert [path.stat().st_mtime_ns for path in cache.glob("matcher-*")] == [1]


def test_a_folder_of_cards_alone_is_learned_with_the_shipped_phrases(tmp_path: Path) -> None:
    library = Library.open(few_cards(tmp_path / "own"), cache=tmp_path / "cache")
    assert title(library, "mk muon lam khai sanh cho e be") == "Làm giấy khai sinh cho con"


def test_a_new_card_is_found_and_a_deleted_one_is_not(folder: Path, tmp_path: Path) -> None:
    library = Library.open(folder, cache=tmp_path / "cache")
    shutil.copy(SHIPPED / "cards" / "vi" / "ket-hon.md", folder / "cards" / "vi")
    (folder / "cards" / "vi" / "so-do.md").unlink()
    assert library.reload_if_changed()
    assert set(library.shelf.cards) == {*SLUGS, "ket-hon"} - {"so-do"}


def test_a_deleted_card_is_not_answered_from_while_the_engine_learns(
    folder: Path, tmp_path: Path
) -> None:
    library = Library.open(folder, cache=tmp_path / "cache")
    assert isinstance(library.understand("làm sổ đỏ ở đâu", None), Answer)
    (folder / "cards" / "vi" / "so-do.md").unlink()
    library.shelf.reload_if_changed()
    assert isinstance(library.understand("làm sổ đỏ ở đâu", None), Unknown)


def test_a_time_alone_asks_the_same_of_that_time(folder: Path, tmp_path: Path) -> None:
    library = Library.open(folder, cache=tmp_path / "cache")
    today, about = date(2026, 11, 25), Context("ho-ngheo", Facet.AMOUNT)
    for text in ("sang năm thì sao", "the tu 1/1/2027", "còn năm 2027?", "tháng 3/2027 thì sao ạ"):
        outcome = library.understand(text, about, today)
        assert isinstance(outcome, Answer), text
        assert (outcome.slug, outcome.facet) == ("ho-ngheo", Facet.AMOUNT)
    other = library.understand("sang năm làm khai sinh ở đâu", about, today)
    assert isinstance(other, Answer)
    assert other.slug == "khai-sinh"
    unsure = Context("ho-ngheo", Facet.AMOUNT, sure=False)
    assert not isinstance(library.understand("sang năm thì sao", unsure, today), Answer)


def test_a_folder_without_cards_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoCards, match="no card can be read"):
        Library.open(tmp_path, cache=tmp_path / "cache")


def test_sentences_that_nobody_reviewed_are_served_only_where_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "vi.po"
    file.write_text('#, fuzzy\nmsgid "a.b"\nmsgstr "nháp"\n', "utf-8")
    assert "a.b" not in Texts.load(file)
    assert Texts.load(file, unreviewed=True)("a.b") == "nháp"

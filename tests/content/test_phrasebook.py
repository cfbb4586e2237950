"""Adding a phrase to a card: the checker's rules, whole files, two content folders."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from content.__main__ import app
from content.claims import read_question_files
from content.library import WORDS, Library, holding
from content.phrasebook import LONGEST, PhraseRefused, add_phrase, one_line, suggestion
from content.shelf import SHIPPED, Shelf
from content.understanding import Answer
from content.understanding.training import Phrases, read_sections
from tests.small_content import few_cards, few_phrases

PHRASE = "con trâu nhà em ốm thì báo ai"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A content folder of an operator's own, which holds nothing but a few cards."""
    return few_cards(tmp_path / "own")


def asked(folder: Path, slug: str = "ho-ngheo") -> dict[str, tuple[str, ...]]:
    return read_sections(folder / "phrases" / "questions" / f"{slug}.txt")


def refused(folder: Path, phrase: str, slug: str = "ho-ngheo", facet: str = "contact") -> str:
    before = sorted(folder.rglob("*"))
    with pytest.raises(PhraseRefused) as told:
        add_phrase(Shelf.load(folder), folder, slug, facet, phrase)
    kept = {path for path in folder.rglob("*") if path.is_file()}
    assert kept == {path for path in before if path.is_file()}, "nothing is left behind"
    return str(told.value)


def test_a_phrase_comes_under_its_facet_after_the_others(folder: Path) -> None:
    shelf = Shelf.load(folder)
    path = add_phrase(shelf, folder, "ho-ngheo", "contact", PHRASE)
    path.write_text(f"# nhắc\n[contact]\n{PHRASE}\n\n# về giấy tờ\n[papers]\ntờ chi chi rứa\n")
    add_phrase(shelf, folder, "ho-ngheo", "contact", "bò lăn ra ốm kêu ai")
    add_phrase(shelf, folder, "ho-ngheo", "fee", "gọi thú y tốn mấy đồng")
    assert path.read_text("utf-8") == (
        f"# nhắc\n[contact]\n{PHRASE}\nbò lăn ra ốm kêu ai\n\n# về giấy tờ\n[papers]\n"
        "tờ chi chi rứa\n\n[fee]\ngọi thú y tốn mấy đồng\n"
    )
    assert read_question_files(folder, shelf)[1] == []
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("phrase", "why"),
    [
        ("", "chưa có chữ"),
        (" \u200b\n ", "chưa có chữ"),
        ("??? 12", "chưa có chữ"),
        ("a b" * LONGEST, "dài 600"),
        ("[papers] giấy gì", "mở đầu bằng dấu ["),
        ("\n# giấy gì", "mở đầu bằng dấu #"),
        ("trâu ốm gọi 0912 345 678 nhé", "che thành"),
    ],
)
def test_a_phrase_that_is_none_is_refused(folder: Path, phrase: str, why: str) -> None:
    assert why in refused(folder, phrase)


def test_an_unknown_card_or_facet_is_refused(folder: Path) -> None:
    assert "không có thẻ" in refused(folder, PHRASE, slug="../ho-ngheo")
    assert "không có thẻ" in refused(folder, PHRASE, slug="")
    assert "khía cạnh" in refused(folder, PHRASE, facet="giay")


def test_a_phrase_that_a_card_claims_is_refused_in_whatever_letters(folder: Path) -> None:
    shelf = Shelf.load(folder)
    on_card = shelf.cards["so-do"].questions["papers"][0]
    shipped = asked(SHIPPED, "the-bhyt")["eligibility"][0]
    name = shelf.cards["so-do"].names[0]
    for phrase, slug in ((on_card, "so-do"), (shipped, "the-bhyt"), (name, "so-do")):
        title = shelf.cards[slug].title
        assert f"đã có ở thẻ “{title}” ({slug})" in refused(folder, phrase.upper())
    add_phrase(shelf, folder, "ho-ngheo", "contact", PHRASE)
    assert "hai lần" in refused(folder, "CON TRAU nha em om, thi bao ai?")


def test_a_question_file_that_would_not_be_learned_is_told_first(folder: Path) -> None:
    path = add_phrase(Shelf.load(folder), folder, "so-do", "fee", PHRASE)
    path.write_text("[giay]\nsai tên mục\n", "utf-8")
    assert "so-do.txt:1" in refused(folder, "bò ốm gọi ai")
    path.write_bytes(b"\xff\xfe")
    assert "không đọc được" in refused(folder, "bò ốm gọi ai", slug="so-do")
    assert path.read_bytes() == b"\xff\xfe"


def test_a_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    (folder / "phrases").write_text("a file where a folder is needed")
    assert "không ghi được" in refused(folder, PHRASE)


def test_a_phrase_is_one_line_whatever_was_typed(folder: Path) -> None:
    odd = "trâu ốm\r\n[papers]\u2028gọi\x00 ai\ud800 \u200bhở"
    add_phrase(Shelf.load(folder), folder, "ho-ngheo", "contact", odd)
    assert asked(folder) == {"contact": ("trâu ốm [papers] gọi ai hở",)}
    assert one_line("e\u0302\u0301") == "ế"


def test_many_who_add_at_once_lose_nothing(folder: Path) -> None:
    shelf = Shelf.load(folder)
    phrases = [f"trâu {word} ốm báo ai" for word in ("đen", "già", "non", "đực", "cái", "mộng")]
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda p: add_phrase(shelf, folder, "ho-ngheo", "contact", p), phrases))
    assert sorted(asked(folder)["contact"]) == sorted(phrases)


def test_a_suggestion_is_what_was_asked_without_who_asked_and_not_too_long() -> None:
    assert suggestion("[tên] hỏi: trâu ốm, gọi [số điện thoại] nhé") == "trâu ốm"
    assert 190 < len(suggestion("trâu ốm " * 100)) <= LONGEST
    assert suggestion("# [tên]") == ""


def test_own_questions_are_added_to_the_shipped_ones(folder: Path) -> None:
    shelf = Shelf.load(folder)
    add_phrase(shelf, folder, "ho-ngheo", "contact", PHRASE)
    add_phrase(shelf, folder, "ho-ngheo", "contact", "bò ốm kêu ai")
    assert holding(folder, WORDS) == SHIPPED
    learned = Phrases.load(SHIPPED / "phrases", folder / "phrases").questions["ho-ngheo"]
    shipped = asked(SHIPPED)
    assert learned["contact"] == (*shipped["contact"], PHRASE, "bò ốm kêu ai")
    assert learned["papers"] == shipped["papers"]
    same = Phrases.load(SHIPPED / "phrases", SHIPPED / "phrases").questions
    assert same["ho-ngheo"] == shipped, "one folder by two ways is read once"


def test_a_running_library_learns_an_added_phrase_and_answers_it(
    folder: Path, tmp_path: Path
) -> None:
    few_phrases(folder)
    cache = tmp_path / "cache"
    library = Library.open(folder, cache=cache)
    assert not library.reload_if_changed()
    add_phrase(library.shelf, folder, "ho-ngheo", "contact", PHRASE)
    assert library.reload_if_changed()
    outcome = library.understand(PHRASE, None)
    assert isinstance(outcome, Answer)
    assert (outcome.slug, outcome.facet) == ("ho-ngheo", "contact")
    assert not library.reload_if_changed()
    with (folder / "phrases" / "none.txt").open("a", encoding="utf-8") as none:
        none.write("hôm qua có gió to\n")
    assert library.reload_if_changed()
    (folder / "phrases" / "questions" / "ho-ngheo.txt").unlink()
    assert library.reload_if_changed(), "a file that goes away is a change too"


def test_a_broken_phrase_file_raises_once_and_the_last_good_engine_stays(
    folder: Path, tmp_path: Path
) -> None:
    few_phrases(folder)
    library = Library.open(folder, cache=tmp_path / "cache")
    before = library.understanding
    path = folder / "phrases" / "questions" / "so-do.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="utf-8"):
        library.reload_if_changed()
    assert library.understanding is before
    assert not library.reload_if_changed(), "not tried again until it is saved"


def test_the_command_adds_or_says_why_not(folder: Path) -> None:
    command = ["add-phrase", "ho-ngheo", PHRASE, "--facet", "contact", "--folder", str(folder)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert asked(folder) == {"contact": (PHRASE,)}
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 1
    assert "hai lần" in again.output

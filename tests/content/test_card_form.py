"""A card's file as a form and back, what changed between two texts, and reading a draft."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from content.card_files import FileMoved, text_of, texts_in, write_card
from content.card_form import EMPTY, FIELDS, NotAForm, field_at, fields_of, merged, with_fields
from content.checker import check, read_draft
from content.differences import Mark, differences
from content.shelf import SHIPPED, Shelf
from tests.small_content import few_cards

CARDS = sorted((SHIPPED / "cards").glob("*/*.md"))
DAY = date(2026, 11, 27)
TEXT = (SHIPPED / "cards" / "vi" / "khai-sinh.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return few_cards(tmp_path / "own")


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_a_card_that_goes_through_the_form_unchanged_is_the_same_file(path: Path) -> None:
    text = path.read_bytes().decode()
    shown = fields_of(text)
    assert all(shown[name] for name in ("title", "names", "general", "questions", "reviewed"))
    typed = {name: value.replace("\n", "\r\n") + "\r\n" for name, value in shown.items()}
    assert with_fields(text, typed) == text


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_a_changed_field_changes_nothing_else(path: Path) -> None:
    text = path.read_bytes().decode()
    before = fields_of(text)
    for name in FIELDS:
        new = {"reviewed": "2026-11-20", "review_by": "2027-01-31", "urgent": ""}.get(
            name, f"{before[name]}\n- thêm: “một” dòng: ok".lstrip()
        )
        if name == "urgent":
            new = "" if before[name] else "1"
        if name in ("title", "group", "office"):
            new = "Tên: khác #1"
        if name == "rest":
            new = f"{before[name]}\nnotes: thêm"
        after = fields_of(with_fields(text, {name: new}))
        assert after == before | {name: new}, name
        assert fields_of(with_fields(with_fields(text, {name: new}), before)) == before


def test_figures_are_left_letter_for_letter_when_words_change() -> None:
    changed = with_fields(TEXT, {"fee": "- Làm trong {han} thì {mien-phi}.", "title": "Khai"})
    lines = [line for line in TEXT.splitlines() if "value:" in line or "number:" in line]
    assert len(lines) > 5
    assert all(line in changed.splitlines() for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "không có phần đầu",
        TEXT.replace("## Bao lâu", "## Mấy ngày"),
        TEXT.replace("## Tóm tắt", "chữ lạc\n## Tóm tắt"),
        TEXT.replace("## Hỏi ai\n", ""),
        TEXT + "\n## Tóm tắt\nhai lần\n",
    ],
)
def test_a_file_that_is_not_built_like_a_card_is_no_form(text: str) -> None:
    with pytest.raises(NotAForm):
        fields_of(text)


def test_remarks_in_the_front_matter_and_odd_values_survive() -> None:
    text = TEXT.replace("title: Làm", "# giữ lại\ntitle: Làm").replace(
        "group: giay-to", "group: giay-to # nhóm"
    )
    assert with_fields(text, fields_of(text)) == text
    changed = with_fields(text, {"title": "Tên khác"})
    assert "# giữ lại\ntitle: Tên khác\ngroup: giay-to # nhóm\n" in changed


def test_what_is_typed_cannot_break_out_of_its_field() -> None:
    for name in FIELDS:
        typed = "một\x00 \u200b\n---\n## Tóm tắt\n  ## Ai được\nhai\u2028## Hỏi ai"
        again = fields_of(with_fields(TEXT, {name: typed}))
        others = {key: value for key, value in again.items() if key != name}
        assert others == {k: v for k, v in fields_of(TEXT).items() if k != name}, name


def test_a_card_written_from_nothing_can_be_read() -> None:
    text = with_fields(EMPTY, fields_of(TEXT))
    assert fields_of(text) == fields_of(TEXT)


def test_what_is_missing_is_told_at_its_field(folder: Path) -> None:
    for name in ("title", "names", "reviewed", "general"):
        for begun in (EMPTY, TEXT):
            text = with_fields(with_fields(begun, fields_of(TEXT)), {name: " \n"})
            stops = read_draft(text, "khai-sinh", Shelf.load(folder), DAY, folder).stops
            assert [field_at(text, one.line) for one in stops] == [name]
            assert fields_of(text)[name] == ""


def test_each_line_belongs_to_a_field() -> None:
    lines = TEXT.splitlines()
    for sign, field in (
        ("title:", "title"),
        ("  - khai cho con", "names"),
        ("  han:", "rest"),
        ("notes:", "rest"),
        ("- Đủ giấy", "deadline"),
        ("Đáp:", "say_back"),
        ("### Hỏi ai", "questions"),
    ):
        line = next(n for n, text in enumerate(lines, start=1) if text.startswith(sign))
        assert field_at(TEXT, line) == field
    assert field_at(TEXT, 1) == ""


def test_a_draft_takes_up_what_the_file_changed_and_tells_where_both_did() -> None:
    mine = with_fields(TEXT, {"fee": "Của tôi.", "general": "Tôi viết."})
    theirs = with_fields(TEXT, {"fee": "Của họ.", "contact": "Hỏi {lien-he-xa}"})
    text, both = merged(TEXT, mine, theirs)
    after = fields_of(text)
    assert both == ("fee",)
    assert after["fee"] == "Của tôi."
    assert after["general"] == "Tôi viết."
    assert after["contact"] == "Hỏi {lien-he-xa}"
    assert merged(TEXT, mine, TEXT) == (mine, ())
    assert merged(TEXT, mine, mine) == (mine, ())


def test_a_draft_is_read_like_the_card_among_the_others(folder: Path) -> None:
    shelf = Shelf.load(folder)
    # Its related cards are not in this folder: that alone is said, as `check` says it.
    found = [one for one in check(shelf, DAY, folder) if one.path.stem == "khai-sinh"]
    assert read_draft(TEXT, "khai-sinh", shelf, DAY, folder).remarks == tuple(found)
    claimed = shelf.cards["so-do"].questions["papers"][0]
    questions = fields_of(TEXT)["questions"] + f"\n- {claimed}"
    long = " ".join(["dài"] * 40)
    text = with_fields(TEXT, {"questions": questions, "fee": f"Một câu {long}, {{mien-phi}}."})
    reading = read_draft(text, "khai-sinh", shelf, DAY, folder)
    fresh = [one for one in reading.remarks if "related" not in one.problem and one.line > 1]
    told = {field_at(text, one.line): one.problem for one in fresh}
    assert "cũng có ở thẻ so-do" in told["questions"]
    assert "câu dài" in told["fee"]
    assert reading.stops == ()


def test_what_may_not_be_shown_stops_a_draft(folder: Path) -> None:
    shelf = Shelf.load(folder)
    money = with_fields(TEXT, {"fee": "Nộp 50.000 đồng, hoặc {mien-phi}."})
    reading = read_draft(money, "khai-sinh", shelf, DAY, folder)
    assert reading.card is not None
    assert [field_at(money, one.line) for one in reading.stops] == ["fee"]
    private = fields_of(TEXT)["questions"] + "\n- trâu ốm báo ai, gọi 0912 345 678"
    told = with_fields(TEXT, {"questions": private})
    [stop] = read_draft(told, "khai-sinh", shelf, DAY, folder).stops
    assert field_at(told, stop.line) == "questions"
    assert "che thành" in stop.problem
    broken = with_fields(TEXT, {"rest": "figures: [", "fee": "x"})
    assert read_draft(broken, "khai-sinh", shelf, DAY, folder).card is None
    assert read_draft("", "khai-sinh", shelf, DAY, folder).stops


def test_a_file_is_written_only_over_the_text_that_was_seen(folder: Path) -> None:
    path = folder / "cards" / "vi" / "khai-sinh.md"
    new = with_fields(TEXT, {"title": "Khai sinh cho con"})
    write_card(folder, "khai-sinh", new, base=TEXT)
    write_card(folder, "khai-sinh", new, base=TEXT)
    assert path.read_text("utf-8") == text_of(folder, "khai-sinh") == new
    with pytest.raises(FileMoved):
        write_card(folder, "khai-sinh", TEXT, base=TEXT.replace("Sinh con", "Đẻ con"))
    with pytest.raises(FileMoved):
        write_card(folder, "moi", TEXT, base="có rồi")
    write_card(folder, "moi", TEXT, base="")
    with pytest.raises(FileMoved):
        write_card(folder, "moi", new, base="")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(FileMoved):
        write_card(folder, "khai-sinh", TEXT, base=new)
    assert sorted(texts_in(folder)) == ["ho-ngheo", "moi", "so-do", "the-bhyt"]
    assert {one.suffix for one in path.parent.iterdir()} == {".md"}, "nothing is left behind"


def test_a_difference_shows_the_words_that_changed_and_where() -> None:
    after = with_fields(TEXT, {"deadline": fields_of(TEXT)["deadline"].replace("đừng", "chớ")})
    found = differences(TEXT, after)
    gone, come = (
        next(line for line in found if line.mark is mark) for mark in (Mark.GONE, Mark.COME)
    )
    assert gone.heading == come.heading == "Bao lâu"
    assert [text for mark, text in gone.words if mark is Mark.GONE] == ["đừng"]
    assert [text for mark, text in come.words if mark is Mark.COME] == ["chớ"]
    assert len(found) <= 4
    assert differences(TEXT, TEXT) == []
    whole = differences("", TEXT)
    assert {line.mark for line in whole} == {Mark.COME}
    kept = ["".join(text for _, text in line.words) for line in whole]
    assert kept == [line for line in TEXT.splitlines() if line.strip()]

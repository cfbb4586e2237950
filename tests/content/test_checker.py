"""The checker as a whole: sources, days of review, links between cards, and files beside them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from content.cards import Facet
from content.checker import check
from content.shelf import SHIPPED, Shelf
from content.wording import Wording
from tests.content.good_card import PENSION, SHIPPED_CARD, TODAY, Edit, ask, put

# The whole


def test_every_shipped_card_and_question_file_passes(shelf: Shelf) -> None:
    assert check(shelf, max(card.reviewed for card in shelf.cards.values()), SHIPPED) == ()


def test_a_good_card_has_no_fault(told: Edit) -> None:
    assert told() == ""


def test_a_fault_names_file_line_and_remedy(told: Edit, source: str) -> None:
    old = "- Căn cước để cán bộ xem và trả lại."
    line = source.splitlines().index(old) + 1
    said = told(old, "- Hồ sơ.")
    assert f"{PENSION}.md:{line}: chữ khó “hồ sơ”" in said
    assert "— thay bằng “bộ giấy tờ”" in said


def test_a_missing_section_is_told(told: Edit) -> None:
    assert "thiếu mục ## Bao lâu" in told("## Bao lâu", "## Mấy ngày")


# Sources


def test_a_figure_must_name_a_declared_text(told: Edit) -> None:
    line = 'value: "10.800.000 đồng", from: 2026-07-01, source: "Nghị định 335/2026/NĐ-CP"'
    for source, fault in [
        ("", "chưa có source"),
        ("  ", "chưa có source"),
        ("một nửa mức chung", "không phải văn bản nào trong legal"),
        ("NĐ 335/2026/NĐ-CP", "không phải văn bản nào trong legal"),  # could not be cited
        ("Nghị định 99/2026/NĐ-CP", "mà legal không khai"),
        ("Nghị định 335/2026/NĐ-CP và 99/2026/NĐ-CP", "mà legal không khai"),
    ]:
        assert fault in told(line, line.replace("Nghị định 335/2026/NĐ-CP", source)), source


def test_a_source_may_say_more_than_the_name_of_the_text(told: Edit) -> None:
    said = 'đồng", from: 2026-07-01, source: "Nghị định 335/2026/NĐ-CP'
    assert told(said, said + ", Điều 5; là phép tính từ 1/7/2026") == ""


def test_what_is_still_to_be_confirmed_may_rest_on_hearsay_but_must_name_it(told: Edit) -> None:
    line = 'source: "Nghị định 335/2026/NĐ-CP", state: confirmed}\nnotes'
    assert told(line, 'source: "loa xã", state: to-confirm}\nnotes') == ""
    assert "chưa có source" in told(line, 'source: "", state: to-confirm}\nnotes')


@pytest.mark.parametrize(
    ("number", "fine"),
    [
        ("Nghị định 176/2025/NĐ-CP", True),
        ("Nghị quyết 66.7/2025/NQ-CP", True),
        ("Chỉ thị 33/CT-TTg ngày 26/11/2021", True),
        ("Pháp lệnh Ưu đãi người có công với cách mạng 02/2020/UBTVQH14", True),
        ("Luật Hộ tịch 2026", True),
        ("Bảng giá nước của công ty nước", True),
        ("Nghị định", False),
        ("Nghị định 176", False),
        ("Luật Hộ tịch", False),
        ("Bảng giá", False),
        ("nghe nói", False),
        ("176/2025/NĐ-CP", False),
    ],
)
def test_a_declared_text_has_a_kind_and_a_number_or_a_full_name(
    wording: Wording, number: str, fine: bool
) -> None:
    assert wording.names_a_text(number) is fine


def test_a_declared_text_without_the_form_of_one_is_told(told: Edit) -> None:
    said = told("legal:\n", 'legal:\n  - {number: "theo luật"}\n')
    assert "chưa ra tên một văn bản" in said


# Review


def test_a_card_may_be_used_on_its_last_day_and_not_on_the_next(told: Edit, source: str) -> None:
    found = re.search(r"review_by: (\S+)", source)
    assert found
    last = date.fromisoformat(found[1])
    assert told(today=last) == ""
    assert "quá ngày phải đọc lại" in told(today=date.fromordinal(last.toordinal() + 1))


def test_a_card_must_be_read_again_after_it_was_read(told: Edit, source: str) -> None:
    found = re.search(r"reviewed: (\S+)", source)
    assert found
    said = told("reviewed: " + found[1], "reviewed: 2099-01-01")
    assert "không sau ngày reviewed" in said


def test_a_card_was_not_read_on_a_day_to_come(told: Edit) -> None:
    assert "chưa tới" in told(today=date(2026, 11, 22))


def test_without_a_day_nothing_is_held_against_the_calendar(tmp_path: Path, source: str) -> None:
    put(tmp_path, re.sub(r"review_by: \S+", "review_by: 2026-11-24", source))
    assert check(Shelf.load(tmp_path), date(2027, 1, 1), tmp_path) != ()
    assert check(Shelf.load(tmp_path), None, tmp_path) == ()


def test_a_card_is_not_related_to_itself(told: Edit) -> None:
    assert f"related dẫn về chính thẻ {PENSION}" in told("related: []", f"related: [{PENSION}]")


# Links and phrases


def test_the_checker_sees_what_one_card_alone_does_not_show(tmp_path: Path) -> None:
    text = SHIPPED_CARD.read_text(encoding="utf-8")
    for slug in ("mot", "hai"):
        put(tmp_path, text, slug)
    said = "\n".join(map(str, check(Shelf.load(tmp_path), TODAY, tmp_path)))
    assert "cũng có ở thẻ hai" in said
    assert "thẻ liên quan" in said


def test_a_link_to_a_broken_card_is_no_second_fault(tmp_path: Path, source: str) -> None:
    put(tmp_path, source.replace("related: []", "related: [hai]"))
    put(tmp_path, "hỏng", "hai")
    said = "\n".join(map(str, check(Shelf.load(tmp_path), TODAY, tmp_path)))
    assert "thẻ liên quan" not in said


def test_a_name_of_one_card_may_not_be_a_name_or_a_question_of_another(
    tmp_path: Path, source: str
) -> None:
    front, body = source.split("## Bà con hay hỏi", 1)
    own = re.sub(r"(?m)^- (.+)$", r"- hai \1", body)
    names = re.sub(r"(?m)^  - (?!\{)(.+)$", r"  - hai \1", front)
    put(tmp_path, source)
    put(tmp_path, names + "## Bà con hay hỏi" + own, "hai")
    assert check(Shelf.load(tmp_path), TODAY, tmp_path) == ()
    name = re.findall(r"(?m)^  - (?!\{)(.+)$", front)[0]
    put(tmp_path, names + "## Bà con hay hỏi" + own + f"- {name.upper()}?\n", "hai")
    said = "\n".join(map(str, check(Shelf.load(tmp_path), TODAY, tmp_path)))
    assert "cũng có ở thẻ" in said


def test_a_name_may_also_be_a_question_of_its_own_card(told: Edit) -> None:
    asked = "## Bà con hay hỏi\n### Tóm tắt\n"
    assert told(asked, f"{asked}- Lương ông bà?\n") == ""
    assert "hai lần" in told(asked, f"{asked}- lương ông bà\n- Luong ong ba?\n")


def test_questions_in_files_are_claimed_like_those_on_cards(tmp_path: Path, source: str) -> None:
    put(tmp_path, source)
    put(tmp_path, "hỏng", "hai")
    asked = ask(
        tmp_path, "# ghi chú\n[general]\ntiền già là chi rứa\n\n[fee]\nTien gia la chi, rua?\n"
    )
    faults = check(Shelf.load(tmp_path), TODAY, tmp_path)
    assert [(f.path, f.line) for f in faults if f.path == asked] == [(asked, 6)]
    ask(tmp_path, "[general]\ntiền già là chi rứa\n")
    other = ask(tmp_path, "[where]\ntien gia la chi rua\n", "hai")
    faults = check(Shelf.load(tmp_path), TODAY, tmp_path)
    assert [f.problem for f in faults if f.path in {asked, other}] == [
        "câu mẫu “tiền già là chi rứa” cũng có ở thẻ hai:2"
    ]


def test_a_question_file_needs_a_card_and_known_facets(tmp_path: Path, source: str) -> None:
    put(tmp_path, source)
    ask(tmp_path, "đứng trước\n[general]\ncâu một\n[price]\ncâu hai\n[fee\ncâu ba\n")
    ask(tmp_path, "[general]\ncâu bốn\n", "khong-co")
    said = "\n".join(map(str, check(Shelf.load(tmp_path), TODAY, tmp_path)))
    assert f"{PENSION}.txt:1: câu hỏi đứng dưới []" in said
    assert f"{PENSION}.txt:4: câu hỏi đứng dưới [price]" in said
    assert f"{PENSION}.txt:6: câu hỏi đứng dưới [[fee]" in said
    assert "khong-co.txt không có thẻ cùng tên" in said
    for facet in Facet:
        ask(tmp_path, f"[{facet}]\ncâu {facet}\n")
    (tmp_path / "phrases" / "questions" / "khong-co.txt").unlink()
    assert check(Shelf.load(tmp_path), TODAY, tmp_path) == ()


def test_a_question_file_that_is_no_text_is_told(tmp_path: Path, source: str) -> None:
    put(tmp_path, source)
    ask(tmp_path, "").write_bytes(b"\xff\xfe\x00")
    assert "mã UTF-8" in str(check(Shelf.load(tmp_path), TODAY, tmp_path)[0])


def test_a_broken_word_list_is_a_fault_and_not_a_crash(tmp_path: Path, source: str) -> None:
    put(tmp_path, source)
    for text in ("[replace\n", "[replace]\n", "replace = 1\non_forms = 2\n"):
        (tmp_path / "glossary.toml").write_text(text, encoding="utf-8")
        said = "\n".join(map(str, check(Shelf.load(tmp_path), TODAY, tmp_path)))
        assert "không đọc được danh sách chữ" in said, text


def test_a_folder_may_have_its_own_glossary(tmp_path: Path, source: str) -> None:
    put(tmp_path, source)
    own = '[replace]\n"lương hưu" = "tiền nghỉ làm"\n[on_forms]\n'
    (tmp_path / "glossary.toml").write_text(own, encoding="utf-8")
    said = "\n".join(map(str, check(Shelf.load(tmp_path), TODAY, tmp_path)))
    assert "“lương hưu”" in said

"""Each rule of the checker: what it must not let pass, and what it must leave alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from content.cards import Facet
from content.checker import (
    CARD_SYLLABLES,
    GIST_SYLLABLES,
    MEAN_SYLLABLES,
    SENTENCE_SYLLABLES,
    check,
    word_lists,
)
from content.readability import ReportTexts, measure, picture, table
from content.shelf import SHIPPED, Shelf
from content.wording import Wording, sentences, syllables

PENSION = "tro-cap-huu-tri-xa-hoi"
SHIPPED_CARD = SHIPPED / "cards" / "vi" / f"{PENSION}.md"
TODAY = date(2026, 11, 24)

Edit = Callable[..., str]


@pytest.fixture
def source() -> str:
    """A good card that leads to no other."""
    text = SHIPPED_CARD.read_text(encoding="utf-8")
    return re.sub(r"(?m)^related: .*$", "related: []", text)


@pytest.fixture
def told(tmp_path: Path, source: str) -> Edit:
    """Checks the good card with one thing replaced, and says all that the checker says."""

    def tell(old: str = "", new: str = "", today: date = TODAY) -> str:
        assert old in source, old
        put(tmp_path, source.replace(old, new, 1) if old else source)
        return "\n".join(map(str, check(Shelf.load(tmp_path), today, tmp_path)))

    return tell


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording.load(*word_lists(SHIPPED))


def put(folder: Path, text: str, slug: str = PENSION) -> None:
    cards = folder / "cards" / "vi"
    cards.mkdir(parents=True, exist_ok=True)
    (cards / f"{slug}.md").write_text(text, encoding="utf-8")


def ask(folder: Path, text: str, slug: str = PENSION) -> Path:
    file = folder / "phrases" / "questions" / f"{slug}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


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


# Length


@pytest.mark.parametrize(
    "place", ["Không mất tiền.", "- Phải làm giấy đề nghị, không làm thì không có."]
)
def test_a_sentence_may_have_as_many_syllables_as_the_limit_and_no_more(
    told: Edit, place: str
) -> None:
    mark = "- " if place.startswith("- ") else ""
    assert told(place, f"{mark}{'xã ' * (SENTENCE_SYLLABLES - 1)}xã.") == ""
    said = told(place, f"{mark}{'xã ' * SENTENCE_SYLLABLES}xã.")
    assert f"câu dài {SENTENCE_SYLLABLES + 1} tiếng" in said


def test_the_gist_has_a_limit_of_its_own(told: Edit, source: str) -> None:
    gist = source.split("## Tóm tắt\n")[1].splitlines()[0]
    assert "tóm tắt dài" not in told(gist, "xã " * GIST_SYLLABLES)
    assert "tóm tắt dài" in told(gist, "xã " * (GIST_SYLLABLES + 1))


def test_a_figure_counts_with_its_longest_value(told: Edit) -> None:
    rule = " ".join(["xã"] * SENTENCE_SYLLABLES)
    said = told('value: "10.800.000 đồng"', f'value: "{rule}"')
    assert "câu dài" in said


def test_many_long_sentences_are_told_though_each_is_within_its_limit(told: Edit) -> None:
    long = "\n".join(["- " + "xã " * 24 + "xã."] * 60)
    assert f"nhiều nhất {MEAN_SYLLABLES} tiếng" in told("- Người từ {tuoi}, không có", long)


def test_a_whole_card_may_be_too_long_though_its_sentences_are_short(told: Edit) -> None:
    short = "\n".join(["- xã xã xã."] * (CARD_SYLLABLES // 3))
    said = told("- Người từ {tuoi}, không có lương hưu.", short)
    assert "cả thẻ dài" in said
    assert "câu trong thẻ trung bình" not in said


def test_a_section_must_fit_a_small_screen(told: Edit) -> None:
    said = told("Không mất tiền.", " ".join(["Không mất tiền gì."] * 50))
    assert "mục Mất tiền không dài" in said


def test_signs_are_no_syllables_and_a_semicolon_lets_a_reader_breathe() -> None:
    assert syllables("xã – tỉnh") == 2
    assert syllables("được {muc-thang}") == 3
    assert len(sentences("Có thì nộp; chưa có thì hỏi: gọi xã.")) == 3


# Hard words


@pytest.mark.parametrize("word", ["thụ hưởng", "thẩm quyền", "hồ sơ", "đối tượng", "kê khai"])
def test_a_hard_word_without_its_plain_word_is_told(told: Edit, word: str) -> None:
    assert f"chữ khó “{word}”" in told("Không mất tiền.", f"Hỏi về {word} ở xã.")


@pytest.mark.parametrize(
    "said",
    [
        "Mang hồ sơ (bộ giấy tờ) ra xã.",
        "Mang hồ sơ, tức là bộ giấy tờ, ra xã.",
        "Hồ sơ là bộ giấy tờ.",
        "Mang bộ giấy tờ (hồ sơ) ra xã.",
        "Mang hồ sơ xin vay (bộ giấy tờ) ra xã.",
    ],
)
def test_a_hard_word_beside_its_plain_word_passes(told: Edit, said: str) -> None:
    assert told("Không mất tiền.", said) == ""


@pytest.mark.parametrize(
    "said",
    [
        "Mang ho so ra xã.",  # without its marks it is another word
        "Hỏi hồ nước sơ qua.",  # not one syllable after the other
        "Người đối, tượng đá.",
    ],
)
def test_what_only_looks_like_a_hard_word_passes(told: Edit, said: str) -> None:
    assert "chữ khó" not in told("Không mất tiền.", said)


def test_a_plain_word_elsewhere_in_the_sentence_does_not_explain(told: Edit) -> None:
    assert "“kê khai”" in told("Không mất tiền.", "Kê khai ở xã, khai cho đúng.")


def test_a_word_that_could_be_replaced_is_explained_each_time(told: Edit) -> None:
    said = told("Không mất tiền.", "Mang hồ sơ (bộ giấy tờ). Giữ hồ sơ.")
    assert "“hồ sơ”" in said


def test_a_word_on_forms_is_explained_once_a_section_and_in_each_section(told: Edit) -> None:
    explained = "Làm tạm trú (ở tạm) ở xã. Có tạm trú rồi thì thôi."
    assert told("Không mất tiền.", explained) == ""
    late = "Có tạm trú thì thôi. Làm tạm trú (ở tạm) ở xã."
    assert "“tạm trú”" in told("Không mất tiền.", late)


def test_gist_and_what_to_remember_are_one_answer_and_explain_once(told: Edit, source: str) -> None:
    gist = source.split("## Tóm tắt\n")[1].splitlines()[0]
    said = told(gist, "Ở tạm thì làm tạm trú (ở tạm).")
    assert said == ""
    assert "“tạm trú”" in told("- Nộp ở xã, không mất tiền.", "- Làm tạm trú ở xã.")


def test_a_hard_word_in_any_value_of_a_figure_is_told(told: Edit) -> None:
    assert "“thụ hưởng”" in told('value: "500.000 đồng/tháng"', 'value: "mức thụ hưởng cũ"')


def test_the_glossary_is_large_and_explains_nothing_by_itself(wording: Wording) -> None:
    known = {**wording.replace, **wording.on_forms}
    assert len(known) >= 80
    assert not wording.replace.keys() & wording.on_forms.keys()
    for term, plain in known.items():
        for words in plain:
            assert not [use for use in wording.terms([words]) if not use.explained], term


# Abbreviations


def test_an_abbreviation_that_is_never_written_out_is_told(told: Edit) -> None:
    assert "chữ tắt “BHYT”" in told("Không mất tiền.", "Có thẻ BHYT thì không mất tiền.")


@pytest.mark.parametrize(
    "said",
    [
        "Có bảo hiểm y tế (BHYT) thì hỏi. Thẻ BHYT còn hạn thì thôi.",
        "Có BHYT (bảo hiểm y tế) thì hỏi.",
        "UBND là ủy ban nhân dân.",
        "Hỏi ủy ban nhân dân, viết tắt là UBND.",
        "Nộp qua VNeID.",  # a name that has no longer form
        "Ở xã khu vực III thì hỏi.",  # a Roman number
        "Bệnh Covid-19, viêm gan B.",
    ],
)
def test_an_abbreviation_written_out_or_known_passes(told: Edit, said: str) -> None:
    assert told("Không mất tiền.", said) == ""


def test_each_section_writes_its_abbreviations_out_because_it_is_shown_alone(
    tmp_path: Path, source: str
) -> None:
    once = source.replace("Được cấp thẻ bảo hiểm y tế.", "Được thẻ bảo hiểm y tế (BHYT).")
    put(tmp_path, once)
    assert check(Shelf.load(tmp_path), TODAY, tmp_path) == ()
    put(tmp_path, once.replace("Không mất tiền.", "Làm thẻ BHYT không mất tiền.", 1))
    [found] = check(Shelf.load(tmp_path), TODAY, tmp_path)
    assert "chữ tắt “BHYT”" in found.problem


def test_the_wrong_words_in_brackets_do_not_write_an_abbreviation_out(told: Edit) -> None:
    assert "“BHYT”" in told("Không mất tiền.", "Có thẻ bảo hiểm xã hội (BHYT) thì hỏi.")


# Numbers


@pytest.mark.parametrize(
    "said",
    [
        "từ 1/7/2025 có luật mới", "tháng 7/2026", "ngày 15 hằng tháng", "trước 30/6",
        "năm 2026", "những năm 2021 đến 2025", "7 giờ 30", "mở cửa 7h30",
        "gọi 111, 113 hoặc 114", "báo công an xã hoặc 113", "gọi 1900 9068", "gọi 0213 123 456",
        "Điều 5", "lớp 12", "từ lớp 1 đến lớp 9", "mẫu 01", "mức 2 phải đến xã", "bước 3",
        "thứ 2", "khu vực 3", "Quốc lộ 6",
        "60 ngày", "2 con", "14 tuổi", "đến 25, 40 và 60 tuổi", "từ 16 đến dưới 18 tuổi",
        "1 đến 2 ngày", "từ 30 đến 70 phần trăm", "0,25 đến 0,4 miligam/lít", "95%", "4,5%/năm",
        "540.000 đồng/tháng", "400.000 đến 600.000 đồng", "15 kg gạo", "30kg", "10 km",
        "5 loại giấy", "3.321 xã, phường", "34 tỉnh", "chứng minh 9 số", "500 triệu đồng",
        "lớp 6, nhà xa 8 km", "Covid-19", "khổ A4", "Luật 136/2025/QH15", "{muc-thang}",
        "5 triệu rưỡi",
    ],
)  # fmt: skip
def test_a_number_that_says_what_it_is_passes(wording: Wording, said: str) -> None:
    assert list(wording.bare_numbers(said)) == []


@pytest.mark.parametrize(
    ("said", "bare"),
    [
        ("được 500.000 mỗi tháng", ["500.000"]),
        ("mức 500.000 thì thôi", ["500.000"]),  # money is no ordinal
        ("hộ nghèo từ 70, không có lương hưu", ["70"]),
        ("nam đủ 20, nữ đủ 18 tuổi", ["20"]),
        ("gọi 1113", ["1113"]),  # a slip in a number to call
        ("vay 500, trả trong 5 năm", ["500"]),
        ("được 2.000.000, 3 con", ["2.000.000"]),
        ("phạt 200 đến 300", ["200", "300"]),
        ("giảm 0,5 so với trước", ["0,5"]),
    ],
)
def test_a_bare_number_is_found(wording: Wording, said: str, bare: list[str]) -> None:
    assert list(wording.bare_numbers(said)) == bare


def test_a_bare_number_is_told_in_the_text_and_in_a_figure(told: Edit) -> None:
    assert "số 500 không rõ" in told("Không mất tiền.", "Phải nộp 500 cho xã.")
    said = told('value: "10.800.000 đồng"', 'value: "10.800.000"')
    assert "con số mai-tang: số 10.800.000" in said


@pytest.mark.parametrize("sum_", ["900.000 đồng", "2 triệu", "năm trăm nghìn đồng", "500k", "3tr5"])
def test_a_sum_in_the_text_has_no_time_and_is_told(told: Edit, sum_: str) -> None:
    said = told("Không mất tiền.", f"Phải nộp {sum_}.")
    assert "thân thẻ ghi thẳng số tiền" in said
    assert "figures" in said


@pytest.mark.parametrize(
    "text", ["**Không** mất tiền.", "Xem [ở đây](x).", "Không <b>mất</b> tiền."]
)
def test_markup_that_people_would_see_as_signs_is_told(told: Edit, text: str) -> None:
    assert "dấu trình bày" in told("Không mất tiền.", text)


def test_the_number_of_a_law_belongs_to_the_front_matter(told: Edit) -> None:
    said = told("Không mất tiền.", "Theo Nghị định 176/2025/NĐ-CP thì không mất tiền.")
    assert "thân thẻ ghi số văn bản 176/2025/NĐ-CP" in said


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


# The report


def test_the_report_has_a_row_a_card_and_the_checkers_own_counts(shelf: Shelf) -> None:
    rows = measure(shelf)
    assert [row.slug for row in rows] == list(shelf.cards)
    assert all(row.mean <= MEAN_SYLLABLES for row in rows)
    assert all(row.syllables <= CARD_SYLLABLES for row in rows)
    assert all(0 <= row.rare < 1 for row in rows)
    assert sum(row.terms for row in rows) > 0


def test_the_table_has_its_heads_and_the_longest_sentences_first(shelf: Shelf) -> None:
    rows = measure(shelf)
    heads, *lines = table(rows)
    assert {len(line) for line in lines} == {len(heads)}
    hardest = max(rows, key=lambda row: row.mean)
    assert lines[0][0] == hardest.title


def test_the_picture_is_one_drawing_with_words_for_who_cannot_see_it(shelf: Shelf) -> None:
    rows = measure(shelf)
    drawn = picture(rows)
    assert drawn == picture(rows)
    root = ElementTree.fromstring(drawn)  # noqa: S314 - our own
    assert root.get("role") == "img"
    assert str(len(rows)) in (root.get("aria-label") or "")
    said = "".join(root.itertext())
    assert all(row.title in said for row in rows)
    assert ReportTexts.load()("title") in said
    assert b"<script" not in drawn

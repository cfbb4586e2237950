"""Cards are read whole, faults are told all at once, figures keep to their days."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.answers import LONGEST, LocalFacts, compose, menu
from content.cards import Card, CardFaults, Facet, parse_card
from content.shelf import SHIPPED, Shelf
from content.texts import TextFault, Texts

PENSION = "tro-cap-huu-tri-xa-hoi"
PATH = SHIPPED / "cards" / "vi" / f"{PENSION}.md"
BEFORE, OLD, NEW, LATE = (
    date(2025, 6, 30), date(2026, 6, 30), date(2026, 7, 1), date(2030, 1, 1)
)  # fmt: skip


@pytest.fixture(scope="module")
def source() -> str:
    return PATH.read_text(encoding="utf-8")


def card_of(text: str) -> Card:
    return parse_card(text, slug=PENSION, path=PATH)


def faults_of(text: str) -> str:
    with pytest.raises(CardFaults) as caught:
        card_of(text)
    return str(caught.value)


def test_every_shipped_card_can_be_read(shelf: Shelf) -> None:
    assert shelf.faults == ()
    assert len(shelf.cards) >= 50


def test_a_figure_has_the_value_of_the_day(source: str) -> None:
    figure = card_of(source).figures["muc-thang"]
    values = [p.value if (p := figure.on(day)) else None for day in (BEFORE, OLD, NEW)]
    assert values == [None, "500.000 đồng/tháng", "540.000 đồng/tháng"]


def test_a_coming_change_is_seen_ninety_days_ahead_and_not_sooner(source: str) -> None:
    figure = card_of(source).figures["muc-thang"]
    assert figure.upcoming(date(2026, 4, 2), 90) is not None
    assert figure.upcoming(date(2026, 4, 1), 90) is None
    assert figure.upcoming(NEW, 90) is None


def test_an_answer_names_the_coming_change(source: str, texts: Texts) -> None:
    said = compose(card_of(source), Facet.AMOUNT, today=OLD, texts=texts).text
    assert "500.000 đồng/tháng" in said
    assert "Từ 1/7/2026" in said


def test_a_figure_is_told_before_its_time_only_with_the_day_on_which_it_begins(
    source: str, texts: Texts
) -> None:
    said = compose(card_of(source), Facet.AMOUNT, today=BEFORE, texts=texts).text
    assert "• Từ 1/7/2025 sẽ có: mức chung là 500.000 đồng/tháng." in said
    assert "540.000" not in said


def test_no_figure_is_shown_past_the_review_date(source: str, texts: Texts) -> None:
    said = compose(card_of(source), Facet.AMOUNT, today=LATE, texts=texts).text
    assert "540.000" not in said
    assert "500.000" not in said
    assert texts("answer.ask_commune") in said


def test_a_figure_to_be_confirmed_is_never_shown(source: str, texts: Texts) -> None:
    unsure = source.replace("state: confirmed", "state: to-confirm")
    said = compose(card_of(unsure), Facet.AMOUNT, today=NEW, texts=texts).text
    assert "540.000" not in said
    assert texts("answer.ask_commune") in said


def test_all_faults_of_a_file_are_told_together_with_their_lines(source: str) -> None:
    broken = (
        source.replace("## Bao lâu", "## Khi nào")
        .replace("{mot-cua}", "{mot-cuaa}")
        .replace("reviewed: 2026-11-23", "reviewed: hôm qua")
    )
    told = faults_of(broken)
    assert "Khi nào" in told
    assert "thiếu mục ## Bao lâu" in told
    assert f"{PATH}:11: khóa reviewed" in told or "khóa reviewed" in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{muc-thang}", "một khoản", "muc-thang đã khai mà không dùng"),
        ("until: 2026-06-30", "until: 2026-07-30", "chồng lên"),
        ("{mot-cua}", "{mot cua}", "ngoặc nhọn"),
        ("group: an-sinh", "group: linh-tinh", "khóa group"),
        ("---\n", "", "không mở đầu"),
    ],
)
def test_a_fault_says_what_and_how_to_mend_it(source: str, old: str, new: str, told: str) -> None:
    assert told in faults_of(source.replace(old, new))


@given(st.text(max_size=300))
def test_any_text_is_a_card_or_a_list_of_faults(text: str) -> None:
    with pytest.raises(CardFaults):
        card_of(text)


def test_every_answer_of_every_card_fits_a_small_screen(shelf: Shelf, texts: Texts) -> None:
    long = [
        (card.slug, facet, length)
        for card in shelf.cards.values()
        for facet in Facet
        if (length := len(compose(card, facet, today=card.reviewed, texts=texts).text))
        > LONGEST + 100
    ]
    assert long == []


def test_no_placeholder_is_left_in_any_answer_on_any_day(shelf: Shelf, texts: Texts) -> None:
    local = LocalFacts(unit_name="xã Mẫu", office_address="thôn 1", office_phone="0123")
    for card in shelf.cards.values():
        for facet in Facet:
            for day in (BEFORE, OLD, NEW, date(2027, 1, 1), LATE):
                said = compose(card, facet, today=day, local=local, texts=texts).text
                assert "{" not in said, (card.slug, facet, day)


def test_a_commune_that_told_nothing_leaves_no_gap_and_no_doubled_word(
    shelf: Shelf, texts: Texts
) -> None:
    for card in shelf.cards.values():
        for facet in Facet:
            said = compose(card, facet, today=card.reviewed, texts=texts).text
            place = (card.slug, facet, said)
            assert not re.search(r"[{}]|\(\s*\)|  | [.,;:]|:\s*\.|\bNone\b", said), place
            assert not re.search(r"(?<!\w)(xã|bộ phận|một cửa|trạm|công an|của) \1(?!\w)", said), (
                place
            )


def test_every_answer_fits_a_small_screen_when_changes_are_near(shelf: Shelf, texts: Texts) -> None:
    for card in shelf.cards.values():
        for day in (date(2026, 12, 31), date(2027, 2, 28), date(2027, 3, 1)):
            for facet in Facet:
                said = compose(card, facet, today=day, texts=texts).text
                assert len(said) <= LONGEST + 250, (card.slug, facet, day, len(said))


def test_what_a_commune_tells_stands_in_the_answer(source: str, texts: Texts) -> None:
    local = LocalFacts(unit_name="xã Mường Mẫu", office_address="bản Trung", office_phone="02130")
    card = card_of(source)
    assert "bản Trung" in compose(card, Facet.WHERE, today=NEW, local=local, texts=texts).text
    assert "02130" in compose(card, Facet.CONTACT, today=NEW, local=local, texts=texts).text


def test_the_other_facets_are_offered_without_the_one_shown(source: str, texts: Texts) -> None:
    for facet in Facet:
        offered = compose(card_of(source), facet, today=NEW, texts=texts).facets
        assert facet not in offered
        assert len(offered) == len(Facet) - 1


def test_a_menu_numbers_its_titles(texts: Texts) -> None:
    assert "2. Sổ đỏ" in menu(["Căn cước", "Sổ đỏ"], texts)


def test_a_broken_edit_keeps_the_last_good_card_and_a_mended_one_replaces_it(
    tmp_path: Path, source: str
) -> None:
    folder = tmp_path / "cards" / "vi"
    folder.mkdir(parents=True)
    file = folder / f"{PENSION}.md"
    file.write_text(source, encoding="utf-8")
    shelf = Shelf.load(tmp_path)
    assert not shelf.reload_if_changed()
    file.write_text("hỏng", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert shelf.reload_if_changed()
    assert PENSION in shelf.cards
    assert shelf.faults
    file.write_text(source.replace("Tiền tuổi già hằng tháng", "Tiền cho ông bà"), encoding="utf-8")
    os.utime(file, ns=(2, 2))
    assert shelf.reload_if_changed()
    assert shelf.faults == ()
    assert shelf.cards[PENSION].title == "Tiền cho ông bà"
    file.unlink()
    assert shelf.reload_if_changed()
    assert not shelf.cards


def test_a_folder_that_is_not_there_is_a_fault_and_not_a_crash(tmp_path: Path) -> None:
    assert Shelf.load(tmp_path / "nowhere").faults


def test_a_missing_text_is_named_when_loading(tmp_path: Path) -> None:
    file = tmp_path / "vi.po"
    file.write_text('msgid ""\nmsgstr ""\n\nmsgid "a.b"\nmsgstr "Chào {name}"\n', encoding="utf-8")
    with pytest.raises(TextFault, match=r"answer\.gone"):
        Texts.load(file, required=["a.b", "answer.gone"])
    said = Texts.load(file)
    assert said("a.b", name="{x}") == "Chào {x}"
    with pytest.raises(TextFault, match="name"):
        said("a.b")

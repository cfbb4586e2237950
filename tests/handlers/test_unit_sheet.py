"""Lists of units as people make them, and as nobody should: read, planned, and given away again."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from datetime import date

import openpyxl
import pytest

from content.answers import LocalFacts
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.unit_files import LARGEST, Reason, Unreadable, read
from handlers.unit_rules import DEEPEST, FACTS
from handlers.unit_sheet import COLUMNS, Plan, UnitSheets
from handlers.unit_words import change_said, fault_said, rows_of, written
from handlers.units import Source, Unit, Units
from storage.units import KeptUnit

TEXTS = Texts.load(SHIPPED / "texts" / "vi.po")
TODAY = date(2026, 11, 27)
COMMUNE = KeptUnit("xa-mau", "Xã Mẫu", office_phone="0200 000 000", office_address="thôn 1")
VILLAGE = KeptUnit("ban-mau", "Bản Mẫu", "xa-mau")
HEAD = ["Mã", "Tên", "Thuộc"]


def workbook(*rows: Sequence[object], merge: str = "") -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(list(row))
    if merge:
        book.active.merge_cells(merge)
    book.save(file)
    return file.getvalue()


def table(*rows: Sequence[str]) -> bytes:
    return "\n".join(",".join(row) for row in rows).encode("utf-8-sig")


def of(unit: KeptUnit, source: Source = Source.KEPT) -> Unit:
    return Unit(unit.code, unit.name, unit.parent, source=source)


def planned(content: bytes, *kept: KeptUnit, file: Sequence[Unit] = (), own: str = "") -> Plan:
    return UnitSheets(TEXTS).plan(
        read(content), kept={one.code: one for one in kept},
        units=Units([*file, *map(of, kept)]), own=own, today=TODAY,
    )  # fmt: skip


def faults(plan: Plan) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.key) for one in plan.faults]


@pytest.mark.parametrize(
    "head",
    [
        ["Mã", "Tên", "Thuộc", "Điện thoại"],
        ["MA", "TEN", "THUOC", "DIEN THOAI"],
        ["mã xã", "tên  xã", "mã cấp trên", "Số điện thoại"],
        ["code", "name", "parent", "office_phone"],
    ],
)
def test_columns_are_found_whatever_their_case_diacritics_and_words(head: list[str]) -> None:
    plan = planned(table(head, ["xa-mau", "Xã Mẫu", "", "0200 000 000"]))
    assert plan.faults == ()
    assert [(one.code, one.office_phone) for one in plan.new] == [("xa-mau", "0200 000 000")]


@pytest.mark.parametrize("make", [workbook, table])
def test_titles_above_the_heading_other_columns_and_another_order_do_no_harm(
    make: Callable[..., bytes],
) -> None:
    plan = planned(
        make(
            ["DANH SÁCH CÁC XÃ", "", "", ""],
            ["", "", "", ""],
            ["STT", "Tên xã", "Ghi chú", "Mã xã"],
            ["1", "Xã Mẫu", "x", "XA-MAU"],
            ["2", "Xã  Hai", "", "xa-hai"],
        )
    )
    assert plan.faults == ()
    assert [(one.code, one.name) for one in plan.new] == [
        ("xa-mau", "Xã Mẫu"), ("xa-hai", "Xã Hai"),
    ]  # fmt: skip


def test_numbers_of_a_workbook_are_codes_and_letters_that_were_taken_apart_are_whole() -> None:
    plan = planned(workbook(["Mã", "Tên"], [26734, "Xa\u0303 Ma\u0302\u0303u"]))
    assert [(one.code, one.name) for one in plan.new] == [("26734", "Xã Mẫu")]


def test_what_is_empty_stays_as_it_is_and_nothing_is_taken_away() -> None:
    plan = planned(table([*HEAD, "Địa chỉ"], ["xa-mau", "Xã Mẫu mới", "", ""]), COMMUNE, VILLAGE)
    [change] = plan.changed
    assert change_said(TEXTS, change) == ["Tên: Xã Mẫu → Xã Mẫu mới"]
    assert change.new.office_phone == COMMUNE.office_phone
    assert (plan.new, plan.faults, plan.same) == ((), (), 0)
    assert planned(table(HEAD, ["ban-mau", "Bản Mẫu", "XA-MAU"]), COMMUNE, VILLAGE).same == 1


def test_what_stands_in_the_settings_file_is_left_as_it_is_and_told() -> None:
    file = [of(COMMUNE, Source.FILE)]
    plan = planned(
        table(HEAD, ["xa-mau", "Xã Khác", ""], ["thon-1", "Thôn 1", "xa-mau"]), file=file
    )
    assert plan.of_file == ("xa-mau",)
    assert [one.code for one in plan.new] == ["thon-1"]
    assert plan.does


def test_each_fault_is_told_with_its_row_and_column() -> None:
    plan = planned(
        table(
            [*HEAD, "Địa chỉ"],
            ["", "Không mã", "", ""],
            ["Xã Mẫu!", "Xã Mẫu", "", ""],
            ["xa-hai", "", "", ""],
            ["xa-hai", "Xã Hai", "", ""],
            ["xa-ba", "Xã Ba", "o-dau", ""],
            ["xa-tu", "x" * 61, "", "y" * 201],
            ["xa-nam", "Xã Năm", "", "=1+1"],
        )
    )
    assert faults(plan) == [
        (2, "code", "missing"), (3, "code", "code"), (4, "name", "missing"), (5, "code", "twice"),
        (6, "parent", "no_parent"), (7, "name", "long_name"), (7, "office_address", "long"),
        (8, "office_address", "formula"),
    ]  # fmt: skip
    assert not plan.does
    said = [fault_said(TEXTS, one) for one in plan.faults]
    assert said[3] == "Dòng 5, cột Mã: mã này đã có ở dòng 4."
    assert "Dòng 6, cột Thuộc: “o-dau”" in said[4]


def test_a_list_without_codes_or_names_is_refused_with_the_column_that_it_lacks() -> None:
    assert faults(planned(table(["Tên", "Địa chỉ"], ["Xã Mẫu", "thôn 1"]))) == [
        (1, "code", "no_column")
    ]
    assert faults(planned(table(["a", "b"], ["c", "d"]))) == [
        (1, "code", "no_column"), (1, "name", "no_column"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [
        [["a", "A", "b"], ["b", "B", "c"], ["c", "C", "a"]],
        [["a", "A", "a"]],
        [["xa-mau", "Xã Mẫu", "ban-mau"]],
    ],
)
def test_nothing_stands_below_itself(rows: list[list[str]]) -> None:
    found = planned(table(HEAD, *rows), COMMUNE, VILLAGE)
    assert {one.key for one in found.faults} == {"circle"}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (["xa-khac", "Xã Khác tên", ""], "code"),
        (["ban-khac", "Bản Khác tên", ""], "code"),
        (["ban-khac", "Bản Khác", "xa-mau"], "code"),
        (["ban-mau", "Bản Mẫu", "xa-khac"], "code"),
        (["thon-moi", "Thôn Mới", "xa-khac"], "code"),
        (["xa-moi", "Xã Mới", ""], "code"),
        (["xa-mau", "Xã Mẫu", "tinh"], "parent"),
    ],
)
def test_who_has_a_unit_changes_nothing_above_and_beside_it(row: list[str], column: str) -> None:
    known = [
        KeptUnit("tinh", "Tỉnh"), COMMUNE, VILLAGE,
        KeptUnit("xa-khac", "Xã Khác"), KeptUnit("ban-khac", "Bản Khác", "xa-khac"),
    ]  # fmt: skip
    assert faults(planned(table(HEAD, row), *known, own="xa-mau")) == [(2, column, "elsewhere")]
    assert planned(table(HEAD, row), *known).does


def test_who_has_a_unit_changes_it_and_adds_below_it_also_two_steps_down() -> None:
    rows = [["cum", "Cụm 1", "thon"], ["thon", "Thôn", "xa-mau"], ["xa-mau", "Xã Mẫu đẹp", ""]]
    plan = planned(table(HEAD, *rows), COMMUNE, own="xa-mau")
    assert plan.does
    assert (len(plan.new), len(plan.changed)) == (2, 1)


def test_cells_that_were_made_one_are_told_only_below_the_heading() -> None:
    rows = (["DANH SÁCH", None, None], HEAD, ["a", "A", "b"], ["b", "B", None])
    assert planned(workbook(*rows, merge="A1:C1")).faults == ()
    assert faults(planned(workbook(*rows, merge="C3:C4"))) == [(3, "C", "merged")]


def test_a_formula_is_never_computed() -> None:
    plan = planned(workbook(HEAD, ["a", '=HYPERLINK("http://example.org")', ""]))
    assert faults(plan) == [(2, "name", "formula")]


def test_a_sheet_that_is_coloured_and_empty_to_its_end_is_read() -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (HEAD, ["a", "A", ""]):
        book.active.append(row)
    book.active["B1000000"].fill = openpyxl.styles.PatternFill("solid", "FFFF00")
    book.save(file)
    assert [one.code for one in planned(file.getvalue()).new] == ["a"]


def macros() -> bytes:
    file = io.BytesIO(workbook(HEAD, ["a", "A", ""]))
    with zipfile.ZipFile(file, "a") as parts:
        parts.writestr("xl/vbaProject.bin", b"x")
    return file.getvalue()


def bomb() -> bytes:
    """A hundred megabytes in a few kilobytes."""
    file = io.BytesIO(workbook(HEAD, ["a", "A", ""]))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet9.xml", b"0" * 100_000_000)
    return file.getvalue()


def entities() -> bytes:
    """XML that would grow a thousandfold if its entities were believed."""
    old, new = io.BytesIO(workbook(HEAD, ["a", "A", ""])), io.BytesIO()
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    with zipfile.ZipFile(old) as parts, zipfile.ZipFile(new, "w") as others:
        for one in parts.namelist():
            sheet = one.startswith("xl/worksheets/")
            others.writestr(one, laughs if sheet else parts.read(one))
    return new.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"\n\n,,,\n", Reason.EMPTY),
        (b"a" * (LARGEST + 1), Reason.LARGE),
        (b"PK\x03\x04 no zip", Reason.BROKEN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, Reason.OLD),
        (b"M\xe3,T\xean\na,X\xe3", Reason.ENCODING),
        (b"M\0a", Reason.BROKEN),
        (b"a\n" * 20_001, Reason.ROWS),
        (b'Ma,Ten\na,"' + b"x" * 200_000, Reason.BROKEN),
        (macros(), Reason.MACROS),
        (bomb(), Reason.LARGE),
        (entities(), Reason.BROKEN),
        (workbook(HEAD, ["a", "A", ""])[:-300], Reason.BROKEN),
    ],
    ids=[
        "nothing", "no words", "large", "no workbook", "old", "encoding", "zeros", "rows", "cell",
        "macros", "bomb", "entities", "cut off",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes, reason: Reason) -> None:
    tracemalloc.start()
    with pytest.raises(Unreadable) as refused:
        read(content)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.reason is reason
    assert most < 60 * 1024**2, "a bomb is not unpacked"


def test_utf_16_semicolons_and_tabs_are_read_as_spreadsheets_write_them() -> None:
    for separator in ";\t":
        text = f"Mã{separator}Tên\nxa-mau{separator}Xã Mẫu\n"
        for encoding in ("utf-8", "utf-16"):
            assert [one.name for one in planned(text.encode(encoding)).new] == ["Xã Mẫu"]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_is_given_away_comes_back_as_it_was(form: str) -> None:
    local = {"office_phone": "+84 200 000 000", "contact": "-", "clinic": "trạm y tế; thôn 2"}
    kept = [KeptUnit("00123", "Xã Mẫu", **local), KeptUnit("thon-1", "Thôn 1", "00123")]
    units = [
        Unit(one.code, one.name, one.parent, of_local(one), source=Source.KEPT) for one in kept
    ]
    content = written(rows_of(units), form, TEXTS)
    plan = planned(content)
    assert plan.faults == ()
    assert list(plan.new) == kept
    again = planned(content, *kept)
    assert (again.new, again.changed, again.same) == ((), (), 2)


def of_local(unit: KeptUnit) -> LocalFacts:
    return LocalFacts(**{name: getattr(unit, name) for name in FACTS})


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_list_to_fill_in_has_every_column_and_no_row(form: str) -> None:
    sheet = read(written([], form, TEXTS))
    assert [len(cells) for _, cells in sheet.rows] == [len(COLUMNS)]
    plan = UnitSheets(TEXTS).plan(sheet, kept={}, units=Units([]), own="", today=TODAY)
    assert plan == Plan()


def test_a_province_with_its_villages_is_planned_in_a_few_seconds() -> None:
    communes = [[f"xa-{n}", f"Xã {n}", ""] for n in range(100)]
    villages = [[f"thon-{n}", f"Thôn {n}", f"xa-{n % 100}"] for n in range(5_000)]
    plan = planned(workbook(HEAD, *communes, *villages))
    assert (len(plan.new), plan.faults) == (5_100, ())


def chain(name: str, many: int, above: str = "") -> list[list[str]]:
    """Units each of which stands below the one before."""
    parents = [above, *(f"{name}-{at}" for at in range(1, many))]
    return [[f"{name}-{at}", f"Nơi {at}", over] for at, over in enumerate(parents, 1)]


def test_no_line_of_units_is_too_deep_to_be_walked() -> None:
    """Everything else walks up and down such lines: a thousand would stop the whole program."""
    assert planned(table(HEAD, *chain("a", DEEPEST))).faults == ()
    assert faults(planned(table(HEAD, *chain("a", DEEPEST + 1)))) == [
        (DEEPEST + 2, "parent", "deep")
    ]
    endless = planned(table(HEAD, *chain("a", 19_000)))
    assert len(endless.faults) == 19_000 - DEEPEST


def test_what_is_moved_takes_nothing_too_deep_with_it() -> None:
    kept = [KeptUnit(*row) for row in (*chain("a", 6), *chain("b", DEEPEST - 5))]
    moved = planned(table(HEAD, ["b-1", "Nơi 1", "a-5"]), *kept)
    assert moved.faults == ()
    moved = planned(table(HEAD, ["b-1", "Nơi 1", "a-6"]), *kept)
    assert faults(moved) == [(2, "parent", "deep")]

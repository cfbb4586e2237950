"""Units as everybody holds them: found, and replaced for all who hold them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.config import load
from bot.unit_keeping import units_of
from content.answers import LocalFacts
from handlers.units import Source, Unit, Units
from handlers.working_days import DaysOff, WorkingDays
from storage.units import KeptUnit

COMMUNE = Unit("xa-mau", "Xã Mẫu", local=LocalFacts(unit_name="Xã Mẫu", office_phone="1"))
VILLAGE = Unit("thon-1", "Thôn 1", "xa-mau")
CONFIG = '[[units]]\ncode = "xa-mau"\nname = "Xã Mẫu"\noffice_phone = "2"\n'


def test_whoever_holds_them_sees_what_they_are_now() -> None:
    units = Units([COMMUNE, VILLAGE])
    assert units.below("xa-mau") == {"xa-mau", "thon-1"}
    assert units.served_with("thon-1") == {"xa-mau", "thon-1"}
    assert units.everywhere("xa-mau")
    assert [one.code for one in units.named("THON  1")] == ["thon-1"]
    units.replace([COMMUNE, Unit("xa-hai", "Xã Hai"), Unit("thon-1", "Thôn Một", "xa-hai")])
    assert units.below("xa-mau") == {"xa-mau"}
    assert units.below("xa-hai") == {"xa-hai", "thon-1"}
    assert units.served_with("thon-1") == {"xa-hai", "thon-1"}
    assert not units.everywhere("xa-mau")
    assert units.named("thôn 1") == []
    assert [one.code for one in units.inside("")] == ["xa-mau", "xa-hai"]
    assert units.below("nowhere") == {"nowhere"}


def test_the_sample_is_there_only_while_nothing_else_is(tmp_path: Path) -> None:
    settings = load({}, tmp_path)
    assert [one.code for one in units_of(settings)] == ["xa-mau"]
    kept = [KeptUnit("xa-thu", "Xã Thử"), KeptUnit("thon", "Thôn", "xa-thu")]
    assert [one.code for one in units_of(settings, kept)] == ["xa-thu", "thon"]


def test_a_unit_of_the_file_counts_and_what_stands_below_none_stands_highest(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    kept = [
        KeptUnit("xa-mau", "Xã Giả", office_phone="3"), KeptUnit("thon", "Thôn", "xa-mau"),
        KeptUnit("lac", "Thôn Lạc", "da-bo"),
    ]  # fmt: skip
    units = units_of(load({}, tmp_path), kept)
    assert [(one.code, one.source, one.parent) for one in units] == [
        ("xa-mau", Source.BOTH, ""), ("thon", Source.KEPT, "xa-mau"), ("lac", Source.KEPT, ""),
    ]  # fmt: skip
    assert units.local("thon").office_phone == "2"


def test_days_off_that_come_later_are_asked_each_time() -> None:
    off = DaysOff([date(2026, 12, 1)])
    days = WorkingDays(days={}, holidays_too=off)
    assert not days.works(date(2026, 12, 1))
    assert days.works(date(2026, 12, 2))
    off.replace([date(2026, 12, 2)])
    assert not days.works(date(2026, 12, 1)), "what the file says stays"
    assert not days.works(date(2026, 12, 2))
    off.replace([])
    assert days.works(date(2026, 12, 2))

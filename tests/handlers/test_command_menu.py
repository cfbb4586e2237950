"""What the platform's menu button offers, in each language that somebody translated."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest
import tomli_w

from bot.config import load
from bot.unit_keeping import units_of
from bot.wiring import other_texts, texts_of
from content.shelf import SHIPPED
from handlers.command_menu import UNITS, VILLAGERS, WORK, WRITERS, CommandMenus
from handlers.messages import Command, Reply
from storage.notices import WRITING
from storage.officials import Role

ABOUT = [about for _, about in (*VILLAGERS, UNITS, WORK, *WRITERS)]


def translated(folder: Path, language: str, keys: list[str], *, fuzzy: bool = False) -> None:
    """A made-up catalogue: each text is its key in capitals."""
    catalogue = polib.POFile()
    for key in keys:
        entry = polib.POEntry(msgid=key, msgstr=key.upper(), flags=["fuzzy"] * fuzzy)
        catalogue.append(entry)
    catalogue.save(str(folder / "texts" / f"{language}.po"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "vi.po").write_bytes((SHIPPED / "texts" / "vi.po").read_bytes())
    return tmp_path


def menus(folder: Path) -> CommandMenus:
    units = [{"code": "xa-mau", "name": "Xã Mẫu"}, {"code": "xa-hai", "name": "Xã Hai"}]
    written = tomli_w.dumps({"content": {"folder": str(folder)}, "units": units})
    (folder / "config.toml").write_text(written, "utf-8")
    settings = load({}, folder)
    return CommandMenus(texts_of(settings), units_of(settings), other_texts(settings))


def of(language: str, menu: tuple[Command, ...]) -> list[tuple[str, str]]:
    return [(one.word, one.about) for one in menu if one.language == language]


def test_a_second_catalogue_gives_each_role_a_second_menu_of_the_same_words(folder: Path) -> None:
    alone = menus(folder)
    translated(folder, "en", ABOUT)
    both = menus(folder)
    for before, after in (
        (alone.of_villagers(), both.of_villagers()),
        *((alone.of_officials(role), both.of_officials(role)) for role in Role),
    ):
        assert {one.language for one in before} == {""}
        assert of("", after) == of("", before), "the first one stays as it is"
        assert [word for word, _ in of("en", after)] == [word for word, _ in of("", after)]
        assert {about for _, about in of("en", after)} <= {key.upper() for key in ABOUT}
    [work, *rest] = of("en", both.of_officials(Role.VIEWER))
    assert work == ("viec", "COMMAND.WORK")
    assert rest == of("en", both.of_villagers())


@pytest.mark.parametrize("role", list(Role))
def test_officials_are_offered_what_their_role_may_do(folder: Path, role: Role) -> None:
    offered = [one.word for one in menus(folder).of_officials(role)]
    assert offered[0] == "viec"
    assert ("thongbao" in offered) is ("cacthongbao" in offered) is (role in WRITING)
    assert offered[-6:] == ["menu", "canbo", "gopy", "dangky", "dung", "xa"]


def test_a_language_that_explains_half_a_menu_or_is_unreviewed_has_none_of_its_own(
    folder: Path,
) -> None:
    translated(folder, "en", [about for about in ABOUT if about != "command.work"])
    translated(folder, "th", ABOUT, fuzzy=True)
    both = menus(folder)
    assert {one.language for one in both.of_villagers()} == {"", "en"}
    assert {one.language for one in both.of_officials(Role.VIEWER)} == {""}


def test_menus_stay_what_they_are_in_the_outbox_and_older_rows_can_be_read(folder: Path) -> None:
    translated(folder, "en", ABOUT)
    reply = Reply("Chào", commands=menus(folder).of_officials(Role.OFFICER))
    assert Reply.from_json(reply.to_json()) == reply
    older = Reply("Chào", commands=(Command("viec", "Việc"),)).to_json().replace(', ""]', "]")
    assert Reply.from_json(older).commands == (Command("viec", "Việc"),)

"""The pack for loudspeaker and board: a script with its time, sheets whose codes can be read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from fontTools.ttLib import TTFont

from bot.config import Settings, load
from bot.letters import FOLDER, SHIPPED, NoLetters, font_for
from bot.pack import NoPack, write_pack
from bot.wiring import now
from content.library import Library
from storage.broadcasts import Broadcasts, Draft
from storage.database import Database
from storage.migrate import migrate
from tests.emulators.telegram import TOKEN, Emulator
from tests.small_content import few_cards, few_phrases

PUBLIC = "https://loa.example.vn"
CONFIG = """
[[units]]
code = "na-hang"
name = "Xã Nà Hang"
[[accounts]]
name = "bot"
platform = "telegram"
token = "{token}"
api_base = "{base}"
"""


async def settings(data_folder: Path, base: str) -> Settings:
    folder = data_folder.parent
    (folder / "config.toml").write_text(CONFIG.format(token=TOKEN, base=base), "utf-8")
    environment = {"LOABAN_DATA__FOLDER": str(data_folder), "LOABAN_WEB__PUBLIC_URL": PUBLIC}
    found = load(environment, folder)
    database = Database.at(found.database_url)
    await migrate(database)
    await database.close()
    return found


def pages(path: Path) -> list[tuple[str, tuple[int, int], list[str]]]:
    """Each page's words, its sides (millimetres), and what its codes say to a camera."""
    with pypdfium2.PdfDocument(path) as document:
        return [
            (
                page.get_textpage().get_text_bounded().replace("\r\n", " "),
                (round(page.get_width() / 72 * 25.4), round(page.get_height() / 72 * 25.4)),
                [code.text for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())],
            )
            for page in document
        ]


async def test_a_card_becomes_a_script_with_its_time_and_one_sheet_of_each_size(
    data_folder: Path, tmp_path: Path
) -> None:
    async with Emulator() as emulator:
        found = await settings(data_folder, emulator.base)
        packed = await write_pack(found, "the-bhyt", unit="NA-HANG", accounts=[], folder=tmp_path)
    assert [path.name for path in packed.files] == [
        f"na-hang-the-bhyt{ending}" for ending in ("-loa.txt", "-loa.pdf", "-a4.pdf", "-a5.pdf")
    ]
    script = packed.files[0].read_text("utf-8-sig")
    assert "Mời bà con Xã Nà Hang chú ý" in script
    assert "chưa cơ quan nào duyệt" in script, "a sample says so over the loudspeaker too"
    assert 60 < packed.seconds < 240
    assert f"{packed.seconds // 60} phút {packed.seconds % 60} giây" in script
    assert "Xin nhắc lại." in " ".join(words for words, _, _ in pages(packed.files[1]))
    for path, sides in ((packed.files[2], (210, 297)), (packed.files[3], (148, 210))):
        [(words, shown, codes)] = pages(path)
        assert shown == sides
        assert "Thẻ bảo hiểm y tế" in words
        assert "chưa cơ quan nào duyệt" in words
        assert sorted(codes) == [
            f"{PUBLIC}/?xa=na-hang_the-bhyt",
            "https://t.me/LoaBanBot?start=na-hang_the-bhyt",
        ]


async def test_only_a_notice_that_was_released_is_packed(data_folder: Path, tmp_path: Path) -> None:
    async with Emulator() as emulator:
        found = await settings(data_folder, emulator.base)
        book, database = Broadcasts(), Database.at(found.database_url)
        async with database.begin() as tx:
            draft = Draft("Thứ bảy tiêm phòng ở trạm y tế.\nMang theo sổ tiêm.", unit="na-hang")
            number = await book.write(tx, draft, by="Lan", at=now())
        with pytest.raises(NoPack, match="not approved"):
            await write_pack(found, str(number), unit="na-hang", accounts=[], folder=tmp_path)
        async with database.begin() as tx:
            await book.submit(tx, number, by="Lan", at=now())
            await book.approve(tx, number, by="Mai", at=now())
        await database.close()
        packed = await write_pack(
            found, str(number), unit="na-hang", accounts=["web"], folder=tmp_path
        )
    assert packed.files[0].read_text("utf-8-sig").count("Mang theo sổ tiêm.") == 2
    [(words, _, codes)] = pages(packed.files[3])
    assert "Thứ bảy tiêm phòng" in words
    assert codes == [f"{PUBLIC}/?xa=na-hang"]


async def test_a_wrong_word_is_answered_with_what_there_is(
    data_folder: Path, tmp_path: Path
) -> None:
    async with Emulator() as emulator:
        found = await settings(data_folder, emulator.base)
        for what, unit, account, says in (
            ("the-bhyt", "xa-la", [], "take one of na-hang"),
            ("khong-co", "na-hang", [], "no card"),
            ("the-bhyt", "na-hang", ["khac"], "take one of bot, web"),
        ):
            with pytest.raises(NoPack, match=says):
                await write_pack(found, what, unit=unit, accounts=account, folder=tmp_path)


def apart(cache: Path, learned: Path) -> None:
    """A cache of its own for a few cards: in the common one they would take the place of all."""
    cache.mkdir(parents=True)
    for kept in learned.glob("danger-*.npz"):
        shutil.copy(kept, cache)


async def released(database: Database, draft: Draft) -> int:
    """A broadcast that another person approved; its number."""
    book = Broadcasts()
    async with database.begin() as tx:
        number = await book.write(tx, draft, by="Lan", at=now())
        await book.submit(tx, number, by="Lan", at=now())
        await book.approve(tx, number, by="Mai", at=now())
    return number


async def test_a_notice_is_packed_in_each_language_in_which_it_has_words(
    data_folder: Path, tmp_path: Path
) -> None:
    async with Emulator() as emulator:
        found = await settings(data_folder, emulator.base)
        database = Database.at(found.database_url)
        texts = (
            ("hmn", "Tag kis txhaj tshuaj."),
            ("rad", "Ƀuôn sang ƀăng ŏ ê̆ čiăng."),
            ("km", "ស្អែក"),
        )
        number = await released(database, Draft("Mai tiêm phòng.", unit="na-hang", texts=texts))
        await database.close()
        packed = await write_pack(
            found, str(number), unit="na-hang", accounts=["web"], folder=tmp_path
        )
    whole = ("-loa.txt", "-loa.pdf", "-a4.pdf", "-a5.pdf")
    assert [path.name.removeprefix(f"na-hang-{number}") for path in packed.files] == [
        *whole, *(f"-hmn{one}" for one in whole), *(f"-rad{one}" for one in whole), "-km-loa.txt",
    ]  # fmt: skip
    for path, words in ((packed.files[0], "Mai tiêm phòng."), (packed.files[4], texts[0][1])):
        assert path.read_text("utf-8-sig").count(words) == 2
    [(hmong, _, codes)] = pages(packed.files[6])
    assert "Tag kis txhaj tshuaj." in hmong
    assert codes == [f"{PUBLIC}/?xa=na-hang"]
    [(rade, *_)] = pages(packed.files[10])
    assert "Ƀuôn sang ƀăng" in rade
    [why] = packed.left_out
    assert why.startswith("km, PDF: letters such as")
    assert "ស្អែក" in packed.files[12].read_text("utf-8-sig")


async def test_a_card_that_exists_in_another_language_is_packed_in_it_too(
    learned: Path, library: Library, tmp_path: Path
) -> None:
    data_folder = tmp_path / "data" / "var"
    apart(data_folder / "cache", learned)
    folder = few_phrases(few_cards(tmp_path / "content"))
    written = (folder / "cards" / "vi" / "the-bhyt.md").read_text("utf-8")
    for language, text in (
        ("hmn", written.replace("title: Thẻ bảo hiểm y tế", "title: Daim npav kho mob")),
        ("tyz", written.replace("## Tóm tắt", "## Khác")),
    ):
        (folder / "cards" / language).mkdir()
        (folder / "cards" / language / "the-bhyt.md").write_text(text, "utf-8")
    async with Emulator() as emulator:
        found = await settings(data_folder, emulator.base)
        found = found.model_copy(
            update={"content": found.content.model_copy(update={"folder": folder})}
        )
        packed = await write_pack(
            found, "the-bhyt", unit="na-hang", accounts=[], folder=tmp_path / "out"
        )
    assert [path.name for path in packed.files][4:6] == [
        "na-hang-the-bhyt-hmn-loa.txt", "na-hang-the-bhyt-hmn-loa.pdf",
    ]  # fmt: skip
    assert len(packed.files) == 8
    assert "Daim npav kho mob" in packed.files[4].read_text("utf-8-sig")
    [(words, *_)] = pages(packed.files[6])
    assert "Daim npav kho mob" in words
    [why] = packed.left_out
    assert why.startswith("tyz: ")


def test_letters_that_the_programs_font_lacks_are_drawn_with_one_of_the_operators(
    tmp_path: Path,
) -> None:
    strange = "\ua7b1"
    assert font_for("Ê Đê ƀ č ŏ ơ̆", tmp_path, ()) == SHIPPED
    with pytest.raises(NoLetters, match=f"the letters {strange}: put a TTF"):
        font_for(strange, tmp_path, ())
    (tmp_path / FOLDER).mkdir()
    own = tmp_path / FOLDER / "Own-Regular.ttf"
    with TTFont(SHIPPED.regular) as font:
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[ord(strange)] = table.cmap[ord("T")]
        font.save(own)
    (tmp_path / FOLDER / "Broken.ttf").write_bytes(b"no font")
    found = font_for(strange, tmp_path, ())
    assert (found.regular, found.bold) == (own, own)

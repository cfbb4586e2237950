"""The pack for loudspeaker and board: a script with its time, sheets whose codes can be read."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from bot.config import Settings, load
from bot.pack import NoPack, write_pack
from bot.wiring import now
from storage.broadcasts import Broadcasts, Draft
from storage.database import Database
from storage.migrate import migrate
from tests.emulators.telegram import TOKEN, Emulator

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

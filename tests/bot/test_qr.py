"""QR codes for a unit: they read back as its address, and the sheet is one printed A5 page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import zxingcpp
from cryptography.fernet import Fernet
from PIL import Image
from typer.testing import CliRunner

from bot.__main__ import app
from bot.config import Settings, load
from bot.qr import NoCode, draw
from storage.database import Database
from storage.migrate import migrate
from storage.tokens import TokenBook
from tests.browser import chromium
from tests.emulators import zalo_oa
from tests.emulators.telegram import TOKEN, Emulator
from tests.emulators.zalo_oa_world import Account

LONG = "ma-xa-dai-dung-bon-muoi-chu-cai-day-nhe0"
LONG_NAME = "Xã Thượng Lâm Hồng Thái Nà Hang Đông, huyện Lâm Bình cũ, tỉnh"[:60]
PUBLIC = "https://chinh-sach-ba-con.tinh-vung-cao.example.vn"
CONFIG = """
[[units]]
code = "na-hang"
name = "Xã Nà Hang <&>"
[[units]]
code = "{long}"
name = "{name}"
[[accounts]]
name = "bot"
platform = "telegram"
token = "{token}"
api_base = "{base}"
"""


def settings(data_folder: Path, base: str, public_url: str = PUBLIC) -> Settings:
    folder = data_folder.parent
    config = CONFIG.format(long=LONG, name=LONG_NAME, token=TOKEN, base=base)
    (folder / "config.toml").write_text(config, "utf-8")
    environment = {
        "LOABAN_DATA__FOLDER": str(data_folder),
        "LOABAN_WEB__PUBLIC_URL": public_url,
    }
    return load(environment, folder)


def read(picture: bytes) -> list[str]:
    """The addresses in a picture, as a phone's camera reads them."""
    return [code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))]


async def test_each_account_gets_a_code_that_reads_back_as_the_units_address(
    data_folder: Path, tmp_path: Path
) -> None:
    async with Emulator() as emulator:
        with_bot = settings(data_folder, emulator.base)
        database = Database.at(with_bot.database_url)
        await migrate(database)
        await database.close()
        drawn = await draw(with_bot, "NA-HANG", account="", folder=tmp_path / "qr")
    assert not drawn.left_out
    assert {path.name for path in drawn.files} == {
        f"na-hang-{account}.{ending}"
        for account in ("bot", "web")
        for ending in ("png", "svg", "html")
    }
    for account, address in (
        ("bot", "https://t.me/LoaBanBot?start=na-hang"),
        ("web", f"{PUBLIC}/?xa=na-hang"),
    ):
        assert read((tmp_path / "qr" / f"na-hang-{account}.png").read_bytes()) == [address]
        page = (tmp_path / "qr" / f"na-hang-{account}.html").read_text("utf-8")
        assert "Xã Nà Hang &lt;&amp;&gt;" in page


async def test_drawing_spends_no_refresh_token_of_an_official_account(
    data_folder: Path, tmp_path: Path
) -> None:
    oa = Account.numbered(0)
    async with zalo_oa.Emulator() as emulator:
        file = data_folder.parent / "config.toml"
        file.write_text(
            f"""
[[units]]
code = "na-hang"
name = "Xã Nà Hang"
[[accounts]]
name = "oa"
platform = "zalo_oa"
app_id = "{oa.app_id}"
app_secret = "{oa.app_secret}"
oa_secret = "{oa.oa_secret}"
oa_id = "{oa.oa_id}"
refresh_token = "{oa.refresh_token}"
api_base = "{emulator.base}"
oauth_base = "{emulator.base}"
""",
            "utf-8",
        )
        key = Fernet.generate_key().decode()
        environment = {"LOABAN_DATA__FOLDER": str(data_folder), "LOABAN_TOKEN_KEY": key}
        with_oa = load(environment, data_folder.parent)
        database = Database.at(with_oa.database_url)
        await migrate(database)
        drawn = await draw(with_oa, "na-hang", account="oa", folder=tmp_path / "qr")
        assert [call for call in emulator.platform.calls if call.path == zalo_oa.TOKEN_PATH] == []
        async with database.read() as tx:
            assert await TokenBook().all(tx) == []
        await database.close()
    [picture] = [path for path in drawn.files if path.suffix == ".png"]
    assert read(picture.read_bytes()) == [f"https://zalo.me/{oa.oa_id}"], "its number is enough"


@pytest.mark.browser
async def test_the_longest_sheet_is_one_a5_page_whose_code_reads_back(
    data_folder: Path, tmp_path: Path
) -> None:
    drawn = await draw(
        settings(data_folder, "http://127.0.0.1:9"), LONG, account="web", folder=tmp_path / "qr"
    )
    [sheet] = [path for path in drawn.files if path.suffix == ".html"]
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": 560, "height": 800})
        await page.goto(sheet.as_uri())
        shown = await page.screenshot(full_page=True)
        fits = "document.body.scrollHeight <= document.body.clientHeight"
        assert await page.evaluate(fits), "nothing is cut off at the foot"
        wide = "document.body.scrollWidth <= document.body.clientWidth"
        assert await page.evaluate(wide), "nothing is cut off at the side"
        printed = await page.pdf(prefer_css_page_size=True)
    assert read(shown) == [f"{PUBLIC}/?xa={LONG}"]
    [size] = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert [round(float(side) / 72 * 25.4) for side in size] == [148, 210]


async def test_an_account_without_an_address_is_left_out_and_told(
    data_folder: Path, tmp_path: Path
) -> None:
    down = settings(data_folder, "http://127.0.0.1:9")
    drawn = await draw(down, "na-hang", account="", folder=tmp_path / "qr")
    assert {path.stem for path in drawn.files} == {"na-hang-web"}
    added, bot = drawn.left_out
    assert added.startswith("accounts that were added: run `python -m bot migrate`")
    assert bot.startswith("bot: Telegram cannot be reached")
    with pytest.raises(NoCode, match=r"web: set \[web\] public_url"):
        await draw(
            settings(data_folder, "http://127.0.0.1:9", ""), "na-hang", account="web",
            folder=tmp_path / "none",
        )  # fmt: skip
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["nowhere"], f"there is no unit 'nowhere': take one of {LONG}, na-hang"),
        (["na-hang", "--account", "zalo"], "there is no account 'zalo': take one of bot, web"),
    ],
)
def test_an_operators_slip_is_told_with_what_to_write(
    data_folder: Path, asked: list[str], told: str
) -> None:
    settings(data_folder, "http://127.0.0.1:9")
    named = {
        "LOABAN_CONFIG": str(data_folder.parent / "config.toml"),
        "LOABAN_DATA__FOLDER": str(data_folder),
    }
    ended = CliRunner().invoke(app, ["qr", *asked], env=named)
    assert ended.exit_code == 2
    assert told in " ".join(ended.output.split())

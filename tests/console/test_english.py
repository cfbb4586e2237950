"""The console in English: who chooses it reads it on every page; villagers are still written to in
Vietnamese."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import polib
import pytest

from bot.wiring import House, other_texts
from content.library import ENGLISH, TEXTS
from content.shelf import SHIPPED
from content.texts import Texts
from handlers.staff.door import LANGUAGE_COOKIE
from storage.answers import Answers, Given
from storage.broadcasts import Draft
from storage.consents import Purpose
from storage.officials import Role
from storage.outbox import State
from storage.questionnaires import Form, Question, Questionnaire
from tests.console.desk import Desk, form, sitting_at
from tests.console.test_case_desk import ANSWER, address
from tests.console.test_every_route import NEEDS, Place
from tests.console.test_export_desk import download
from tests.console.test_notice_desk import NEW, begun, written
from tests.handlers.notices import asked_for_notices
from tests.handlers.office import Person

ROOT = Path(__file__).parents[2]
VIETNAMESE = Texts.load(SHIPPED / TEXTS)
SPOKEN = Texts.load(SHIPPED / ENGLISH)

STAFF, OFFICIAL = ROOT / "handlers" / "staff", ROOT / "handlers" / "official"
WORDS_OF = ("notices_words.py", "notices_templates.py", "proof.py")
DESKS = [
    *sorted(STAFF.glob("*.py")),
    *sorted(STAFF.glob("pages/*.html")),
    *(OFFICIAL / name for name in WORDS_OF),
]
"""What says something at the console."""

STAYS = frozenset({
    "case.answered", "case.asked_back", "case.published",  # what villagers are told
    "asked.question", "notice.text",  # a notice as villagers get it
    "report.title", "group.text", "notice.ask.template",
    "units.file_name.template", "units.file_name.export", "units.sheet", "units.sheet_about",
})  # fmt: skip
"""What those files name and no desk says in its own voice."""

MARKS = re.compile(
    r"[ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ]", re.IGNORECASE
)


def said_at_desks() -> set[str]:
    """Every key that the console names, alone or by the beginning of a family."""
    code = "\n".join(path.read_text("utf-8") for path in DESKS)
    every = VIETNAMESE.keys()
    keys = {key for key in every if key.startswith("staff.")}
    keys |= every & set(re.findall(r"""["']([a-z_]+(?:\.[a-z_-]+)+)["']""", code))
    families = set(re.findall(r"""texts\(\s*f["']([a-z_.]+\.)\{[^}"']+\}["']""", code))
    families |= set(re.findall(r"""["']([a-z_.]+\.)["'] ~""", code))
    keys |= {key for key in every if f"{key.rpartition('.')[0]}." in families}
    return keys - STAYS


def test_every_sentence_of_the_console_is_there_in_english() -> None:
    missing = sorted(said_at_desks() - SPOKEN.keys())
    assert not missing, f"put into {ENGLISH}: {', '.join(missing)}"


def test_every_english_sentence_has_the_fields_of_the_vietnamese_one_and_none_is_left_over() -> (
    None
):
    keys = SPOKEN.keys()
    left = sorted(keys - VIETNAMESE.keys())
    assert not left, f"take out of {ENGLISH}: {', '.join(left)}"
    for key in keys:
        assert SPOKEN.fields(key) == VIETNAMESE.fields(key), key


def test_villagers_are_not_offered_english(house: House) -> None:
    assert not other_texts(house.settings)


class _Shown(HTMLParser):
    """What a reader sees or hears of a page, but for what is marked as Vietnamese."""

    EMPTY = frozenset({"input", "img", "link", "meta", "br", "source"})

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.lang = ""
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.lang = given["lang"]
        if tag not in self.EMPTY:
            hidden = given.get("lang") == "vi" or tag in {"style", "textarea"}
            self._open.append((tag, hidden))
        if given.get("lang") != "vi":
            self.said += [given[name] for name in ("aria-label", "alt", "title") if name in given]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(hidden for _, hidden in self._open):
            self.said.append(data)


def vietnamese(house: House, page: str) -> set[str]:
    """What of a page is Vietnamese and neither marked as such, nor data, nor in English texts."""
    shown = _Shown()
    shown.feed(page)
    assert shown.lang == "en"
    shelf = house.library.shelf.cards
    data = [unit.name for unit in house.units] + [shelf.heading(slug).title for slug in shelf]
    data += ["thôn 1, cạnh chợ", "Cầu treo", "Cầu", "cầu treo ở xa-mau", "Thôn", "thử"]
    data += [piece for entry in polib.pofile(str(SHIPPED / ENGLISH), encoding="utf-8")
             for piece in re.split(r"\{\w+\}", entry.msgstr) if MARKS.search(piece)]  # fmt: skip
    found = set()
    for said in shown.said:
        left = " ".join(said.split())
        for known in sorted(data, key=len, reverse=True):
            left = left.replace(" ".join(known.split()), "")
        left = re.sub(r"\(\d[^()]*\)", "", left)  # a figure, as its card has it
        if MARKS.search(left):
            found.add(left)
    return found


async def in_english(desk: Desk) -> Desk:
    await desk.open("/staff/language/en?next=/staff")
    return desk


async def test_every_page_is_english_for_whom_chose_it(house: House) -> None:
    here = await Place(house, "xa-mau").furnish()
    async with sitting_at(house) as desk:
        await in_english(desk)
        pages = [path for method, path in NEEDS if method == "GET"]
        for path in pages:
            answer = await desk.client.get(here.address(path))
            if answer.content_type == "text/html":
                assert not vietnamese(house, await answer.text()), path
        case, group = here.address("/staff/cases/{case}"), here.address("/staff/groups/{group}")
        page = await desk.open(case)
        assert not vietnamese(house, await desk.press(page, "/preview", text="UBND xã xem rồi."))
        assert not vietnamese(house, await desk.press(page, "/preview", 422, text=" "))
        assert not vietnamese(house, await desk.press(page, "/note", text="đã gọi điện"))
        closed = await desk.press(page, "/close", text="same")
        assert "Closed: problem no. 1." in closed
        assert not vietnamese(house, closed)
        assert not vietnamese(house, await desk.press(page, "/close", 409, text="same"))
        page = await desk.open(group)
        typed = {"title": "Cầu treo", "text": "Đã sửa xong."}
        assert not vietnamese(house, await desk.press(page, "/preview", **typed))
        new = await desk.open(NEW)
        assert not vietnamese(house, await desk.press(new, "/preview", text="Mai họp thôn."))
        assert not vietnamese(house, await desk.press(new, "/preview", 422, text=" "))


async def test_who_is_not_signed_in_can_choose_too(house: House) -> None:
    async with sitting_at(house) as desk:
        desk.client.session.cookie_jar.clear()
        first = await desk.open("/staff/cases")
        assert '<html lang="vi">' in first
        address = re.search(r'href="(/staff/language/en\?next=[^"]+)"[^>]*>English<', first)
        assert address
        page = await desk.open(address[1].replace("&amp;", "&"))
        assert "<h1>" in page
        assert "Sign in" in page
        assert form(page, "/sign-in")[1]["next"] == "/staff/cases", "and goes on where they wished"
        assert not vietnamese(house, page)
        wrong = await desk.press(page, "/sign-in", 401, login="mai", password="x")
        assert "is not right" in wrong
        assert not vietnamese(house, wrong)
        assert "Tiếng Việt" in wrong
        again = await desk.open("/staff/language/vi")
        assert '<html lang="vi">' in again


async def test_what_the_browser_would_like_is_not_asked(desk: Desk) -> None:
    answer = await desk.client.get("/staff", headers={"Accept-Language": "en"})
    assert '<html lang="vi">' in await answer.text()


@pytest.mark.parametrize(
    "after",
    ["//evil.example", "https://evil.example/staff", "/staff//evil.example\\@x", "/hooks/x"],
)
async def test_choosing_leads_to_no_other_site(desk: Desk, after: str) -> None:
    answer = await desk.client.get(
        "/staff/language/en", params={"next": after}, allow_redirects=False
    )
    assert (answer.status, answer.headers["Location"]) == (303, "/staff")
    kept = answer.cookies[LANGUAGE_COOKIE]
    assert (kept.value, kept["path"], kept["samesite"]) == ("en", "/staff", "Strict")
    await desk.open("/staff/language/fr", 404)


async def test_one_comes_back_to_the_list_as_it_was_filtered(desk: Desk) -> None:
    page = await desk.open("/staff/cases?state=waiting&kind=problem&q=0912")
    found = re.search(r'href="(/staff/language/en[^"]*)"', page)
    assert found
    answer = await desk.client.get(found[1], allow_redirects=False)
    assert answer.headers["Location"] == "/staff/cases?state=waiting&kind=problem"


async def test_a_page_that_came_of_a_form_has_no_link_so_that_no_words_are_lost(
    desk: Desk,
) -> None:
    page = await desk.press(await desk.open(NEW), "/preview", text="Mai họp thôn.")
    assert "/staff/language/" not in page


async def test_a_villager_is_answered_in_vietnamese_from_an_english_desk(
    desk: Desk, house: House
) -> None:
    villager = Person(house)
    case = await villager.ask()
    await villager.replies()
    await in_english(desk)
    proof = await desk.press(await desk.open(address(case)), "/preview", text=ANSWER)
    assert "Villagers will read exactly this" in proof
    shown = re.search(r'(?s)<p class="told" lang="vi">(.*?)</p>', proof)
    assert shown
    after = await desk.press(proof, "/send")
    assert f"The answer to question no. {case.id} was sent." in after
    [reply] = await villager.replies()
    assert reply.text == shown[1]
    assert f"trả lời câu hỏi số {case.id} của bà con" in reply.text


async def test_files_keep_their_vietnamese_headings(desk: Desk, house: House) -> None:
    await Person(house).ask()
    await in_english(desk)
    book = openpyxl.load_workbook(io.BytesIO(await download(desk, "xlsx")))
    assert next(book.worksheets[0].iter_rows(values_only=True))[:2] == ("Số", "Loại")
    address, fields = form(await desk.open("/staff/report"), "/report")
    answer = await desk.client.post(address, data=fields | {"form": "xlsx"})
    report = openpyxl.load_workbook(io.BytesIO(await answer.read()))
    assert report.sheetnames[0] == "Tổng hợp"
    assert "câu hỏi" in {cell.value for sheet in report.worksheets for row in sheet for cell in row}


async def test_each_role_and_place_reads_english(house: House) -> None:
    for role in Role:
        async with sitting_at(house, role, unit="ban-mau") as desk:
            await in_english(desk)
            for path in ("/staff", "/staff/me", "/staff/cases", "/staff/notices"):
                assert not vietnamese(house, await desk.open(path)), (role, path)


async def test_a_notice_is_english_from_writing_to_what_became_of_it(house: House) -> None:
    await asked_for_notices(house.database)
    people = [await asked_for_notices(house.database, purpose=Purpose.SURVEYS) for _ in range(6)]
    asks = Questionnaire(Form.POLL, (Question("Bao nhieu?", ("It", "Hai")),), code=1)
    async with sitting_at(house) as desk:
        await in_english(desk)
        words = await written(house, desk, Draft("Hop thon.", unit="xa-mau"))
        poll = await written(house, desk, Draft("", Purpose.SURVEYS, "xa-mau", asks=asks))
        for one in (words, poll):
            assert not vietnamese(house, await desk.open(f"/staff/notices/{one}"))
        await begun(house, words, end=State.FAILED)
        await begun(house, poll, end=State.SENT)
        async with house.database.begin() as tx:
            for person, _ in people:
                await Answers().put(tx, poll, 0, Given(choice=0), person=person)
        for one in (words, poll):
            page = await desk.open(f"/staff/notices/{one}")
            assert "How sending went" in page
            assert not vietnamese(house, page)
            for path in (f"/staff/notices/{one}/progress", "/staff/notices", "/staff/numbers"):
                assert not vietnamese(house, await desk.open(path))
        assert not vietnamese(house, await desk.press(page, "/close"))

"""The web chat as people meet it in a browser: talking and reading, on a small screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from handlers.messages import Button, Kind, Reply
from tests.browser import PHONE, chromium
from tests.emulators.web_chat_house import SHORT, TEXTS
from tests.journeys.web_chat import ANSWER, QUESTION, Site, answered, ask, open_site, phone_in, talk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def site() -> AsyncIterator[Site]:
    async with open_site() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with phone_in(browser) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, site: Site) -> Page:
    page = await context.new_page()
    await page.goto(site.address)
    return page


# Talking


async def test_a_question_is_answered(page: Page, site: Site) -> None:
    await ask(page, QUESTION)
    await answered(page, 2)
    assert await talk(page) == [
        "< Chào bà con! Tôi là Loa Bản, máy trả lời về chính sách.",
        f"> {QUESTION}",
        "< Tiền tuổi già hằng tháng",
    ]
    assert ANSWER in await page.inner_text("#log")
    assert await page.input_value("#write") == ""
    assert site.texts == [QUESTION]


async def test_a_question_is_answered_without_scripts(browser: Browser, site: Site) -> None:
    context = await browser.new_context(viewport=PHONE["viewport"], java_script_enabled=False)
    page = await context.new_page()
    await page.goto(site.address)
    await ask(page, QUESTION)
    await expect(page.locator(".ours")).to_have_count(2)
    assert page.url == site.address + "#cuoi"
    await page.click(".newest button:has-text('Các bước')")
    await expect(page.locator(".newest .head")).to_have_text("Tiền tuổi già hằng tháng: các bước")
    assert site.texts == [QUESTION, "1:c:tro-cap-huu-tri-xa-hoi:steps"]
    await page.click(".send")
    await expect(page.locator("#state")).to_have_text(TEXTS("web.error.empty"))
    await page.click("#menu summary")
    await page.click("#leave button")
    await expect(page.locator(".line")).to_have_count(1)
    await context.close()


async def test_buttons_under_the_last_answer_are_large_and_older_ones_quiet(
    page: Page, site: Site
) -> None:
    await page.click("button:has-text('1. Tiền hỗ trợ')")
    await answered(page, 2)
    await expect(page.locator(".newest")).to_have_count(1)
    await page.click(".newest button:has-text('4. Các bước')")
    await answered(page, 3)
    assert (await talk(page))[1::2] == ["> Tiền hỗ trợ", "> Các bước"]
    weights = await page.eval_on_selector_all(
        ".choices button", "bs => bs.map(b => [b.offsetHeight, getComputedStyle(b).fontWeight])"
    )
    assert min(height for height, _ in weights) >= 44
    assert [weight for _, weight in weights[-5:]] == ["600"] * 5
    assert {weight for _, weight in weights[:-5]} == {"400"}


async def test_a_double_tap_is_one_message(page: Page, site: Site) -> None:
    await page.dblclick("button:has-text('1. Tiền hỗ trợ')")
    await answered(page, 2)
    assert site.texts == ["1:g:an-sinh:0"]


async def test_the_talk_is_there_again_after_a_reload(page: Page) -> None:
    await ask(page, QUESTION)
    await answered(page, 2)
    before = await talk(page)
    await page.reload()
    assert await talk(page) == before
    await ask(page, "các bước")
    await answered(page, 3)
    assert (await talk(page))[:3] == before


async def test_two_pages_of_one_phone_show_the_same_talk(page: Page, site: Site) -> None:
    await ask(page, "chào")
    await answered(page, 2)
    other = await page.context.new_page()
    await other.goto(site.address)
    await ask(other, "các bước")
    await answered(other, 3)
    await answered(page, 3)
    assert await talk(page) == await talk(other)


async def test_what_people_write_is_never_run(page: Page, site: Site) -> None:
    attack = "<img src=x onerror=\"document.title='cracked'\"><script>document.title='x'</script>"
    await ask(page, attack)
    await answered(page, 2)
    await site.house.tell(site.house.kept[0].chat, Reply(attack, (Button(attack, "1:h"),)))
    await answered(page, 3)
    assert f"> {attack}" in await talk(page)
    assert await page.locator("#log img").count() == 0
    await page.reload()
    assert f"> {attack}" in await talk(page)
    assert await page.title() == TEXTS("web.title")
    assert await page.locator("#log img").count() == 0


async def test_numbers_can_be_tapped(page: Page) -> None:
    links = page.locator(".ours a")
    assert [await a.get_attribute("href") for a in await links.all()] == [
        "tel:113",
        "tel:114",
        "tel:115",
    ]
    await ask(page, "các bước")
    await expect(page.locator(".newest a[href='tel:02603862345']")).to_be_visible()


async def test_the_unit_of_the_link_reaches_the_house(context: BrowserContext, site: Site) -> None:
    page = await context.new_page()
    await page.goto(site.address + "?xa=dak-ro-ong")
    await ask(page, "chào")
    await answered(page, 2)
    await ask(page, "chào lần nữa")
    await answered(page, 3)
    starts = [come.text for come in site.house.came.values() if come.kind is Kind.START]
    assert starts == ["dak-ro-ong"]


async def test_leaving_forgets_the_talk(page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    await ask(page, "chuyện riêng nhà tôi")
    await answered(page, 2)
    await page.click("#menu summary")
    await page.click("#leave button")
    await expect(page.locator(".line")).to_have_count(1)
    await page.go_back()
    await expect(page.locator("#log")).not_to_contain_text("chuyện riêng")


# Reading


async def test_who_reads_further_up_is_not_moved(page: Page, site: Site) -> None:
    for number in range(3):
        await ask(page, f"tiền tuổi già {number}")
        await answered(page, number + 2)
    await page.evaluate("window.scrollTo(0, 0)")
    await site.house.tell(site.house.kept[0].chat, Reply("Tin mới của xã"))
    await expect(page.locator("#down")).to_be_visible()
    assert await page.evaluate("window.pageYOffset") == 0
    await page.click("#down")
    await expect(page.locator(".newest")).to_be_in_viewport()


async def test_a_long_answer_is_shown_from_its_question_on(page: Page) -> None:
    await ask(page, "các bước")
    await answered(page, 2)
    await expect(page.locator(".mine")).to_be_in_viewport()
    await expect(page.locator(".newest .head")).to_be_in_viewport()


async def test_an_answer_in_several_messages_is_read_from_the_first(page: Page, site: Site) -> None:
    await ask(page, "nó cầm dao")
    await answered(page, 2)
    await expect(page.get_by_text("Bà con nói: nó cầm dao")).to_be_in_viewport()
    await site.house.tell(site.house.kept[0].chat, Reply("Việc phải làm. " * 60))
    await expect(page.get_by_text("Việc phải làm.")).to_be_attached()
    await page.wait_for_timeout(300)  # scrolling, if there is any
    await expect(page.get_by_text("Bà con nói: nó cầm dao")).to_be_in_viewport()


async def test_messages_are_read_aloud_where_there_is_a_vietnamese_voice(
    context: BrowserContext, site: Site
) -> None:
    page = await context.new_page()
    await page.add_init_script("""
        window.spoken = [];
        window.SpeechSynthesisUtterance = function (text) { this.text = text; };
        Object.defineProperty(window, 'speechSynthesis', { value: {
            getVoices: function () { return [{ lang: 'en-US' }, { lang: 'vi-VN' }]; },
            speak: function (u) { window.spoken.push([u.lang, u.text]); }, cancel: function () {}
        } });
    """)
    await page.goto(site.address)
    await ask(page, "các bước")
    await answered(page, 2)
    button = page.locator(".newest .hear")
    await expect(button).to_have_text(TEXTS("web.listen"))
    await button.click()
    await expect(button).to_have_text(TEXTS("web.stop"))
    spoken = await page.evaluate("window.spoken")
    assert spoken[0] == ["vi-VN", "Tiền tuổi già hằng tháng: các bước"]
    await button.click()
    await expect(button).to_have_text(TEXTS("web.listen"))


async def test_without_a_vietnamese_voice_there_is_no_such_button(page: Page) -> None:
    await ask(page, "chào")
    await answered(page, 2)
    assert await page.locator(".hear").count() == 0


async def test_the_keyboard_alone_is_enough(browser: Browser, site: Site) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await page.goto(site.address)
    await page.keyboard.press("Tab")
    assert await page.inner_text(":focus") == TEXTS("web.skip")
    await page.keyboard.press("Enter")
    await expect(page.locator("#write")).to_be_focused()
    await page.keyboard.type("tiền tuổi già")
    await page.keyboard.press("Enter")
    await answered(page, 2)
    await expect(page.locator("#write")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    assert await page.inner_text(":focus") == SHORT.buttons[-1].label
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    await page.keyboard.press("Enter")
    await answered(page, 3)
    assert site.texts == ["tiền tuổi già", "1:h"]
    await context.close()


async def test_every_control_and_picture_has_a_name(page: Page) -> None:
    await ask(page, "tiền tuổi già")
    await answered(page, 2)
    assert await page.get_attribute("html", "lang") == "vi"
    await expect(page.get_by_role("log", name=TEXTS("web.log"))).to_be_visible()
    await expect(page.get_by_role("textbox", name=TEXTS("web.write"))).to_be_visible()
    await expect(page.get_by_role("button", name=TEXTS("web.send"))).to_be_visible()
    await expect(page.get_by_role("img", name="Hình: đi từ nhà lên xã")).to_be_attached()


# Fitting


@pytest.mark.parametrize("width", [320, 360, 1280])
async def test_nothing_runs_over_the_edge(browser: Browser, site: Site, width: int) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 640})
    page = await context.new_page()
    await page.goto(site.address)
    await ask(page, "W" * 300 + " https://dichvucong.gov.vn/" + "a" * 200)
    await ask(page, "các bước")
    await answered(page, 3)
    await site.house.tell(site.house.kept[0].chat, Reply("https://xa.gov.vn/" + "b" * 200))
    await answered(page, 4)
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    for target in ("#write", ".send", "#menu summary"):
        box = await page.locator(target).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    await context.close()


async def test_the_page_is_light_quiet_and_calls_nobody_else(
    context: BrowserContext, site: Site
) -> None:
    page = await context.new_page()
    complaints: list[str] = []
    hosts: set[str | None] = set()
    sizes: list[int] = []

    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    wire = await context.new_cdp_session(page)
    await wire.send("Network.enable")
    wire.on("Network.dataReceived", lambda event: sizes.append(event["dataLength"]))
    await page.goto(site.address)
    await ask(page, QUESTION)
    await answered(page, 2)
    await page.click(".newest button:has-text('Các bước')")
    await answered(page, 3)
    await page.wait_for_timeout(300)
    assert complaints == []
    assert hosts == {"127.0.0.1"}
    assert 20_000 < sum(sizes) < 60_000

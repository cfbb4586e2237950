"""`python -m bot broadcast draft --poll, --quiz, --survey`, `close` and `results`, as operators."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.broadcast_asking import BadAsking, Wanted, asking
from bot.survey_file import SurveyFaults, read_survey
from bot.wiring import House, now
from content.shelf import SHIPPED
from handlers.asking import LONGEST_TOGETHER
from storage.consents import Purpose
from storage.questionnaires import Form
from tests.bot.test_broadcast_commands import command
from tests.handlers.asking import agreed
from tests.handlers.notices import again

CARDS = SHIPPED / "cards" / "vi"
FILE = """
intro = "Xã muốn nghe bà con."
until = "ngày 20/12 17h"

[[question]]
text = "Trạm y tế có gần không?"
choices = ["Gần", "Xa"]

[[question]]
text = "Cần sửa gì trước?"
"""


async def released(house: House, *words: str) -> int:
    printed = await command(house, "draft", "--by", "Lan", *words)
    number = printed.split()[-1]
    await command(house, "submit", number, "--by", "Lan")
    await command(house, "approve", number, "--by", "Minh")
    await house.clock.broadcasts()
    return int(number)


async def test_a_poll_is_drafted_sent_closed_and_its_totals_told(house: House) -> None:
    people = [await agreed(house) for _ in range(7)]
    choices = ("--choice", "Thứ bảy", "--choice", "Chủ nhật")
    number = str(await released(house, "--poll", "Họp ngày nào?", *choices))
    for person, typed in zip(people, ["201"] * 6 + ["202"], strict=True):
        await person.say(typed)
    open_now = json.loads(await command(house, "results", number, "--json"))
    assert (open_now["state"], open_now["answered"]) == ("open", 5), "in steps of five"
    [question] = open_now["questions"]
    assert [one["count"] for one in question["choices"]] == [None, None], "1 would be subtracted"
    await people[6].say("201")
    await command(house, "close", number, "--by", "Lan")
    told = json.loads(await command(house, "results", number, "--json"))
    assert (told["state"], told["answered"], told["form"]) == ("closed", 7, "poll")
    assert [one["count"] for one in told["questions"][0]["choices"]] == [7, 0]
    words = await command(house, "results", number)
    assert "7 answered" in words
    assert "closed already" in await command(house, "close", number, fails=True)
    assert "closed" in await command(house, "results", number)


async def test_what_is_approved_includes_questions_and_choices(
    house: House, tmp_path: Path
) -> None:
    path = tmp_path / "survey.toml"
    path.write_text(FILE, "utf-8")
    number = await released(house, "--survey", str(path))
    it = await again(house, number)
    assert it.draft.asks is not None
    assert it.draft.purpose is Purpose.SURVEYS
    assert it.draft.asks.until is not None
    assert "Cần sửa gì trước?" in it.approved
    assert "Gần" in it.approved
    shown = await command(house, "preview", str(number))
    assert "Trả lời được đến 17:00 20/12" in shown
    assert "asks nothing" in await command(
        house, "results", (await command(house, "draft", "--text", "x", "--by", "Lan")).split()[-1],
        fails=True,
    )  # fmt: skip


def drafted(**more: object) -> Wanted:
    empty = {"text": "", "poll": "", "quiz": "", "survey": None, "choices": [], "until": ""}
    return Wanted(**{**empty, "purpose": None, **more})


def test_a_quiz_takes_the_cards_question_with_wrong_answers_of_its_neighbours() -> None:
    for slug in ("chay-rung", "an-toan-giao-thong"):
        found = asking(drafted(quiz=slug, purpose=Purpose.CAMPAIGNS), CARDS, now=now()).asks
        assert found is not None
        [question] = found.questions
        assert question.right is not None
        assert f"Đáp: {question.choices[question.right]}" in (CARDS / f"{slug}.md").read_text()
        assert len(question.choices) == 3
    named = asking(drafted(quiz="chay-rung", choices=["Gọi 115."]), CARDS, now=now()).asks
    assert named is not None
    assert named.form is Form.QUIZ
    assert "Gọi 115." in named.questions[0].choices


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"poll": "x", "quiz": "y"}, "ask one thing"),
        ({"poll": "x", "choices": ["a"]}, "at least 2"),
        ({"poll": "x", "choices": ["a", "A "]}, "the same"),
        ({"poll": "x", "choices": list("abcdefghi")}, "at most 8"),
        ({"poll": "x" * 301, "choices": ["a", "b"]}, "at most 300"),
        ({"poll": "x", "choices": ["a", "b"], "text": "x" * LONGEST_TOGETHER}, "together"),
        ({"poll": "x", "choices": ["a", "b"], "until": "hôm qua"}, "--until"),
        ({"poll": "x", "choices": ["a", "b"], "purpose": Purpose.NOTICES}, "surveys"),
        ({"quiz": "khong-co"}, "no card"),
        ({"text": "x", "choices": ["a"]}, "--choice goes with"),
        ({"survey": Path("/nowhere.toml")}, "cannot be read"),
    ],
)
def test_what_cannot_be_asked_says_why(options: dict[str, object], why: str) -> None:
    with pytest.raises(BadAsking, match=why):
        asking(drafted(**options), CARDS, now=now())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('text = "Trạm y tế có gần không?"', "txt = 1"), ":5: question 1: text is missing"),
        (('["Gần", "Xa"]', '"Gần"'), ":7: question 1: choices must be a list"),
        (('["Gần", "Xa"]', '["Gần"]'), ":5: question 1: 1 choices, at least 2"),
        (('"Cần sửa gì trước?"', '"' + "x" * 301 + '"'), ":9: question 2: text has 301 letters"),
        (("intro", "into"), ":2: 'into' is not known"),
        (('["Gần", "Xa"]', '["Gần"'), "line 9"),
    ],
)
def test_a_file_with_faults_tells_each_with_its_line(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    path = tmp_path / "survey.toml"
    path.write_text(FILE.replace(*change), "utf-8")
    with pytest.raises(SurveyFaults) as found:
        read_survey(path)
    assert told in str(found.value)


def test_the_file_in_the_document_is_a_survey(tmp_path: Path) -> None:
    document = (Path(__file__).parents[2] / "docs" / "surveys.md").read_text("utf-8")
    path = tmp_path / "survey.toml"
    path.write_text(document.split("```toml\n")[1].split("```")[0], "utf-8")
    assert len(read_survey(path).asks.questions) >= 2

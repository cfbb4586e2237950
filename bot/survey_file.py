"""Reads the file of a survey (docs/surveys.md has the format); tells each fault with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlers.asking import AskFault, faults
from handlers.notice_page import LONGEST
from storage.questionnaires import Form, Question, Questionnaire

FAULTS = {
    "no_question": "it asks nothing: begin each question with [[question]]",
    "many_questions": "{count} questions, and at most {most} are short",
    "no_text": "text is missing or empty",
    "long_question": "text has {count} letters, at most {most} can be read at once",
    "many_choices": "{count} choices, at most {most} fit on a screen",
    "few_choices": "{count} choices, at least {most} are needed; none for an answer in words",
    "empty_choice": "a choice is empty",
    "long_choice": "a choice has {count} letters, at most {most} can be read at once",
    "same_choice": "two choices are the same",
    "long_together": "words, question and choices have {count} letters together, at most {most} "
    "fit into one message",
}
_QUESTION = re.compile(r"\s*\[\[\s*question\s*\]\]")
_KEYS = {"intro", "until", "question"}
_KEYS_OF_QUESTION = {"text", "choices"}


class SurveyFaults(Exception):
    """The file is no survey; the message has a line for each fault."""


@dataclass(frozen=True, slots=True)
class SurveyFile:
    """`until` as it was typed, or empty."""

    intro: str
    until: str
    asks: Questionnaire


def read_survey(path: Path) -> SurveyFile:
    """Raises SurveyFaults with all that has to be mended."""
    try:
        written = path.read_text("utf-8-sig")
        raw = tomllib.loads(written)
    except (OSError, UnicodeError) as fault:
        raise SurveyFaults(f"{path}: cannot be read: {fault}") from fault
    except tomllib.TOMLDecodeError as fault:  # it names the line
        raise SurveyFaults(f"{path}: {fault}") from fault
    lines = written.splitlines()
    found = list(_shape_faults(raw, lines))
    if not found:
        asks = Questionnaire(
            Form.SURVEY,
            tuple(
                Question(one["text"].strip(), tuple(c.strip() for c in one.get("choices", [])))
                for one in raw.get("question", [])
            ),
        )
        intro = raw.get("intro", "").strip()
        heads = _heads(lines)
        found = [
            (heads[fault.place] if heads else 1, _of(fault, bool(heads)))
            for fault in faults(asks, intro)
        ]
        if len(intro) > LONGEST:
            words = f"intro has {len(intro)} letters, at most {LONGEST} fit into one message"
            found.append((_line(lines, "intro"), words))
        if not found:
            return SurveyFile(intro, raw.get("until", "").strip(), asks)
    raise SurveyFaults("\n".join(f"{path}:{line}: {words}" for line, words in sorted(found)))


def told(fault: AskFault) -> str:
    """The fault for an operator."""
    return FAULTS[fault.key].format(count=fault.count, most=fault.most)


def _of(fault: AskFault, numbered: bool) -> str:
    return f"question {fault.place + 1}: {told(fault)}" if numbered else told(fault)


def _shape_faults(raw: dict[str, Any], lines: list[str]) -> Iterator[tuple[int, str]]:
    """Keys that are not known, and values of another kind than they must be."""
    for key in sorted(raw.keys() - _KEYS):
        yield _line(lines, key), f"{key!r} is not known here; known: {', '.join(sorted(_KEYS))}"
    for key in ("intro", "until"):
        if not isinstance(raw.get(key, ""), str):
            yield _line(lines, key), f'{key} must be text in quotes: {key} = "…"'
    questions = raw.get("question", [])
    if not isinstance(questions, list) or not all(isinstance(one, dict) for one in questions):
        yield _line(lines, "question"), "begin each question with a line [[question]]"
        return
    heads = _heads(lines) or [1] * len(questions)
    for place, (one, head) in enumerate(zip(questions, heads, strict=False), start=1):
        for key in sorted(one.keys() - _KEYS_OF_QUESTION):
            known = ", ".join(sorted(_KEYS_OF_QUESTION))
            yield _line(lines, key, head), f"question {place}: {key!r} is not known; known: {known}"
        if not isinstance(one.get("text"), str):
            yield head, f'question {place}: text is missing: text = "…"'
        choices = one.get("choices", [])
        if not isinstance(choices, list) or not all(isinstance(c, str) for c in choices):
            words = f'question {place}: choices must be a list: choices = ["…", "…"]'
            yield _line(lines, "choices", head), words


def _heads(lines: list[str]) -> list[int]:
    """The line of each question's head, from 1."""
    return [number for number, line in enumerate(lines, start=1) if _QUESTION.match(line)]


def _line(lines: list[str], key: str, after: int = 0) -> int:
    """The first line after `after` on which this key stands, from 1; else the one before it."""
    for number, line in enumerate(lines[after:], start=after + 1):
        if re.match(rf"\s*\[*\s*{re.escape(key)}\b", line):
            return number
    return max(after, 1)

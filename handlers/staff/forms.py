"""What comes back in forms about cases and groups: read, or refused with the text that says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from handlers.official.proof import LONGEST, has_words
from storage.official_drafts import Purpose

LONGEST_REASON = 200
"""Letters; the history holds no more."""

WRITTEN = {Purpose.ANSWER.value: Purpose.ANSWER, Purpose.ASK_BACK.value: Purpose.ASK_BACK}

Form = Mapping[str, str]


class Cannot(Exception):
    """It cannot be done so; `key` is the text that says why, `status` what the browser is told."""

    def __init__(self, key: str, status: int = 409) -> None:
        super().__init__(key)
        self.key, self.status = key, status


@dataclass(frozen=True, slots=True)
class Kept:
    """What was typed and has not done anything yet; `filled` with a saved reply in it."""

    purpose: str = ""
    text: str = ""
    filled: bool = False

    @classmethod
    def of(cls, form: Form) -> Kept:
        purpose = form.get("purpose", "")
        return cls(purpose if purpose in WRITTEN else "", typed(form, "text"))


NOTHING = Kept()


def number(request: web.Request, name: str) -> int:
    """A number of the address; its route lets nothing else through."""
    return int(request.match_info[name])


def storable(text: str) -> str:
    """The text as a database can hold it: no NUL, and a question mark for half a letter."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def typed(form: Form, name: str) -> str:
    """Words of a form, with the line ends that people mean."""
    return form.get(name, "").replace("\r\n", "\n").strip()


def writing(form: Form) -> tuple[Purpose, str]:
    """What is to go out, and what for. Raises Cannot."""
    purpose = WRITTEN.get(form.get("purpose", ""))
    if purpose is None:
        raise Cannot("staff.form_old", 422)
    return purpose, words(form, "text")


def words(form: Form, name: str) -> str:
    """Words for a villager or a colleague. Raises Cannot for none, and for too many."""
    text = typed(form, name)
    if not has_words(text):
        raise Cannot("staff.case.empty", 422)
    if len(text) > LONGEST:
        raise Cannot("official.too_long", 422)
    return text


def reason(form: Form) -> str:
    """Why something is done, for the history. Raises Cannot for none, and for too many words."""
    text = " ".join(typed(form, "text").split())
    if not has_words(text):
        raise Cannot("staff.case.no_reason", 422)
    if len(text) > LONGEST_REASON:
        raise Cannot("staff.case.long_reason", 422)
    return text

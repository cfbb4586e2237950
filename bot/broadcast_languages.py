"""Words of a notice in further languages, as the commands take them: hmn=…, or from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.broadcast_running import stop
from content.languages import CODES, VIETNAMESE
from handlers.notice_page import LONGEST

TextIn = Annotated[
    list[str] | None,
    typer.Option("--text-in", help="The words in another language: hmn=…; several times."),
]
TextFile = Annotated[
    list[str] | None,
    typer.Option("--text-file", help="The same from a file in UTF-8: hmn=notice.txt."),
]


def further_texts(given: list[str] | None, files: list[str] | None) -> tuple[tuple[str, str], ...]:
    """By code; ends the command with why they cannot be taken."""
    found = dict[str, str]()
    for option, values in (("--text-in", given), ("--text-file", files)):
        for value in values or ():
            code, equals, words = value.partition("=")
            if not equals or one_language(code) == VIETNAMESE:
                stop(f"{option}: write a language and its words, as in hmn=…")
            if option == "--text-file":
                try:
                    words = Path(words).read_text("utf-8")
                except (OSError, UnicodeDecodeError) as fault:
                    stop(f"{option}: {words} cannot be read ({fault})")
            words = words.strip()
            if not words or len(words) > LONGEST:
                stop(f"{option}: {code} has {len(words)} letters; 1 to {LONGEST} fit")
            found[code] = words
    return tuple(found.items())


def one_language(code: str) -> str:
    """The code, if it is known; else the command ends."""
    if code not in CODES:
        stop(f"{code!r} is no language that is known here; these are: {', '.join(sorted(CODES))}")
    return code

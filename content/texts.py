"""Every sentence that the bot or the console says, by key, from a PO file.

A key is a dotted English name (`answer.unknown`), its text Vietnamese with `{name}` fields.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import polib

KEPT = 8
"""Catalogues that are not read again as long as their files stay as they are."""


class TextFault(Exception):
    """A sentence is missing or asks for a field it is not given; says which, and where to mend."""


class Texts:
    """Call it with a key and the fields of that text: `texts("answer.source", law=…)`."""

    def __init__(self, texts: Mapping[str, str], *, where: str = "texts") -> None:
        self._texts = MappingProxyType(dict(texts))
        self._where = where

    @classmethod
    def load(cls, path: Path, *, required: Iterable[str] = (), unreviewed: bool = False) -> Texts:
        """Reads a PO file. Empty and obsolete entries are not served, so count as missing.

        Nor are fuzzy ones, which nobody has reviewed, unless `unreviewed` says so.

        Raises `TextFault` naming every required key that is missing, every key that stands twice,
        and every text whose fields cannot be read.
        """
        texts: dict[str, str] = {}
        problems = []
        for entry in _entries_of(path):
            if entry.obsolete or not entry.msgstr or (entry.fuzzy and not unreviewed):
                continue
            if entry.msgid in texts:
                problems.append(f"{path}:{entry.linenum}: {entry.msgid} stands twice")
            texts[entry.msgid] = entry.msgstr
            try:
                _fields(entry.msgstr)
            except ValueError as error:
                problems.append(f"{path}:{entry.linenum}: {entry.msgid}: {error}")
        if problems:
            raise TextFault("\n".join(problems))
        loaded = cls(texts, where=str(path))
        loaded.require(required)
        return loaded

    def over(self, others: Texts) -> Texts:
        """These texts, and what they do not say in the words of the others."""
        return Texts({**others._texts, **self._texts}, where=f"{self._where}, {others._where}")

    def require(self, keys: Iterable[str]) -> None:
        """Raises `TextFault` naming all of the keys that have no text."""
        if missing := sorted(set(keys) - self._texts.keys()):
            raise TextFault(
                f"{self._where}: no text for {', '.join(missing)}: add each as msgid with a msgstr"
            )

    def __call__(self, key: str, /, **fields: object) -> str:
        """The text with its fields filled in. Values are put in as they are, never read again."""
        self.require((key,))
        text = self._texts[key]
        if missing := _fields(text) - fields.keys():
            raise TextFault(f"{self._where}: {key} needs {', '.join(sorted(missing))}")
        return text.format(**fields)

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)

    def fields(self, key: str) -> frozenset[str]:
        """The names of the fields that a text asks for."""
        self.require((key,))
        return _fields(self._texts[key])


def beside(path: Path, *, unreviewed: bool = False) -> dict[str, Texts]:
    """The other catalogues of its folder, by the language that is their name. Raises TextFault."""
    found = sorted(path.parent.glob("*.po"))
    return {one.stem: Texts.load(one, unreviewed=unreviewed) for one in found if one != path}


def _entries_of(path: Path) -> polib.POFile:
    try:
        seen = path.stat()
        return _read(path, seen.st_mtime_ns, seen.st_size)
    except (OSError, UnicodeError, ValueError) as error:
        raise TextFault(f"{path}: cannot be read: {error}") from error


@functools.lru_cache(KEPT)
def _read(path: Path, _changed: int, _size: int) -> polib.POFile:
    return polib.pofile(str(path), encoding="utf-8")


def _fields(text: str) -> frozenset[str]:
    """Raises ValueError for a stray brace or a field that is not a plain name."""
    names = set()
    for _, name, spec, conversion in string.Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(f"field {{{name}}} must be a plain name")
        names.add(name)
    return frozenset(names)

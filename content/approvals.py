"""Which office stands behind which card: recorded beside the cards, undone by any change.

The record keeps the digest of the text that was approved, so that nobody need remember to take an
approval back.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import tomli_w

FILE = "approvals.toml"
LONGEST_NAME = 120
_HEAD = "# Who approved which card. Written by `python -m content approve`.\n"


class ApprovalFault(ValueError):
    """The record cannot be read or this approval not be kept; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Approval:
    """`by` is the office, `on` the day (Asia/Ho_Chi_Minh), `digest` what the text was then."""

    by: str
    on: date
    digest: str


@dataclass(frozen=True)
class Approvals:
    """All approvals of a content folder, by language and slug."""

    kept: Mapping[tuple[str, str], Approval]

    @classmethod
    def load(cls, folder: Path) -> Approvals:
        """Raises ApprovalFault for a file that is there and cannot be read as approvals."""
        path = folder / FILE
        try:
            raw = tomllib.loads(path.read_text("utf-8"))
            return cls(
                {
                    (language, slug): Approval(entry["by"], entry["on"], entry["digest"])
                    for language, cards in raw.items()
                    for slug, entry in cards.items()
                }
            )
        except FileNotFoundError:
            return cls({})
        except (OSError, UnicodeError, tomllib.TOMLDecodeError, AttributeError) as error:
            raise ApprovalFault(
                f"{path}: cannot be read: {error}; restore it or delete it"
            ) from error
        except (KeyError, TypeError) as error:
            raise ApprovalFault(f"{path}: an entry lacks by, on or digest ({error})") from error

    def of(self, slug: str, digest: str, language: str = "vi") -> Approval | None:
        """The approval of a card as its text is now; None when there is none."""
        found = self.kept.get((language, slug))
        return found if found is not None and found.digest == digest else None

    def undone(self, slug: str, digest: str, language: str = "vi") -> bool:
        """Whether the card was approved once and its text changed since."""
        found = self.kept.get((language, slug))
        return found is not None and found.digest != digest

    def record(self, folder: Path, slug: str, approval: Approval, language: str = "vi") -> None:
        """Writes the file anew, whole or not at all. Raises ApprovalFault."""
        if not approval.by.strip() or len(approval.by) > LONGEST_NAME:
            raise ApprovalFault(f"--by: name the office, in at most {LONGEST_NAME} letters")
        raw: dict[str, dict[str, dict[str, object]]] = {}
        for (spoken, card), kept in sorted({**self.kept, (language, slug): approval}.items()):
            entry: dict[str, object] = {"by": kept.by, "on": kept.on, "digest": kept.digest}
            raw.setdefault(spoken, {})[card] = entry
        try:
            handle, draft = tempfile.mkstemp(dir=folder, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(_HEAD + tomli_w.dumps(raw))
            Path(draft).chmod(0o644)
            Path(draft).replace(folder / FILE)
        except OSError as error:
            raise ApprovalFault(f"{folder / FILE}: cannot be written: {error.strerror}") from error


def digest_of(text: str) -> str:
    """What a card's text is known by; how its lines end does not count."""
    return sha256("\n".join(text.splitlines()).encode()).hexdigest()

"""What of a notice an account's approved template carries: its words, on one line, if they fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from handlers.messages import Capabilities
from storage.broadcasts import Draft


def carried(draft: Draft, language: str = "") -> str:
    """The words as the template's one parameter takes them; `language` is empty for Vietnamese.

    That a parameter takes no line break is unconfirmed, so it gets none.
    """
    return " ".join(unicodedata.normalize("NFC", draft.text_in(language)).split())


def longest(draft: Draft) -> int:
    """Letters of its longest words among all languages: each person's have to fit."""
    return max(len(carried(draft, language)) for language in ("", *dict(draft.texts)))


def fits(draft: Draft, able: Capabilities) -> bool:
    """Whether the account has a template, and the words fit; what asks something fits into none."""
    if able.template is None or draft.asks is not None:
        return False
    return 0 < longest(draft) <= able.template.length


def goes(draft: Draft, able: Capabilities) -> bool:
    """Whether it was written to go by the account's template as well, and can."""
    return draft.template and fits(draft, able)


def possible(draft: Draft, accounts: Mapping[str, Capabilities]) -> Draft:
    """The notice without the choice of a template where no account can keep to it."""
    kept = draft.template and any(fits(draft, able) for able in accounts.values())
    return replace(draft, template=kept)

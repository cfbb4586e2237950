"""Keys that an installation makes for itself and keeps in its data folder, for its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

SHORTEST_KEY = 20


class BadKey(ValueError):
    """The key file is damaged; an empty key would open to everybody."""


def read_or_make(key_file: Path) -> str:
    """The key in that file, made at the first start by whichever process is first.

    Raises BadKey, or OSError when it can be neither read nor made.
    """
    key_file.parent.mkdir(parents=True, exist_ok=True)
    draft = key_file.with_name(f"{key_file.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600, exist_ok=False)
    with draft.open("w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(24))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, key_file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    key = key_file.read_text(encoding="utf-8").strip()
    if len(key) < SHORTEST_KEY:
        raise BadKey(f"{key_file} holds no key: delete it, and a new one is made")
    return key

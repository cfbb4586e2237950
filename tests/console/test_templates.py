"""Templates of the console's pages are read before anybody waits for one."""

from __future__ import annotations

import shutil
from pathlib import Path

from handlers.staff.templates import PAGES, Templates


def test_what_was_read_at_the_start_is_not_read_for_a_page(tmp_path: Path) -> None:
    folder = shutil.copytree(PAGES, tmp_path / "pages")
    pages = Templates(folder)
    pages.read_all()
    shutil.rmtree(folder)

    def texts(key: str, **_: object) -> str:
        return key

    for name, words in (
        ("signed_out.html", "staff.signed_out"),
        ("refused.html", "staff.refused"),
        ("case_gone.html", "staff.case.none_such"),
    ):
        assert words in pages.render(name, texts=texts, may=(), token="", here="")

"""The templates of the console's pages, read once for every language.

Reading one takes up to 40 ms of a processor, and each page brings several: the program reads all
before it says that it runs, so that nobody waits for it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import jinja2

PAGES = Path(__file__).parent / "pages"
SCRIPT, STYLE = "staff.js", "staff.css"


class Templates:
    """Makes pages of them."""

    def __init__(self, folder: Path = PAGES) -> None:
        """A template that is read is not looked at again: changed, it waits for the next start."""
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder),
            autoescape=True,
            trim_blocks=True,
            auto_reload=False,
        )
        self._pages.filters["grouped"] = _grouped
        for name, file in (("script", SCRIPT), ("style", STYLE)):
            # With its digest, so that no page gets that of another version.
            digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()[:16]
            self._pages.globals[name] = f"/staff/{file}?v={digest}"

    def read_all(self) -> None:
        """Blocking."""
        for name in self._pages.list_templates(extensions=["html"]):
            self._pages.get_template(name)

    def render(self, name: str, /, **fields: object) -> str:
        return self._pages.get_template(name).render(**fields)


@jinja2.pass_context
def _grouped(context: jinja2.runtime.Context, many: object) -> str:
    """A number by thousands, as the page's language writes it; what is none as it is."""
    if not isinstance(many, int):
        return str(many)
    return f"{many:,}" if context.get("language") == "en" else f"{many:,}".replace(",", ".")

"""Where a browser comes back to after a consent: takes the code, and shows what became of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import jinja2
from aiohttp import web

from bot.consent import ConsentRefused, Consents, Outcome

log = logging.getLogger(__name__)

PAGES = Path(__file__).parent / "pages"
STATUS = {
    Outcome.CONNECTED: 200,
    Outcome.UNASKED: 403,
    Outcome.OLD_LINK: 403,
    Outcome.OTHER_ACCOUNT: 403,
    Outcome.BAD_CODE: 400,
    Outcome.DECLINED: 400,
    Outcome.NOT_NOW: 503,
}


class ConsentPage:
    """One page: in the villagers' language by `texts`, and in English for the operator."""

    def __init__(self, consents: Consents, *, texts: Callable[..., str]) -> None:
        self._consents, self._texts = consents, texts

    @cached_property
    def _template(self) -> jinja2.Template:
        return jinja2.Environment(
            loader=jinja2.FileSystemLoader(PAGES), autoescape=True, trim_blocks=True
        ).get_template("consent.html")

    def routes(self) -> list[web.RouteDef]:
        # No HEAD: a code serves once, and whoever only looks ahead must not use it up.
        return [web.get("/oauth/{account}", self.arrive, allow_head=False)]

    async def arrive(self, request: web.Request) -> web.Response:
        """Take the code in the address. Neither it nor the state is logged or shown."""
        asked, account = request.query, request.match_info["account"]
        try:
            holder = await self._consents.arrive(
                account,
                code=asked.get("code", ""),
                number=asked.get("oa_id", ""),
                state=asked.get("state", ""),
                error=asked.get("error", ""),
            )
        except ConsentRefused as refused:
            log.warning("account %.42r: a consent is refused: %s", account, refused.reason)
            return self._page(refused.outcome, refused.reason)
        return self._page(Outcome.CONNECTED, " ".join(filter(None, (holder.name, holder.number))))

    def _page(self, outcome: Outcome, told: str) -> web.Response:
        ok = outcome is Outcome.CONNECTED
        html = self._template.render(
            t=self._texts, ok=ok, said=self._texts(f"consent.{outcome}"), told=told
        )
        return web.Response(
            text=html,
            status=STATUS[outcome],
            content_type="text/html",
            headers={"Cache-Control": "no-store"},
        )

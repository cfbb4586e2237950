"""Each page of the console is measured by `make bench-console`, or it is said why not."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from bot.web import Site
from bot.wiring import House
from tests.benchmarks.console.pages import LEFT_OUT, PAGES, SAMPLE


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
async def test_each_page_is_measured_or_left_out_for_a_reason(house: House) -> None:
    app = Site(house).application()
    app.freeze()
    wanted = {
        route.resource.canonical
        for route in app.router.routes()
        if route.method == "GET" and route.resource is not None
        and route.resource.canonical.startswith("/staff")
    }  # fmt: skip
    measured = set[str]()
    for page in PAGES:
        found = await app.router.resolve(make_mocked_request("GET", page.format(**SAMPLE)))
        assert found.route.resource is not None, page
        measured.add(found.route.resource.canonical)
    assert measured | LEFT_OUT.keys() == wanted
    assert not measured & LEFT_OUT.keys()

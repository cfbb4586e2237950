"""A few words on a browser, for people who look at their sessions: its name and system, no more."""

from __future__ import annotations

NAMES = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("coc_coc", "Cốc Cốc"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def browser_of(agent: str) -> str:
    """As in "Chrome · Windows"; empty when nothing is recognised."""
    found = [
        next((name for sign, name in known if sign in agent), "") for known in (NAMES, SYSTEMS)
    ]
    return " · ".join(filter(None, found))

"""What every answer of the console tells the browser: run nothing of others, keep nothing, tell
nobody where you were."""

from __future__ import annotations

from aiohttp import web

ROOT = "/staff"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def is_console(request: web.BaseRequest) -> bool:
    """Whether the address is one of the console's."""
    return request.path == ROOT or request.path.startswith(f"{ROOT}/")


def protect(response: web.StreamResponse) -> None:
    """Add what the answer does not say by itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)

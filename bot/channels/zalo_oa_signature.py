"""Who signed a webhook of Zalo OA: X-ZEvent-Signature, over the body as it came.

Source: developers.zalo.me, webhook of Official Accounts: sha256(appId + body + timeStamp + OA
secret key), which is no HMAC.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

SIGNATURE, STAMP = "x-zevent-signature", "x-zevent-timestamp"


def is_genuine(
    headers: Mapping[str, str], body: bytes, *, stamp: str, ids: tuple[str, ...], secret: str
) -> bool:
    """Whether Zalo signed this body. `stamp` is the body's own time, `ids` the app's and OA's.

    Documents name the app's id and the body's time; in use the OA's id and a header's time were
    met as well. Every one is compared, in constant time.
    """
    given = {name.lower(): value for name, value in headers.items()}
    mac = given.get(SIGNATURE, "").strip().removeprefix("mac=").strip().lower()
    claimed = mac.encode(errors="backslashreplace")
    genuine = False
    for time in {given.get(STAMP, stamp), stamp}:
        for number in filter(None, ids):
            signed = number.encode() + body + time.encode(errors="replace") + secret.encode()
            right = hashlib.sha256(signed).hexdigest().encode()
            genuine |= hmac.compare_digest(claimed, right)
    return bool(secret) and genuine

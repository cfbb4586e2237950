"""The OAuth v4 side of the Zalo OA emulator: consent, codes, and pairs of tokens that rotate."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from tests.emulators.zalo_oa_options import DAY, ApiError
from tests.emulators.zalo_oa_world import Account, Platform, World

LIFETIME = 90_000  # seconds of an access token: 25 hours
MONTHS = 90 * DAY


class OAuthError(Exception):
    """An answer that is no success, as the OAuth server gives it."""

    def __init__(self, error: int, name: str) -> None:
        super().__init__(name)
        self.error, self.name = error, name

    def body(self) -> dict[str, object]:
        return {
            "error": self.error,
            "error_name": self.name,
            "error_reason": self.name,
            "ref_doc": "https://developers.zalo.me/docs",
        }


@dataclass
class Grant:
    """A code, a refresh token or an access token, and until when it holds."""

    world: World
    until: float
    used: bool = False
    challenge: str = ""
    born: float = 0.0  # when the chain of refresh tokens began


class Tokens:
    """All that was ever granted, by any OA of the platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._codes: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self._access: dict[str, Grant] = {}
        self.consoles: dict[str, tuple[str, str]] = {}  # app → callback URL, fixed challenge
        now = platform.clock.now()
        for world in platform.worlds:
            first = Grant(world, now + MONTHS, born=now)
            self._refresh[world.account.refresh_token] = first

    def consent(self, world: World) -> str:
        """An admin of the OA agrees; return the code, which holds 10 minutes, once."""
        code = secrets.token_urlsafe(24)
        challenge = self.consoles.get(world.account.app_id, ("", ""))[1]
        self._codes[code] = Grant(world, self._now() + 600, challenge=challenge)
        return code

    def exchange(self, secret: str, form: dict[str, str]) -> dict[str, str]:
        """Answer one call of the token address. Raises OAuthError."""
        account = self._app(form.get("app_id", ""), secret)
        match form.get("grant_type"):
            case "authorization_code":
                grant = self._code(account, form)
            case "refresh_token":
                grant = self._rotated(account, form.get("refresh_token", ""))
            case _:
                raise OAuthError(-14002, "Invalid grant type")
        return self.issue(grant.world, born=grant.born)

    def issue(self, world: World, *, born: float = 0) -> dict[str, str]:
        """Give a new pair; `born` is when its chain of refresh tokens began."""
        now, access, refresh = self._now(), secrets.token_urlsafe(60), secrets.token_urlsafe(60)
        restarts = self._platform.options.refresh_lifetime_restarts
        born = now if restarts or not born else born
        if self._platform.options.rotation_ends_access:
            self.forget(world)
        self._access[access] = Grant(world, now + LIFETIME)
        self._refresh[refresh] = Grant(world, born + MONTHS, born=born)
        return {"access_token": access, "refresh_token": refresh, "expires_in": str(LIFETIME)}

    def forget(self, world: World) -> None:
        """End the OA's access tokens, as when an admin takes the consent back."""
        for grant in self._access.values():
            if grant.world is world:
                grant.until = 0.0

    def forget_refresh(self, world: World) -> None:
        for grant in self._refresh.values():
            grant.used |= grant.world is world

    def world(self, access_token: str, proof: str) -> World:
        """Return whose access token this is. Raises ApiError -216, -220 or -242."""
        grant = self._access.get(access_token)
        if grant is None:
            raise ApiError(-216, "Access token is invalid")
        if grant.until <= self._now():
            error = self._platform.options.expired_token_error
            said = "has expired" if error == -216 else "expired or removed"
            raise ApiError(error, f"Access token {said}")
        key = grant.world.account.app_secret.encode()
        right = hmac.new(key, access_token.encode(), hashlib.sha256).hexdigest()
        if grant.world.proof_required and not hmac.compare_digest(right, proof):
            raise ApiError(-242, "appsecret_proof is invalid")
        return grant.world

    def owner(self, form: dict[str, str]) -> str:
        """Whose refresh token or code this is, for the ledger: an OA's id, or nothing."""
        named = form.get("refresh_token") or form.get("code") or ""
        grant = self._refresh.get(named) or self._codes.get(named)
        return grant.world.account.oa_id if grant else ""

    def _now(self) -> float:
        return self._platform.clock.now()

    def _app(self, app_id: str, secret: str) -> Account:
        for world in self._platform.worlds:
            if world.account.app_id == app_id:
                if secret != world.account.app_secret:
                    raise OAuthError(
                        self._platform.options.wrong_secret_error, "Invalid secret key"
                    )
                return world.account
        raise OAuthError(-14002, "App is not active")

    def _code(self, account: Account, form: dict[str, str]) -> Grant:
        grant = self._codes.get(form.get("code", ""))
        if grant is None or grant.used or grant.world.account.app_id != account.app_id:
            raise OAuthError(-14005, "Invalid code")
        if grant.until <= self._now():
            raise OAuthError(-14019, "Code is expired")
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if grant.challenge and challenge != grant.challenge:
            raise OAuthError(-14005, "Invalid code verifier")
        grant.used = True
        return grant

    def _rotated(self, account: Account, token: str) -> Grant:
        grant = self._refresh.get(token)
        if grant is None or grant.used or grant.world.account.app_id != account.app_id:
            raise OAuthError(-14014, "Invalid refresh token")
        if grant.until <= self._now():
            raise OAuthError(-14020, "Refresh token is expired")
        grant.used = True
        return grant

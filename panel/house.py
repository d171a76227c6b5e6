"""The REST API as the panel needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

_TIMEOUT = 20.0


class HouseError(Exception):
    """The server refused, or does not answer; ``status`` is its HTTP status, None when there is none."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class House:
    """The server at ``address``, for whoever signed in."""

    address: str
    access: str = ""
    refresh: str = ""

    def sign_in(self, email: str, password: str) -> None:
        """Raises :class:`HouseError`."""
        self._keep(self._form({"grant_type": "password", "username": email, "password": password}))

    def summary(self, days: int, ahead: int) -> dict[str, Any]:
        """How the house stands."""
        found: dict[str, Any] = self._call("GET", "/api/v1/operations/summary", params={"days": days, "ahead": ahead})
        return found

    def questions(self) -> list[dict[str, Any]]:
        """Questions that wait for an answer, the most asked first."""
        found: list[dict[str, Any]] = self._call("GET", "/api/v1/learning/questions", params={"limit": 50})["items"]
        return found

    def answer(self, number: int, text: str, *, approve: bool) -> None:
        """Answer a question; approved, it is served and whoever asked is told."""
        self._call("POST", f"/api/v1/learning/questions/{number}/answers", json={"text": text, "approve": approve})

    def dismiss(self, number: int) -> None:
        """Set a question aside."""
        self._call("POST", f"/api/v1/learning/questions/{number}/dismissal", json={})

    def ready(self) -> Mapping[str, str]:
        """The parts of the server, each ok or failed."""
        try:
            found: Mapping[str, str] = httpx.get(f"{self.address}/ready", timeout=_TIMEOUT).json()["checks"]
        except (httpx.HTTPError, ValueError, KeyError):
            return {"server": "failed"}
        return found

    def _call(self, method: str, path: str, **more: Any) -> Any:
        try:
            return self._once(method, path, **more)
        except HouseError as error:
            if error.status != 401 or not self.refresh:
                raise
        self._keep(self._form({"grant_type": "refresh_token", "refresh_token": self.refresh}))
        return self._once(method, path, **more)

    def _once(self, method: str, path: str, **more: Any) -> Any:
        return _sent(method, f"{self.address}{path}", headers={"authorization": f"Bearer {self.access}"}, **more)

    def _form(self, form: Mapping[str, str]) -> Any:
        return _sent("POST", f"{self.address}/auth/token", data=dict(form))

    def _keep(self, tokens: Mapping[str, str]) -> None:
        self.access, self.refresh = tokens["access_token"], tokens["refresh_token"]


def _sent(method: str, url: str, **more: Any) -> Any:
    try:
        response = httpx.request(method, url, timeout=_TIMEOUT, **more)
    except httpx.HTTPError as error:
        raise HouseError("El servidor no responde.") from error
    if response.is_error:
        raise HouseError(_reason(response), response.status_code)
    return response.json() if response.content else None


def _reason(response: httpx.Response) -> str:
    if response.status_code == 401:
        return "El correo o la contraseña no son correctos, o la sesión caducó."
    if response.status_code == 403:
        return "Esta cuenta no puede ver el panel: hace falta la de un administrador."
    return f"El servidor contestó {response.status_code}."

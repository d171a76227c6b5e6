"""The table in Google Sheets, through gspread; an optional extra (``pip install .[sheets]``).

People write in their columns, Cuadrilla in its own, and neither writes over the other: rows stay where they are, new
questions are added below.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from core.errors import Misconfigured, Unavailable
from tools.learning.table import heading, width_of_ours

GOOGLE = "https://sheets.googleapis.com"
_SCOPES = ["https://www.googleapis.com/auth/spreadsheets"]
_TIMEOUT_SECONDS = 20.0
_LETTERS = 26


class Spreadsheet:
    """One worksheet. Calls raise :class:`Unavailable` when Google does not answer, or refuses."""

    def __init__(self, worksheet: Any, errors: tuple[type[Exception], ...]) -> None:
        self._worksheet = worksheet
        self._errors = errors

    @classmethod
    def open(cls, spreadsheet: str, key: Path | None, address: str = GOOGLE) -> Spreadsheet:
        """The first worksheet of the ``spreadsheet`` (its id), with the ``key`` file of a service account.

        Raises :class:`Misconfigured` without the extra or a usable key, and :class:`Unavailable`.
        """
        try:
            gspread, auth = import_module("gspread"), import_module("google.oauth2.service_account")
            requests, google = import_module("requests"), import_module("google.auth.exceptions")
        except ImportError as error:
            raise Misconfigured("Google Sheets is an extra: pip install 'cuadrilla[sheets]'.") from error
        if key is None or not key.is_file():
            raise Misconfigured("CUADRILLA_DRIVE_KEY must name the key file of a Google service account.")
        try:
            credentials = auth.Credentials.from_service_account_file(str(key), scopes=_SCOPES)
        except ValueError as error:
            raise Misconfigured(f"{key.name} is no key of a Google service account.") from error
        failures = (
            gspread.exceptions.GSpreadException,
            requests.exceptions.RequestException,
            google.GoogleAuthError,
            PermissionError,
        )
        try:
            client = gspread.Client(auth=credentials, http_client=_client_at(gspread.HTTPClient, address))
            client.set_timeout(_TIMEOUT_SECONDS)
            return cls(client.open_by_key(spreadsheet).get_worksheet(0), failures)
        except failures as error:
            raise Unavailable(f"Google Sheets does not give {spreadsheet}: {error}") from error

    def rows(self) -> list[list[str]]:
        """Every row, the heading included."""
        return self._called("get_all_values") or []

    def show(self, read: Sequence[Sequence[str]], rows: Sequence[Sequence[str]], results: dict[int, str]) -> None:
        """Bring our columns up to date. ``read``: what :meth:`rows` gave; ``rows``: as :func:`table.written`;
        ``results``: what became of rows, by their place."""
        ours, width = width_of_ours(), len(heading())
        places = {row[0].strip(): place for place, row in enumerate(read[1:], start=2) if row and row[0].strip()}
        known = {row[0]: row for row in rows}
        changes = [{"range": f"A1:{_letter(width)}1", "values": [heading()]}]
        for number, place in places.items():
            if number in known:
                own = [*known[number][: ours - 1], results.get(place, "")]
                changes.append({"range": f"A{place}:{_letter(ours)}{place}", "values": [own]})
        for place, result in results.items():
            if place not in places.values():
                changes.append({"range": f"{_letter(ours)}{place}", "values": [[result]]})
        self._called("batch_update", changes)
        fresh = [list(row) for number, row in known.items() if number not in places]
        if fresh:
            first = max(len(read), 1) + 1
            below = f"A{first}:{_letter(width)}{first + len(fresh) - 1}"
            self._called("batch_update", [{"range": below, "values": fresh}])

    def _called(self, name: str, *arguments: Any) -> Any:
        try:
            return getattr(self._worksheet, name)(*arguments)
        except self._errors as error:
            raise Unavailable(f"Google Sheets: {error}") from error


def _client_at(base: Any, address: str) -> Any:
    """gspread's client, asking ``address``."""

    def request(self: Any, method: str, endpoint: str, *arguments: Any, **named: Any) -> Any:
        return base.request(self, method, endpoint.replace(GOOGLE, address.rstrip("/")), *arguments, **named)

    return type("HTTPClientAt", (base,), {"request": request})


def _letter(column: int) -> str:
    """The letter of a column, counted from 1."""
    first, second = divmod(column - 1, _LETTERS)
    return (chr(ord("A") + first - 1) if first else "") + chr(ord("A") + second)

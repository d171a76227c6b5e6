"""Every example of docs/api.md is run, in order, against the running server."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from api.errors import STATUS as STATUSES
from core import errors
from policy.roles import Role
from tests.api.v1.conftest import PHRASE

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)
STATUS = re.compile(r"\s+# (\d{3})$")
HOST = "localhost:8000"


@dataclass
class Curl:
    """A curl command as far as the page uses them, and the status that the page promises."""

    status: int
    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    form: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, line: str, variables: Mapping[str, str]) -> Curl:
        promised = STATUS.search(line)
        assert promised, f"no status promised: {line}"
        words = shlex.split(STATUS.sub("", line))
        words = [re.sub(r"\$([A-Z]+)", lambda found: variables[found[1]], word) for word in words]
        assert words.pop(0) == "curl"
        curl = cls(int(promised[1]))
        while words:
            word = words.pop(0)
            match word:
                case "-X":
                    curl.method = words.pop(0)
                case "-H":
                    name, _, value = words.pop(0).partition(": ")
                    curl.headers[name] = value
                case "-d" | "--data-urlencode":
                    curl.data.append(words.pop(0))
                case "-F":
                    curl.form.append(words.pop(0))
                case _:
                    curl.path = word.removeprefix(HOST)
        curl.method = curl.method or ("POST" if curl.data or curl.form else "GET")
        return curl

    def send(self, server: str) -> httpx.Response:
        sent: dict[str, Any] = {}
        pairs = [item.partition("=") for item in (self.form or self.data)]
        if self.form:
            sent["data"] = {name: value for name, _, value in pairs if not value.startswith("@")}
            sent["files"] = {
                name: (value[1:], (ROOT / value[1:]).read_bytes()) for name, _, value in pairs if value.startswith("@")
            }
        elif "content-type" in self.headers:
            sent["content"] = self.data[0].encode()
        elif self.data:
            sent["data"] = {name: value for name, _, value in pairs}
        return httpx.request(self.method, server + self.path, headers=self.headers, timeout=120, **sent)


def test_every_example(server: str, callers: Mapping[Role, httpx.Client]) -> None:
    variables = {"PHRASE": PHRASE}
    for role in (Role.ADMIN, Role.TECHNICIAN, Role.CLIENT):
        variables[role.value.upper()] = callers[role].headers["authorization"].removeprefix("Bearer ")
    ran, answer = 0, httpx.Response(200)
    for kind, text in BLOCK.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8")):
        if kind == "json":
            assert json.loads(text).items() <= answer.json().items(), f"{text}\n{answer.text}"
            continue
        for line in text.replace("\\\n", " ").strip().splitlines():
            curl = Curl.read(line, variables)
            answer = curl.send(server)
            assert answer.status_code == curl.status, f"{line}\n{answer.text}"
            variables["ETAG"] = answer.headers.get("etag", variables.get("ETAG", ""))
            variables["WHERE"] = answer.headers.get("location", variables.get("WHERE", ""))
            ran += 1
    assert ran >= 20


def test_every_code_is_on_the_page() -> None:
    """What the page says of errors is what there is."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    listed = {kind.code for kind in STATUSES if kind is not errors.CuadrillaError}
    assert [code for code in sorted(listed) if f"`{code}`" not in page] == []

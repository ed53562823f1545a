"""A client of resumable uploads."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from pathlib import Path

from tests.recovery.house import House


def tus(
    house: House, method: str, path: str, data: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str]]:
    """(status, headers by name in lower case). Raises OSError when the daemon went away meanwhile."""
    base, token = house.address()
    request = urllib.request.Request(
        base + path, data, {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}, method=method
    )
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=180) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        return error.code, {}


def begin(house: House, length: int, name: str) -> str:
    named = f"filename {base64.b64encode(name.encode()).decode()}"
    status, told = tus(house, "POST", "/uploads", Upload_Length=str(length), Upload_Metadata=named)
    assert status == 201
    return told["location"].removeprefix("/api/v1")


def send(house: House, where: str, data: bytes, offset: int = 0) -> int:
    """The status; 0 when the daemon went away before it answered."""
    try:
        status, _ = tus(
            house,
            "PATCH",
            where,
            data,
            Upload_Offset=str(offset),
            Content_Type="application/offset+octet-stream",
        )
    except OSError:
        return 0
    return status


def kept(house: House) -> list[Path]:
    return [path for path in (house.home / "uploads" / "files").rglob("*") if path.is_file()]

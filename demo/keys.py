"""The demo's own secrets: keys for pseudonyms, passwords for the servers; made once, readable by their owner only."""

from __future__ import annotations

import hashlib
import json
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path


def write_keys(path: Path, banks: tuple[str, ...], fixed: str = "") -> Path:
    """The file of secret keys, made when it is not there yet; `fixed` (tests only) makes the same keys each time."""
    if not path.exists():
        ring = {"current": "k1"}
        content = {
            "pseudonym": ring | {"keys": {"k1": _secret("pseudonym", fixed)}},
            "recipients": {bank: ring | {"keys": {"k1": _secret(bank, fixed)}} for bank in banks},
        }
        write_private(path, json.dumps(content, indent=2) + "\n")
    return path


def write_environment(path: Path, variables: Mapping[str, str]) -> Path:
    """KEY=VALUE lines, as `set -a; . file` and systemd read them; a value with spaces stands in quotes."""
    write_private(path, "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items()))
    return path


def read_environment(path: Path) -> dict[str, str]:
    """What `write_environment` wrote."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: "".join(shlex.split(value)) for name, value in (line.split("=", 1) for line in lines if "=" in line)}


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _secret(purpose: str, fixed: str) -> str:
    return hashlib.sha256(f"{fixed}:{purpose}".encode()).hexdigest() if fixed else secrets.token_hex(32)

"""What a test may turn on the emulator while it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields


@dataclass
class Settings:
    device_interval: int = 5
    device_lifetime: int = 900
    token_lifetime: int = 3599
    refresh_lifetime: int = 90 * 86400
    code_lifetime: int = 600
    refresh_in: int | None = None
    rotate: str = "lenient"
    slow_down: bool = True
    auto_approve: float | None = None
    auto_sign_in: str | None = None
    clock_offset: float = 0
    ws_trust: str = "13 2005"
    saml: str = "1.1"

    def change(self, values: dict[str, object]) -> None:
        known = {field.name for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no such setting: {name}")
            if not fits(name, value):
                raise ValueError(f"not a value for {name}: {value!r}")
        for name, value in values.items():
            setattr(self, name, value)

    def json(self) -> dict[str, object]:
        return asdict(self)


def fits(name: str, value: object) -> bool:
    if name == "rotate":
        return value in ("lenient", "strict")
    if name == "ws_trust":
        return value in ("13 2005", "13", "2005", "")
    if name == "saml":
        return value in ("1.1", "2.0")
    if name == "slow_down":
        return isinstance(value, bool)
    if name == "auto_sign_in":
        return value is None or isinstance(value, str)
    if isinstance(value, bool):
        return False
    if name in ("auto_approve", "clock_offset"):
        return isinstance(value, (int, float)) or (value is None and name == "auto_approve")
    return isinstance(value, int) or (value is None and name == "refresh_in")

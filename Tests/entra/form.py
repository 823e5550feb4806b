"""A posted form."""

from __future__ import annotations

from urllib.parse import parse_qsl

from errors import refusal


class Form:
    def __init__(self, body: bytes, content_type: str) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.is_malformed = False
        if content_type != "application/x-www-form-urlencoded":
            return
        try:
            self.pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=500)
        except ValueError:
            self.is_malformed = True

    def get(self, name: str, default: str = "") -> str:
        values = [value for key, value in self.pairs if key == name]
        if self.is_malformed or len(values) > 1:
            raise refusal(9002313)
        return values[0] if values else default

    def need(self, name: str) -> str:
        """The parameter, which Entra wants present and not empty."""
        value = self.get(name)
        if not value.strip():
            raise refusal(900144, parameter=name)
        return value

"""Named fields of C objects as attributes."""

from __future__ import annotations

from typing import Any, Callable, Generic, Protocol, TypeVar, overload

T = TypeVar("T")


class Reader(Protocol):
    def _get(self, name: str) -> str | None: ...


class Field(Generic[T]):
    """An attribute that reads the field of its name when it is asked for."""

    def __init__(self, convert: Callable[[str | None], T], help: str) -> None:
        self.convert = convert
        self.__doc__ = help

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Field[T]: ...
    @overload
    def __get__(self, instance: Reader, owner: type) -> T: ...
    def __get__(self, instance: Reader | None, owner: type) -> Any:
        return self if instance is None else self.convert(instance._get(self.name))


def text(value: str | None) -> str:
    """Text that is always there."""
    return value or ""


def optional_text(value: str | None) -> str | None:
    return value


def number(value: str | None) -> int:
    return int(value or 0)


def optional_number(value: str | None) -> int | None:
    return None if value is None else int(value)


def words(value: str | None) -> tuple[str, ...]:
    return tuple((value or "").split())

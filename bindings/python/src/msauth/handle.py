"""What Python owns of C."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, ClassVar

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


class Owned:
    """One C object, freed when the last Python reference to it goes.

    ctypes takes it where a pointer is asked for and holds it during the call: no thread can free it under another.
    """

    __slots__ = ("_as_parameter_", "_free")

    def __init__(self, pointer: int | None, free: Callable[[int | None], Any]) -> None:
        self._as_parameter_ = pointer
        self._free = free

    def __del__(self) -> None:
        self._free(self._as_parameter_)


class Handle:
    """A Python object that stands for a C object, until it is closed."""

    _free: ClassVar[Callable[[int | None], Any]]

    def __init__(self, pointer: int | None) -> None:
        self._owned: Owned | None = Owned(pointer, type(self)._free)

    @property
    def _native(self) -> Owned:
        owned = self._owned
        if owned is None:
            raise ValueError(f"this {type(self).__name__.lower()} is closed")
        return owned

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._owned is None

    def close(self) -> None:
        """Gives the C object back; a call that another thread is in ends first. Closing twice is nothing."""
        self._owned = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

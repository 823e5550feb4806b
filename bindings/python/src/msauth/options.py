"""Python's values as options of C."""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Iterable, Mapping
from ctypes import byref, c_void_p
from typing import Any

from . import _native
from .errors import check
from .handle import Handle


class Options(Handle):
    """Named values for one call. None leaves an option away; C says what is wrong with the others."""

    _free = _native.options_free

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(_native.options_new())
        for name, value in values.items():
            if value is not None:
                self._set(name, value)

    def _set(self, name: str, value: Any) -> None:
        data = encoded(name, value)
        # A bytearray is read in place: who gave it can wipe it, and there is no copy of ours.
        place = (ctypes.c_char * len(data)).from_buffer(data) if isinstance(data, bytearray) else data
        error = c_void_p()
        check(
            _native.options_set_bytes(self._native, c_string(name), place, len(data), byref(error)),
            error,
        )


def encoded(name: str, value: Any) -> bytes | bytearray:
    """The text that C takes for a value. What is not UTF-8 stays so: C refuses it with a sentence."""
    if isinstance(value, (bytes, bytearray)):
        return value
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, os.PathLike):
        return os.fsencode(value)
    if isinstance(value, Mapping):
        return json.dumps(value).encode()
    if isinstance(value, str):
        return value.encode(errors="surrogatepass")
    if isinstance(value, Iterable):
        items = [*value]
        if all(isinstance(item, str) for item in items):
            return " ".join(items).encode(errors="surrogatepass")
    raise TypeError(f"the option {name!r} takes text, bytes, a number, a bool, a list of text or a mapping")


def c_string(text: str) -> bytes:
    """For C, where a text ends at its first NUL: one inside would be a shorter name than was given."""
    if "\0" in text:
        raise ValueError("a name holds a NUL character")
    return text.encode(errors="surrogatepass")

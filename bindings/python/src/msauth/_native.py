"""The C ABI of libmsauth, declared and nothing more: every function of msauth.h under its name without "msauth_".

Above each declaration stands its prototype. What C gives to be owned comes back as a number for `handle.Owned`; a
borrowed string is copied at once, so it cannot outlive its object.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_char_p, c_int32, c_int64, c_size_t, c_void_p
from pathlib import Path
from typing import Any

SONAME = "libmsauth.so.0"


def _load() -> ctypes.CDLL:
    """MSAUTH_LIBRARY, the copy beside this package, or the one that the loader finds."""
    beside = Path(__file__).with_name(SONAME)
    name = os.environ.get("MSAUTH_LIBRARY") or (str(beside) if beside.exists() else SONAME)
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        raise ImportError(
            f"libmsauth cannot be loaded: {error}. Install it, or name the file in the variable MSAUTH_LIBRARY."
        ) from error


_library = _load()


def _declare(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(_library, name)
    function.restype = result
    function.argtypes = arguments
    return function


_out = POINTER(c_void_p)
_object = c_void_p

# ---- The library

# const char *msauth_version(void);
version = _declare("msauth_version", c_char_p)

# const char *msauth_status_name(msauth_status status);
status_name = _declare("msauth_status_name", c_char_p, c_int32)

# const char *msauth_describe(void);
describe = _declare("msauth_describe", c_char_p)

# ---- Errors

# const char *msauth_error_message(const msauth_error *error);
error_message = _declare("msauth_error_message", c_char_p, _object)

# const char *msauth_error_get(const msauth_error *error, const char *name);
error_get = _declare("msauth_error_get", c_char_p, _object, c_char_p)

# const char *msauth_error_json(const msauth_error *error);
error_json = _declare("msauth_error_json", c_char_p, _object)

# void msauth_error_free(msauth_error *error);
error_free = _declare("msauth_error_free", None, _object)

# ---- Options

# msauth_options *msauth_options_new(void);
options_new = _declare("msauth_options_new", _object)

# msauth_status msauth_options_set(msauth_options *options, const char *name, const char *value, msauth_error **error);
options_set = _declare("msauth_options_set", c_int32, _object, c_char_p, c_char_p, _out)

# msauth_status msauth_options_set_bytes(msauth_options *options, const char *name, const void *bytes, size_t length,
#                                        msauth_error **error);
options_set_bytes = _declare("msauth_options_set_bytes", c_int32, _object, c_char_p, c_void_p, c_size_t, _out)

# void msauth_options_free(msauth_options *options);
options_free = _declare("msauth_options_free", None, _object)

# ---- Client

# msauth_status msauth_client_new(const msauth_options *options, msauth_client **out, msauth_error **error);
client_new = _declare("msauth_client_new", c_int32, _object, _out, _out)

# void msauth_client_free(msauth_client *client);
client_free = _declare("msauth_client_free", None, _object)

# ---- Connections

# msauth_status msauth_connect(msauth_client *client, const char *name, const msauth_options *options,
#                              msauth_operation **out, msauth_error **error);
connect = _declare("msauth_connect", c_int32, _object, c_char_p, _object, _out, _out)

# msauth_status msauth_resume(msauth_client *client, const char *name, const msauth_options *options,
#                             msauth_operation **out, msauth_error **error);
resume = _declare("msauth_resume", c_int32, _object, c_char_p, _object, _out, _out)

# msauth_status msauth_acquire(msauth_client *client, const char *name, const msauth_options *options,
#                              msauth_operation **out, msauth_error **error);
acquire = _declare("msauth_acquire", c_int32, _object, c_char_p, _object, _out, _out)

# msauth_status msauth_disconnect(msauth_client *client, const char *name, const msauth_options *options,
#                                 msauth_operation **out, msauth_error **error);
disconnect = _declare("msauth_disconnect", c_int32, _object, c_char_p, _object, _out, _out)

# msauth_status msauth_list(msauth_client *client, const char *name, const msauth_options *options,
#                           msauth_operation **out, msauth_error **error);
list = _declare("msauth_list", c_int32, _object, c_char_p, _object, _out, _out)

# size_t msauth_connections_count(const msauth_connections *connections);
connections_count = _declare("msauth_connections_count", c_size_t, _object)

# const char *msauth_connections_get(const msauth_connections *connections, size_t index, const char *field);
connections_get = _declare("msauth_connections_get", c_char_p, _object, c_size_t, c_char_p)

# const char *msauth_connections_json(const msauth_connections *connections);
connections_json = _declare("msauth_connections_json", c_char_p, _object)

# void msauth_connections_free(msauth_connections *connections);
connections_free = _declare("msauth_connections_free", None, _object)

# ---- Operations

# msauth_status msauth_operation_wait(msauth_operation *operation, int32_t timeout_ms, msauth_token **out,
#                                     msauth_error **error);
operation_wait = _declare("msauth_operation_wait", c_int32, _object, c_int32, _out, _out)

# int32_t msauth_operation_fd(msauth_operation *operation);
operation_fd = _declare("msauth_operation_fd", c_int32, _object)

# const char *msauth_operation_get(const msauth_operation *operation, const char *name);
operation_get = _declare("msauth_operation_get", c_char_p, _object, c_char_p)

# msauth_connections *msauth_operation_connections(msauth_operation *operation);
operation_connections = _declare("msauth_operation_connections", _object, _object)

# void msauth_operation_cancel(msauth_operation *operation);
operation_cancel = _declare("msauth_operation_cancel", None, _object)

# void msauth_operation_free(msauth_operation *operation);
operation_free = _declare("msauth_operation_free", None, _object)

# ---- Tokens

# const char *msauth_token_get(const msauth_token *token, const char *name);
token_get = _declare("msauth_token_get", c_char_p, _object, c_char_p)

# int64_t msauth_token_expires_on(const msauth_token *token);
token_expires_on = _declare("msauth_token_expires_on", c_int64, _object)

# const char *msauth_token_json(const msauth_token *token);
token_json = _declare("msauth_token_json", c_char_p, _object)

# void msauth_token_free(msauth_token *token);
token_free = _declare("msauth_token_free", None, _object)

#ifndef MSAUTH_H
#define MSAUTH_H
/*
 * libmsauth - sign in to the Microsoft identity platform (Entra ID), and stay signed in.
 *
 * This file is the whole API and its manual. Three nouns are enough to begin:
 *   a client       holds transport, store and defaults; it opens nothing until it is used
 *   a connection   which application, how it signs in, who signed in, and the tokens it holds; it has a
 *                  name in the store, or none and lives in its client
 *   an operation   anything that may take time: wait for it, poll its descriptor, cancel it
 *
 * Conventions, true of every function below
 *   Status     0: done. Below 0: not ended yet. Above 0: failed. A later release may
 *              add failures: one you do not know belongs to its ten.
 *   Errors     The last parameter, `error`, may be NULL. It is always written: NULL,
 *              or on failure an object that says more, for msauth_error_free().
 *   Results    `out` parameters are always written: NULL unless the status is 0.
 *   Ownership  What an `out` parameter receives is yours: pass it to its _free.
 *              A returned `const char *` lives until the object it was read from is freed.
 *   Freeing    _free accepts NULL, in any order, from any thread, and never waits.
 *              An operation that runs is cancelled; one whose client is freed runs on.
 *   Reading    A getter given NULL, or a name it does not know, answers NULL (0, -1).
 *              Numbers are decimal text, times seconds since 1970, flags "true" or "false",
 *              lists separated by spaces.
 *   Strings    UTF-8, NUL-terminated, copied before the call returns; so are options.
 *   Threads    A client may be used from many threads at once; a token, an error, a list
 *              never changes and may be read by many. Options and operations belong to one
 *              thread at a time, msauth_operation_cancel() apart.
 *   Fork       In the child a client works on with its memory; the keyring answers
 *              MSAUTH_STORE_UNAVAILABLE, and the parent's operations can only be freed.
 *   Blocking   Only msauth_operation_wait() does.
 *   Quiet      Nothing is printed, no signal handler is touched, no callback is
 *              ever made, and loading the library does no work.
 *   Secrets    They are in no message, no log and no error. Buffers of the library are wiped
 *              when freed; copies made in passing by JSON decoding, libcurl, OpenSSL, the
 *              kernel and your own program are not the library's to wipe.
 *
 * The names of options, of fields and of statuses, with one line of help each, are in the
 * document that msauth_describe() returns; `msauth describe` prints it.
 */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t msauth_status;
enum {
    MSAUTH_PROMPT = -2,  /* new: there is something to show the user. Show it, wait again */
    MSAUTH_PENDING = -1, /* not ended yet: wait again */
    MSAUTH_OK = 0,

    MSAUTH_INTERNAL = 1,         /* a bug in this library */
    MSAUTH_INVALID_ARGUMENT = 2, /* a name or value that this call does not take */
    MSAUTH_UNSUPPORTED = 3,      /* needs something that this machine or process lacks */
    MSAUTH_EXHAUSTED = 4,        /* no thread or descriptor is left to this process */

    MSAUTH_INTERACTION_REQUIRED = 12, /* only the user can continue: connect again */
    MSAUTH_DENIED = 13,               /* the user or an administrator said no */
    MSAUTH_EXPIRED = 14,              /* the sign-in ran out of time */
    MSAUTH_CANCELLED = 15,            /* msauth_operation_cancel() was called */
    MSAUTH_ASSERTION_REQUIRED = 16,   /* call again with a fresh "client_assertion" or "user_assertion" */

    MSAUTH_NETWORK = 20,   /* no answer arrived */
    MSAUTH_THROTTLED = 21, /* asked to slow down; see "retry_after" */
    MSAUTH_SERVICE = 22,   /* the service is failing */

    MSAUTH_REJECTED = 30,       /* refused for another reason; see "error_code" */
    MSAUTH_BAD_CREDENTIAL = 31, /* user name, password, secret or certificate refused */
    MSAUTH_ACCOUNT = 32,        /* the account is locked, disabled, absent or not the expected one */
    MSAUTH_CONFIGURATION = 33,  /* application, tenant, scope or redirect is not set up for this */
    MSAUTH_UNTRUSTED = 34,      /* an answer that failed validation */
    MSAUTH_UNUSABLE_KEY = 35,   /* a key or certificate that cannot be read or used */

    MSAUTH_STORE_UNAVAILABLE = 40, /* the store cannot be reached or written */
    MSAUTH_STORE_LOCKED = 41,      /* it is there and locked */
    MSAUTH_STORE_CORRUPT = 42,     /* a record that cannot be read; it is kept, not deleted */
    MSAUTH_NOT_FOUND = 43,         /* no such connection */
    MSAUTH_NOT_KEPT = 44,          /* signed in, but the store refused the record; this client holds it */
    MSAUTH_STORE_BUSY = 45,        /* another process holds this connection for too long */

    MSAUTH_NO_MANAGED_IDENTITY = 50, /* no managed identity endpoint on this machine */
    MSAUTH_NO_BROKER = 51            /* no identity broker on the session bus */
};

typedef struct msauth_error msauth_error;
typedef struct msauth_options msauth_options;
typedef struct msauth_client msauth_client;
typedef struct msauth_operation msauth_operation;
typedef struct msauth_token msauth_token;
typedef struct msauth_connections msauth_connections;

/* ---- The library ------------------------------------------------------------------------ */

/** The library's version, "MAJOR.MINOR.PATCH". It lives as long as the process. */
const char *msauth_version(void);

/** The name of a status as msauth_describe(), the bindings and the log spell it: "not_found" for
 *  MSAUTH_NOT_FOUND. "unknown" for a number that this release does not know. */
const char *msauth_status_name(msauth_status status);

/** Calls, options, fields, grants, services, clouds, stores and statuses as one JSON document, from which
 *  bindings, completions, man pages and the reference are made. It lives as long as the process. */
const char *msauth_describe(void);

/* ---- Errors ----------------------------------------------------------------------------- */

/** What went wrong, in one sentence without any secret. */
const char *msauth_error_message(const msauth_error *error);

/** One field of an error, or NULL where it has none: "status", "hint" (what to do next), and of the service's
 *  answer "error_code" (RFC 6749 section 5.2), "suberror", "aadsts", "claims" (pass it on as the option "claims"),
 *  "correlation_id", "trace_id", "retry_after" (seconds), "http_status". */
const char *msauth_error_get(const msauth_error *error, const char *name);

/** All fields of an error as a JSON object. */
const char *msauth_error_json(const msauth_error *error);

void msauth_error_free(msauth_error *error);

/* ---- Options: named values ---------------------------------------------------------------- */

/** An empty set of options; NULL when no memory is left. The same set may be given to many calls. */
msauth_options *msauth_options_new(void);

/** Sets an option. A second set replaces the first; a `value` of NULL takes the option back.
 *  MSAUTH_INVALID_ARGUMENT: no option has this name (the message lists them and the nearest), or the value
 *  is not of its kind. A failed set is remembered and fails the call that the options are given to, so the
 *  status of this one need not be looked at. */
msauth_status msauth_options_set(msauth_options *options, const char *name, const char *value, msauth_error **error);

/** The same for a value that is not NUL-terminated, or that may hold any byte; takes every option. */
msauth_status msauth_options_set_bytes(msauth_options *options, const char *name, const void *bytes, size_t length,
                                       msauth_error **error);

void msauth_options_free(msauth_options *options);

/* ---- Client ------------------------------------------------------------------------------ */

/** Makes a client from transport and store options, and from any option of msauth_connect() as a default.
 *  Nothing is opened or read before it is used. `options` may be NULL.
 *  MSAUTH_INVALID_ARGUMENT; MSAUTH_UNSUPPORTED in a program that runs with more rights than its caller (AT_SECURE). */
msauth_status msauth_client_new(const msauth_options *options, msauth_client **out, msauth_error **error);

void msauth_client_free(msauth_client *client);

/* ---- Connections -------------------------------------------------------------------------
 *  `name`: a letter or digit, then up to 127 letters, digits or . _ @ + - characters. NULL: the client's own
 *  connection, one a client, made of the client's options, in memory, never stored.
 *  An option is looked for in the call, then in the connection, then in the client; what comes from the
 *  client is not copied into the connection. `options` may be NULL.
 *  These calls only start: they answer MSAUTH_INVALID_ARGUMENT and MSAUTH_EXHAUSTED, all else comes from
 *  msauth_operation_wait(). */

/** Signs in by the option "grant"; without it, again as this connection did (another person is then
 *  MSAUTH_ACCOUNT). Until that succeeds a connection of this name stays as it is. With "wait" = "false", by
 *  the grant "authorization_code" and with "admin_consent" = "true" always, the operation ends once the prompt has
 *  been given, without a token: the sign-in is kept as pending, for msauth_resume() in this process or another. The grants, what each needs
 *  and where it is specified: docs/grants and msauth_describe().
 *  Fails with every status but NOT_FOUND; MSAUTH_CANCELLED also when another sign-in took the place of this one. */
msauth_status msauth_connect(msauth_client *client, const char *name, const msauth_options *options,
                             msauth_operation **out, msauth_error **error);

/** Finishes a pending sign-in, in this process or another. One by "authorization_code" or with
 *  "admin_consent" takes the option "redirect": the address, query or form with which the browser came back.
 *  MSAUTH_NOT_FOUND: nothing is pending under this name. MSAUTH_EXPIRED, MSAUTH_DENIED; else as msauth_connect(). */
msauth_status msauth_resume(msauth_client *client, const char *name, const msauth_options *options,
                            msauth_operation **out, msauth_error **error);

/** A token, never a prompt: held, refreshed (RFC 6749 section 6), or signed in from credentials that the
 *  connection has. Without "scopes", "resource", "service" or "url" what it signed in for; "refresh" = "true" asks
 *  the service whatever is held, and "claims" once for each challenge; nothing is asked while the service wants to be
 *  left alone (MSAUTH_THROTTLED). A token that is held costs neither a thread nor a descriptor.
 *  By "on_behalf_of" it is the token of the user whose "user_assertion" is given with the call: thousands of users
 *  share one client, their requests run side by side, and each is answered by an own token and an own "username".
 *  MSAUTH_NOT_FOUND; MSAUTH_INTERACTION_REQUIRED when only the user can continue; MSAUTH_ASSERTION_REQUIRED when only
 *  the program can: call again with a fresh "client_assertion" or "user_assertion"; else as msauth_connect(). */
msauth_status msauth_acquire(msauth_client *client, const char *name, const msauth_options *options,
                             msauth_operation **out, msauth_error **error);

/** Forgets a connection: its tokens, its settings, its credentials. With "keep" = "settings" its settings stay.
 *  MSAUTH_NOT_FOUND; the MSAUTH_STORE_ statuses. */
msauth_status msauth_disconnect(msauth_client *client, const char *name, const msauth_options *options,
                                msauth_operation **out, msauth_error **error);

/** Lists one connection, or with `name` NULL all that are stored; msauth_operation_connections() has the list.
 *  Nothing is asked of the network. MSAUTH_NOT_FOUND for a `name` that is not there; the MSAUTH_STORE_ statuses. */
msauth_status msauth_list(msauth_client *client, const char *name, const msauth_options *options,
                          msauth_operation **out, msauth_error **error);

/** How many connections a list has. */
size_t msauth_connections_count(const msauth_connections *connections);

/** One field of the connection at `index`, from 0: "name", "grant", "username", "expires_on", "pending", ... */
const char *msauth_connections_get(const msauth_connections *connections, size_t index, const char *field);

/** The list as a JSON array of objects, without secrets. */
const char *msauth_connections_json(const msauth_connections *connections);

void msauth_connections_free(msauth_connections *connections);

/* ---- Operations: anything that may take time ------------------------------------------------ */

/** Waits at most `timeout_ms` (0: not at all; below 0: to the end). `out` may be NULL. MSAUTH_OK gives the token,
 *  or NULL where there is none to give. MSAUTH_PROMPT is answered once for each prompt. An ended operation
 *  answers the same again, with a token or an error of its own each time. */
msauth_status msauth_operation_wait(msauth_operation *operation, int32_t timeout_ms, msauth_token **out,
                                    msauth_error **error);

/** A descriptor that is readable as long as wait would not answer MSAUTH_PENDING: for poll, asyncio, GLib. With
 *  EPOLLET wait until MSAUTH_PENDING. It is made at the first call and is the operation's: never read or close
 *  it, and take it out of your loop before _free. -1: the process has none left. */
int32_t msauth_operation_fd(msauth_operation *operation);

/** One field of the last prompt: "message"; by device code "user_code", "verification_uri", "expires_on" and
 *  "interval"; by a browser "authorization_url", "state" and "expires_on". It lives as long as the operation, also
 *  when a later prompt has come. */
const char *msauth_operation_get(const msauth_operation *operation, const char *name);

/** What msauth_list() found; yours. NULL: an operation of another kind, or one that has not ended well. */
msauth_connections *msauth_operation_connections(msauth_operation *operation);

/** Cancels, from any thread (but no signal handler) as long as the operation is not freed meanwhile; wait then
 *  answers MSAUTH_CANCELLED, unless it had ended. */
void msauth_operation_cancel(msauth_operation *operation);

void msauth_operation_free(msauth_operation *operation);

/* ---- Tokens -------------------------------------------------------------------------------- */

/** One field of a token, or NULL where it has none: "access_token", "token_type", "scopes", "username", "tenant",
 *  "home_account_id", "expires_on", "warning" (the store refused it: a sentence), ... */
const char *msauth_token_get(const msauth_token *token, const char *name);

/** When the access token expires, in seconds since 1970, UTC; -1 for NULL. */
int64_t msauth_token_expires_on(const msauth_token *token);

/** All fields of a token as a JSON object. It holds the access token. */
const char *msauth_token_json(const msauth_token *token);

void msauth_token_free(msauth_token *token);

#ifdef __cplusplus
}
#endif
#endif

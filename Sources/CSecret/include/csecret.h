/* The keyring in small steps: each blocks its thread until it is done, its call is cancelled, or the call's time is
 * over. libsecret is behind it, opened at run time.
 *
 * A keyring is one private connection to the session bus and to the daemon behind org.freedesktop.secrets, used by one
 * call at a time: whoever calls takes turns. Work is done on the calling thread, in a GMainContext that only the
 * keyring has: a thread of the keyring's own would only pass messages on, and outlive its work.
 */
#ifndef MSAUTH_CSECRET_H
#define MSAUTH_CSECRET_H

#include <stddef.h>
#include <stdint.h>

typedef struct csecret_keyring csecret_keyring;
typedef struct csecret_call csecret_call;

/* How a step ended. For all but the first, csecret_detail() may have the words of who refused. */
typedef enum {
    CSECRET_OK,
    CSECRET_CANCELLED,     /* csecret_cancel() was called */
    CSECRET_TIMED_OUT,     /* the call's deadline is over */
    CSECRET_NO_LIBRARY,    /* libsecret cannot be opened */
    CSECRET_NO_BUS,        /* nobody listens at the address, or what listens is no bus */
    CSECRET_FOREIGN_BUS,   /* the bus is run by another user */
    CSECRET_NO_SERVICE,    /* nobody on the bus is org.freedesktop.secrets */
    CSECRET_PLAIN_SESSION, /* the daemon would have secrets cross the bus unencrypted */
    CSECRET_LOST,          /* the daemon or the bus went away: a new call connects again */
    CSECRET_LOCKED,        /* the daemon said so */
    CSECRET_DISMISSED,     /* the user was asked, and said no */
    CSECRET_VANISHED,      /* an object was deleted meanwhile */
    CSECRET_FAILED         /* anything else */
} csecret_result;

typedef enum { CSECRET_ABSENT, CSECRET_CLOSED, CSECRET_OPEN } csecret_collection;

/* Opens libsecret, once; NULL, or why it cannot be opened. */
const char *csecret_load(void);

/* csecret_load() came before. Free closes the connection; it does not wait. */
csecret_keyring *csecret_keyring_new(void);
void csecret_keyring_free(csecret_keyring *keyring);

/* A call is the time and the results of some steps. Its deadline is in seconds of CLOCK_MONOTONIC; where `patience` is
 * above 0, a prompt may take so many seconds besides. The keyring must outlive it. */
csecret_call *csecret_call_new(csecret_keyring *keyring, double deadline, double patience);
void csecret_call_free(csecret_call *call);

/* From any thread, at any time: a step that is waiting ends. */
void csecret_cancel(csecret_call *call);

/* Steps are taken between these two, on one thread. Leaving drops what was found. A call that was cancelled or ran out
 * of time leaves no connection behind, so that the daemon stops working for it. */
void csecret_enter(csecret_call *call);
void csecret_leave(csecret_call *call);

/* What the daemon, the bus or the loader said about the step that failed; never NULL. */
const char *csecret_detail(const csecret_call *call);

/* Connects to the bus and opens a session with the daemon, unless the keyring still has both. Without `plain` an
 * unencrypted session is refused. */
csecret_result csecret_connect(csecret_call *call, const char *address, int plain);

/* The default collection: whether it is there and unlocked. */
csecret_result csecret_default_collection(csecret_call *call, csecret_collection *state);

/* These two ask the user: for a new default collection, and to unlock it with every locked item that was found. */
csecret_result csecret_create_collection(csecret_call *call, const char *label);
csecret_result csecret_unlock(csecret_call *call);

/* Makes an item in the default collection. */
csecret_result csecret_create(
    csecret_call *call, const char *name, const char *label, const void *bytes, size_t count);

/* Searches for the items of a name, or all of them (NULL). Unlocked ones have an index below csecret_found(). */
csecret_result csecret_search(csecret_call *call, const char *name);
size_t csecret_found(const csecret_call *call);
size_t csecret_found_locked(const csecret_call *call);

/* Fetches the secrets of all that were found. One is NULL if its item vanished; it lives until the next is asked
 * for. */
csecret_result csecret_fetch(csecret_call *call);
const void *csecret_secret(csecret_call *call, size_t index, size_t *count);

/* The item's name, to be freed by csecret_string_free(); NULL for one that was set aside. */
csecret_result csecret_name(csecret_call *call, size_t index, char **name);
void csecret_string_free(char *string);

/* Writes a secret into an item that is there. */
csecret_result csecret_set(csecret_call *call, size_t index, const void *bytes, size_t count);

csecret_result csecret_delete(csecret_call *call, size_t index);

/* Changes the item so that a search for its name finds it no more. */
csecret_result csecret_set_aside(csecret_call *call, size_t index, const char *name, const char *label);

#endif

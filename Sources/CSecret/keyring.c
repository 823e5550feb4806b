#define _GNU_SOURCE /* struct ucred */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "private.h"

/* How long a step that was given up may still take to say so, and the connection to close: a cancel ends in 100 ms. */
#define GRACE 0.03

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

csecret_keyring *csecret_keyring_new(void) {
    csecret_keyring *keyring = api.g_malloc0(sizeof *keyring);
    keyring->context = api.g_main_context_new();
    return keyring;
}

static gboolean ring_once(gpointer data) {
    (void)data;
    return 0;
}

/* Sleeps until something has happened, or so many seconds. */
static void iterate_once(csecret_keyring *keyring, double seconds) {
    GSource *timer = api.g_timeout_source_new(seconds > 3600 ? 3600000 : (guint)(seconds * 1000) + 1);
    api.g_source_set_callback(timer, ring_once, NULL, NULL);
    api.g_source_attach(timer, keyring->context);
    api.g_main_context_iteration(keyring->context, 1);
    api.g_source_destroy(timer);
    api.g_source_unref(timer);
}

/* Answers that are late find their way here; those of a closed connection are all on their way. */
static void drain(csecret_keyring *keyring) {
    while (api.g_main_context_iteration(keyring->context, 0)) {}
}

/* Waits until nobody has the connection any more, which is soon: what is left behind in a context would hold it for
 * ever. */
static void let_go(csecret_keyring *keyring, GDBusConnection *connection) {
    gpointer *left = api.g_malloc0(sizeof *left);
    *left = connection;
    api.g_object_add_weak_pointer((GObject *)connection, left);
    api.g_object_unref(connection);
    double end = now() + GRACE;
    while (__atomic_load_n(left, __ATOMIC_ACQUIRE) && now() < end) iterate_once(keyring, 0.001);
    /* If it takes longer, whoever lets go last will write there. */
    if (!__atomic_load_n(left, __ATOMIC_ACQUIRE)) api.g_free(left);
}

static void hang_up(csecret_keyring *keyring) {
    SecretService *service = keyring->service;
    GDBusConnection *connection = keyring->connection;
    keyring->service = NULL;
    keyring->connection = NULL;
    api.g_free(keyring->owner);
    keyring->owner = NULL;
    if (service) {
        api.g_object_set_data((GObject *)service, CALL, NULL);
        api.g_object_unref(service);
    }
    if (connection) {
        /* Said explicitly: a call that was given up may still hold the connection, until it hears of this. */
        if (!api.g_dbus_connection_is_closed(connection))
            api.g_dbus_connection_close(connection, NULL, NULL, NULL);
        let_go(keyring, connection);
    }
}

void csecret_keyring_free(csecret_keyring *keyring) {
    api.g_main_context_push_thread_default(keyring->context);
    hang_up(keyring);
    drain(keyring);
    api.g_main_context_pop_thread_default(keyring->context);
    api.g_main_context_unref(keyring->context);
    api.g_free(keyring);
}

csecret_call *csecret_call_new(csecret_keyring *keyring, double deadline, double patience) {
    csecret_call *call = api.g_malloc0(sizeof *call);
    call->keyring = keyring;
    call->deadline = deadline;
    call->patience = patience;
    return call;
}

void csecret_call_free(csecret_call *call) { api.g_free(call); }

/* Nothing of GLib but its wake-up: the canceller may be any thread of the host. */
void csecret_cancel(csecret_call *call) {
    atomic_store(&call->cancelled, 1);
    api.g_main_context_wakeup(call->keyring->context);
}

/* A person is slower than a daemon, whose own time stands still meanwhile. */
void csecret_begin_patience(csecret_call *call) {
    if (!call || call->patience <= 0) return;
    call->left = call->deadline - now();
    call->deadline = now() + call->patience;
}

void csecret_end_patience(csecret_call *call) {
    if (!call || call->left <= 0) return;
    call->deadline = now() + call->left;
    call->left = 0;
}

const char *csecret_detail(const csecret_call *call) { return call->detail; }

void csecret_enter(csecret_call *call) {
    api.g_main_context_push_thread_default(call->keyring->context);
    call->cancellable = api.g_cancellable_new();
    call->given_up = 0;
    drain(call->keyring);
}

void csecret_forget_found(csecret_call *call) {
    api.g_strfreev(call->found);
    api.g_strfreev(call->locked);
    if (call->secrets) api.g_variant_unref(call->secrets);
    if (call->secret) api.secret_value_unref(call->secret);
    call->found = call->locked = NULL;
    call->secrets = NULL;
    call->secret = NULL;
}

void csecret_leave(csecret_call *call) {
    csecret_forget_found(call);
    if (call->given_up) hang_up(call->keyring);
    if (call->keyring->service) api.g_object_set_data((GObject *)call->keyring->service, CALL, NULL);
    drain(call->keyring);
    api.g_object_unref(call->cancellable);
    call->cancellable = NULL;
    api.g_main_context_pop_thread_default(call->keyring->context);
}

/* MARK: - Waiting */

void csecret_answered(GObject *source, GAsyncResult *result, gpointer data) {
    answer *answer = data;
    if (answer->abandoned) {
        api.g_free(answer);
        return;
    }
    answer->source = source ? api.g_object_ref(source) : NULL;
    answer->result = api.g_object_ref(result);
}

answer *csecret_new_answer(void) { return api.g_malloc0(sizeof(answer)); }

void csecret_free_answer(answer *answer) {
    if (answer->source) api.g_object_unref(answer->source);
    api.g_object_unref(answer->result);
    api.g_free(answer);
}

static csecret_result state(csecret_call *call) {
    if (atomic_load(&call->cancelled)) return CSECRET_CANCELLED;
    if (now() >= call->deadline) return CSECRET_TIMED_OUT;
    return CSECRET_OK;
}

csecret_result csecret_begin(csecret_call *call) {
    call->detail[0] = 0;
    csecret_result result = state(call);
    if (result == CSECRET_OK && (call->given_up || !call->cancellable)) return CSECRET_FAILED;
    return result;
}

/* Iterates until the answer is there or the time, which may change meanwhile, is over; with a call, also until that is
 * cancelled. */
static void iterate(csecret_keyring *keyring, answer *answer, const double *deadline, csecret_call *call) {
    while (!answer->result && !(call && atomic_load(&call->cancelled))) {
        double left = *deadline - now();
        if (left <= 0) break;
        iterate_once(keyring, left);
    }
}

/* After a cancel, GIO still answers, nearly at once; if not, the answer is left to be freed by whoever brings it. */
csecret_result csecret_wait_for(csecret_call *call, answer *answer) {
    iterate(call->keyring, answer, &call->deadline, call);
    if (answer->result) return CSECRET_OK;
    csecret_result result = state(call);
    call->given_up = 1;
    api.g_cancellable_cancel(call->cancellable);
    double end = now() + GRACE;
    iterate(call->keyring, answer, &end, NULL);
    if (answer->result) return CSECRET_OK;
    answer->abandoned = 1;
    return result == CSECRET_OK ? CSECRET_TIMED_OUT : result;
}

csecret_result csecret_failed(csecret_call *call, GError *error) {
    csecret_result result = CSECRET_FAILED;
    if (!error) {
        snprintf(call->detail, sizeof call->detail, "it refused without a reason");
        return result;
    }
    char *remote = api.g_dbus_error_get_remote_error(error);
    api.g_dbus_error_strip_remote_error(error);
    snprintf(call->detail, sizeof call->detail, "%s", error->message ? error->message : "");
    if (call->given_up) {
        result = atomic_load(&call->cancelled) ? CSECRET_CANCELLED : CSECRET_TIMED_OUT;
    } else if (error->domain == csecret_errors) {
        result = (csecret_result)error->code;
    } else if (remote && strcmp(remote, "org.freedesktop.Secret.Error.NoSession") == 0) {
        result = CSECRET_LOST;
    } else if (error->domain == api.secret_error_get_quark()) {
        if (error->code == SECRET_ERROR_IS_LOCKED) result = CSECRET_LOCKED;
        if (error->code == SECRET_ERROR_NO_SUCH_OBJECT) result = CSECRET_VANISHED;
    } else if (error->domain == api.g_dbus_error_quark()) {
        switch (error->code) {
        /* Of a daemon that has died since it was last heard of, the bus says the same as of one that never was. */
        case G_DBUS_ERROR_SERVICE_UNKNOWN:
        case G_DBUS_ERROR_NAME_HAS_NO_OWNER: result = call->reused ? CSECRET_LOST : CSECRET_NO_SERVICE; break;
        case G_DBUS_ERROR_NO_REPLY:
        case G_DBUS_ERROR_DISCONNECTED: result = CSECRET_LOST; break;
        case G_DBUS_ERROR_TIMEOUT:
        case G_DBUS_ERROR_TIMED_OUT: result = CSECRET_TIMED_OUT; break;
        case G_DBUS_ERROR_UNKNOWN_METHOD:
        case G_DBUS_ERROR_UNKNOWN_OBJECT: result = CSECRET_VANISHED; break;
        }
    } else if (error->domain == api.g_io_error_quark()) {
        switch (error->code) {
        case G_IO_ERROR_CLOSED:
        case G_IO_ERROR_BROKEN_PIPE: result = CSECRET_LOST; break;
        case G_IO_ERROR_TIMED_OUT: result = CSECRET_TIMED_OUT; break;
        /* Nobody but the end of the connection cancels what we did not. */
        case G_IO_ERROR_CANCELLED: result = CSECRET_LOST; break;
        }
    }
    if (result == CSECRET_LOST) call->given_up = 1;
    api.g_free(remote);
    api.g_error_free(error);
    return result;
}

/* MARK: - Connecting */

/* The user that runs the bus: it sees all that is said on it. */
static csecret_result check_peer(csecret_call *call) {
    GIOStream *stream = api.g_dbus_connection_get_stream(call->keyring->connection);
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (!stream || !api.g_type_check_instance_is_a((GTypeInstance *)stream, api.g_socket_connection_get_type())
        || getsockopt(
               api.g_socket_get_fd(api.g_socket_connection_get_socket((GSocketConnection *)stream)), SOL_SOCKET,
               SO_PEERCRED, &peer, &size)
            != 0)
        snprintf(call->detail, sizeof call->detail, "unknown");
    else if (peer.uid != geteuid())
        snprintf(call->detail, sizeof call->detail, "uid %lu", (unsigned long)peer.uid);
    else
        return CSECRET_OK;
    return CSECRET_FOREIGN_BUS;
}

static csecret_result open_connection(csecret_call *call, const char *address) {
    csecret_result result;
    ASK(call, result,
        api.g_dbus_connection_new_for_address(
            address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
            NULL, call->cancellable, csecret_answered, answer),
        call->keyring->connection = api.g_dbus_connection_new_for_address_finish(answer->result, &error));
    if (result == CSECRET_CANCELLED || result == CSECRET_TIMED_OUT) return result;
    if (result != CSECRET_OK) return CSECRET_NO_BUS;
    api.g_dbus_connection_set_exit_on_close(call->keyring->connection, 0);
    return check_peer(call);
}

/* Has the bus start the daemon, if it knows how. */
static csecret_result start_daemon(csecret_call *call) {
    csecret_result result;
    GVariant *reply = NULL;
    ASK(call, result,
        api.g_dbus_connection_call(
            call->keyring->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
            "StartServiceByName", api.g_variant_new("(su)", SERVICE_NAME, 0), TYPE("(u)"), G_DBUS_CALL_FLAGS_NONE, -1,
            call->cancellable, csecret_answered, answer),
        reply = api.g_dbus_connection_call_finish(call->keyring->connection, answer->result, &error));
    if (reply) api.g_variant_unref(reply);
    return result == CSECRET_OK || call->given_up ? result : CSECRET_NO_SERVICE;
}

static csecret_result open_service(csecret_call *call) {
    csecret_result result;
    GObject *service = NULL;
    ASK(call, result,
        api.g_async_initable_new_async(
            csecret_service_type, 0, call->cancellable, csecret_answered, answer, "g-connection",
            call->keyring->connection, "flags", SECRET_SERVICE_OPEN_SESSION, NULL),
        service = api.g_async_initable_new_finish((GAsyncInitable *)answer->source, answer->result, &error));
    if (result != CSECRET_OK) return result;
    call->keyring->service = (SecretService *)service;
    call->keyring->owner = api.g_dbus_proxy_get_name_owner((GDBusProxy *)service);
    return CSECRET_OK;
}

/* Whether what the last call left can be used: a dead connection stays dead, and a daemon that was restarted knows
 * nothing of the session. Entering the call has let news of that in. */
static int still_good(csecret_keyring *keyring) {
    if (!keyring->service || api.g_dbus_connection_is_closed(keyring->connection)) return 0;
    char *owner = api.g_dbus_proxy_get_name_owner((GDBusProxy *)keyring->service);
    int same = owner && keyring->owner && strcmp(owner, keyring->owner) == 0;
    api.g_free(owner);
    return same;
}

csecret_result csecret_connect(csecret_call *call, const char *address, int plain) {
    csecret_result result = csecret_begin(call);
    if (result != CSECRET_OK) return result;
    call->reused = still_good(call->keyring);
    if (!call->reused) {
        hang_up(call->keyring);
        result = open_connection(call, address);
        if (result == CSECRET_OK) result = open_service(call);
        if (result == CSECRET_NO_SERVICE) {
            result = start_daemon(call);
            if (result == CSECRET_OK) result = open_service(call);
        }
    }
    if (result == CSECRET_OK && !plain) {
        const char *algorithms = api.secret_service_get_session_algorithms(call->keyring->service);
        if (!algorithms || strcmp(algorithms, "plain") == 0) result = CSECRET_PLAIN_SESSION;
    }
    if (result == CSECRET_OK)
        api.g_object_set_data((GObject *)call->keyring->service, CALL, call);
    else
        hang_up(call->keyring);
    return result;
}

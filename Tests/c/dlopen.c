/* Opened and closed a hundred times with use between: dlopen LIBRARY. It is not linked, as in a plugin's host. */
#include <dlfcn.h>
#include <string.h>

#include "check.h"
#include "entra.h"

/* Stands in the place of the library's functions: entra.c calls these. */
#define FORWARD(type, name, parameters, arguments)                                                                    \
    static type(*loaded_##name) parameters;                                                                           \
    type name parameters { return loaded_##name arguments; }
#define START(name)                                                                                                   \
    FORWARD(msauth_status, name,                                                                                      \
            (msauth_client * a, const char *b, const msauth_options *c, msauth_operation **d, msauth_error **e),      \
            (a, b, c, d, e))

FORWARD(const char *, msauth_version, (void), ())
FORWARD(const char *, msauth_describe, (void), ())
FORWARD(const char *, msauth_error_json, (const msauth_error *a), (a))
FORWARD(void, msauth_error_free, (msauth_error * a), (a))
FORWARD(msauth_options *, msauth_options_new, (void), ())
FORWARD(msauth_status, msauth_options_set,
        (msauth_options * a, const char *b, const char *c, msauth_error **d), (a, b, c, d))
FORWARD(void, msauth_options_free, (msauth_options * a), (a))
FORWARD(msauth_status, msauth_client_new, (const msauth_options *a, msauth_client **b, msauth_error **c), (a, b, c))
FORWARD(void, msauth_client_free, (msauth_client * a), (a))
START(msauth_connect)
START(msauth_acquire)
FORWARD(msauth_status, msauth_operation_wait,
        (msauth_operation * a, int32_t b, msauth_token **c, msauth_error **d), (a, b, c, d))
FORWARD(void, msauth_operation_free, (msauth_operation * a), (a))
FORWARD(const char *, msauth_token_get, (const msauth_token *a, const char *b), (a, b))
FORWARD(void, msauth_token_free, (msauth_token * a), (a))

static void *open_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) fprintf(stderr, "%s\n", dlerror());
    CHECK(library);
#define LOOK_UP(name) CHECK((*(void **)&loaded_##name = dlsym(library, #name)))
    LOOK_UP(msauth_version);
    LOOK_UP(msauth_describe);
    LOOK_UP(msauth_error_json);
    LOOK_UP(msauth_error_free);
    LOOK_UP(msauth_options_new);
    LOOK_UP(msauth_options_set);
    LOOK_UP(msauth_options_free);
    LOOK_UP(msauth_client_new);
    LOOK_UP(msauth_client_free);
    LOOK_UP(msauth_connect);
    LOOK_UP(msauth_acquire);
    LOOK_UP(msauth_operation_wait);
    LOOK_UP(msauth_operation_free);
    LOOK_UP(msauth_token_get);
    LOOK_UP(msauth_token_free);
    return library;
}

int main(int count, char **arguments) {
    CHECK(count == 2);
    entra_reset();
    for (int i = 0; i < 100; i++) {
        void *library = open_library(arguments[1]);
        msauth_client *client = memory_client();
        msauth_options *options = daemon_sign_in();
        CHECK(done(msauth_connect, client, "work", options) == MSAUTH_OK);
        msauth_token *token;
        CHECK(ended(started(msauth_acquire, client, "work", NULL), &token) == MSAUTH_OK);
        CHECK(strlen(msauth_token_get(token, "access_token")) > 20 && msauth_version() && msauth_describe());
        msauth_token_free(token);
        /* Every other time something still runs when the library is closed. */
        if (i % 2) msauth_operation_free(started(msauth_connect, client, NULL, options));
        msauth_options_free(options);
        msauth_client_free(client);
        CHECK(dlclose(library) == 0);
    }
    /* It stays: a thread of it may be on its way out, and OpenSSL has its handlers there. */
    CHECK(dlopen(arguments[1], RTLD_NOW | RTLD_NOLOAD));
    return 0;
}

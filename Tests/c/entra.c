#include "entra.h"

#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include "check.h"

extern char **environ;

const char *entra(const char *name) {
    char variable[64];
    snprintf(variable, sizeof variable, "ENTRA_%s", name);
    const char *value = getenv(variable);
    if (!value) fprintf(stderr, "%s is not set\n", variable);
    CHECK(value);
    return value;
}

void entra_post(const char *path, const char *json) {
    char url[512];
    snprintf(url, sizeof url, "%s%s", entra("ADMIN"), path);
    const char *command[] = {"curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--cacert",
                             entra("CA_FILE"), "--output", "/dev/null", "--header", "Content-Type: application/json",
                             "--data", json, url, NULL};
    pid_t child;
    int status;
    CHECK(posix_spawnp(&child, "curl", NULL, NULL, (char **)command, environ) == 0);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

void entra_reset(void) {
    entra_post("/reset", "{}");
    entra_post("/settings", "{\"device_interval\": 1}");
}

msauth_options *options_of(const char *name, ...) {
    msauth_options *options = msauth_options_new();
    va_list rest;
    va_start(rest, name);
    for (; name; name = va_arg(rest, const char *)) {
        CHECK(msauth_options_set(options, name, va_arg(rest, const char *), NULL) == MSAUTH_OK);
    }
    va_end(rest);
    return options;
}

msauth_client *memory_client(void) {
    msauth_options *options = options_of("store", "memory", "ca_file", entra("CA_FILE"), "authority",
                                         entra("AUTHORITY"), "proxy", "", "log", getenv("MSAUTH_LOG"), NULL);
    msauth_client *client;
    CHECK(msauth_client_new(options, &client, NULL) == MSAUTH_OK);
    msauth_options_free(options);
    return client;
}

msauth_options *daemon_sign_in(void) {
    return options_of("grant", "client_secret", "client_id", entra("CONFIDENTIAL_CLIENT_ID"), "client_secret",
                      entra("CLIENT_SECRET"), NULL);
}

msauth_options *user_sign_in(void) {
    return options_of("grant", "device_code", "client_id", entra("CLIENT_ID"), NULL);
}

msauth_operation *started(starting_call *call, msauth_client *client, const char *name,
                          const msauth_options *options) {
    msauth_operation *operation;
    msauth_error *error;
    if (call(client, name, options, &operation, &error)) fprintf(stderr, "%s\n", msauth_error_json(error));
    CHECK(operation && !error);
    return operation;
}

msauth_status ended(msauth_operation *operation, msauth_token **token) {
    msauth_status status;
    msauth_error *error;
    while ((status = msauth_operation_wait(operation, -1, token, &error)) == MSAUTH_PROMPT) CHECK(!error);
    CHECK((status > MSAUTH_OK) == (error != NULL));
    if (status && getenv("MSAUTH_LOG")) fprintf(stderr, "%s\n", msauth_error_json(error));
    msauth_error_free(error);
    msauth_operation_free(operation);
    return status;
}

msauth_status done(starting_call *call, msauth_client *client, const char *name, const msauth_options *options) {
    return ended(started(call, client, name, options), NULL);
}

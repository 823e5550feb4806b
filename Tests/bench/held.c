/* A token that is held, through the C ABI: acquire, wait, read, free. Prints microseconds a call. */
#include "msauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static const char *acquire(msauth_client *client, size_t *length) {
    msauth_operation *operation;
    msauth_token *token;
    if (msauth_acquire(client, NULL, NULL, &operation, NULL) != MSAUTH_OK) return "acquire";
    if (msauth_operation_wait(operation, -1, &token, NULL) != MSAUTH_OK) return "wait";
    *length = strlen(msauth_token_get(token, "access_token"));
    msauth_token_free(token);
    msauth_operation_free(operation);
    return NULL;
}

int main(void) {
    const int count = 20000;
    msauth_options *options = msauth_options_new();
    msauth_options_set(options, "grant", "client_secret", NULL);
    msauth_options_set(options, "store", "memory", NULL);
    msauth_options_set(options, "authority", getenv("AUTHORITY"), NULL);
    msauth_options_set(options, "ca_file", getenv("CA_FILE"), NULL);
    msauth_options_set(options, "client_id", getenv("CLIENT_ID"), NULL);
    msauth_options_set(options, "client_secret", getenv("CLIENT_SECRET"), NULL);
    msauth_client *client;
    msauth_error *error;
    if (msauth_client_new(options, &client, &error) != MSAUTH_OK) {
        return fprintf(stderr, "%s\n", msauth_error_message(error)), 1;
    }
    size_t length = 0;
    const char *failed = acquire(client, &length);
    double begun = now();
    for (int i = 0; i < count && !failed; i++) failed = acquire(client, &length);
    double ended = now();
    if (failed) return fprintf(stderr, "%s failed\n", failed), 1;
    printf("%.3f\n", (ended - begun) / count);
    msauth_client_free(client);
    msauth_options_free(options);
    return 0;
}

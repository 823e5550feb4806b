/* A service with very many users: USERS tokens on behalf of them, WINDOW operations at a time, then what is held.
 * Prints, a line each: users a second; microseconds of processor for each of the first and the last thousand requests,
 * for a held token, and to set the option that says whose; MiB of resident memory. */
#include "msauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { padding = 1500 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double processor(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static void set_user(msauth_options *options, int user) {
    char assertion[padding + 32];
    int length = snprintf(assertion, sizeof assertion, "user-%07d-", user);
    memset(assertion + length, 'x', padding);
    assertion[length + padding] = 0;
    msauth_options_set(options, "user_assertion", assertion, NULL);
}

static msauth_operation *acquire(msauth_client *client, const msauth_options *options) {
    msauth_operation *operation;
    msauth_error *error;
    if (msauth_acquire(client, NULL, options, &operation, &error) != MSAUTH_OK) {
        fail("acquire", msauth_error_message(error));
    }
    return operation;
}

static void finish(msauth_operation *operation, int user) {
    msauth_token *token;
    msauth_error *error;
    if (msauth_operation_wait(operation, -1, &token, &error) != MSAUTH_OK) fail("wait", msauth_error_message(error));
    char expected[32];
    snprintf(expected, sizeof expected, "token-of-%07d", user);
    if (strncmp(msauth_token_get(token, "access_token"), expected, strlen(expected)) != 0) {
        fail(expected, "another user's token");
    }
    msauth_token_free(token);
    msauth_operation_free(operation);
}

/* Users from `first` on, with `window` operations open. Microseconds of processor for each. */
static double serve(msauth_client *client, msauth_options *options, int first, int count, int window) {
    msauth_operation **open = calloc((size_t)window, sizeof *open);
    double begun = processor();
    for (int i = 0; i < count + window; i++) {
        if (i >= window) finish(open[i % window], first + i - window);
        if (i < count) {
            set_user(options, first + i);
            open[i % window] = acquire(client, options);
        }
    }
    free(open);
    return (processor() - begun) / count;
}

int main(int argc, char **argv) {
    int users = argc > 1 ? atoi(argv[1]) : 100000, window = argc > 2 ? atoi(argv[2]) : 256;
    msauth_options *options = msauth_options_new(), *call = msauth_options_new();
    msauth_options_set(options, "grant", "on_behalf_of", NULL);
    msauth_options_set(options, "store", "memory", NULL);
    msauth_options_set(options, "authority", getenv("AUTHORITY"), NULL);
    msauth_options_set(options, "ca_file", getenv("CA_FILE"), NULL);
    msauth_options_set(options, "client_id", "11111111-2222-3333-4444-555555555555", NULL);
    msauth_options_set(options, "client_secret", "a-secret", NULL);
    msauth_client *client;
    msauth_error *error;
    if (msauth_client_new(options, &client, &error) != MSAUTH_OK) fail("client", msauth_error_message(error));

    serve(client, call, 0, 1, 1);
    double begun = now();
    double first = serve(client, call, 1, 1000, window);
    serve(client, call, 1001, users - 1001, window);
    double all = now() - begun;
    double last = serve(client, call, users, 1000, window);

    /* One in so many users, whose options were made before. */
    enum { some = 1000, rounds = 20 };
    msauth_options *made[some];
    int who[some];
    for (int i = 0; i < some; i++) {
        who[i] = 1000 + (int)((long)i * 7919 % (users - 1000));
        made[i] = msauth_options_new();
        set_user(made[i], who[i]);
    }
    begun = processor();
    for (int i = 0; i < some * rounds; i++) finish(acquire(client, made[i % some]), who[i % some]);
    double held = (processor() - begun) / (some * rounds);
    begun = processor();
    for (int i = 0; i < some * rounds; i++) set_user(call, who[i % some]);
    double set = (processor() - begun) / (some * rounds);
    for (int i = 0; i < some; i++) msauth_options_free(made[i]);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("%.0f\n%.1f\n%.1f\n%.3f\n%.3f\n%.0f\n", (users - 1) / all * 1e6, first, last, held, set,
           (double)used.ru_maxrss / 1024);
    msauth_client_free(client);
    msauth_options_free(options);
    msauth_options_free(call);
    return 0;
}

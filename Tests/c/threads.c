/* Eight threads share one client: acquire, refresh, connect, disconnect, list, and cancel each other. */
#include <pthread.h>
#include <string.h>

#include "check.h"
#include "entra.h"

enum { THREADS = 8 };

static int rounds, held; /* fewer where everything takes longer */

static msauth_client *client;
static msauth_options *sign_in, *refresh;

static void *work(void *number) {
    char mine[16];
    snprintf(mine, sizeof mine, "thread-%d", *(int *)number);
    CHECK(done(msauth_connect, client, mine, sign_in) == MSAUTH_OK);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < held; i++) {
            msauth_token *token;
            CHECK(ended(started(msauth_acquire, client, "shared", NULL), &token) == MSAUTH_OK);
            CHECK(strlen(msauth_token_get(token, "access_token")) > 20);
            msauth_token_free(token);
        }
        CHECK(done(msauth_acquire, client, mine, refresh) == MSAUTH_OK);
        CHECK(done(msauth_acquire, client, "shared", refresh) == MSAUTH_OK);
        CHECK(done(msauth_list, client, NULL, NULL) == MSAUTH_OK);
        /* Freed while it runs: somebody else's refresh of the same connection goes on. */
        msauth_operation_free(started(msauth_acquire, client, "shared", refresh));
        /* All disconnect and connect the same one: a round either finds it or not. */
        msauth_status status = done(msauth_disconnect, client, "contended", NULL);
        CHECK(status == MSAUTH_OK || status == MSAUTH_NOT_FOUND);
        CHECK(done(msauth_connect, client, "contended", sign_in) == MSAUTH_OK);
    }
    CHECK(done(msauth_disconnect, client, mine, NULL) == MSAUTH_OK);
    return NULL;
}

static void together(void) {
    CHECK(done(msauth_connect, client, "shared", sign_in) == MSAUTH_OK);
    pthread_t threads[THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

/* One token, one error and one list are read by all at once. */
static msauth_token *token;
static msauth_error *error;
static msauth_connections *connections;

static void *read_all(void *unused) {
    (void)unused;
    for (int i = 0; i < 200; i++) {
        CHECK(strstr(msauth_token_json(token), msauth_token_get(token, "access_token")));
        CHECK(strstr(msauth_error_json(error), msauth_error_message(error)));
        CHECK(strstr(msauth_connections_json(connections), msauth_connections_get(connections, 0, "name")));
    }
    return NULL;
}

static void reading(void) {
    CHECK(ended(started(msauth_acquire, client, "shared", NULL), &token) == MSAUTH_OK);
    CHECK(msauth_connect(NULL, NULL, NULL, NULL, &error) == MSAUTH_INVALID_ARGUMENT);
    msauth_operation *listing = started(msauth_list, client, "shared", NULL);
    CHECK(msauth_operation_wait(listing, -1, NULL, NULL) == MSAUTH_OK);
    connections = msauth_operation_connections(listing);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, read_all, NULL) == 0);
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    msauth_operation_free(listing);
    msauth_connections_free(connections);
    msauth_error_free(error);
    msauth_token_free(token);
}

/* A thread waits to the end, another cancels: the first returns within 100 ms, whatever it was in. */
static double returned;

static void *wait_for_cancel(void *operation) {
    CHECK(msauth_operation_wait(operation, -1, NULL, NULL) == MSAUTH_CANCELLED);
    returned = now();
    return NULL;
}

static void cancels_within_100_ms(msauth_operation *operation) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, wait_for_cancel, operation) == 0);
    usleep(200000); /* until it is deep in what it waits for; too early would only make it easier */
    double before = now();
    msauth_operation_cancel(operation);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(returned - before < 0.1 * slowness());
    msauth_operation_cancel(operation);
    CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == MSAUTH_CANCELLED);
    msauth_operation_free(operation);
}

static void cancelling(void) {
    /* In a request; behind somebody else's; between two polls. */
    entra_post("/scenario", "{\"endpoint\": \"token\", \"fault\": \"hang\"}");
    msauth_operation *first = started(msauth_acquire, client, "shared", refresh);
    CHECK(msauth_operation_wait(first, (int)(100 * slowness()), NULL, NULL) == MSAUTH_PENDING);
    cancels_within_100_ms(started(msauth_acquire, client, "shared", refresh));
    cancels_within_100_ms(started(msauth_disconnect, client, "shared", NULL));
    cancels_within_100_ms(first);
    CHECK(done(msauth_acquire, client, "shared", refresh) == MSAUTH_OK);

    msauth_options *options = user_sign_in();
    msauth_operation *operation = started(msauth_connect, client, "alice", options);
    CHECK(msauth_operation_wait(operation, -1, NULL, NULL) == MSAUTH_PROMPT);
    cancels_within_100_ms(operation);
    msauth_options_free(options);
}

int main(void) {
    rounds = slowness() > 1 ? 4 : 20;
    held = slowness() > 1 ? 10 : 100;
    entra_reset();
    client = memory_client();
    sign_in = daemon_sign_in();
    refresh = options_of("refresh", "true", NULL);
    together();
    reading();
    cancelling();
    msauth_options_free(refresh);
    msauth_options_free(sign_in);
    msauth_client_free(client);
    return 0;
}

/* Who owns what: frees in any order, one set of options for many calls, and how long what a getter returns lives. */
#include <string.h>

#include "check.h"
#include "entra.h"

enum { CLIENT, OPTIONS, OPERATION, TOKEN, LISTING, CONNECTIONS, COUNT };

/* Frees one of everything in the order that `order` says. */
static void free_in_order(const int *order) {
    msauth_client *client = memory_client();
    msauth_options *options = daemon_sign_in();
    msauth_operation *operation = started(msauth_connect, client, NULL, options), *listing;
    msauth_token *token;
    CHECK(msauth_operation_wait(operation, -1, &token, NULL) == MSAUTH_OK);
    listing = started(msauth_list, client, NULL, NULL);
    CHECK(msauth_operation_wait(listing, -1, NULL, NULL) == MSAUTH_OK);
    msauth_connections *connections = msauth_operation_connections(listing);
    for (int i = 0; i < COUNT; i++) {
        switch (order[i]) {
        case CLIENT: msauth_client_free(client); break;
        case OPTIONS: msauth_options_free(options); break;
        case OPERATION: msauth_operation_free(operation); break;
        case TOKEN: msauth_token_free(token); break;
        case LISTING: msauth_operation_free(listing); break;
        case CONNECTIONS: msauth_connections_free(connections); break;
        }
    }
}

/* Each of the six is once the first, and each once the last, to go. */
static void any_order(void) {
    for (int shift = 0; shift < COUNT; shift++) {
        int forward[COUNT], backward[COUNT];
        for (int i = 0; i < COUNT; i++) {
            forward[i] = (i + shift) % COUNT;
            backward[COUNT - 1 - i] = forward[i];
        }
        free_in_order(forward);
        free_in_order(backward);
    }
}

/* A running operation is cancelled by its free; one whose client is freed runs on. */
static void running(void) {
    msauth_options *options = daemon_sign_in();
    entra_post("/scenario", "{\"endpoint\": \"token\", \"fault\": \"hang\"}");
    msauth_client *client = memory_client();
    msauth_operation *operation = started(msauth_connect, client, "work", options);
    CHECK(msauth_operation_wait(operation, 50, NULL, NULL) == MSAUTH_PENDING);
    double before = now();
    msauth_operation_free(operation);
    CHECK(now() - before < 0.1 * slowness());
    msauth_client_free(client);

    entra_reset();
    entra_post("/scenario", "{\"endpoint\": \"token\", \"delay_ms\": 300, \"override\": {}}");
    client = memory_client();
    operation = started(msauth_connect, client, "work", options);
    msauth_options_free(options);
    msauth_client_free(client);
    msauth_token *token;
    CHECK(ended(operation, &token) == MSAUTH_OK && msauth_token_get(token, "access_token"));
    msauth_token_free(token);
}

/* One set is given to many calls, changed between them, and freed before they end. */
static void one_set_for_many(void) {
    msauth_client *client = memory_client();
    msauth_options *options = daemon_sign_in();
    for (int i = 0; i < 3; i++) CHECK(done(msauth_connect, client, "work", options) == MSAUTH_OK);
    msauth_operation *operation = started(msauth_connect, client, "work", options);
    CHECK(msauth_options_set(options, "client_secret", "another", NULL) == MSAUTH_OK);
    CHECK(done(msauth_connect, client, "other", options) == MSAUTH_BAD_CREDENTIAL);
    CHECK(ended(operation, NULL) == MSAUTH_OK);
    operation = started(msauth_connect, client, "other", options);
    msauth_options_free(options);
    CHECK(ended(operation, NULL) == MSAUTH_BAD_CREDENTIAL);
    msauth_client_free(client);
}

/* The same address and the same text for as long as the object lives, whatever else is asked or freed. */
static void getters(void) {
    msauth_client *client = memory_client();
    msauth_options *options = daemon_sign_in();
    msauth_operation *operation = started(msauth_connect, client, "work", options);
    msauth_token *token, *another;
    CHECK(msauth_operation_wait(operation, -1, &token, NULL) == MSAUTH_OK);
    CHECK(msauth_operation_wait(operation, -1, &another, NULL) == MSAUTH_OK);
    CHECK(token != another);
    const char *text = msauth_token_get(token, "access_token"), *json = msauth_token_json(token);
    CHECK(strcmp(text, msauth_token_get(another, "access_token")) == 0);
    CHECK(strstr(json, text));
    char *copy = strdup(text);
    msauth_operation_free(operation);
    msauth_token_free(another);
    msauth_client_free(client);
    msauth_options_free(options);
    for (int i = 0; i < 100; i++) {
        CHECK(msauth_token_get(token, "access_token") == text && msauth_token_json(token) == json);
        CHECK(msauth_token_get(token, "expires_on") && !msauth_token_get(token, "no_such_field"));
    }
    CHECK(strcmp(copy, text) == 0);
    CHECK(msauth_token_expires_on(token) == atoll(msauth_token_get(token, "expires_on")));
    free(copy);
    msauth_token_free(token);
}

/* An ended operation answers the same again, each time with an error of its own. */
static void errors(void) {
    msauth_client *client = memory_client();
    msauth_operation *operation = started(msauth_acquire, client, "nobody", NULL);
    msauth_error *error, *another;
    CHECK(msauth_operation_wait(operation, -1, NULL, &error) == MSAUTH_NOT_FOUND);
    CHECK(msauth_operation_wait(operation, -1, NULL, &another) == MSAUTH_NOT_FOUND);
    CHECK(error != another);
    const char *message = msauth_error_message(error);
    msauth_operation_free(operation);
    msauth_client_free(client);
    CHECK(strcmp(message, msauth_error_message(another)) == 0);
    msauth_error_free(another);
    CHECK(msauth_error_message(error) == message && strstr(message, "nobody"));
    CHECK(msauth_error_get(error, "message") == message && msauth_error_get(error, "hint"));
    msauth_error_free(error);
}

/* A prompt's texts live as long as its operation, also when that has ended. */
static void prompts(void) {
    msauth_client *client = memory_client();
    msauth_options *options = user_sign_in();
    msauth_operation *operation = started(msauth_connect, client, "alice", options);
    CHECK(!msauth_operation_get(operation, "user_code"));
    CHECK(msauth_operation_wait(operation, -1, NULL, NULL) == MSAUTH_PROMPT);
    const char *code = msauth_operation_get(operation, "user_code"), *text = msauth_operation_get(operation, "message");
    CHECK(strstr(text, code) && strstr(text, msauth_operation_get(operation, "verification_uri")));
    CHECK(atoll(msauth_operation_get(operation, "expires_on")) > 1600000000);
    CHECK(strcmp(msauth_operation_get(operation, "interval"), "1") == 0);
    CHECK(!msauth_operation_connections(operation));
    char *copy = strdup(text);
    entra_post("/device/approve", "{}");
    CHECK(msauth_operation_wait(operation, -1, NULL, NULL) == MSAUTH_OK);
    msauth_client_free(client);
    CHECK(strcmp(copy, text) == 0 && msauth_operation_get(operation, "user_code") == code);
    free(copy);
    msauth_operation_free(operation);
    msauth_options_free(options);
}

int main(void) {
    entra_reset();
    any_order();
    running();
    one_set_for_many();
    getters();
    errors();
    prompts();
    return 0;
}

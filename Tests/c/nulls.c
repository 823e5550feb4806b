/* NULL in every argument of every function: an answer, never a crash, and every result is written. */
#include <string.h>

#include "check.h"
#include "entra.h"

static void *const garbage = (void *)"something that a caller left there";

static void texts(void) {
    CHECK(!msauth_error_message(NULL) && !msauth_error_get(NULL, "status") && !msauth_error_json(NULL));
    CHECK(!msauth_token_get(NULL, "access_token") && !msauth_token_json(NULL));
    CHECK(msauth_token_expires_on(NULL) == -1);
    CHECK(msauth_connections_count(NULL) == 0);
    CHECK(!msauth_connections_get(NULL, 0, "name") && !msauth_connections_json(NULL));
    CHECK(msauth_operation_fd(NULL) == -1);
    CHECK(!msauth_operation_get(NULL, "message") && !msauth_operation_connections(NULL));
}

static void frees(void) {
    msauth_error_free(NULL);
    msauth_options_free(NULL);
    msauth_client_free(NULL);
    msauth_connections_free(NULL);
    msauth_operation_cancel(NULL);
    msauth_operation_free(NULL);
    msauth_token_free(NULL);
}

/* The error was written, names the argument, and its getter takes NULL as well. */
static void refused(msauth_status status, msauth_error **written, const char *argument) {
    msauth_error *error = *written;
    CHECK(status == MSAUTH_INVALID_ARGUMENT);
    CHECK(error != garbage && error);
    CHECK(strstr(msauth_error_message(error), argument));
    CHECK(strcmp(msauth_error_get(error, "status"), "invalid_argument") == 0);
    CHECK(!msauth_error_get(error, NULL));
    msauth_error_free(error);
    *written = garbage;
}

static void options(void) {
    msauth_options *options = msauth_options_new();
    msauth_error *error = garbage;
    refused(msauth_options_set(NULL, "tenant", "common", &error), &error, "options");
    refused(msauth_options_set(options, NULL, "common", &error), &error, "name");
    refused(msauth_options_set_bytes(NULL, "tenant", "common", 6, &error), &error, "options");
    refused(msauth_options_set_bytes(options, NULL, "common", 6, &error), &error, "name");
    CHECK(msauth_options_set(NULL, NULL, NULL, NULL) == MSAUTH_INVALID_ARGUMENT);
    CHECK(msauth_options_set_bytes(NULL, NULL, NULL, 0, NULL) == MSAUTH_INVALID_ARGUMENT);
    msauth_options_free(options);

    /* A value of NULL takes the option back, whatever the length. */
    options = msauth_options_new();
    error = garbage;
    CHECK(msauth_options_set(options, "refresh", "true", &error) == MSAUTH_OK && !error);
    CHECK(msauth_options_set(options, "refresh", NULL, NULL) == MSAUTH_OK);
    CHECK(msauth_options_set_bytes(options, "refresh", "true", 4, NULL) == MSAUTH_OK);
    error = garbage;
    CHECK(msauth_options_set_bytes(options, "refresh", NULL, 100, &error) == MSAUTH_OK && !error);
    msauth_client *client;
    CHECK(msauth_client_new(options, &client, NULL) == MSAUTH_OK); /* which does not take refresh */
    msauth_client_free(client);
    msauth_options_free(options);
}

static void client(void) {
    msauth_error *error = garbage;
    refused(msauth_client_new(NULL, NULL, &error), &error, "out");
    CHECK(msauth_client_new(NULL, NULL, NULL) == MSAUTH_INVALID_ARGUMENT);
    msauth_client *client = garbage;
    error = garbage;
    CHECK(msauth_client_new(NULL, &client, &error) == MSAUTH_OK && client != garbage && client && !error);
    msauth_client_free(client);
}

static void calls(msauth_client *client) {
    starting_call *const all[] = {msauth_connect, msauth_resume, msauth_acquire, msauth_disconnect, msauth_list};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        msauth_operation *operation = garbage;
        msauth_error *error = garbage;
        refused(all[i](NULL, "work", NULL, &operation, &error), &error, "client");
        CHECK(!operation);
        refused(all[i](client, "work", NULL, NULL, &error), &error, "out");
        CHECK(all[i](NULL, NULL, NULL, NULL, NULL) == MSAUTH_INVALID_ARGUMENT);

        /* Without a name, options and error it is a call like any other. */
        operation = garbage;
        CHECK(all[i](client, NULL, NULL, &operation, NULL) == MSAUTH_OK && operation != garbage && operation);
        error = garbage;
        msauth_status status = msauth_operation_wait(operation, -1, NULL, &error);
        CHECK(status >= MSAUTH_OK && error != garbage && (status == MSAUTH_OK) == (error == NULL));
        CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == status);
        CHECK(!msauth_operation_get(operation, NULL));
        msauth_error_free(error);
        msauth_operation_free(operation);
    }
}

static void operation(msauth_client *client) {
    msauth_token *token = garbage;
    msauth_error *error = garbage;
    refused(msauth_operation_wait(NULL, 0, &token, &error), &error, "operation");
    CHECK(!token);
    CHECK(msauth_operation_wait(NULL, -1, NULL, NULL) == MSAUTH_INVALID_ARGUMENT);

    /* A result that nobody takes is not lost, and not leaked. */
    msauth_options *options = daemon_sign_in();
    msauth_operation *operation = started(msauth_connect, client, "work", options);
    CHECK(msauth_operation_wait(operation, -1, NULL, NULL) == MSAUTH_OK);
    error = garbage;
    CHECK(msauth_operation_wait(operation, -1, &token, &error) == MSAUTH_OK && token && !error);
    CHECK(!msauth_token_get(token, NULL));
    msauth_token_free(token);
    msauth_operation_free(operation);
    msauth_options_free(options);

    operation = started(msauth_list, client, NULL, NULL);
    CHECK(msauth_operation_wait(operation, -1, NULL, NULL) == MSAUTH_OK);
    msauth_connections *connections = msauth_operation_connections(operation);
    CHECK(msauth_connections_count(connections) == 1);
    CHECK(!msauth_connections_get(connections, 0, NULL));
    msauth_connections_free(connections);
    msauth_operation_free(operation);
}

int main(void) {
    entra_reset();
    texts();
    frees();
    options();
    client();
    msauth_client *client = memory_client();
    calls(client);
    operation(client);
    msauth_client_free(client);
    return 0;
}

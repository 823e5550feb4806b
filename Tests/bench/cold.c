/* The same token by libmsauth: a client, a connection in memory, one operation. */
#include "msauth.h"

#include <stdio.h>
#include <stdlib.h>

int main(void) {
    msauth_options *options = msauth_options_new();
    msauth_client *client;
    msauth_operation *operation;
    msauth_token *token;
    msauth_error *error;
    msauth_options_set(options, "store", "memory", NULL);
    msauth_options_set(options, "grant", "client_secret", NULL);
    msauth_options_set(options, "authority", getenv("AUTHORITY"), NULL);
    msauth_options_set(options, "ca_file", getenv("CA_FILE"), NULL);
    msauth_options_set(options, "client_id", getenv("CLIENT_ID"), NULL);
    msauth_options_set(options, "client_secret", getenv("CLIENT_SECRET"), NULL);
    if (msauth_client_new(options, &client, &error) != MSAUTH_OK ||
        msauth_acquire(client, NULL, NULL, &operation, &error) != MSAUTH_OK ||
        msauth_operation_wait(operation, -1, &token, &error) != MSAUTH_OK) {
        return fprintf(stderr, "%s\n", msauth_error_message(error)), 1;
    }
    msauth_token_free(token);
    msauth_operation_free(operation);
    msauth_client_free(client);
    msauth_options_free(options);
    return 0;
}

/* Prints an access token; signs in by device code when nobody has yet: device_code CLIENT_ID [NAME] */
#include <msauth.h>
#include <stdio.h>
#include <stdlib.h>

static msauth_status finish(msauth_operation *operation, msauth_token **token, msauth_error **error) {
    msauth_status status;
    while ((status = msauth_operation_wait(operation, -1, token, error)) == MSAUTH_PROMPT)
        fprintf(stderr, "%s\n", msauth_operation_get(operation, "message"));
    msauth_operation_free(operation);
    return status;
}

int main(int argc, char **argv) {
    const char *name = argc > 2 ? argv[2] : "default";
    msauth_client *client = NULL;
    msauth_operation *operation;
    msauth_token *token = NULL;
    msauth_error *error = NULL;
    msauth_options *place = msauth_options_new(), *sign_in = msauth_options_new();
    msauth_options_set(place, "store", getenv("MSAUTH_STORE"), NULL); /* NULL: the default, the user's keyring */
    msauth_options_set(place, "ca_file", getenv("MSAUTH_CA_FILE"), NULL);
    msauth_options_set(sign_in, "grant", "device_code", NULL);
    msauth_options_set(sign_in, "client_id", argc > 1 ? argv[1] : getenv("MSAUTH_CLIENT_ID"), NULL);
    msauth_options_set(sign_in, "authority", getenv("MSAUTH_AUTHORITY"), NULL);

    msauth_status status = msauth_client_new(place, &client, &error);
    if (!status) status = msauth_acquire(client, name, NULL, &operation, &error);
    if (!status) status = finish(operation, &token, &error);
    if (status == MSAUTH_NOT_FOUND || status == MSAUTH_INTERACTION_REQUIRED) {
        msauth_error_free(error);
        status = msauth_connect(client, name, sign_in, &operation, &error);
        if (!status) status = finish(operation, &token, &error);
    }
    const char *hint = msauth_error_get(error, "hint");
    if (status) fprintf(stderr, "%s\n%s\n", msauth_error_message(error), hint ? hint : msauth_status_name(status));
    else puts(msauth_token_get(token, "access_token"));
    return msauth_token_free(token), msauth_error_free(error), msauth_client_free(client), msauth_options_free(place),
           msauth_options_free(sign_in), status;
}

/* Empty, endless, not UTF-8, with a newline: what no string argument may be, in every string argument. */
#include <string.h>

#include "check.h"
#include "entra.h"

static char endless[(1 << 20) + 1];

static const char *const bad[] = {"",     endless, "\xff\xfe", "\xc3", "\xed\xa0\x80", "a\nb",
                                  "a\rb", "\x7f",  "../../x",  "a b",  "-x",           "$(id)"};
enum { COUNT = sizeof bad / sizeof *bad, NOT_TEXT = 8 /* as many of them are nobody's value either */ };

static void refused(msauth_status status, msauth_error **written) {
    msauth_error *error = *written;
    CHECK(status == MSAUTH_INVALID_ARGUMENT);
    const char *message = msauth_error_message(error);
    CHECK(message && strlen(message) > 20 && strlen(message) < 2048);
    for (const char *at = message; *at; at++) CHECK((unsigned char)*at >= 0x20 && *at != 0x7f);
    CHECK(msauth_error_json(error)[0] == '{');
    msauth_error_free(error);
}

static void option_names(void) {
    for (int i = 0; i < COUNT; i++) {
        msauth_options *options = msauth_options_new();
        msauth_client *client;
        msauth_error *error;
        refused(msauth_options_set(options, bad[i], "x", &error), &error);
        refused(msauth_options_set_bytes(options, bad[i], "x", 1, &error), &error);
        /* The failed set fails the call that the options are given to. */
        refused(msauth_client_new(options, &client, &error), &error);
        CHECK(!client);
        msauth_options_free(options);
    }
    msauth_options *options = msauth_options_new();
    msauth_error *error;
    CHECK(msauth_options_set(options, "client-id", "x", &error) == MSAUTH_INVALID_ARGUMENT);
    CHECK(strstr(msauth_error_message(error), "did you mean \"client_id\""));
    msauth_error_free(error);
    msauth_options_free(options);
}

static void option_values(void) {
    const char *const names[] = {"grant",    "client_id", "tenant",       "authority",       "scopes", "resource",
                                 "claims",   "refresh",   "min_validity", "client_secret",   "store",  "ca_file",
                                 "no_proxy", "proxy",     "log",          "connect_timeout", "application"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        msauth_options *options = msauth_options_new();
        for (int i = 0; i < NOT_TEXT; i++) {
            if (!*bad[i] && strstr(names[n], "proxy")) continue; /* an empty proxy says: none */
            msauth_error *error;
            refused(msauth_options_set(options, names[n], bad[i], &error), &error);
            refused(msauth_options_set_bytes(options, names[n], bad[i], strlen(bad[i]), &error), &error);
        }
        msauth_error *error;
        refused(msauth_options_set_bytes(options, names[n], "a\0b", 3, &error), &error);
        /* Taken back, it fails nothing any more. */
        CHECK(msauth_options_set(options, names[n], NULL, NULL) == MSAUTH_OK);
        msauth_client *client;
        CHECK(msauth_client_new(options, &client, NULL) == MSAUTH_OK);
        msauth_client_free(client);
        msauth_options_free(options);
    }
}

/* A length that no memory has must not be taken for a small one. */
static void lengths(void) {
    const char *const names[] = {"client_secret", "no_proxy", "tenant"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        msauth_options *options = msauth_options_new();
        msauth_error *error;
        refused(msauth_options_set_bytes(options, names[n], endless, sizeof endless, &error), &error);
        refused(msauth_options_set_bytes(options, names[n], endless, SIZE_MAX, &error), &error);
        refused(msauth_options_set_bytes(options, names[n], endless, (size_t)1 << 63, &error), &error);
        msauth_options_free(options);
    }
}

static void connection_names(msauth_client *client) {
    starting_call *const calls[] = {msauth_connect, msauth_resume, msauth_acquire, msauth_disconnect, msauth_list};
    for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
        for (int i = 0; i < COUNT; i++) {
            msauth_operation *operation;
            msauth_error *error;
            refused(calls[c](client, bad[i], NULL, &operation, &error), &error);
            CHECK(!operation);
        }
    }
}

static void field_names(msauth_client *client) {
    msauth_options *options = daemon_sign_in();
    msauth_operation *operation = started(msauth_connect, client, "work", options);
    msauth_token *token;
    CHECK(msauth_operation_wait(operation, -1, &token, NULL) == MSAUTH_OK);
    msauth_operation *listing = started(msauth_list, client, NULL, NULL);
    CHECK(msauth_operation_wait(listing, -1, NULL, NULL) == MSAUTH_OK);
    msauth_connections *connections = msauth_operation_connections(listing);
    msauth_error *error;
    CHECK(msauth_connect(client, "", NULL, &(msauth_operation *){NULL}, &error) == MSAUTH_INVALID_ARGUMENT);
    for (int i = 0; i < COUNT; i++) {
        CHECK(!msauth_token_get(token, bad[i]));
        CHECK(!msauth_error_get(error, bad[i]));
        CHECK(!msauth_operation_get(operation, bad[i]));
        CHECK(!msauth_connections_get(connections, 0, bad[i]));
    }
    CHECK(!msauth_connections_get(connections, 1, "name") && !msauth_connections_get(connections, SIZE_MAX, "name"));
    msauth_error_free(error);
    msauth_connections_free(connections);
    msauth_operation_free(listing);
    msauth_token_free(token);
    msauth_operation_free(operation);
    msauth_options_free(options);
}

int main(void) {
    memset(endless, 'a', sizeof endless - 1);
    entra_reset();
    option_names();
    option_values();
    lengths();
    msauth_client *client = memory_client();
    connection_names(client);
    field_names(client);
    msauth_client_free(client);
    return 0;
}

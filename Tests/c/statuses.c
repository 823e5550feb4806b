/* Every status that a memory store and the two grants can end with, each provoked, each with a sentence and a hint. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "check.h"
#include "entra.h"

/* Ends the operation and compares; `field` of the error must be `value` where it is given. */
static void ends(msauth_operation *operation, msauth_status expected, const char *field, const char *value) {
    msauth_status status;
    msauth_token *token;
    msauth_error *error;
    while ((status = msauth_operation_wait(operation, -1, &token, &error)) == MSAUTH_PROMPT) continue;
    if (status != expected) {
        fprintf(stderr, "%s instead of %s: %s\n", msauth_status_name(status), msauth_status_name(expected),
                error ? msauth_error_json(error) : "");
    }
    CHECK(status == expected && !token);
    CHECK(strcmp(msauth_error_get(error, "status"), msauth_status_name(expected)) == 0);
    CHECK(msauth_error_message(error) && *msauth_error_message(error));
    CHECK(strstr(msauth_error_json(error), msauth_status_name(expected)));
    CHECK(!strstr(msauth_error_json(error), entra("CLIENT_SECRET")));
    if (field) {
        const char *found = msauth_error_get(error, field);
        CHECK(found && (!value || strcmp(found, value) == 0));
    }
    msauth_error_free(error);
    msauth_operation_free(operation);
}

/* What the service answers to a daemon, and what becomes of it. */
static void answers(void) {
    static const struct {
        const char *scenario;
        msauth_status status;
        const char *field, *value;
    } all[] = {
        {"\"aadsts\": 50076", MSAUTH_INTERACTION_REQUIRED, "aadsts", "50076"},
        {"\"aadsts\": 50076, \"claims\": \"{\\\"access_token\\\":{}}\"", MSAUTH_INTERACTION_REQUIRED, "claims",
         "{\"access_token\":{}}"},
        {"\"error\": \"invalid_grant\", \"suberror\": \"basic_action\"", MSAUTH_INTERACTION_REQUIRED, "suberror",
         "basic_action"},
        {"\"error\": \"access_denied\"", MSAUTH_DENIED, "error_code", "access_denied"},
        {"\"error\": \"invalid_grant\", \"aadsts\": 500133", MSAUTH_ASSERTION_REQUIRED, "hint", NULL},
        {"\"times\": null, \"fault\": \"reset\"", MSAUTH_NETWORK, "hint", NULL},
        {"\"times\": null, \"fault\": \"close\"", MSAUTH_NETWORK, "hint", NULL},
        {"\"error\": \"temporarily_unavailable\", \"status\": 429, \"retry_after\": 7", MSAUTH_THROTTLED, "retry_after",
         "7"},
        {"\"error\": \"temporarily_unavailable\", \"status\": 503, \"retry_after\": 9", MSAUTH_SERVICE, "http_status",
         "503"},
        {"\"error\": \"something_new\"", MSAUTH_REJECTED, "error_code", "something_new"},
        {"\"aadsts\": 7000222", MSAUTH_BAD_CREDENTIAL, "aadsts", "7000222"},
        {"\"aadsts\": 50057", MSAUTH_ACCOUNT, "hint", NULL},
        {"\"aadsts\": 700016", MSAUTH_CONFIGURATION, "correlation_id", NULL},
        {"\"fault\": \"html\"", MSAUTH_UNTRUSTED, "hint", NULL},
        {"\"fault\": \"redirect\"", MSAUTH_UNTRUSTED, "http_status", "302"},
        {"\"fault\": \"big_body\"", MSAUTH_UNTRUSTED, "message", NULL},
        {"\"override\": {\"expires_in\": {\"raw\": \"1e400\"}}", MSAUTH_UNTRUSTED, "message", NULL},
    };
    msauth_client *client = memory_client();
    msauth_options *options = daemon_sign_in();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char scenario[512];
        snprintf(scenario, sizeof scenario, "{\"endpoint\": \"token\", %s}", all[i].scenario);
        entra_reset();
        entra_post("/scenario", scenario);
        ends(started(msauth_connect, client, NULL, options), all[i].status, all[i].field, all[i].value);
    }
    entra_reset();
    msauth_options_free(options);
    msauth_client_free(client);
}

static void asked_wrongly(void) {
    msauth_client *client = memory_client();
    msauth_options *options = daemon_sign_in();
    CHECK(msauth_options_set(options, "client_secret", "not the secret", NULL) == MSAUTH_OK);
    ends(started(msauth_connect, client, "a", options), MSAUTH_BAD_CREDENTIAL, "aadsts", "7000215");
    CHECK(msauth_options_set(options, "client_id", "c0de0000-0000-4000-8000-00000000ffff", NULL) == MSAUTH_OK);
    ends(started(msauth_connect, client, "a", options), MSAUTH_CONFIGURATION, "aadsts", "700016");
    CHECK(msauth_options_set(options, "authority", entra("UNKNOWN_CA_BASE"), NULL) == MSAUTH_OK);
    CHECK(msauth_options_set(options, "tenant", entra("TENANT"), NULL) == MSAUTH_OK);
    ends(started(msauth_connect, client, "a", options), MSAUTH_UNTRUSTED, "hint", NULL);
    CHECK(msauth_options_set(options, "grant", NULL, NULL) == MSAUTH_OK);
    ends(started(msauth_connect, client, "a", options), MSAUTH_INVALID_ARGUMENT, "message", NULL);
    ends(started(msauth_acquire, client, "a", NULL), MSAUTH_NOT_FOUND, "hint", NULL);
    ends(started(msauth_resume, client, "a", NULL), MSAUTH_NOT_FOUND, "hint", NULL);
    ends(started(msauth_disconnect, client, "a", NULL), MSAUTH_NOT_FOUND, "message", NULL);
    ends(started(msauth_list, client, "a", NULL), MSAUTH_NOT_FOUND, "message", NULL);
    ends(started(msauth_acquire, client, NULL, NULL), MSAUTH_INTERACTION_REQUIRED, "hint", NULL);
    msauth_options_free(options);
    msauth_client_free(client);
}

static void device_code(void) {
    static const struct {
        const char *path;
        msauth_status status;
    } all[] = {{"/device/deny", MSAUTH_DENIED}, {"/device/expire", MSAUTH_EXPIRED}};
    msauth_client *client = memory_client();
    msauth_options *options = user_sign_in();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        msauth_operation *operation = started(msauth_connect, client, "alice", options);
        CHECK(msauth_operation_wait(operation, -1, NULL, NULL) == MSAUTH_PROMPT);
        entra_post(all[i].path, "{}");
        ends(operation, all[i].status, "hint", NULL);
    }
    msauth_operation *operation = started(msauth_connect, client, "alice", options);
    CHECK(msauth_operation_wait(operation, -1, NULL, NULL) == MSAUTH_PROMPT);
    CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == MSAUTH_PENDING);
    msauth_operation_cancel(operation);
    ends(operation, MSAUTH_CANCELLED, NULL, NULL);

    /* A prompt that nobody has taken yet does not come before the end that the caller asked for. */
    operation = started(msauth_connect, client, "alice", options);
    struct pollfd news = {.fd = msauth_operation_fd(operation), .events = POLLIN};
    CHECK(poll(&news, 1, 10000) == 1);
    msauth_operation_cancel(operation);
    CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == MSAUTH_CANCELLED);
    msauth_operation_free(operation);

    CHECK(msauth_options_set(options, "timeout", "1", NULL) == MSAUTH_OK);
    ends(started(msauth_connect, client, "alice", options), MSAUTH_EXPIRED, "hint", NULL);
    msauth_options_free(options);
    msauth_client_free(client);
}

/* No session bus: the store is not there, and nothing is kept elsewhere in its place. */
static void no_store(void) {
    CHECK(setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", 1) == 0);
    msauth_options *options = options_of("ca_file", entra("CA_FILE"), "authority", entra("AUTHORITY"), NULL);
    msauth_client *client;
    CHECK(msauth_client_new(options, &client, NULL) == MSAUTH_OK);
    msauth_options *sign_in = daemon_sign_in();
    ends(started(msauth_connect, client, "work", sign_in), MSAUTH_STORE_UNAVAILABLE, "hint", NULL);
    ends(started(msauth_acquire, client, "work", NULL), MSAUTH_STORE_UNAVAILABLE, "hint", NULL);
    ends(started(msauth_list, client, NULL, NULL), MSAUTH_STORE_UNAVAILABLE, "hint", NULL);
    /* A connection without a name needs none. */
    CHECK(done(msauth_connect, client, NULL, sign_in) == MSAUTH_OK);
    msauth_options_free(sign_in);
    msauth_options_free(options);
    msauth_client_free(client);
}

/* For this one thread the kernel has no new threads: one that is root is under no ulimit. */
static void forbid_threads(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void *without_threads(void *client) {
    forbid_threads();
    msauth_operation *operation;
    msauth_error *error;
    CHECK(msauth_acquire(client, "nobody", NULL, &operation, &error) == MSAUTH_EXHAUSTED);
    CHECK(!operation && strcmp(msauth_error_get(error, "status"), "exhausted") == 0);
    CHECK(msauth_error_get(error, "hint"));
    msauth_error_free(error);
    /* What is held needs no thread. */
    CHECK(done(msauth_acquire, client, "work", NULL) == MSAUTH_OK);
    return NULL;
}

static void exhausted(void) {
    msauth_client *client = memory_client();
    msauth_options *options = daemon_sign_in();
    CHECK(done(msauth_connect, client, "work", options) == MSAUTH_OK);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, without_threads, client) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(done(msauth_acquire, client, "nobody", NULL) == MSAUTH_NOT_FOUND);
    msauth_options_free(options);
    msauth_client_free(client);
}

static void names(void) {
    CHECK(strcmp(msauth_status_name(MSAUTH_OK), "ok") == 0);
    CHECK(strcmp(msauth_status_name(MSAUTH_PROMPT), "prompt") == 0);
    CHECK(strcmp(msauth_status_name(MSAUTH_NO_BROKER), "no_broker") == 0);
    CHECK(strcmp(msauth_status_name(99), "unknown") == 0);
    CHECK(strcmp(msauth_status_name(INT32_MIN), "unknown") == 0);
    CHECK(msauth_version()[0] && msauth_describe()[0] == '{');
}

int main(void) {
    entra_reset();
    names();
    answers();
    asked_wrongly();
    device_code();
    no_store();
    exhausted();
    return 0;
}

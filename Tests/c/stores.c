/* The statuses of a keyring, and its locks between processes: stores SUBJECT, on a session bus that is ready for it. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "check.h"
#include "entra.h"

static msauth_client *keyring_client(const char *http_timeout) {
    msauth_options *options = options_of("ca_file", entra("CA_FILE"), "authority", entra("AUTHORITY"), "proxy", "",
                                         "http_timeout", http_timeout, "store_timeout", "1", NULL);
    msauth_client *client;
    CHECK(msauth_client_new(options, &client, NULL) == MSAUTH_OK);
    msauth_options_free(options);
    return client;
}

/* The call ends with the status, and says in a hint what to do. */
static void ends(starting_call *call, msauth_client *client, const char *name, const msauth_options *options,
                 msauth_status expected) {
    msauth_operation *operation = started(call, client, name, options);
    msauth_error *error;
    msauth_status status = msauth_operation_wait(operation, -1, NULL, &error);
    if (status != expected) fprintf(stderr, "%s\n", error ? msauth_error_json(error) : "ok");
    CHECK(status == expected && msauth_error_get(error, "hint"));
    msauth_error_free(error);
    msauth_operation_free(operation);
}

static void locked(void) {
    msauth_client *client = keyring_client("5");
    msauth_options *options = daemon_sign_in();
    double before = now();
    ends(msauth_connect, client, "work", options, MSAUTH_STORE_LOCKED);
    ends(msauth_acquire, client, "work", NULL, MSAUTH_STORE_LOCKED);
    CHECK(now() - before < 3 * slowness());
    msauth_options_free(options);
    msauth_client_free(client);
}

/* A record of somebody's making stays where it is, until a new sign-in sets it aside. */
static void corrupt(void) {
    msauth_client *client = keyring_client("5");
    ends(msauth_acquire, client, "broken", NULL, MSAUTH_STORE_CORRUPT);
    ends(msauth_acquire, client, "broken", NULL, MSAUTH_STORE_CORRUPT);
    msauth_operation *listing = started(msauth_list, client, NULL, NULL);
    CHECK(msauth_operation_wait(listing, -1, NULL, NULL) == MSAUTH_OK);
    msauth_connections *connections = msauth_operation_connections(listing);
    CHECK(msauth_connections_count(connections) == 1 && msauth_connections_get(connections, 0, "problem"));
    msauth_connections_free(connections);
    msauth_operation_free(listing);
    msauth_options *options = daemon_sign_in();
    CHECK(done(msauth_connect, client, "broken", options) == MSAUTH_OK);
    CHECK(done(msauth_acquire, client, "broken", NULL) == MSAUTH_OK);
    msauth_options_free(options);
    msauth_client_free(client);
}

/* The keyring dies while the service answers: the client holds what was signed in. */
static void not_kept(void) {
    msauth_client *client = keyring_client("30");
    msauth_options *options = daemon_sign_in();
    ends(msauth_connect, client, "work", options, MSAUTH_NOT_KEPT);
    CHECK(done(msauth_acquire, client, "work", NULL) == MSAUTH_OK);
    msauth_options_free(options);
    msauth_client_free(client);
}

/* A process that holds the connection's lock in a request that hangs, with a forked child that only sleeps. */
static pid_t holder(pid_t *sleeper) {
    int pipes[2];
    CHECK(pipe(pipes) == 0);
    pid_t process = fork();
    if (process == 0) {
        msauth_client *client = keyring_client("60");
        msauth_options *options = daemon_sign_in(), *refresh = options_of("refresh", "true", NULL);
        CHECK(done(msauth_connect, client, "work", options) == MSAUTH_OK);
        entra_post("/scenario", "{\"endpoint\": \"token\", \"fault\": \"hang\"}");
        msauth_operation *operation = started(msauth_acquire, client, "work", refresh);
        CHECK(msauth_operation_wait(operation, 500, NULL, NULL) == MSAUTH_PENDING);
        pid_t child = fork();
        if (child == 0) {
            sleep(60);
            _exit(0);
        }
        CHECK(write(pipes[1], &child, sizeof child) == sizeof child);
        msauth_operation_wait(operation, -1, NULL, NULL);
        _exit(0);
    }
    close(pipes[1]);
    CHECK(read(pipes[0], sleeper, sizeof *sleeper) == sizeof *sleeper);
    close(pipes[0]);
    return process;
}

static void busy(void) {
    pid_t sleeper, process = holder(&sleeper);
    msauth_client *client = keyring_client("1");
    msauth_options *refresh = options_of("refresh", "true", NULL);
    ends(msauth_acquire, client, "work", refresh, MSAUTH_STORE_BUSY);
    CHECK(kill(process, SIGKILL) == 0 && kill(sleeper, SIGKILL) == 0);
    CHECK(waitpid(process, NULL, 0) == process);
    msauth_options_free(refresh);
    msauth_client_free(client);
}

/* Its lock is free within 100 ms, though its forked child lives on. */
static void killed(void) {
    pid_t sleeper, process = holder(&sleeper);
    msauth_client *client = keyring_client("30");
    msauth_options *refresh = options_of("refresh", "true", NULL);
    CHECK(done(msauth_list, client, "work", NULL) == MSAUTH_OK); /* all is loaded, and the keyring is connected */
    msauth_operation *operation = started(msauth_acquire, client, "work", refresh);
    CHECK(msauth_operation_wait(operation, 300, NULL, NULL) == MSAUTH_PENDING);
    double before = now();
    CHECK(kill(process, SIGKILL) == 0);
    CHECK(waitpid(process, NULL, 0) == process);
    CHECK(ended(operation, NULL) == MSAUTH_OK);
    double seconds = now() - before;
    CHECK(kill(sleeper, 0) == 0);
    CHECK(kill(sleeper, SIGKILL) == 0);
    printf("free after %.0f ms, with a whole refresh\n", seconds * 1000);
    CHECK(seconds < 0.1 * slowness() + 0.2); /* the refresh itself costs a request, and a write to the keyring */
    msauth_options_free(refresh);
    msauth_client_free(client);
}

/* In a forked child the keyring says so at once, whatever the parent's threads do with it. */
static void forked(void) {
    msauth_client *client = keyring_client("5");
    msauth_options *options = daemon_sign_in();
    CHECK(done(msauth_connect, client, "work", options) == MSAUTH_OK);
    msauth_operation *operation = started(msauth_list, client, NULL, NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        double before = now();
        ends(msauth_list, client, NULL, NULL, MSAUTH_STORE_UNAVAILABLE);
        CHECK(done(msauth_acquire, client, "work", NULL) == MSAUTH_OK); /* held in memory */
        CHECK(now() - before < 0.1 * slowness());
        exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(ended(operation, NULL) == MSAUTH_OK);
    msauth_options_free(options);
    msauth_client_free(client);
}

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        void (*run)(void);
    } subjects[] = {{"locked", locked}, {"corrupt", corrupt}, {"not_kept", not_kept},
                    {"busy", busy},     {"killed", killed},   {"forked", forked}};
    CHECK(count == 2);
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        if (strcmp(arguments[1], subjects[i].name)) continue;
        subjects[i].run();
        return 0;
    }
    CHECK(!"a subject");
}

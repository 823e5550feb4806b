/* The descriptor of an operation: readable exactly as long as wait would not answer PENDING. */
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>

#include "check.h"
#include "entra.h"

static int is_readable(int fd, int milliseconds) {
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return poll(&one, 1, milliseconds) == 1 && one.revents == POLLIN;
}

static int open_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void held(msauth_client *client) {
    int before = open_descriptors();
    msauth_operation *operation = started(msauth_acquire, client, "work", NULL);
    CHECK(open_descriptors() == before);
    int fd = msauth_operation_fd(operation);
    CHECK(is_readable(fd, 0));
    CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == MSAUTH_OK);
    CHECK(is_readable(fd, 0));
    CHECK(msauth_operation_fd(operation) == fd);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    msauth_operation_free(operation);
    CHECK(fcntl(fd, F_GETFD) < 0);
    CHECK(open_descriptors() == before);
}

static void request(msauth_client *client, const msauth_options *refresh) {
    entra_post("/scenario", "{\"endpoint\": \"token\", \"delay_ms\": 500, \"override\": {}}");
    msauth_operation *operation = started(msauth_acquire, client, "work", refresh);
    int fd = msauth_operation_fd(operation);
    CHECK(!is_readable(fd, 100));
    CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == MSAUTH_PENDING);
    CHECK(is_readable(fd, (int)(10000 * slowness())));
    CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == MSAUTH_OK);
    CHECK(is_readable(fd, 0));
    msauth_operation_free(operation);
}

static void prompt(msauth_client *client, const msauth_options *sign_in) {
    msauth_operation *operation = started(msauth_connect, client, "alice", sign_in);
    int fd = msauth_operation_fd(operation);
    CHECK(is_readable(fd, (int)(10000 * slowness())));
    CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == MSAUTH_PROMPT);
    CHECK(!is_readable(fd, 0));
    CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == MSAUTH_PENDING);
    entra_post("/device/approve", "{}");
    CHECK(is_readable(fd, (int)(10000 * slowness())));
    CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == MSAUTH_OK);
    msauth_operation_free(operation);
}

static void cancel(msauth_client *client, const msauth_options *refresh) {
    entra_post("/scenario", "{\"endpoint\": \"token\", \"fault\": \"hang\"}");
    msauth_operation *operation = started(msauth_acquire, client, "work", refresh);
    int fd = msauth_operation_fd(operation);
    CHECK(!is_readable(fd, 50));
    msauth_operation_cancel(operation);
    CHECK(is_readable(fd, 0));
    CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == MSAUTH_CANCELLED);
    msauth_operation_free(operation);
}

/* Asked for when all is over already, it is readable at once. */
static void late(msauth_client *client) {
    msauth_operation *operation = started(msauth_acquire, client, "nobody", NULL);
    CHECK(msauth_operation_wait(operation, -1, NULL, NULL) == MSAUTH_NOT_FOUND);
    CHECK(is_readable(msauth_operation_fd(operation), 0));
    msauth_operation_free(operation);
}

/* -1 when the process has none left, and the operation goes on without. */
static void none_left(msauth_client *client) {
    msauth_operation *operation = started(msauth_acquire, client, "nobody", NULL);
    struct rlimit limit, few;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    few = (struct rlimit){256, limit.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    int all[256], count = 0;
    while (count < 256 && (all[count] = dup(0)) >= 0) count++;
    CHECK(msauth_operation_fd(operation) == -1);
    CHECK(msauth_operation_wait(operation, -1, NULL, NULL) == MSAUTH_NOT_FOUND);
    while (count > 0) close(all[--count]);
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(is_readable(msauth_operation_fd(operation), 0));
    msauth_operation_free(operation);
}

int main(void) {
    entra_reset();
    msauth_client *client = memory_client();
    msauth_options *daemon = daemon_sign_in(), *user = user_sign_in(), *refresh = options_of("refresh", "true", NULL);
    CHECK(done(msauth_connect, client, "work", daemon) == MSAUTH_OK);
    held(client);
    request(client, refresh);
    prompt(client, user);
    cancel(client, refresh);
    late(client);
    none_left(client);
    msauth_options_free(daemon);
    msauth_options_free(user);
    msauth_options_free(refresh);
    msauth_client_free(client);
    return 0;
}

/* Fork while eight threads acquire: the child goes on with its memory, over a connection of its own. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>

#include "check.h"
#include "entra.h"

enum { THREADS = 8 };

static msauth_client *client;
static msauth_options *refresh;
static atomic_int is_over;

static void acquire_held(void) {
    msauth_token *token;
    CHECK(ended(started(msauth_acquire, client, "work", NULL), &token) == MSAUTH_OK);
    CHECK(strlen(msauth_token_get(token, "access_token")) > 20);
    msauth_token_free(token);
}

static void *acquire_until_over(void *number) {
    while (!is_over) {
        for (int i = 0; i < 20; i++) acquire_held();
        if (*(int *)number % 2) CHECK(done(msauth_acquire, client, "work", refresh) == MSAUTH_OK);
    }
    return NULL;
}

static void *acquire_many(void *unused) {
    (void)unused;
    int count = slowness() > 1 ? 50 : 1000;
    for (int i = 0; i < count; i++) acquire_held();
    return NULL;
}

static void in_threads(pthread_t *threads, int *numbers, void *work(void *)) {
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
    }
}

static void join(pthread_t *threads) {
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

/* Runs `body` in a forked child, which has so many seconds to end well. */
static void in_child(void (*body)(void *), void *argument, unsigned seconds) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm((unsigned)(seconds * slowness()));
        body(argument);
        exit(0); /* with the library's exit handlers */
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) fprintf(stderr, "the child ended by signal %d\n", WTERMSIG(status));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The parent's operation can only be freed; what the parent has in the air does not stop the child. */
static void go_on(void *parents_operation) {
    msauth_token *token = (msauth_token *)1;
    msauth_error *error;
    CHECK(msauth_operation_wait(parents_operation, 0, &token, &error) == MSAUTH_INVALID_ARGUMENT && !token);
    CHECK(strstr(msauth_error_message(error), "fork"));
    msauth_error_free(error);
    CHECK(msauth_operation_fd(parents_operation) == -1);
    CHECK(!msauth_operation_get(parents_operation, "message") && !msauth_operation_connections(parents_operation));
    msauth_operation_cancel(parents_operation);
    msauth_operation_free(parents_operation);

    pthread_t threads[THREADS];
    int numbers[THREADS];
    in_threads(threads, numbers, acquire_many);
    join(threads);
    CHECK(done(msauth_acquire, client, "work", refresh) == MSAUTH_OK);
    CHECK(done(msauth_list, client, NULL, NULL) == MSAUTH_OK);
}

/* Its own fork, and a connect and a disconnect: a child is a process like any other. */
static void go_on_twice(void *operation) {
    go_on(operation);
    msauth_options *options = daemon_sign_in();
    CHECK(done(msauth_connect, client, "childs", options) == MSAUTH_OK);
    msauth_operation *mine = started(msauth_acquire, client, "work", NULL);
    in_child(go_on, mine, 20);
    CHECK(msauth_operation_wait(mine, 0, NULL, NULL) == MSAUTH_OK);
    msauth_operation_free(mine);
    CHECK(done(msauth_disconnect, client, "childs", NULL) == MSAUTH_OK);
    msauth_options_free(options);
}

static void while_threads_acquire(void) {
    pthread_t threads[THREADS];
    int numbers[THREADS], forks = slowness() > 1 ? 3 : 20;
    in_threads(threads, numbers, acquire_until_over);
    for (int i = 0; i < forks; i++) {
        msauth_operation *operation = started(msauth_acquire, client, "work", i % 2 ? refresh : NULL);
        in_child(i % 4 == 3 ? go_on_twice : go_on, operation, 40);
        CHECK(ended(operation, NULL) == MSAUTH_OK);
    }
    is_over = 1;
    join(threads);
}

/* A refresh that hangs in the parent holds the connection there, not in the child. */
static void while_a_refresh_hangs(void) {
    entra_post("/scenario", "{\"endpoint\": \"token\", \"fault\": \"hang\"}");
    msauth_operation *operation = started(msauth_acquire, client, "work", refresh);
    CHECK(msauth_operation_wait(operation, (int)(200 * slowness()), NULL, NULL) == MSAUTH_PENDING);
    in_child(go_on, operation, 20);
    CHECK(msauth_operation_wait(operation, 0, NULL, NULL) == MSAUTH_PENDING);
    msauth_operation_cancel(operation);
    CHECK(ended(operation, NULL) == MSAUTH_CANCELLED);
}

/* The first use of everything is in the air at the moment of the fork. */
static void *first_use(void *unused) {
    (void)unused;
    msauth_client *mine = memory_client();
    msauth_options *options = daemon_sign_in();
    CHECK(done(msauth_connect, mine, NULL, options) == MSAUTH_OK);
    msauth_options_free(options);
    msauth_client_free(mine);
    return NULL;
}

static void use(void *unused) { first_use(unused); }

static void fork_in_the_middle_of_the_first_use(void *microseconds) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, first_use, NULL) == 0);
    usleep(*(useconds_t *)microseconds);
    in_child(use, NULL, 20);
    CHECK(pthread_join(thread, NULL) == 0);
}

int main(void) {
    entra_reset();
    for (useconds_t microseconds = 0; microseconds < 20000; microseconds += slowness() > 1 ? 5000 : 200) {
        in_child(fork_in_the_middle_of_the_first_use, &microseconds, 30);
    }
    client = memory_client();
    refresh = options_of("refresh", "true", NULL);
    msauth_options *options = daemon_sign_in();
    CHECK(done(msauth_connect, client, "work", options) == MSAUTH_OK);
    while_a_refresh_hangs();
    while_threads_acquire();
    msauth_options_free(options);
    msauth_options_free(refresh);
    msauth_client_free(client);
    return 0;
}

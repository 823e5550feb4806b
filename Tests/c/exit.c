/* A process that exits in the middle of a handshake ends with 0, and soon: 500 times, at random moments. */
#include <sys/wait.h>

#include "check.h"
#include "entra.h"

/* Returns how long an acquire takes in a process that has not used the library before. */
static double measure(void) {
    int pipes[2];
    double seconds;
    CHECK(pipe(pipes) == 0);
    pid_t child = fork();
    if (child == 0) {
        double before = now();
        msauth_client *client = memory_client();
        msauth_options *options = daemon_sign_in();
        CHECK(done(msauth_connect, client, NULL, options) == MSAUTH_OK);
        seconds = now() - before;
        CHECK(write(pipes[1], &seconds, sizeof seconds) == sizeof seconds);
        _exit(0);
    }
    CHECK(read(pipes[0], &seconds, sizeof seconds) == sizeof seconds);
    CHECK(waitpid(child, NULL, 0) == child);
    close(pipes[0]);
    close(pipes[1]);
    return seconds;
}

/* What the host still has at its exit is not a leak. */
static msauth_client *client;
msauth_operation *operations[3]; /* not static: it is never read */

static _Noreturn void exit_after(double seconds, int count) {
    client = memory_client();
    msauth_options *options = daemon_sign_in();
    double end = now() + seconds;
    while (count--) operations[count] = started(msauth_connect, client, NULL, options);
    msauth_options_free(options);
    while (now() < end) continue; /* a sleep would be too coarse */
    exit(0);
}

int main(int count, char **arguments) {
    int exits = count > 1 ? atoi(arguments[1]) : 500;
    entra_reset();
    double whole = measure(), longest = 0;
    srand(4);
    for (int i = 0; i < exits; i++) {
        double seconds = whole * rand() / RAND_MAX;
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) exit_after(seconds, 1 + i % 3);
        int status;
        double before = now();
        CHECK(waitpid(child, &status, 0) == child);
        double after = now() - before - seconds;
        if (after > longest) longest = after;
        if (status) fprintf(stderr, "exit %d, after %.1f ms: status %#x\n", i, seconds * 1000, (unsigned)status);
        CHECK(status == 0);
    }
    printf("%d exits within the %.1f ms of a sign-in; the longest took %.0f ms more\n", exits, whole * 1000,
           longest * 1000);
    /* The library holds an exit up for a quarter of a second at most. */
    CHECK(longest < 0.35 * slowness());
    return 0;
}

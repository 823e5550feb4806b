/* A host that blocks every signal and reads them from a signalfd gets each one: no thread of ours takes any. */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "check.h"
#include "entra.h"

enum { SIGNALS = 100 };

/* What a thread raises by itself must reach it; two more cannot be blocked, and two are glibc's own. */
static const unsigned long long faults = 1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) | 1ull << (SIGFPE - 1) |
                                         1ull << (SIGILL - 1) | 1ull << (SIGTRAP - 1) | 1ull << (SIGABRT - 1) |
                                         1ull << (SIGSYS - 1);
static const unsigned long long not_blockable =
    1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1) | 1ull << (32 - 1) | 1ull << (33 - 1);

/* Looks at all threads but this one; returns how many of them let their own faults through. (One that begins or ends
 * blocks all for a moment: so does glibc.) */
static int threads_that_block_all(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; (task = readdir(tasks));) {
        if (*task->d_name == '.' || atoi(task->d_name) == getpid()) continue;
        char path[300], line[256], name[64] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/status", task->d_name);
        FILE *status = fopen(path, "r");
        if (!status) continue; /* it has ended meanwhile */
        while (fgets(line, sizeof line, status)) {
            unsigned long long blocked;
            sscanf(line, "Name: %63s", name);
            if (sscanf(line, "SigBlk: %llx", &blocked) != 1) continue;
            if ((blocked | faults | not_blockable) != ~0ull) {
                fprintf(stderr, "the thread %s blocks %llx\n", name, blocked);
                CHECK(!"a thread of the library takes a signal of the host");
            }
            count += !(blocked & faults);
        }
        fclose(status);
    }
    closedir(tasks);
    return count;
}

static int next_signal(int fd) {
    struct pollfd one = {.fd = fd, .events = POLLIN};
    CHECK(poll(&one, 1, 5000) == 1);
    struct signalfd_siginfo info;
    CHECK(read(fd, &info, sizeof info) == sizeof info);
    return (int)info.ssi_signo;
}

int main(void) {
    entra_reset();
    msauth_client *client = memory_client();
    msauth_options *daemon = daemon_sign_in(), *user = user_sign_in();
    /* Operations begin while nothing is blocked: their threads must not depend on what the host blocks later. */
    msauth_operation *polls[2];
    for (int i = 0; i < 2; i++) {
        polls[i] = started(msauth_connect, client, i ? "alice" : "bob", user);
        CHECK(msauth_operation_wait(polls[i], -1, NULL, NULL) == MSAUTH_PROMPT);
    }
    CHECK(threads_that_block_all() >= 2);

    sigset_t all;
    sigfillset(&all);
    CHECK(sigprocmask(SIG_SETMASK, &all, NULL) == 0);
    int fd = signalfd(-1, &all, SFD_CLOEXEC);
    for (int i = 0; i < SIGNALS; i++) {
        int number = i % 2 ? SIGTERM : SIGUSR1;
        /* A request and its threads come and go around each. */
        msauth_operation *operation = started(msauth_connect, client, NULL, daemon);
        CHECK(kill(getpid(), number) == 0);
        threads_that_block_all();
        CHECK(next_signal(fd) == number);
        CHECK(ended(operation, NULL) == MSAUTH_OK);
    }
    sigset_t now_blocked;
    CHECK(sigprocmask(SIG_SETMASK, NULL, &now_blocked) == 0);
    for (int number = 1; number < 32; number++) {
        CHECK(number == SIGKILL || number == SIGSTOP || sigismember(&now_blocked, number));
    }
    CHECK(sigpending(&all) == 0 && sigisemptyset(&all));
    for (int i = 0; i < 2; i++) msauth_operation_free(polls[i]);
    msauth_options_free(daemon);
    msauth_options_free(user);
    msauth_client_free(client);
    close(fd);
    return 0;
}

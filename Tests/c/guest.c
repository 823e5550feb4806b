/* What is the host's stays as it was: errno, locale, umask, directory, environment, signals, output, descriptors. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "check.h"
#include "entra.h"

extern char **environ;

/* An errno that no call gives: whoever writes it is seen. */
enum { UNTOUCHED = 4711 };
#define QUIETLY(call)                                                                                                 \
    do {                                                                                                              \
        errno = UNTOUCHED;                                                                                            \
        call;                                                                                                         \
        if (errno != UNTOUCHED) fprintf(stderr, "%s: errno became %d (%s)\n", #call, errno, strerror(errno));         \
        changed += errno != UNTOUCHED;                                                                                \
    } while (0)

static int changed;

static void use_everything(void) {
    msauth_client *client;
    msauth_operation *operation, *polls;
    msauth_token *token = NULL;
    msauth_error *error = NULL;
    msauth_options *options, *daemon = daemon_sign_in(), *user = user_sign_in(), *world;
    world = options_of("store", "memory", "ca_file", entra("CA_FILE"), "authority", entra("AUTHORITY"), NULL);
    QUIETLY(options = msauth_options_new());
    QUIETLY(msauth_options_set(options, "no_such", "x", NULL));
    QUIETLY(msauth_options_set_bytes(options, "tenant", "common", 6, NULL));
    QUIETLY(msauth_options_free(options));
    QUIETLY(msauth_version());
    QUIETLY(msauth_describe());
    QUIETLY(msauth_status_name(7));
    QUIETLY(msauth_client_new(world, &client, NULL));
    QUIETLY(msauth_connect(client, "work", daemon, &operation, NULL));
    QUIETLY(msauth_operation_fd(operation));
    QUIETLY(msauth_operation_wait(operation, 1, &token, NULL));
    QUIETLY(msauth_operation_wait(operation, -1, &token, NULL));
    QUIETLY(msauth_token_get(token, "username"));
    QUIETLY(msauth_token_json(token));
    QUIETLY(msauth_token_expires_on(token));
    QUIETLY(msauth_token_free(token));
    QUIETLY(msauth_operation_free(operation));
    QUIETLY(msauth_acquire(client, "work", NULL, &operation, NULL));
    QUIETLY(msauth_operation_wait(operation, 0, &token, NULL));
    QUIETLY(msauth_operation_free(operation));
    QUIETLY(msauth_token_free(token));
    QUIETLY(msauth_connect(client, "alice", user, &polls, NULL));
    QUIETLY(msauth_operation_fd(polls));
    QUIETLY(msauth_operation_wait(polls, -1, NULL, NULL));
    QUIETLY(msauth_operation_get(polls, "message"));
    QUIETLY(msauth_operation_wait(polls, 0, NULL, NULL));
    QUIETLY(msauth_operation_cancel(polls));
    QUIETLY(msauth_operation_free(polls));
    QUIETLY(msauth_acquire(client, "nobody", NULL, &operation, NULL));
    QUIETLY(msauth_operation_wait(operation, -1, NULL, &error));
    QUIETLY(msauth_error_json(error));
    QUIETLY(msauth_error_free(error));
    QUIETLY(msauth_operation_free(operation));
    QUIETLY(msauth_disconnect(client, "work", NULL, &operation, NULL));
    QUIETLY(msauth_operation_wait(operation, -1, NULL, NULL));
    QUIETLY(msauth_operation_free(operation));
    QUIETLY(msauth_client_free(client));
    msauth_options_free(daemon);
    msauth_options_free(user);
    msauth_options_free(world);
}

static int open_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int threads(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    while (readdir(tasks)) count++;
    closedir(tasks);
    return count - 2;
}

int main(void) {
    entra_reset();
    CHECK(setlocale(LC_ALL, "C.UTF-8"));
    umask(0123);
    char directory[PATH_MAX], *locale = strdup(setlocale(LC_ALL, NULL));
    CHECK(getcwd(directory, sizeof directory));
    char **variables = environ, *values[4096];
    int count = 0;
    for (; environ[count] && count < 4096; count++) values[count] = environ[count];
    struct sigaction before[NSIG], after;
    for (int number = 1; number < NSIG; number++) {
        if (sigaction(number, NULL, &before[number])) before[number].sa_handler = SIG_ERR;
    }
    struct rlimit limits[RLIM_NLIMITS], limit;
    for (int i = 0; i < RLIM_NLIMITS; i++) CHECK(getrlimit(i, &limits[i]) == 0);
    stack_t stack, same;
    CHECK(sigaltstack(NULL, &stack) == 0);
    int descriptors = open_descriptors();

    /* Both outputs go to a file while the library is used; stderr is put back for what is to be said here. */
    FILE *output = tmpfile();
    int out = dup(1), err = dup(2);
    CHECK(dup2(fileno(output), 1) == 1);
    double told = now();
    use_everything();
    CHECK(dup2(out, 1) == 1);
    CHECK(lseek(fileno(output), 0, SEEK_END) == 0);
    close(out);
    close(err);
    fclose(output);

    CHECK(changed == 0);
    CHECK(strcmp(setlocale(LC_ALL, NULL), locale) == 0);
    CHECK(umask(0123) == 0123);
    char same_directory[PATH_MAX];
    CHECK(getcwd(same_directory, sizeof same_directory) && strcmp(directory, same_directory) == 0);
    CHECK(environ == variables);
    for (int i = 0; i < count; i++) CHECK(environ[i] == values[i]);
    CHECK(!environ[count]);
    for (int number = 1; number < NSIG; number++) {
        if (sigaction(number, NULL, &after)) after.sa_handler = SIG_ERR;
        CHECK(after.sa_handler == before[number].sa_handler);
    }
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        CHECK(getrlimit(i, &limit) == 0);
        CHECK(limit.rlim_cur == limits[i].rlim_cur && limit.rlim_max == limits[i].rlim_max);
    }
    CHECK(sigaltstack(NULL, &same) == 0 && same.ss_sp == stack.ss_sp && same.ss_flags == stack.ss_flags);
    free(locale);

    /* Nothing is left running or open, once what was cancelled has gone. */
    while ((threads() > 1 || open_descriptors() > descriptors) && now() < told + 5 * slowness()) usleep(1000);
    CHECK(threads() == 1);
    CHECK(open_descriptors() == descriptors);
    return 0;
}

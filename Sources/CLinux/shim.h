/* Parts of Linux's C library that Swift's own module for it leaves out. */
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* prctl() is variadic, which Swift cannot call. */
static inline void clinux_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
static inline void clinux_forbid_core_dumps(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/* A folder without the right to list it, and only if it is no symbolic link. O_PATH is hidden without _GNU_SOURCE. */
static inline int clinux_open_folder(int parent, const char *name) {
    return openat(parent, name, __O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What glibc declares for _GNU_SOURCE alone, which Swift's module of it does not define. */
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static inline int clinux_accept(int socket) { return accept4(socket, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK); }
static inline int clinux_close_from(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

extern long syscall(long number, ...);
extern int pipe2(int ends[2], int flags);

/* Not in every C library that we run with. */
static inline int clinux_pidfd_open(int process) { return (int)syscall(434 /* SYS_pidfd_open */, process, 0); }
/* Reading from it does not block. */
static inline int clinux_pipe(int *ends) {
    return pipe2(ends, O_CLOEXEC) < 0 ? -1 : fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

/* POSIX_SPAWN_SETSID */
static const short clinux_spawn_in_session = 0x80;

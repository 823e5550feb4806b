/* Parts of Linux's C library that Swift's own module for it leaves out. */
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

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

/* POSIX_SPAWN_SETSID */
static const short clinux_spawn_in_session = 0x80;

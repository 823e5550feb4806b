/* A test is a program: it ends with 0, or with 1 and the place of the first thing that was not so. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CHECK(expression)                                                                                             \
    do {                                                                                                              \
        if (!(expression)) check_failed(__FILE__, __LINE__, #expression);                                             \
    } while (0)

static inline _Noreturn void check_failed(const char *file, int line, const char *expression) {
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, expression);
    _exit(1);
}

/* Seconds on a clock that only goes forward. */
static inline double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Under valgrind or a sanitizer everything takes longer: CHECK_SLOWNESS says how many times. */
static inline double slowness(void) {
    const char *times = getenv("CHECK_SLOWNESS");
    return times ? atof(times) : 1;
}

#endif

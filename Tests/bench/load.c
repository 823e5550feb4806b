/* From dlopen to the first answer: what a program pays for having the library. Prints milliseconds. */
#include "msauth.h"

#include <dlfcn.h>
#include <stdio.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
    if (argc != 2) return 64;
    double begun = now();
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    double loaded = now();
    if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;
    __typeof__(msauth_options_new) *options_new = (__typeof__(msauth_options_new) *)dlsym(library, "msauth_options_new");
    __typeof__(msauth_options_set) *options_set = (__typeof__(msauth_options_set) *)dlsym(library, "msauth_options_set");
    __typeof__(msauth_client_new) *client_new = (__typeof__(msauth_client_new) *)dlsym(library, "msauth_client_new");
    msauth_options *options = options_new();
    msauth_client *client;
    options_set(options, "store", "memory", NULL);
    if (client_new(options, &client, NULL) != MSAUTH_OK) return 1;
    printf("%.3f %.3f\n", loaded - begun, now() - begun);
    return 0;
}

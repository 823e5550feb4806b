/* A PKCS#11 module that starts a program when it is loaded, as those do that reach a device by a helper (p11-kit's
 * "remote: |command", tpm2-tss's "cmd"); behind it stands softhsm2. */
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

unsigned long C_GetFunctionList(void **list)
{
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/true", "true", (char *)0);
        _exit(1);
    }
    waitpid(child, NULL, 0);
    void *module = dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_NODELETE);
    unsigned long (*next)(void **) = module ? (unsigned long (*)(void **))dlsym(module, "C_GetFunctionList") : NULL;
    return next ? next(list) : 5;
}

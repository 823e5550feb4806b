/* Fifty device-code sign-ins in one edge-triggered epoll loop: no busy loop, each prompt exactly once. */
#include <string.h>
#include <sys/epoll.h>

#include "check.h"
#include "entra.h"

enum { COUNT = 50 };

static double cpu_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

typedef struct {
    msauth_operation *operation;
    int prompts, is_done;
} sign_in;

/* What the header asks of a loop with EPOLLET: wait until there is nothing new. */
static void drain(sign_in *one) {
    msauth_token *token;
    for (;;) {
        msauth_status status = msauth_operation_wait(one->operation, 0, &token, NULL);
        if (status == MSAUTH_PENDING) return;
        if (status == MSAUTH_PROMPT) {
            CHECK(msauth_operation_get(one->operation, "user_code"));
            one->prompts++;
            continue;
        }
        CHECK(status == MSAUTH_OK && token);
        CHECK(strcmp(msauth_token_get(token, "username"), entra("USER")) == 0);
        msauth_token_free(token);
        one->is_done = 1;
        return;
    }
}

int main(void) {
    entra_reset();
    entra_post("/settings", "{\"device_interval\": 5, \"auto_approve\": 7}");
    msauth_client *client = memory_client();
    msauth_options *options = user_sign_in();
    sign_in all[COUNT] = {0};
    int loop = epoll_create1(EPOLL_CLOEXEC);

    double wall = now(), cpu = cpu_seconds();
    for (int i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof name, "user-%d", i);
        all[i].operation = started(msauth_connect, client, name, options);
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = &all[i]};
        CHECK(epoll_ctl(loop, EPOLL_CTL_ADD, msauth_operation_fd(all[i].operation), &event) == 0);
    }
    int done = 0, wakes = 0;
    while (done < COUNT) {
        struct epoll_event events[COUNT];
        int count = epoll_wait(loop, events, COUNT, (int)(30000 * slowness()));
        CHECK(count > 0);
        for (int i = 0; i < count; i++) {
            sign_in *one = events[i].data.ptr;
            CHECK(!one->is_done);
            wakes++;
            drain(one);
            done += one->is_done;
        }
    }
    wall = now() - wall;
    cpu = cpu_seconds() - cpu;
    printf("%d sign-ins in %.1f s, %.1f %% of a CPU, %d wakes\n", COUNT, wall, 100 * cpu / wall, wakes);
    CHECK(cpu < 0.05 * wall * slowness());
    CHECK(wakes <= 3 * COUNT);

    for (int i = 0; i < COUNT; i++) {
        CHECK(all[i].prompts == 1);
        CHECK(epoll_ctl(loop, EPOLL_CTL_DEL, msauth_operation_fd(all[i].operation), NULL) == 0);
        msauth_operation_free(all[i].operation);
    }
    close(loop);
    msauth_options_free(options);
    msauth_client_free(client);
    return 0;
}

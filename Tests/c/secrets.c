/* What the library frees of its own is wiped first: each block is looked at on its way to free().
 *
 * Copies made in passing by JSON decoding, libcurl, OpenSSL and the kernel are not the library's to wipe; so the
 * places that are looked at are those that it owns, found by the addresses that it hands out, and for options, which
 * nothing but the library sees, any block at all. */
#include <malloc.h>
#include <stdatomic.h>
#include <string.h>

#include "check.h"
#include "entra.h"

/* Twice as long as any text that Swift keeps within a value. */
#define SECRET "marker-0123456789-marker-0123456789-marker"

static const char *_Atomic watched; /* a text inside a block that is about to be freed */
static atomic_int is_scanning, leaks, wiped;

extern void __libc_free(void *);

void free(void *block) {
    if (block) {
        size_t size = malloc_usable_size(block);
        const char *text = watched, *start = block;
        if (text >= start && text < start + size) {
            atomic_fetch_add(*text ? &leaks : &wiped, 1);
            watched = NULL;
        }
        if (is_scanning && memmem(block, size, SECRET, 20)) leaks++;
    }
    __libc_free(block);
}

/* What `release` frees of `text` must be gone. */
static void wiped_by(void (*release)(void *), void *object, const char *text) {
    CHECK(text && strlen(text) > 10);
    leaks = wiped = 0;
    watched = text;
    release(object);
    watched = NULL;
    CHECK(wiped == 1 && leaks == 0);
}

static void free_token(void *token) { msauth_token_free(token); }

static void tokens(void) {
    msauth_client *client = memory_client();
    msauth_options *options = daemon_sign_in();
    msauth_token *token;
    msauth_operation *operation = started(msauth_connect, client, "work", options);
    CHECK(msauth_operation_wait(operation, -1, &token, NULL) == MSAUTH_OK);
    wiped_by(free_token, token, msauth_token_json(token));
    CHECK(msauth_operation_wait(operation, -1, &token, NULL) == MSAUTH_OK);
    const char *text = msauth_token_get(token, "access_token");
    /* The client holds it as well: it goes with the last of them. */
    msauth_operation_free(operation);
    msauth_token_free(token);
    CHECK(strlen(text) > 20);
    for (double end = now() + 5; now() < end && !wiped;) {
        leaks = wiped = 0;
        watched = text;
        msauth_client_free(client);
        client = NULL;
    }
    CHECK(wiped == 1 && leaks == 0);
    msauth_options_free(options);
}

/* Set, replaced, taken back, refused, and given to calls: the value is in no block that is freed. */
static void options(void) {
    leaks = 0;
    is_scanning = 1;
    msauth_options *options = msauth_options_new();
    CHECK(msauth_options_set(options, "client_secret", SECRET, NULL) == MSAUTH_OK);
    CHECK(msauth_options_set(options, "client_secret", SECRET "-another", NULL) == MSAUTH_OK);
    CHECK(msauth_options_set(options, "client_secret", NULL, NULL) == MSAUTH_OK);
    CHECK(msauth_options_set_bytes(options, "client_secret", SECRET, strlen(SECRET), NULL) == MSAUTH_OK);
    CHECK(msauth_options_set(options, "client_secret", SECRET "\n", NULL) == MSAUTH_INVALID_ARGUMENT);
    CHECK(msauth_options_set(options, "client_secret", SECRET, NULL) == MSAUTH_OK);
    msauth_client *client;
    CHECK(msauth_client_new(options, &client, NULL) == MSAUTH_OK);
    CHECK(done(msauth_acquire, client, NULL, NULL) == MSAUTH_INTERACTION_REQUIRED);
    msauth_options_free(options);
    msauth_client_free(client);
    is_scanning = 0;
    CHECK(leaks == 0);
}

int main(void) {
    entra_reset();
    /* The looking glass itself: what is not wiped is seen. */
    is_scanning = 1;
    free(strdup(SECRET));
    is_scanning = 0;
    CHECK(leaks == 1);
    options();
    tokens();
    return 0;
}

#ifndef CCURL_H
#define CCURL_H
/*
 * What the library needs of libcurl, as functions that Swift can call: curl_easy_setopt() is variadic.
 *
 * libcurl is opened at the first request and never closed. Loading it costs 4 to 8 ms, which a token that comes from
 * memory or from the keyring does not need; and the library loads where there is none.
 */
#include <stddef.h>

/** Opens libcurl, once for the process. NULL, or the reason why it cannot be used: a sentence that lives for ever. */
const char *ccurl_load(void);

/** Whether libcurl's TLS is an OpenSSL that can be told which certificate to take. */
int ccurl_can_pin(void);

/** One request at a time, with connections that it keeps alive between requests. */
typedef struct ccurl ccurl;

/** NULL when memory is short. */
ccurl *ccurl_new(void);
void ccurl_free(ccurl *handle);

typedef struct {
    const char *method;
    const char *url;
    const char *const *headers; /* "Name: value" */
    size_t header_count;
    const void *body; /* not copied: it must live until the request has ended; NULL: none */
    size_t body_length;
    const char *user_agent;
    const char *ca_file;  /* NULL: the system's authorities alone */
    const char *proxy;    /* NULL: none; the environment is not read */
    const char *connect_to; /* "HOST:PORT:HOST:PORT": of the address, and where it is really; NULL: there */
    const void *authorities; /* PEM, the only ones to trust; it must live until the request has ended; NULL: the usual */
    size_t authorities_length;
    /* SHA-1 of the one certificate that the server may have, in place of its chain and name; NULL: those decide */
    const unsigned char *pin;
    int is_metadata;      /* plain http is taken too */
    long connect_timeout_ms;
    long timeout_ms;
    size_t body_limit;
    size_t header_limit;
} ccurl_request;

/** Begins a request; 0, libcurl's number of the option that this libcurl does not take, or -1: out of memory. */
int ccurl_begin(ccurl *handle, const ccurl_request *request);

/** Does what can be done without waiting. 1: ended, see ccurl_failure() first. */
int ccurl_step(ccurl *handle);

/** Waits, at most so long, for something to do. */
void ccurl_wait(ccurl *handle, int milliseconds);

/** Wakes a thread that is in ccurl_wait(). From any thread. */
void ccurl_wake(ccurl *handle);

enum ccurl_failure {
    CCURL_OK,
    CCURL_RESOLVE,
    CCURL_CONNECT,
    CCURL_PROXY,
    CCURL_TIMEOUT,
    CCURL_TLS,
    CCURL_CERTIFICATE,
    CCURL_CA_FILE,
    CCURL_TOO_MUCH,
    CCURL_OTHER
};

/** Why the request that ended has no answer. */
enum ccurl_failure ccurl_failure(const ccurl *handle);

/** libcurl's own words about it; lives until the next request. */
const char *ccurl_message(const ccurl *handle);

/** What an HTTP proxy answered to CONNECT; 0: nothing, or there was none. */
long ccurl_proxy_status(const ccurl *handle);

long ccurl_status(const ccurl *handle);
const void *ccurl_body(const ccurl *handle, size_t *length);
const void *ccurl_headers(const ccurl *handle, size_t *length);

/** Forgets the request and wipes its answer. */
void ccurl_end(ccurl *handle);

/** In a forked child: closes the parent's sockets, so that nobody speaks on them twice. Async-signal-safe. */
void ccurl_close_sockets_in_child(void);

#endif

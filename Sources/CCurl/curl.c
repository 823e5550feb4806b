#include "ccurl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The functions of libcurl that are used, each with the type that its header gives it. */
#define FUNCTIONS(X)                                                                                                  \
    X(curl_global_init)                                                                                               \
    X(curl_version_info)                                                                                              \
    X(curl_easy_init)                                                                                                 \
    X(curl_easy_cleanup)                                                                                              \
    X(curl_easy_reset)                                                                                                \
    X(curl_easy_setopt)                                                                                               \
    X(curl_easy_getinfo)                                                                                              \
    X(curl_easy_strerror)                                                                                             \
    X(curl_multi_init)                                                                                                \
    X(curl_multi_cleanup)                                                                                             \
    X(curl_multi_add_handle)                                                                                          \
    X(curl_multi_remove_handle)                                                                                       \
    X(curl_multi_perform)                                                                                             \
    X(curl_multi_poll)                                                                                                \
    X(curl_multi_wakeup)                                                                                              \
    X(curl_multi_info_read)                                                                                           \
    X(curl_slist_append)                                                                                              \
    X(curl_slist_free_all)

/* The header's macros check the types of variadic calls; they would hide the members of the same name. */
#undef curl_easy_setopt
#undef curl_easy_getinfo

static struct {
#define MEMBER(name) __typeof__(name) *name;
    FUNCTIONS(MEMBER)
} api;

static pthread_once_t once = PTHREAD_ONCE_INIT;
/* What pinning takes of libcurl's own OpenSSL: another one may be in the process too. Types as in its headers, which
 * are not needed for the rest. */
static struct {
    void (*SSL_CTX_set_cert_verify_callback)(void *tls, int (*verify)(void *chain, void *context), void *context);
    void *(*X509_STORE_CTX_get0_cert)(const void *chain);
    void (*X509_STORE_CTX_set_error)(void *chain, int error);
    int (*X509_digest)(const void *certificate, const void *type, unsigned char *digest, unsigned *length);
    const void *(*EVP_sha1)(void);
    int (*CRYPTO_memcmp)(const void *one, const void *other, size_t length);
} tls;

static const char *load_failure;
static const char *system_ca_path;

/* In libcurl and what it was linked with, which is where its OpenSSL is. */
static int can_pin;

static void look_for_pinning(void *library, const char *version) {
    /* A libcurl with several kinds of TLS names others first, or this one in parentheses. */
    if (strncmp(version, "OpenSSL/", 8) || version[8] < '3' || version[8] > '9') return;
#define LOOK_UP(name)                                                                                                 \
    if (!(tls.name = (__typeof__(tls.name))dlsym(library, #name))) return
    LOOK_UP(SSL_CTX_set_cert_verify_callback);
    LOOK_UP(X509_STORE_CTX_get0_cert);
    LOOK_UP(X509_STORE_CTX_set_error);
    LOOK_UP(X509_digest);
    LOOK_UP(EVP_sha1);
    LOOK_UP(CRYPTO_memcmp);
#undef LOOK_UP
    can_pin = 1;
}

static void load(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        load_failure = "libcurl.so.4 is not installed";
        return;
    }
#define LOOK_UP(name)                                                                                                 \
    if (!(api.name = (__typeof__(name) *)dlsym(library, #name))) {                                                    \
        load_failure = "libcurl.so.4 is too old: it lacks " #name;                                                    \
        return;                                                                                                       \
    }
    FUNCTIONS(LOOK_UP)
#undef LOOK_UP
    const curl_version_info_data *version = api.curl_version_info(CURLVERSION_NOW);
    if (version->version_num < 0x075500) {
        load_failure = "libcurl is older than 7.85, which first could be held to https";
    } else if (!version->ssl_version || !strstr(version->ssl_version, "OpenSSL")) {
        load_failure = "libcurl.so.4 does not use OpenSSL";
    } else if (!(version->features & CURL_VERSION_THREADSAFE)) {
        load_failure = "libcurl.so.4 cannot be initialised safely beside other threads";
    } else if (api.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        load_failure = "libcurl cannot be initialised";
    } else {
        system_ca_path = version->capath;
        look_for_pinning(library, version->ssl_version);
    }
}

int ccurl_can_pin(void) { return can_pin; }

const char *ccurl_load(void) {
    pthread_once(&once, load);
    return load_failure;
}

/* ---- Sockets, so that a forked child can close them ------------------------------------------ */

/* A table without a lock: the child reads it between fork and whatever it does next. Numbers are kept plus one. */
static atomic_int sockets[1024];

static void remember(int from, int to) {
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        int expected = from;
        if (atomic_compare_exchange_strong(&sockets[i], &expected, to)) return;
    }
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)context, (void)purpose;
    int descriptor = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (descriptor >= 0) remember(0, descriptor + 1);
    return descriptor;
}

static int close_socket(void *context, curl_socket_t descriptor) {
    (void)context;
    remember(descriptor + 1, 0);
    return close(descriptor);
}

void ccurl_close_sockets_in_child(void) {
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        int number = atomic_exchange(&sockets[i], 0);
        if (number) close(number - 1);
    }
}

/* ---- One request ------------------------------------------------------------------------------ */

/* Bytes that are wiped before their memory is given back. */
typedef struct {
    char *bytes;
    size_t length, capacity, limit;
} buffer;

static int append(buffer *b, const char *bytes, size_t length) {
    if (length > b->limit - b->length) return 0;
    if (b->length + length > b->capacity) {
        size_t capacity = (b->length + length) * 2;
        char *larger = malloc(capacity);
        if (!larger) return 0;
        if (b->bytes) {
            memcpy(larger, b->bytes, b->length);
            explicit_bzero(b->bytes, b->capacity);
            free(b->bytes);
        }
        b->bytes = larger;
        b->capacity = capacity;
    }
    memcpy(b->bytes + b->length, bytes, length);
    b->length += length;
    return 1;
}

static void wipe(buffer *b) {
    if (b->bytes) explicit_bzero(b->bytes, b->capacity);
    free(b->bytes);
    *b = (buffer){0};
}

struct ccurl {
    CURL *easy;
    CURLM *multi;
    struct curl_slist *headers, *connect_to;
    buffer body, head;
    int is_added, is_too_much;
    unsigned char pin[20];
    CURLcode result;
    long status, proxy_status;
    char message[CURL_ERROR_SIZE];
};

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    ccurl *handle = context;
    if (append(&handle->body, bytes, size * count)) return size * count;
    handle->is_too_much = 1;
    return 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context) {
    ccurl *handle = context;
    size_t length = size * count;
    /* An interim answer, such as 100, comes before the one that counts. */
    if (length >= 5 && !memcmp(bytes, "HTTP/", 5)) handle->head.length = 0;
    if (append(&handle->head, bytes, length)) return length;
    handle->is_too_much = 1;
    return 0;
}

/* In place of the chain: the one certificate that is expected, and the server has shown that it has its key. */
static int is_pinned(void *chain, void *context) {
    /* X509_V_OK and X509_V_ERR_CERT_REJECTED. */
    enum { OK = 0, REJECTED = 28 };
    const ccurl *handle = context;
    unsigned char digest[64];
    unsigned length = 0;
    const void *certificate = tls.X509_STORE_CTX_get0_cert(chain);
    int is_good = certificate && tls.X509_digest(certificate, tls.EVP_sha1(), digest, &length)
        && length == sizeof handle->pin && !tls.CRYPTO_memcmp(digest, handle->pin, length);
    tls.X509_STORE_CTX_set_error(chain, is_good ? OK : REJECTED);
    return is_good;
}

static CURLcode pin_context(CURL *easy, void *context, void *handle) {
    (void)easy;
    tls.SSL_CTX_set_cert_verify_callback(context, is_pinned, handle);
    return CURLE_OK;
}

ccurl *ccurl_new(void) {
    ccurl *handle = calloc(1, sizeof *handle);
    if (!handle) return NULL;
    handle->easy = api.curl_easy_init();
    handle->multi = api.curl_multi_init();
    if (handle->easy && handle->multi) return handle;
    ccurl_free(handle);
    return NULL;
}

void ccurl_free(ccurl *handle) {
    if (!handle) return;
    ccurl_end(handle);
    if (handle->easy) api.curl_easy_cleanup(handle->easy);
    if (handle->multi) api.curl_multi_cleanup(handle->multi);
    free(handle);
}

int ccurl_begin(ccurl *handle, const ccurl_request *request) {
    ccurl_end(handle);
    handle->body.limit = request->body_limit;
    handle->head.limit = request->header_limit;
    CURL *easy = handle->easy;

/* An option that keeps us safe and is not taken ends the request before it begins. */
#define SET(option, value)                                                                                            \
    if (api.curl_easy_setopt(easy, option, value) != CURLE_OK) return option

    SET(CURLOPT_ERRORBUFFER, handle->message);
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PROTOCOLS_STR, request->is_metadata && !request->pin ? "http,https" : "https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms);
    SET(CURLOPT_TIMEOUT_MS, request->timeout_ms);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, request->timeout_ms / 2000 + 1);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, handle);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, handle);
    SET(CURLOPT_USERAGENT, request->user_agent);
    /* Said in full, so that libcurl does not look into the environment. */
    SET(CURLOPT_PROXY, request->proxy ? request->proxy : "");
    SET(CURLOPT_NOPROXY, request->proxy ? "" : "*");
    if (request->authorities) {
        struct curl_blob blob = {(void *)request->authorities, request->authorities_length, CURL_BLOB_NOCOPY};
        SET(CURLOPT_CAINFO_BLOB, &blob);
        SET(CURLOPT_CAINFO, NULL);
        SET(CURLOPT_CAPATH, NULL);
    } else if (request->ca_file) {
        /* The bundle is replaced and the system's folder of authorities stays: together, the union. */
        SET(CURLOPT_CAINFO, request->ca_file);
        SET(CURLOPT_PROXY_CAINFO, request->ca_file);
        if (system_ca_path) {
            SET(CURLOPT_CAPATH, system_ca_path);
            SET(CURLOPT_PROXY_CAPATH, system_ca_path);
        }
    }
    if (request->pin) {
        if (!can_pin) return CURLOPT_SSL_CTX_FUNCTION;
        memcpy(handle->pin, request->pin, sizeof handle->pin);
        SET(CURLOPT_SSL_CTX_FUNCTION, pin_context);
        SET(CURLOPT_SSL_CTX_DATA, handle);
        SET(CURLOPT_SSL_VERIFYHOST, 0L);
        /* Each request looks at the certificate itself: no connection or session of another one will do. */
        SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
        SET(CURLOPT_FRESH_CONNECT, 1L);
        SET(CURLOPT_FORBID_REUSE, 1L);
    }
    /* Without it the cancellation of a name lookup that hangs took ten seconds. Not in every libcurl 7.85. */
    api.curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);

    if (request->connect_to) {
        handle->connect_to = api.curl_slist_append(NULL, request->connect_to);
        if (!handle->connect_to) return CURLOPT_CONNECT_TO;
        SET(CURLOPT_CONNECT_TO, handle->connect_to);
    }
    /* "Expect:" keeps a large body from waiting a second for 100 Continue. */
    struct curl_slist *headers = api.curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; headers && i < request->header_count; i++) {
        struct curl_slist *longer = api.curl_slist_append(headers, request->headers[i]);
        if (!longer) api.curl_slist_free_all(headers);
        headers = longer;
    }
    if (!headers) return CURLOPT_HTTPHEADER;
    handle->headers = headers;
    SET(CURLOPT_HTTPHEADER, headers);
    if (request->body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
        SET(CURLOPT_POSTFIELDS, request->body);
    }
    SET(CURLOPT_CUSTOMREQUEST, request->method);
#undef SET
    if (api.curl_multi_add_handle(handle->multi, easy) != CURLM_OK) return -1;
    handle->is_added = 1;
    return 0;
}

int ccurl_step(ccurl *handle) {
    int running = 0;
    CURLMcode code = api.curl_multi_perform(handle->multi, &running);
    if (code == CURLM_OK && running) return 0;
    handle->result = code == CURLM_OK ? CURLE_GOT_NOTHING : CURLE_OUT_OF_MEMORY;
    int left = 0;
    for (CURLMsg *m = api.curl_multi_info_read(handle->multi, &left); m;
         m = api.curl_multi_info_read(handle->multi, &left)) {
        if (m->msg == CURLMSG_DONE) handle->result = m->data.result;
    }
    api.curl_easy_getinfo(handle->easy, CURLINFO_RESPONSE_CODE, &handle->status);
    api.curl_easy_getinfo(handle->easy, CURLINFO_HTTP_CONNECTCODE, &handle->proxy_status);
    return 1;
}

void ccurl_wait(ccurl *handle, int milliseconds) {
    api.curl_multi_poll(handle->multi, NULL, 0, milliseconds, NULL);
}

void ccurl_wake(ccurl *handle) { api.curl_multi_wakeup(handle->multi); }

enum ccurl_failure ccurl_failure(const ccurl *handle) {
    if (handle->is_too_much) return CCURL_TOO_MUCH;
    switch (handle->result) {
    case CURLE_OK: return CCURL_OK;
    case CURLE_COULDNT_RESOLVE_HOST: return CCURL_RESOLVE;
    case CURLE_COULDNT_CONNECT: return CCURL_CONNECT;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY: return CCURL_PROXY;
    case CURLE_RECV_ERROR: return strstr(handle->message, "CONNECT") ? CCURL_PROXY : CCURL_OTHER;
    case CURLE_OPERATION_TIMEDOUT: return CCURL_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER: return CCURL_TLS;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR: return CCURL_CERTIFICATE;
    case CURLE_SSL_CACERT_BADFILE: return CCURL_CA_FILE;
    default: return CCURL_OTHER;
    }
}

const char *ccurl_message(const ccurl *handle) {
    return *handle->message ? handle->message : api.curl_easy_strerror(handle->result);
}

long ccurl_proxy_status(const ccurl *handle) { return handle->proxy_status; }

long ccurl_status(const ccurl *handle) { return handle->status; }

const void *ccurl_body(const ccurl *handle, size_t *length) {
    *length = handle->body.length;
    return handle->body.bytes;
}

const void *ccurl_headers(const ccurl *handle, size_t *length) {
    *length = handle->head.length;
    return handle->head.bytes;
}

void ccurl_end(ccurl *handle) {
    if (handle->is_added) api.curl_multi_remove_handle(handle->multi, handle->easy);
    if (handle->easy) api.curl_easy_reset(handle->easy);
    api.curl_slist_free_all(handle->headers);
    api.curl_slist_free_all(handle->connect_to);
    wipe(&handle->body);
    wipe(&handle->head);
    handle->headers = handle->connect_to = NULL;
    handle->is_added = handle->is_too_much = 0;
    handle->result = CURLE_OK;
    handle->status = handle->proxy_status = 0;
    handle->message[0] = 0;
}

/* A certificate with its private key: gathered from PEM blocks and PKCS#12, checked, and signed with. libcrypto is
 * behind it, in the library context of the process; a private context with the legacy provider is made for the time
 * of one reading when a file needs the algorithms of old, so that nothing changes for the host.
 *
 * Nothing here asks on a terminal, and all memory that held a key is wiped.
 */
#ifndef MSAUTH_CCERTIFICATE_H
#define MSAUTH_CCERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

typedef struct ccertificate ccertificate;

typedef enum {
    CCERTIFICATE_OK,
    CCERTIFICATE_MALFORMED,      /* neither of what was looked for */
    CCERTIFICATE_LOCKED,         /* encrypted, and there is no password */
    CCERTIFICATE_WRONG_PASSWORD, /* encrypted, with another password */
    CCERTIFICATE_LEGACY,         /* encrypted in a way that this machine's OpenSSL has no provider for */
    CCERTIFICATE_NO_CERTIFICATE,
    CCERTIFICATE_NO_KEY,
    CCERTIFICATE_NOT_RSA,   /* ccertificate_key_type() says what it is */
    CCERTIFICATE_SHORT_KEY, /* under 2048 bits */
    CCERTIFICATE_NO_MATCH,  /* no certificate has the key's public half */
    CCERTIFICATE_FAILED     /* libcrypto said no: no memory, an unknown algorithm, or a policy of the machine */
} ccertificate_result;

typedef struct {
    const void *bytes;
    size_t count;
} ccertificate_bytes;

/* NULL without memory. `password` is NUL-terminated and outlives it; NULL: there is none. */
ccertificate *ccertificate_new(const char *password);
void ccertificate_free(ccertificate *certificate);

/* Each adds what one block holds. The first private key counts. */
ccertificate_result ccertificate_add_certificate(ccertificate *certificate, ccertificate_bytes pem);
ccertificate_result ccertificate_add_key(ccertificate *certificate, ccertificate_bytes pem);
ccertificate_result ccertificate_add_pkcs12(ccertificate *certificate, ccertificate_bytes der);

/* All is added: finds the certificate that the key belongs to, and those that lead to its issuer. With `bare` a key
 * alone will do. */
ccertificate_result ccertificate_check(ccertificate *certificate, int bare);

/* Such as "EC"; empty without a key. */
const char *ccertificate_key_type(const ccertificate *certificate);

/* How many certificates there are in the chain; the first is the key's own, each other has issued the one before. */
size_t ccertificate_count(const ccertificate *certificate);
ccertificate_bytes ccertificate_der(const ccertificate *certificate, size_t index);

/* When the key's own certificate begins and ends to count, in seconds since 1970. */
int64_t ccertificate_begins(const ccertificate *certificate);
int64_t ccertificate_ends(const ccertificate *certificate);

/* 20 and 32 bytes of the certificate's own DER. */
ccertificate_result ccertificate_thumbprints(const ccertificate *certificate, uint8_t *sha1, uint8_t *sha256);

/* RSASSA with SHA-256: PSS with a salt of 32 bytes, or PKCS#1 v1.5. `length` has the room, and then what is used. */
ccertificate_result ccertificate_sign(
    const ccertificate *certificate, int pss, ccertificate_bytes message, uint8_t *signature, size_t *length);

#endif

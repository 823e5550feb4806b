/* A certificate with its private key: gathered from PEM blocks and PKCS#12, checked, and signed with. libcrypto is
 * behind it, in the library context of the process; a private context with the legacy provider is made for the time
 * of one reading when a file needs the algorithms of old, so that nothing changes for the host.
 *
 * A key may also stay in a device: a TPM, or what PKCS#11 reaches. It is then opened for each signature, by OpenSSL's
 * provider in a library context of its own, or by libp11's engine, which nobody else gets to see.
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
    CCERTIFICATE_NO_PSS,    /* the key signs, but not by PSS with a salt of 32 bytes */
    CCERTIFICATE_NO_MODULE, /* what opens the key's device is not here: ccertificate_module() says what */
    CCERTIFICATE_NO_DEVICE, /* the device has no such key, or does not open it: ccertificate_reason() says why */
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

/* The key stays where this URI leads, which outlives the certificate: "pkcs11:" or "handle:". */
void ccertificate_keep_uri(ccertificate *certificate, const char *uri);

/* The key stays in the TPM that has wrapped it for this PEM block, TSS2 PRIVATE KEY. */
ccertificate_result ccertificate_keep_wrapped(ccertificate *certificate, ccertificate_bytes pem);

/* Adds the certificates that the URI leads to as well, if there are any. As slow as a signature. */
ccertificate_result ccertificate_add_kept(ccertificate *certificate);

/* Whether the key is in a device, so that a signature may take its time. */
int ccertificate_is_kept(const ccertificate *certificate);

/* All is added: finds the certificate that the key belongs to, and those that lead to its issuer. With `bare` a key
 * alone will do. */
ccertificate_result ccertificate_check(ccertificate *certificate, int bare);

/* Such as "EC"; empty without a key. */
const char *ccertificate_key_type(const ccertificate *certificate);

/* The name of the provider that opens the key's device: "pkcs11" or "tpm2". */
const char *ccertificate_module(const ccertificate *certificate);

/* What libcrypto and the device said when a signature failed; empty where they said nothing. */
const char *ccertificate_reason(const ccertificate *certificate);

/* How many certificates there are in the chain; the first is the key's own, each other has issued the one before. */
size_t ccertificate_count(const ccertificate *certificate);
ccertificate_bytes ccertificate_der(const ccertificate *certificate, size_t index);

/* When the key's own certificate begins and ends to count, in seconds since 1970. */
int64_t ccertificate_begins(const ccertificate *certificate);
int64_t ccertificate_ends(const ccertificate *certificate);

/* 20 and 32 bytes of the certificate's own DER. */
ccertificate_result ccertificate_thumbprints(const ccertificate *certificate, uint8_t *sha1, uint8_t *sha256);

/* RSASSA with SHA-256: PSS with a salt of 32 bytes, or PKCS#1 v1.5. `length` has the room, and then what is used. What
 * is given out has been verified: some devices sign PSS with another salt than they are told. One at a time in a
 * process where the key is in a device, and no fork may happen meanwhile. */
ccertificate_result ccertificate_sign(
    ccertificate *certificate, int pss, ccertificate_bytes message, uint8_t *signature, size_t *length);

#endif

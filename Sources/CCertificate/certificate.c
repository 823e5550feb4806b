/* A certificate and its key, once they are read. */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "private.h"

ccertificate *ccertificate_new(const char *password)
{
    ccertificate *certificate = calloc(1, sizeof *certificate);
    if (certificate) certificate->password = password;
    return certificate;
}

void ccertificate_free(ccertificate *certificate)
{
    if (!certificate) return;
    EVP_PKEY_free(certificate->key);
    OPENSSL_clear_free((void *)certificate->wrapped.bytes, certificate->wrapped.count);
    for (size_t i = 0; i < certificate->count; i++) {
        X509_free(certificate->all[i].x509);
        OPENSSL_free(certificate->all[i].der);
    }
    free(certificate);
}

ccertificate_result ccertificate_take_key(ccertificate *certificate, EVP_PKEY *key)
{
    if (certificate->key) return CCERTIFICATE_OK;
    unsigned char *der = NULL;
    int length = i2d_PrivateKey(key, &der);
    if (length <= 0) return CCERTIFICATE_FAILED;
    const unsigned char *start = der;
    certificate->key = d2i_AutoPrivateKey(NULL, &start, length);
    OPENSSL_clear_free(der, (size_t)length);
    return certificate->key ? CCERTIFICATE_OK : CCERTIFICATE_FAILED;
}

ccertificate_result ccertificate_take(ccertificate *certificate, X509 *x509)
{
    /* More than any chain has: what comes later is not looked at. */
    if (certificate->count == MAX_CERTIFICATES) return CCERTIFICATE_OK;
    held_certificate held = {0};
    held.length = i2d_X509(x509, &held.der);
    if (held.length <= 0) return CCERTIFICATE_FAILED;
    const unsigned char *start = held.der;
    held.x509 = d2i_X509(NULL, &start, held.length);
    if (!held.x509) {
        OPENSSL_free(held.der);
        return CCERTIFICATE_FAILED;
    }
    certificate->all[certificate->count++] = held;
    return CCERTIFICATE_OK;
}

static int is_chained(const ccertificate *certificate, const held_certificate *held)
{
    for (size_t i = 0; i < certificate->chained; i++)
        if (certificate->chain[i] == held) return 1;
    return 0;
}

/* The next certificate of the chain, which has issued its last. */
static held_certificate *issuer(ccertificate *certificate)
{
    X509 *last = certificate->chain[certificate->chained - 1]->x509;
    for (size_t i = 0; i < certificate->count; i++) {
        held_certificate *held = &certificate->all[i];
        if (!is_chained(certificate, held) && X509_check_issued(held->x509, last) == X509_V_OK) return held;
    }
    return NULL;
}

static int has_issued(const ccertificate *certificate, const held_certificate *held)
{
    for (size_t i = 0; i < certificate->count; i++) {
        const held_certificate *other = &certificate->all[i];
        if (other != held && X509_check_issued(held->x509, other->x509) == X509_V_OK) return 1;
    }
    return 0;
}

/* Whose the key is: the certificate with its public half. One in a device is not opened for that: its certificate is
 * the first that has issued no other, and the first signature tells whether that is so. */
static held_certificate *own(ccertificate *certificate)
{
    for (size_t i = 0; i < certificate->count; i++) {
        held_certificate *held = &certificate->all[i];
        EVP_PKEY *public = X509_get0_pubkey(held->x509);
        int is_own = certificate->key ? public && EVP_PKEY_eq(public, certificate->key) == 1
                                      : !has_issued(certificate, held);
        if (is_own) return held;
    }
    return NULL;
}

static ccertificate_result check_key(ccertificate *certificate, EVP_PKEY *key)
{
    const char *type = key ? EVP_PKEY_get0_type_name(key) : NULL;
    if (type) OPENSSL_strlcpy(certificate->type, type, sizeof certificate->type);
    if (!key || !EVP_PKEY_is_a(key, "RSA")) return CCERTIFICATE_NOT_RSA;
    return EVP_PKEY_get_bits(key) < 2048 ? CCERTIFICATE_SHORT_KEY : CCERTIFICATE_OK;
}

ccertificate_result ccertificate_check(ccertificate *certificate, int bare)
{
    if (!certificate->key && !ccertificate_is_kept(certificate)) return CCERTIFICATE_NO_KEY;
    ccertificate_result result = certificate->key ? check_key(certificate, certificate->key) : CCERTIFICATE_OK;
    if (result != CCERTIFICATE_OK) return result;
    if (!certificate->count) return bare ? CCERTIFICATE_OK : CCERTIFICATE_NO_CERTIFICATE;
    held_certificate *next = own(certificate);
    ERR_clear_error();
    if (!next) return CCERTIFICATE_NO_MATCH;
    certificate->chain[certificate->chained++] = next;
    if (!certificate->key) result = check_key(certificate, X509_get0_pubkey(next->x509));
    if (result != CCERTIFICATE_OK) return result;
    while ((next = issuer(certificate))) certificate->chain[certificate->chained++] = next;
    return CCERTIFICATE_OK;
}

const char *ccertificate_key_type(const ccertificate *certificate) { return certificate->type; }

const char *ccertificate_reason(const ccertificate *certificate) { return certificate->reason; }

size_t ccertificate_count(const ccertificate *certificate) { return certificate->chained; }

ccertificate_bytes ccertificate_der(const ccertificate *certificate, size_t index)
{
    if (index >= certificate->chained) return (ccertificate_bytes){0};
    const held_certificate *held = certificate->chain[index];
    return (ccertificate_bytes){held->der, (size_t)held->length};
}

static int64_t seconds(const ASN1_TIME *time)
{
    struct tm fields;
    return time && ASN1_TIME_to_tm(time, &fields) ? (int64_t)timegm(&fields) : 0;
}

int64_t ccertificate_begins(const ccertificate *certificate)
{
    return certificate->chained ? seconds(X509_get0_notBefore(certificate->chain[0]->x509)) : 0;
}

int64_t ccertificate_ends(const ccertificate *certificate)
{
    return certificate->chained ? seconds(X509_get0_notAfter(certificate->chain[0]->x509)) : 0;
}

ccertificate_result ccertificate_thumbprints(const ccertificate *certificate, uint8_t *sha1, uint8_t *sha256)
{
    ccertificate_bytes der = ccertificate_der(certificate, 0);
    int done = der.bytes && EVP_Q_digest(NULL, "SHA1", NULL, der.bytes, der.count, sha1, NULL)
        && EVP_Q_digest(NULL, "SHA256", NULL, der.bytes, der.count, sha256, NULL);
    ERR_clear_error();
    return done ? CCERTIFICATE_OK : CCERTIFICATE_FAILED;
}

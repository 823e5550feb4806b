/* A certificate and its key, once they are read. */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
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

ccertificate_result ccertificate_check(ccertificate *certificate, int bare)
{
    EVP_PKEY *key = certificate->key;
    if (!key) return CCERTIFICATE_NO_KEY;
    if (!EVP_PKEY_is_a(key, "RSA")) return CCERTIFICATE_NOT_RSA;
    if (EVP_PKEY_get_bits(key) < 2048) return CCERTIFICATE_SHORT_KEY;
    if (!certificate->count) return bare ? CCERTIFICATE_OK : CCERTIFICATE_NO_CERTIFICATE;
    for (size_t i = 0; i < certificate->count && !certificate->chained; i++) {
        EVP_PKEY *public = X509_get0_pubkey(certificate->all[i].x509);
        if (public && EVP_PKEY_eq(public, key) == 1) certificate->chain[certificate->chained++] = &certificate->all[i];
    }
    ERR_clear_error();
    if (!certificate->chained) return CCERTIFICATE_NO_MATCH;
    held_certificate *next;
    while ((next = issuer(certificate))) certificate->chain[certificate->chained++] = next;
    return CCERTIFICATE_OK;
}

const char *ccertificate_key_type(const ccertificate *certificate)
{
    const char *name = certificate->key ? EVP_PKEY_get0_type_name(certificate->key) : NULL;
    return name ? name : "";
}

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

ccertificate_result ccertificate_sign(
    const ccertificate *certificate, int pss, ccertificate_bytes message, uint8_t *signature, size_t *length)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *scheme = NULL;
    int done = context && EVP_DigestSignInit_ex(context, &scheme, "SHA256", NULL, NULL, certificate->key, NULL) == 1;
    /* RFC 7518 section 3.5: the salt is as long as the hash. */
    if (done && pss)
        done = EVP_PKEY_CTX_set_rsa_padding(scheme, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(scheme, RSA_PSS_SALTLEN_DIGEST) == 1;
    done = done && EVP_DigestSign(context, signature, length, message.bytes, message.count) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return done ? CCERTIFICATE_OK : CCERTIFICATE_FAILED;
}

/* What files hold: PEM blocks and PKCS#12. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <string.h>

#include "private.h"

/* A library context of its own that also has the algorithms of old: RC2, single DES, MD5 with DES. */
typedef struct {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *usual, *legacy;
} legacy_context;

static void close_legacy(legacy_context *old)
{
    if (old->legacy) OSSL_PROVIDER_unload(old->legacy);
    if (old->usual) OSSL_PROVIDER_unload(old->usual);
    OSSL_LIB_CTX_free(old->context);
}

static int open_legacy(legacy_context *old)
{
    *old = (legacy_context){.context = OSSL_LIB_CTX_new()};
    if (!old->context) return 0;
    old->usual = OSSL_PROVIDER_load(old->context, "default");
    old->legacy = OSSL_PROVIDER_load(old->context, "legacy");
    if (old->usual && old->legacy) return 1;
    close_legacy(old);
    return 0;
}

int ccertificate_give_password(char *buffer, int size, int writing, void *context)
{
    ccertificate *certificate = context;
    (void)writing;
    certificate->asked = 1;
    if (!certificate->password) return -1;
    size_t length = strlen(certificate->password);
    if (length > (size_t)size) return -1;
    memcpy(buffer, certificate->password, length);
    return (int)length;
}

/* Why a reading failed, by the errors that libcrypto left. */
static ccertificate_result reason(const ccertificate *certificate)
{
    int unsupported = 0, mac = 0;
    unsigned long code;
    while ((code = ERR_get_error())) {
        int library = ERR_GET_LIB(code), why = ERR_GET_REASON(code);
        if (why == ERR_R_UNSUPPORTED) unsupported = 1;
        if (library == ERR_LIB_EVP && (why == EVP_R_UNSUPPORTED_ALGORITHM || why == EVP_R_UNKNOWN_PBE_ALGORITHM
                                       || why == EVP_R_UNSUPPORTED_CIPHER))
            unsupported = 1;
        if (library == ERR_LIB_PEM && why == PEM_R_UNSUPPORTED_ENCRYPTION) unsupported = 1;
        if (library == ERR_LIB_PKCS12 && why == PKCS12_R_MAC_VERIFY_FAILURE) mac = 1;
    }
    if (mac) return certificate->password ? CCERTIFICATE_WRONG_PASSWORD : CCERTIFICATE_LOCKED;
    if (certificate->asked && !certificate->password) return CCERTIFICATE_LOCKED;
    if (unsupported) return CCERTIFICATE_LEGACY;
    return certificate->asked ? CCERTIFICATE_WRONG_PASSWORD : CCERTIFICATE_MALFORMED;
}

static ccertificate_result read_key(ccertificate *certificate, ccertificate_bytes pem, OSSL_LIB_CTX *context)
{
    BIO *bio = BIO_new_mem_buf(pem.bytes, (int)pem.count);
    if (!bio) return CCERTIFICATE_FAILED;
    EVP_PKEY *key = PEM_read_bio_PrivateKey_ex(bio, NULL, ccertificate_give_password, certificate, context, NULL);
    BIO_free(bio);
    if (!key) return reason(certificate);
    ccertificate_result result = ccertificate_take_key(certificate, key);
    EVP_PKEY_free(key);
    return result;
}

static ccertificate_result read_pkcs12(ccertificate *certificate, ccertificate_bytes der, OSSL_LIB_CTX *context)
{
    const unsigned char *start = der.bytes;
    PKCS12 *pkcs12 = PKCS12_init_ex(NID_pkcs7_data, context, NULL);
    if (!pkcs12) return CCERTIFICATE_FAILED;
    if (!d2i_PKCS12(&pkcs12, &start, (long)der.count)) {
        /* What fails has freed it. */
        ERR_clear_error();
        return CCERTIFICATE_MALFORMED;
    }
    EVP_PKEY *key = NULL;
    X509 *own = NULL;
    STACK_OF(X509) *others = NULL;
    certificate->asked = 1;
    int parsed = PKCS12_parse(pkcs12, certificate->password, &key, &own, &others);
    PKCS12_free(pkcs12);
    ccertificate_result result = parsed ? CCERTIFICATE_OK : reason(certificate);
    if (result == CCERTIFICATE_OK && key) result = ccertificate_take_key(certificate, key);
    if (result == CCERTIFICATE_OK && own) result = ccertificate_take(certificate, own);
    for (int i = 0; result == CCERTIFICATE_OK && i < sk_X509_num(others); i++)
        result = ccertificate_take(certificate, sk_X509_value(others, i));
    EVP_PKEY_free(key);
    X509_free(own);
    sk_X509_pop_free(others, X509_free);
    return result;
}

typedef ccertificate_result reader(ccertificate *, ccertificate_bytes, OSSL_LIB_CTX *);

/* As the process is set up; and once more with the algorithms of old if that is what it takes. */
static ccertificate_result read_with(reader *read, ccertificate *certificate, ccertificate_bytes bytes)
{
    ERR_clear_error();
    certificate->asked = 0;
    ccertificate_result result = read(certificate, bytes, NULL);
    legacy_context old;
    if (result == CCERTIFICATE_LEGACY && open_legacy(&old)) {
        certificate->asked = 0;
        result = read(certificate, bytes, old.context);
        close_legacy(&old);
        if (result == CCERTIFICATE_LEGACY) result = CCERTIFICATE_FAILED;
    }
    ERR_clear_error();
    return result;
}

ccertificate_result ccertificate_add_key(ccertificate *certificate, ccertificate_bytes pem)
{
    return read_with(read_key, certificate, pem);
}

ccertificate_result ccertificate_add_pkcs12(ccertificate *certificate, ccertificate_bytes der)
{
    return read_with(read_pkcs12, certificate, der);
}

ccertificate_result ccertificate_add_certificate(ccertificate *certificate, ccertificate_bytes pem)
{
    ERR_clear_error();
    BIO *bio = BIO_new_mem_buf(pem.bytes, (int)pem.count);
    if (!bio) return CCERTIFICATE_FAILED;
    X509 *x509 = PEM_read_bio_X509_AUX(bio, NULL, ccertificate_give_password, certificate);
    BIO_free(bio);
    ccertificate_result result = x509 ? ccertificate_take(certificate, x509) : CCERTIFICATE_MALFORMED;
    X509_free(x509);
    ERR_clear_error();
    return result;
}

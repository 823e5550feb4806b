/* Signatures, each of them verified before it is given out. */
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "private.h"

/* RFC 7518 section 3.5: the salt is as long as the hash. */
enum { SALT = 32 };

static int set_scheme(EVP_PKEY_CTX *scheme, int pss)
{
    return !pss
        || (EVP_PKEY_CTX_set_rsa_padding(scheme, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(scheme, SALT) == 1);
}

static int sign_by(
    const ccertificate_device *device, int pss, ccertificate_bytes message, uint8_t *signature, size_t *length)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *scheme = NULL;
    /* The context signs once, so no copy of it is needed: not every provider can make one. */
    if (context) EVP_MD_CTX_set_flags(context, EVP_MD_CTX_FLAG_FINALISE);
    int done = context
        && EVP_DigestSignInit_ex(context, &scheme, "SHA256", device->context, device->query, device->key, NULL) == 1
        && set_scheme(scheme, pss)
        && EVP_DigestSign(context, signature, length, message.bytes, message.count) == 1;
    EVP_MD_CTX_free(context);
    return done;
}

static int verify_by(
    EVP_PKEY *public, int pss, ccertificate_bytes message, const uint8_t *signature, size_t length)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *scheme = NULL;
    int done = context && EVP_DigestVerifyInit_ex(context, &scheme, "SHA256", NULL, NULL, public, NULL) == 1
        && set_scheme(scheme, pss)
        && EVP_DigestVerify(context, signature, length, message.bytes, message.count) == 1;
    EVP_MD_CTX_free(context);
    return done;
}

/* The public half of a key in a device, where it gives that away. */
static EVP_PKEY *public_half(EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(key, &der);
    const unsigned char *start = der;
    EVP_PKEY *public = length > 0 ? d2i_PUBKEY(NULL, &start, length) : NULL;
    OPENSSL_free(der);
    return public;
}

/* A TPM finds out only now that the password is wrong, and counts how often it was: no second try with another
 * algorithm. tpm2-tss has no number for it that libcrypto hands on, but says it. */
static int is_locked(ccertificate *certificate)
{
    ccertificate_explain(certificate);
    return ccertificate_is_kept(certificate) && strstr(certificate->reason, "authorization");
}

/* The certificate's own public half decides; beside a bare key, what the device says it is. */
static ccertificate_result make(
    ccertificate *certificate, const ccertificate_device *device, int pss, ccertificate_bytes message,
    uint8_t *signature, size_t *length)
{
    EVP_PKEY *half = public_half(device->key);
    EVP_PKEY *public = certificate->chained ? X509_get0_pubkey(certificate->chain[0]->x509) : half;
    ccertificate_result result;
    if (half && public && EVP_PKEY_eq(public, half) != 1)
        result = CCERTIFICATE_NO_MATCH;
    else if (!sign_by(device, pss, message, signature, length))
        result = is_locked(certificate) ? CCERTIFICATE_NO_DEVICE : pss ? CCERTIFICATE_NO_PSS : CCERTIFICATE_FAILED;
    else if (public && verify_by(public, pss, message, signature, *length))
        result = CCERTIFICATE_OK;
    else
        result = pss ? CCERTIFICATE_NO_PSS : CCERTIFICATE_NO_MATCH;
    EVP_PKEY_free(half);
    ERR_clear_error();
    return result;
}

/* Devices take one program at a time, and PKCS#11 is shut down for a whole process. */
static pthread_mutex_t devices = PTHREAD_MUTEX_INITIALIZER;

/* What exit() runs, last registered first. A device's module may be C++ and registers its destructors when it is loaded:
 * this must come before them, so it is registered anew with each work, once the module is there. */
int __cxa_atexit(void (*function)(void *), void *context, void *owner);
void __cxa_finalize(void *owner);
static char exit_owner;
static atomic_ulong worker;
static atomic_int is_ending;

/* A process that ends waits a second for the device at work, as long as a TPM needs, and lets none begin. Once,
 * whatever is registered: neither seconds that add up, nor the mutex kept from those who would hold up a fork. */
static void wait_for_device(void *context)
{
    (void)context;
    /* It is only taken back. */
    if (atomic_load(&worker) == pthread_self()) return;
    if (atomic_exchange(&is_ending, 1)) return;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    if (!pthread_mutex_timedlock(&devices, &until)) pthread_mutex_unlock(&devices);
}

static void keep_from_exit(void) { (void)__cxa_atexit(wait_for_device, NULL, &exit_owner); }

static ccertificate_result enter(ccertificate *certificate, ccertificate_device *device)
{
    *certificate->reason = 0;
    ERR_clear_error();
    pthread_mutex_lock(&devices);
    atomic_store(&worker, pthread_self());
    *device = (ccertificate_device){0};
    if (atomic_load(&is_ending)) return CCERTIFICATE_FAILED;
    ccertificate_result result = ccertificate_open_device(certificate, device);
    keep_from_exit();
    return result;
}

/* What closing says is of no interest. */
static ccertificate_result leave(
    ccertificate *certificate, ccertificate_device *device, ccertificate_result result)
{
    if (result != CCERTIFICATE_OK) ccertificate_explain(certificate);
    ccertificate_close_device(device);
    /* One stays, now that all modules are there: so none begins once the process ends. */
    __cxa_finalize(&exit_owner);
    keep_from_exit();
    atomic_store(&worker, 0);
    pthread_mutex_unlock(&devices);
    ERR_clear_error();
    return result;
}

ccertificate_result ccertificate_sign(
    ccertificate *certificate, int pss, ccertificate_bytes message, uint8_t *signature, size_t *length)
{
    if (!ccertificate_is_kept(certificate)) {
        *certificate->reason = 0;
        ERR_clear_error();
        ccertificate_device none = {.key = certificate->key};
        return make(certificate, &none, pss, message, signature, length);
    }
    ccertificate_device device;
    ccertificate_result result = enter(certificate, &device);
    if (result == CCERTIFICATE_OK) result = ccertificate_find_key(certificate, &device);
    /* Modules of modules are here by now. */
    keep_from_exit();
    if (result == CCERTIFICATE_OK) result = make(certificate, &device, pss, message, signature, length);
    return leave(certificate, &device, result);
}

ccertificate_result ccertificate_add_kept(ccertificate *certificate)
{
    ccertificate_device device;
    ccertificate_result result = enter(certificate, &device);
    if (result == CCERTIFICATE_OK) result = ccertificate_find_certificates(certificate, &device);
    return leave(certificate, &device, result);
}

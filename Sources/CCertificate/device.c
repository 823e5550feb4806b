/* Keys that stay in a device: a TPM, or what PKCS#11 reaches.
 *
 * A provider is loaded into a library context that lives for one signature: the host's own context never sees it, and
 * no session, login or connection to the device outlasts the need. The machine's openssl.cnf is not read for it: reading
 * it a second time would change libssl's global settings under the host. Providers of devices have their own defaults
 * and variables (PKCS11_PROVIDER_MODULE, TPM2OPENSSL_TCTI; PKCS11_MODULE_PATH for the engine).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <openssl/core.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "private.h"

typedef struct {
    const char *scheme, *provider, *query, *engine;
} device_kind;

static const device_kind kinds[] = {
    {"pkcs11:", "pkcs11", "?provider=pkcs11", "pkcs11"},
    /* tpm2-openssl's: a key that is persistent in the TPM. */
    {"handle:", "tpm2", "?provider=tpm2", NULL},
};

static const device_kind tpm = {NULL, "tpm2", "?provider=tpm2", NULL};

/* RFC 3986 section 3.1: a scheme has no case. */
static const device_kind *kind_of(const char *uri)
{
    if (!uri) return &tpm;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strncasecmp(uri, kinds[i].scheme, strlen(kinds[i].scheme))) return &kinds[i];
    return NULL;
}

void ccertificate_keep_uri(ccertificate *certificate, const char *uri) { certificate->uri = uri; }

ccertificate_result ccertificate_keep_wrapped(ccertificate *certificate, ccertificate_bytes pem)
{
    if (ccertificate_is_kept(certificate) || certificate->key) return CCERTIFICATE_OK;
    certificate->wrapped.bytes = OPENSSL_memdup(pem.bytes, pem.count);
    if (!certificate->wrapped.bytes) return CCERTIFICATE_FAILED;
    certificate->wrapped.count = pem.count;
    return CCERTIFICATE_OK;
}

int ccertificate_is_kept(const ccertificate *certificate) { return certificate->uri || certificate->wrapped.bytes; }

const char *ccertificate_module(const ccertificate *certificate)
{
    const device_kind *kind = kind_of(certificate->uri);
    return kind ? kind->provider : "";
}

void ccertificate_explain(ccertificate *certificate)
{
    size_t used = 0;
    const char *data, *last = NULL;
    int flags;
    unsigned long code;
    while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags))) {
        const char *reason = ERR_reason_error_string(code);
        if (!(flags & ERR_TXT_STRING)) data = "";
        if ((!reason && !*data) || (reason && reason == last && !*data)) continue;
        int more = snprintf(
            certificate->reason + used, sizeof certificate->reason - used, "%s%s%s%s", used ? "; " : "",
            reason ? reason : "", reason && *data ? ": " : "", data);
        if (more < 0 || (size_t)more >= sizeof certificate->reason - used) break;
        used += (size_t)more;
        last = reason;
    }
    ERR_clear_error();
}

void ccertificate_pin_module(const void *address)
{
    Dl_info about;
    if (address && dladdr(address, &about) && about.dli_fname)
        (void)dlopen(about.dli_fname, RTLD_NOW | RTLD_NODELETE | RTLD_NOLOAD);
}

static void unload_provider(ccertificate_device *device)
{
    if (device->own) OSSL_PROVIDER_unload(device->own);
    if (device->usual) OSSL_PROVIDER_unload(device->usual);
    OSSL_LIB_CTX_free(device->context);
    device->own = device->usual = NULL;
    device->context = NULL;
}

/* The context with the provider of that name, if it is installed and can begin. */
static int load_provider(ccertificate_device *device, const device_kind *kind)
{
    device->context = OSSL_LIB_CTX_new();
    if (!device->context) return 0;
    device->usual = OSSL_PROVIDER_load(device->context, "default");
    device->own = OSSL_PROVIDER_load(device->context, kind->provider);
    if (!device->usual || !device->own) return 0;
    ccertificate_pin_module(OSSL_PROVIDER_get0_dispatch(device->own));
    device->query = kind->query;
    return 1;
}

/* The provider's, else the engine. One or the other, never both: a wrong PIN must not count twice. */
ccertificate_result ccertificate_open_device(ccertificate *certificate, ccertificate_device *device)
{
    *device = (ccertificate_device){0};
    const device_kind *kind = kind_of(certificate->uri);
    device->ask = UI_UTIL_wrap_read_pem_callback(ccertificate_give_password, 0);
    if (!kind || !device->ask) return CCERTIFICATE_FAILED;
    if (load_provider(device, kind)) return CCERTIFICATE_OK;
    if (!kind->engine) return CCERTIFICATE_NO_MODULE;
    unload_provider(device);
    ERR_clear_error();
    device->engine = ccertificate_open_engine(kind->engine);
    if (!device->engine) return CCERTIFICATE_NO_MODULE;
    ERR_clear_error();
    return CCERTIFICATE_OK;
}

/* The next object of that kind; the others that a URI leads to are passed over. Not every store can be told so. */
static OSSL_STORE_INFO *next(OSSL_STORE_CTX *store, int kind)
{
    while (!OSSL_STORE_eof(store) && !OSSL_STORE_error(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info && OSSL_STORE_INFO_get_type(info) == kind) return info;
        OSSL_STORE_INFO_free(info);
    }
    return NULL;
}

static OSSL_STORE_CTX *open_store(ccertificate *certificate, const ccertificate_device *device, int kind)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(
        certificate->uri, device->context, device->query, device->ask, certificate, NULL, NULL, NULL);
    if (store) OSSL_STORE_expect(store, kind);
    return store;
}

static EVP_PKEY *stored_key(ccertificate *certificate, const ccertificate_device *device)
{
    OSSL_STORE_CTX *store = open_store(certificate, device, OSSL_STORE_INFO_PKEY);
    OSSL_STORE_INFO *info = store ? next(store, OSSL_STORE_INFO_PKEY) : NULL;
    EVP_PKEY *key = info ? OSSL_STORE_INFO_get1_PKEY(info) : NULL;
    OSSL_STORE_INFO_free(info);
    if (store) OSSL_STORE_close(store);
    return key;
}

static EVP_PKEY *wrapped_key(ccertificate *certificate, const ccertificate_device *device)
{
    BIO *bio = BIO_new_mem_buf(certificate->wrapped.bytes, (int)certificate->wrapped.count);
    if (!bio) return NULL;
    EVP_PKEY *key = PEM_read_bio_PrivateKey_ex(
        bio, NULL, ccertificate_give_password, certificate, device->context, device->query);
    BIO_free(bio);
    return key;
}

ccertificate_result ccertificate_find_key(ccertificate *certificate, ccertificate_device *device)
{
    certificate->asked = 0;
    if (device->engine)
        device->key = ccertificate_engine_key(device->engine, certificate->uri, device->ask, certificate);
    else
        device->key = certificate->uri ? stored_key(certificate, device) : wrapped_key(certificate, device);
    if (device->key) return CCERTIFICATE_OK;
    return certificate->asked && !certificate->password ? CCERTIFICATE_LOCKED : CCERTIFICATE_NO_DEVICE;
}

ccertificate_result ccertificate_find_certificates(ccertificate *certificate, ccertificate_device *device)
{
    if (device->engine) {
        X509 *x509 = ccertificate_engine_certificate(device->engine, certificate->uri);
        ccertificate_result result = x509 ? ccertificate_take(certificate, x509) : CCERTIFICATE_OK;
        X509_free(x509);
        return result;
    }
    OSSL_STORE_CTX *store = open_store(certificate, device, OSSL_STORE_INFO_CERT);
    if (!store) return CCERTIFICATE_NO_DEVICE;
    ccertificate_result result = CCERTIFICATE_OK;
    OSSL_STORE_INFO *info;
    while (result == CCERTIFICATE_OK && (info = next(store, OSSL_STORE_INFO_CERT))) {
        result = ccertificate_take(certificate, OSSL_STORE_INFO_get0_CERT(info));
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
    return result;
}

void ccertificate_close_device(ccertificate_device *device)
{
    if (device->engine)
        ccertificate_close_engine(device->engine, device->key);
    else
        EVP_PKEY_free(device->key);
    unload_provider(device);
    UI_destroy_method(device->ask);
    *device = (ccertificate_device){0};
}

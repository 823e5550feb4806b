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

static EVP_PKEY *stored_key(ccertificate *certificate, const ccertificate_device *device, UI_METHOD *ask)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(
        certificate->uri, device->context, device->query, ask, certificate, NULL, NULL, NULL);
    if (!store) return NULL;
    EVP_PKEY *key = NULL;
    /* What the key is beside, such as its certificate, is not looked at. Not every store can be told so. */
    OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
    while (!key && !OSSL_STORE_eof(store) && !OSSL_STORE_error(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY) key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
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

ccertificate_result ccertificate_open_device(ccertificate *certificate, ccertificate_device *device)
{
    *device = (ccertificate_device){0};
    const device_kind *kind = kind_of(certificate->uri);
    UI_METHOD *ask = UI_UTIL_wrap_read_pem_callback(ccertificate_give_password, 0);
    if (!kind || !ask) {
        UI_destroy_method(ask);
        return CCERTIFICATE_FAILED;
    }
    certificate->asked = 0;
    ccertificate_result result = CCERTIFICATE_NO_DEVICE;
    if (load_provider(device, kind)) {
        device->key = certificate->uri ? stored_key(certificate, device, ask) : wrapped_key(certificate, device);
    } else {
        /* One or the other, never both: a wrong PIN must not count twice. */
        ccertificate_close_device(device);
        if (kind->engine) ERR_clear_error();
        if (kind->engine) device->engine = ccertificate_open_engine(kind->engine);
        if (device->engine) {
            ERR_clear_error();
            device->key = ccertificate_engine_key(device->engine, certificate->uri, ask, certificate);
        } else {
            result = CCERTIFICATE_NO_MODULE;
        }
    }
    UI_destroy_method(ask);
    if (device->key) return CCERTIFICATE_OK;
    if (result == CCERTIFICATE_NO_DEVICE && certificate->asked && !certificate->password) result = CCERTIFICATE_LOCKED;
    return result;
}

void ccertificate_close_device(ccertificate_device *device)
{
    if (device->engine)
        ccertificate_close_engine(device->engine, device->key);
    else
        EVP_PKEY_free(device->key);
    if (device->own) OSSL_PROVIDER_unload(device->own);
    if (device->usual) OSSL_PROVIDER_unload(device->usual);
    OSSL_LIB_CTX_free(device->context);
    *device = (ccertificate_device){0};
}

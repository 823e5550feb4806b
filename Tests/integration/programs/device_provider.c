/* A provider for OpenSSL with the ways of devices that were seen, built by the tests as pkcs11.so.
 *
 * pkcs11:object=WAY signs with the key in the file $TEST_DEVICE_KEY once the PIN is right, and adds a line to
 * $TEST_DEVICE_LOG for each signature. WAY is "exact": PSS as it is told; "longest": PSS with the longest salt, whatever
 * it is told; "plain": no PSS at all. Who expects a certificate gets that of $TEST_DEVICE_CERTIFICATE, without the PIN.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum way { EXACT, LONGEST, PLAIN };

/* The default provider, in a context that the library under test does not see. */
typedef struct {
    OSSL_LIB_CTX *library;
    OSSL_PROVIDER *usual;
} device;

typedef struct {
    EVP_PKEY *pkey;
    enum way way;
} key;

/* ---- The store ---- */

typedef struct {
    device *device;
    enum way way;
    int expected, is_over;
} store;

static void *store_open(void *context, const char *uri)
{
    static const char *const ways[] = {"pkcs11:object=exact", "pkcs11:object=longest", "pkcs11:object=plain"};
    for (int way = EXACT; way <= PLAIN; way++) {
        if (strcmp(uri, ways[way])) continue;
        store *opened = calloc(1, sizeof *opened);
        if (opened) *opened = (store){.device = context, .way = (enum way)way};
        return opened;
    }
    return NULL;
}

static const OSSL_PARAM *store_settable(void *context)
{
    static const OSSL_PARAM settable[] = {OSSL_PARAM_int(OSSL_STORE_PARAM_EXPECT, NULL), OSSL_PARAM_END};
    (void)context;
    return settable;
}

static int store_set(void *context, const OSSL_PARAM params[])
{
    const OSSL_PARAM *expected = OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_EXPECT);
    return !expected || OSSL_PARAM_get_int(expected, &((store *)context)->expected);
}

static int give_certificate(OSSL_CALLBACK *take, void *take_context)
{
    BIO *file = BIO_new_file(getenv("TEST_DEVICE_CERTIFICATE"), "r");
    X509 *certificate = file ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
    BIO_free(file);
    unsigned char *der = NULL;
    int length = certificate ? i2d_X509(certificate, &der) : 0;
    X509_free(certificate);
    if (length <= 0) return 0;
    int type = OSSL_OBJECT_CERT;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, der, (size_t)length),
        OSSL_PARAM_END,
    };
    int taken = take(params, take_context);
    OPENSSL_free(der);
    return taken;
}

static void key_free(void *context)
{
    key *gone = context;
    EVP_PKEY_free(gone->pkey);
    free(gone);
}

static int store_load(
    void *context, OSSL_CALLBACK *take, void *take_context, OSSL_PASSPHRASE_CALLBACK *ask, void *ask_context)
{
    store *opened = context;
    opened->is_over = 1;
    if (opened->expected == OSSL_STORE_INFO_CERT) return give_certificate(take, take_context);
    char pin[64];
    size_t length = 0;
    if (!ask(pin, sizeof pin, &length, NULL, ask_context) || length != 8 || memcmp(pin, "24681357", 8)) return 0;
    BIO *file = BIO_new_file(getenv("TEST_DEVICE_KEY"), "r");
    key *found = calloc(1, sizeof *found);
    if (!file || !found) abort();
    found->way = opened->way;
    found->pkey = PEM_read_bio_PrivateKey_ex(file, NULL, NULL, NULL, opened->device->library, NULL);
    BIO_free(file);
    int type = OSSL_OBJECT_PKEY;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, (char *)"RSA", 0),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, &found, sizeof found),
        OSSL_PARAM_END,
    };
    int taken = take(params, take_context);
    if (found) key_free(found);
    return taken;
}

static int store_eof(void *context) { return ((store *)context)->is_over; }

static int store_close(void *context)
{
    free(context);
    return 1;
}

static const OSSL_DISPATCH store_functions[] = {
    {OSSL_FUNC_STORE_OPEN, (void (*)(void))store_open},
    {OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, (void (*)(void))store_settable},
    {OSSL_FUNC_STORE_SET_CTX_PARAMS, (void (*)(void))store_set},
    {OSSL_FUNC_STORE_LOAD, (void (*)(void))store_load},
    {OSSL_FUNC_STORE_EOF, (void (*)(void))store_eof},
    {OSSL_FUNC_STORE_CLOSE, (void (*)(void))store_close},
    {0, NULL},
};

/* ---- Keys: the private half stays here ---- */

static void *key_load(const void *reference, size_t size)
{
    if (size != sizeof(key *)) return NULL;
    key **found = (key **)reference;
    key *loaded = *found;
    *found = NULL;
    return loaded;
}

static int key_has(const void *context, int selection)
{
    (void)context, (void)selection;
    return 1;
}

static const OSSL_PARAM public_half[] = {
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
    OSSL_PARAM_END,
};

static const OSSL_PARAM *key_gettable(void *context)
{
    (void)context;
    return public_half;
}

static int key_get(void *context, OSSL_PARAM params[]) { return EVP_PKEY_get_params(((key *)context)->pkey, params); }

static const OSSL_PARAM *key_export_types(int selection)
{
    return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? NULL : public_half;
}

static int key_export(void *context, int selection, OSSL_CALLBACK *take, void *take_context)
{
    if (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) return 0;
    OSSL_PARAM *params = NULL;
    int done = EVP_PKEY_todata(((key *)context)->pkey, EVP_PKEY_PUBLIC_KEY, &params) == 1 && take(params, take_context);
    OSSL_PARAM_free(params);
    return done;
}

static const OSSL_DISPATCH key_functions[] = {
    {OSSL_FUNC_KEYMGMT_LOAD, (void (*)(void))key_load},
    {OSSL_FUNC_KEYMGMT_FREE, (void (*)(void))key_free},
    {OSSL_FUNC_KEYMGMT_HAS, (void (*)(void))key_has},
    {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))key_gettable},
    {OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void))key_get},
    {OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (void (*)(void))key_export_types},
    {OSSL_FUNC_KEYMGMT_EXPORT, (void (*)(void))key_export},
    {0, NULL},
};

/* ---- Signatures ---- */

typedef struct {
    device *device;
    key *key;
    EVP_MD_CTX *digest;
    EVP_PKEY_CTX *scheme;
    int is_pss;
} signature;

static void *signature_new(void *context, const char *query)
{
    (void)query;
    signature *made = calloc(1, sizeof *made);
    if (made) *made = (signature){.device = context, .digest = EVP_MD_CTX_new()};
    return made;
}

static void signature_free(void *context)
{
    EVP_MD_CTX_free(((signature *)context)->digest);
    free(context);
}

static int signature_init(void *context, const char *digest, void *with, const OSSL_PARAM params[])
{
    signature *made = context;
    made->key = with;
    return EVP_DigestSignInit_ex(
        made->digest, &made->scheme, digest, made->device->library, NULL, made->key->pkey, params);
}

static const OSSL_PARAM *signature_settable(void *context, void *provider)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_int(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL),
        OSSL_PARAM_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL),
        OSSL_PARAM_END,
    };
    (void)context, (void)provider;
    return settable;
}

static int signature_set(void *context, const OSSL_PARAM params[])
{
    signature *made = context;
    const OSSL_PARAM *padding = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    int mode = 0;
    if (padding && OSSL_PARAM_get_int(padding, &mode)) made->is_pss = mode == RSA_PKCS1_PSS_PADDING;
    if (made->is_pss && made->key->way == PLAIN) return 0;
    return EVP_PKEY_CTX_set_params(made->scheme, params);
}

static int signature_update(void *context, const unsigned char *bytes, size_t count)
{
    return EVP_DigestSignUpdate(((signature *)context)->digest, bytes, count);
}

static int signature_final(void *context, unsigned char *bytes, size_t *count, size_t room)
{
    signature *made = context;
    if (made->is_pss && made->key->way == LONGEST)
        EVP_PKEY_CTX_set_rsa_pss_saltlen(made->scheme, RSA_PSS_SALTLEN_MAX);
    if (bytes) {
        FILE *log = fopen(getenv("TEST_DEVICE_LOG"), "a");
        if (!log) abort();
        fputs(made->is_pss ? "PSS\n" : "PKCS1\n", log);
        fclose(log);
    }
    *count = room;
    return EVP_DigestSignFinal(made->digest, bytes, count);
}

static const OSSL_DISPATCH signature_functions[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))signature_new},
    {OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void))signature_free},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (void (*)(void))signature_init},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, (void (*)(void))signature_update},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, (void (*)(void))signature_final},
    {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (void (*)(void))signature_settable},
    {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void))signature_set},
    {0, NULL},
};

/* ---- The provider ---- */

static const OSSL_ALGORITHM stores[] = {{"pkcs11", "provider=pkcs11", store_functions, NULL}, {0}};
static const OSSL_ALGORITHM keys[] = {{"RSA:rsaEncryption", "provider=pkcs11", key_functions, NULL}, {0}};
static const OSSL_ALGORITHM signatures[] = {{"RSA:rsaEncryption", "provider=pkcs11", signature_functions, NULL}, {0}};

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
    (void)context;
    *no_cache = 0;
    switch (operation) {
    case OSSL_OP_STORE: return stores;
    case OSSL_OP_KEYMGMT: return keys;
    case OSSL_OP_SIGNATURE: return signatures;
    default: return NULL;
    }
}

static void teardown(void *context)
{
    device *gone = context;
    OSSL_PROVIDER_unload(gone->usual);
    OSSL_LIB_CTX_free(gone->library);
    free(gone);
}

static const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
    {OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))teardown},
    {0, NULL},
};

int OSSL_provider_init(
    const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **context);

int OSSL_provider_init(
    const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **context)
{
    (void)handle, (void)in;
    device *made = calloc(1, sizeof *made);
    if (!made) return 0;
    made->library = OSSL_LIB_CTX_new();
    made->usual = OSSL_PROVIDER_load(made->library, "default");
    *context = made;
    *out = functions;
    return made->usual != NULL;
}

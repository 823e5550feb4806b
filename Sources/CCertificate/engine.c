/* libp11's engine, which Debian 12 has in place of a provider for PKCS#11.
 *
 * Engines are global in libcrypto. This one is a copy of the engine "dynamic" that is filled in by the module and never
 * put on the list (LIST_ADD is left 0), nor made the default for anything: the host does not find it.
 */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED
#include <dlfcn.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "private.h"

#ifndef OPENSSL_NO_ENGINE
#include <openssl/engine.h>

/* A libcrypto that was built without engines has none of these, and the library loads all the same. */
#pragma weak ENGINE_by_id
#pragma weak ENGINE_ctrl_cmd
#pragma weak ENGINE_ctrl_cmd_string
#pragma weak ENGINE_finish
#pragma weak ENGINE_free
#pragma weak ENGINE_get_ctrl_function
#pragma weak ENGINE_init
#pragma weak ENGINE_load_private_key
#pragma weak EVP_PKEY_set1_engine

void *ccertificate_open_engine(const char *name)
{
    const char *folder = secure_getenv("OPENSSL_ENGINES");
    if (!folder) folder = OPENSSL_info(OPENSSL_INFO_ENGINES_DIR);
    ENGINE *engine = ENGINE_by_id ? ENGINE_by_id("dynamic") : NULL;
    if (!engine) return NULL;
    int is_ready = ENGINE_ctrl_cmd_string(engine, "ID", name, 0) && ENGINE_ctrl_cmd_string(engine, "DIR_LOAD", "2", 0)
        && ENGINE_ctrl_cmd_string(engine, "DIR_ADD", folder, 0) && ENGINE_ctrl_cmd_string(engine, "LOAD", NULL, 0);
    if (is_ready) ccertificate_pin_module((const void *)ENGINE_get_ctrl_function(engine));
    /* libp11 loads the device's module when it is already at work; it had better be here before. */
    const char *module = secure_getenv("PKCS11_MODULE_PATH");
    if (is_ready) (void)dlopen(module ? module : "p11-kit-proxy.so", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    /* Else it writes to the host's stderr. An engine that has no such command has nothing to say. */
    if (is_ready) ENGINE_ctrl_cmd(engine, "QUIET", 0, NULL, NULL, 1);
    if (is_ready && ENGINE_init(engine)) return engine;
    ENGINE_free(engine);
    return NULL;
}

EVP_PKEY *ccertificate_engine_key(void *engine, const char *uri, UI_METHOD *ask, ccertificate *certificate)
{
    return ENGINE_load_private_key(engine, uri, ask, certificate);
}

X509 *ccertificate_engine_certificate(void *engine, const char *uri)
{
    /* As libp11 declares it. */
    struct {
        const char *uri;
        X509 *certificate;
    } wanted = {uri, NULL};
    return ENGINE_ctrl_cmd(engine, "LOAD_CERT_CTRL", 0, &wanted, NULL, 1) ? wanted.certificate : NULL;
}

void ccertificate_close_engine(void *engine, EVP_PKEY *key)
{
    if (!engine) return;
    /* The engine keeps each key that it has given out, and the key its engine: neither would ever go, and libcrypto
     * loads no engine twice. */
    if (key) EVP_PKEY_set1_engine(key, NULL);
    EVP_PKEY_free(key);
    ENGINE_finish(engine);
    ENGINE_free(engine);
}

#else

void *ccertificate_open_engine(const char *name)
{
    (void)name;
    return NULL;
}

EVP_PKEY *ccertificate_engine_key(void *engine, const char *uri, UI_METHOD *ask, ccertificate *certificate)
{
    (void)engine, (void)uri, (void)ask, (void)certificate;
    return NULL;
}

X509 *ccertificate_engine_certificate(void *engine, const char *uri)
{
    (void)engine, (void)uri;
    return NULL;
}

void ccertificate_close_engine(void *engine, EVP_PKEY *key) { (void)engine, (void)key; }

#endif

/* Shared by the files of this target. */
#ifndef MSAUTH_CCERTIFICATE_PRIVATE_H
#define MSAUTH_CCERTIFICATE_PRIVATE_H

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/ui.h>
#include <openssl/x509.h>

#include "ccertificate.h"

#define MAX_CERTIFICATES 16

typedef struct {
    X509 *x509;
    unsigned char *der;
    int length;
} held_certificate;

struct ccertificate {
    const char *password;
    int asked; /* libcrypto wanted the password */
    EVP_PKEY *key;
    /* Where the key is, when it is none of ours: one of the two. */
    const char *uri;
    ccertificate_bytes wrapped;
    char type[32], reason[256];
    held_certificate all[MAX_CERTIFICATES];
    size_t count;
    held_certificate *chain[MAX_CERTIFICATES];
    size_t chained;
};

/* Takes the key, or the certificate, over in a form that belongs to the process's library context. */
ccertificate_result ccertificate_take_key(ccertificate *certificate, EVP_PKEY *key);
ccertificate_result ccertificate_take(ccertificate *certificate, X509 *x509);

/* pem_password_cb, in place of libcrypto's own, which asks on the terminal. */
int ccertificate_give_password(char *buffer, int size, int writing, void *certificate);

/* A key in a device, while it is open. */
typedef struct {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *usual, *own;
    const char *query; /* the properties by which the device's own algorithms are found */
    void *engine;
    UI_METHOD *ask;
    EVP_PKEY *key;
} ccertificate_device;

/* After each opening, also one that failed, it is closed. What is found there is the device's key, and certificates
 * that the certificate takes over. */
ccertificate_result ccertificate_open_device(ccertificate *certificate, ccertificate_device *device);
ccertificate_result ccertificate_find_key(ccertificate *certificate, ccertificate_device *device);
ccertificate_result ccertificate_find_certificates(ccertificate *certificate, ccertificate_device *device);
void ccertificate_close_device(ccertificate_device *device);

/* Keeps the module that an address is in loaded for ever: few are written to be unloaded. */
void ccertificate_pin_module(const void *address);

/* libp11's engine; NULL where it is not installed. Closing it frees the key that it gave. */
void *ccertificate_open_engine(const char *name);
EVP_PKEY *ccertificate_engine_key(void *engine, const char *uri, UI_METHOD *ask, ccertificate *certificate);
X509 *ccertificate_engine_certificate(void *engine, const char *uri);
void ccertificate_close_engine(void *engine, EVP_PKEY *key);

/* libcrypto's errors, forgotten and put into words. */
void ccertificate_explain(ccertificate *certificate);

#endif

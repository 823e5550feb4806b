/* Shared by the files of this target. */
#ifndef MSAUTH_CCERTIFICATE_PRIVATE_H
#define MSAUTH_CCERTIFICATE_PRIVATE_H

#include <openssl/evp.h>
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
    held_certificate all[MAX_CERTIFICATES];
    size_t count;
    held_certificate *chain[MAX_CERTIFICATES];
    size_t chained;
};

/* Takes the key, or the certificate, over in a form that belongs to the process's library context. */
ccertificate_result ccertificate_take_key(ccertificate *certificate, EVP_PKEY *key);
ccertificate_result ccertificate_take(ccertificate *certificate, X509 *x509);

#endif

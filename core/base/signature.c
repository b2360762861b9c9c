/* SPDX-License-Identifier: Apache-2.0 */
/* Several keys may stand in one text, one behind the other: senders change theirs, and for a while both
 * count. */
#include "core/base/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SIGNATURE = 1024 /* bytes: RSA of 8192 bits */ };

/* Calls each key until one says true, which *found tells. Returns how many there were, -1: what follows is
 * none. */
static int each_key(const char *pem, bool (*is)(void *arg, EVP_PKEY *key), void *arg, bool *found)
{
    BIO *in = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = NULL;
    int n = 0;
    bool rsa = true;
    *found = false;
    while (in && rsa && !*found && (key = PEM_read_bio_PUBKEY(in, NULL, NULL, NULL))) {
        rsa = EVP_PKEY_base_id(key) == EVP_PKEY_RSA;
        *found = rsa && is(arg, key);
        n++;
        EVP_PKEY_free(key);
    }
    char rest[2];
    bool more = in && !*found && (!n || BIO_read(in, rest, 1) > 0);
    BIO_free(in);
    ERR_clear_error(); /* that the text ended is an error to the library */
    return !in || !rsa || more ? -1 : n;
}

static bool is_none(void *arg, EVP_PKEY *key)
{
    (void)arg, (void)key;
    return false;
}

int signature_keys(const char *pem)
{
    bool found;
    return each_key(pem, is_none, NULL, &found);
}

typedef struct {
    unsigned char signature[MOST_SIGNATURE + 3];
    size_t size;
    const void *bytes;
    size_t n;
} wanted;

static bool fits_key(void *arg, EVP_PKEY *key)
{
    const wanted *w = arg;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool fits = c && EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(c, w->signature, w->size, w->bytes, w->n) == 1;
    EVP_MD_CTX_free(c);
    return fits;
}

bool signature_fits(const char *pem, const char *base64, const void *bytes, size_t n)
{
    wanted w = {.bytes = bytes, .n = n};
    size_t size = strlen(base64);
    if (!size || size % 4 || size / 4 * 3 > sizeof w.signature)
        return false;
    int got = EVP_DecodeBlock(w.signature, (const unsigned char *)base64, (int)size);
    if (got <= 0)
        return false;
    w.size = (size_t)got - (base64[size - 1] == '=') - (base64[size - 2] == '=');
    bool found;
    each_key(pem, fits_key, &w, &found);
    return found;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes by libcrypto; CRC32C (no library of ours has it) by the usual table.
 *
 * The digest's plain functions are called, not those that look a method up and allocate: a hash cannot fail.
 * One that could would have to be checked wherever two hashes are compared, or an identity is made of one. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/base/hash.h"
#include "core/base/sabotage.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

void hash_sha256(const void *data, size_t n, uint8_t out[SHA256_SIZE])
{
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, data, n);
    SHA256_Final(out, &c);
    OPENSSL_cleanse(&c, sizeof c);
}

void hash_sha256_hex(const void *data, size_t n, char out[SHA256_HEX])
{
    uint8_t raw[SHA256_SIZE];
    hash_sha256(data, n, raw);
    for (size_t i = 0; i < sizeof raw; i++)
        snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

static void two_parts(const uint8_t block[SHA256_CBLOCK], const void *data, size_t n,
                      uint8_t out[SHA256_SIZE])
{
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, block, SHA256_CBLOCK);
    SHA256_Update(&c, data, n);
    SHA256_Final(out, &c);
    OPENSSL_cleanse(&c, sizeof c);
}

/* RFC 2104. */
void hash_hmac_sha256(const void *key, size_t key_n, const void *data, size_t n, uint8_t out[SHA256_SIZE])
{
    uint8_t block[2][SHA256_CBLOCK] = {{0}}, hashed[SHA256_SIZE];
    if (key_n > SHA256_CBLOCK) {
        hash_sha256(key, key_n, hashed);
        key = hashed;
        key_n = sizeof hashed;
    }
    if (key_n)
        memcpy(block[0], key, key_n);
    for (int i = 0; i < SHA256_CBLOCK; i++) {
        block[1][i] = block[0][i] ^ 0x5c;
        block[0][i] ^= 0x36;
    }
    two_parts(block[0], data, n, out);
    two_parts(block[1], out, SHA256_SIZE, out);
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(hashed, sizeof hashed);
}

static uint32_t crc_table[256];
static pthread_once_t crc_once = PTHREAD_ONCE_INIT;

static void crc_setup(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? 0x82f63b78u ^ (c >> 1) : c >> 1;
        crc_table[i] = c;
    }
}

uint32_t hash_crc32c(const void *data, size_t n)
{
    pthread_once(&crc_once, crc_setup);
    uint32_t c = 0xffffffffu;
    for (const uint8_t *p = data; n--; p++)
        c = crc_table[(c ^ *p) & 0xff] ^ (c >> 8);
    return ~c;
}

bool hash_same_secret(const char *a, const char *b)
{
    if (SABOTAGE("plain-compare"))
        return strcmp(a, b) == 0;
    uint8_t x[SHA256_SIZE], y[SHA256_SIZE];
    hash_sha256(a, strlen(a), x);
    hash_sha256(b, strlen(b), y);
    return CRYPTO_memcmp(x, y, sizeof x) == 0;
}

void hash_base64(const void *data, size_t n, char *out)
{
    EVP_EncodeBlock((unsigned char *)out, data, (int)n);
}

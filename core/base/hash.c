/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes by libcrypto; CRC32C (no library of ours has it) by the usual table. */
#include "core/base/hash.h"
#include "core/base/sabotage.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

void hash_sha256(const void *data, size_t n, uint8_t out[SHA256_SIZE])
{
    SHA256(data, n, out);
}

void hash_sha256_hex(const void *data, size_t n, char out[SHA256_HEX])
{
    uint8_t raw[SHA256_SIZE];
    hash_sha256(data, n, raw);
    for (size_t i = 0; i < sizeof raw; i++)
        snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

void hash_hmac_sha256(const void *key, size_t key_n, const void *data, size_t n, uint8_t out[SHA256_SIZE])
{
    HMAC(EVP_sha256(), key, (int)key_n, data, n, out, NULL);
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

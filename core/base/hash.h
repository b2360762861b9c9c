/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes: SHA-256 and HMAC (libcrypto) for identities, audit and signatures; CRC32C for bodies at rest. */
#ifndef TB_BASE_HASH_H
#define TB_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_HEX = 65 };

void hash_sha256(const void *data, size_t n, uint8_t out[SHA256_SIZE]);
void hash_sha256_hex(const void *data, size_t n, char out[SHA256_HEX]);
void hash_hmac_sha256(const void *key, size_t key_n, const void *data, size_t n, uint8_t out[SHA256_SIZE]);
uint32_t hash_crc32c(const void *data, size_t n);
/* True when both texts are the same; takes the same time wherever they differ (both are hashed first). */
bool hash_same_secret(const char *a, const char *b);
/* Base64 with padding; out needs 4 * ((n + 2) / 3) + 1 bytes. */
void hash_base64(const void *data, size_t n, char *out);

#endif

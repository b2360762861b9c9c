/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of what others send: RSA (PKCS #1 v1.5) with SHA-256, by libcrypto. */
#ifndef TB_BASE_SIGNATURE_H
#define TB_BASE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

/* How many RSA public keys the PEM text holds; -1: something in it is none. */
int signature_keys(const char *pem);
/* Whether the signature (base64) of the bytes was made with the private half of one of the keys. */
bool signature_fits(const char *pem, const char *base64, const void *bytes, size_t n);

#endif

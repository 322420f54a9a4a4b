// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What Swift sees of OpenSSL 3: its headers, and a `static inline` function for each of its function-like
// macros that Gale needs; Swift imports functions only. Logic is Swift's.

#ifndef GALE_COPENSSL_SHIM_H
#define GALE_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#if OPENSSL_VERSION_MAJOR < 3
#error "Gale needs OpenSSL 3 or later"
#endif

// --- contexts ----------------------------------------------------------------------------
static inline int cgale_set_min_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline int cgale_set_max_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_max_proto_version(context, version);
}
// SSL_OP_… are made by a macro that Swift does not import. No compression (CRIME), no renegotiation.
static inline void cgale_set_options(SSL_CTX *context, int kernel_sends, int no_tickets) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   (kernel_sends ? SSL_OP_ENABLE_KTLS : 0) | (no_tickets ? SSL_OP_NO_TICKET : 0));
}
static inline void cgale_set_mode(SSL_CTX *context, long mode) { SSL_CTX_set_mode(context, mode); }
static inline void cgale_set_read_ahead(SSL_CTX *context) { SSL_CTX_set_read_ahead(context, 1); }
static inline void cgale_set_session_cache_mode(SSL_CTX *context, long mode) {
  SSL_CTX_set_session_cache_mode(context, mode);
}
static inline int cgale_get_ticket_keys(SSL_CTX *context, void *keys, long count) {
  return (int)SSL_CTX_get_tlsext_ticket_keys(context, keys, count);
}
static inline int cgale_set_ticket_keys(SSL_CTX *context, void *keys, long count) {
  return (int)SSL_CTX_set_tlsext_ticket_keys(context, keys, count);
}

// --- connections -------------------------------------------------------------------------
static inline int cgale_set_server_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

// --- transports --------------------------------------------------------------------------
static inline void cgale_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline void cgale_bio_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void cgale_bio_retry_write(BIO *bio) { BIO_set_retry_write(bio); }
static inline int cgale_kernel_sends(SSL *ssl) { return BIO_get_ktls_send(SSL_get_wbio(ssl)) > 0; }

// --- certificates ------------------------------------------------------------------------
static inline int cgale_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
// The kind of a name, and its bytes: those of an IA5String, or of an IP address. -1 for other kinds.
static inline int cgale_name_at(const GENERAL_NAMES *names, int index, const unsigned char **bytes, int *count) {
  const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  const ASN1_STRING *text;
  switch (name->type) {
    case GEN_EMAIL: case GEN_DNS: case GEN_URI: text = name->d.ia5; break;
    case GEN_IPADD: text = name->d.iPAddress; break;
    default: return -1;
  }
  *bytes = ASN1_STRING_get0_data(text);
  *count = ASN1_STRING_length(text);
  return name->type;
}
// The form of RFC 4514; ESC_MSB would write what is not ASCII in hexadecimal.
static inline void cgale_print_name(BIO *bio, const X509_NAME *name) {
  X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
}
// EVP_EC_gen is a macro over a variadic function. P-256, which every client knows.
static inline EVP_PKEY *cgale_new_key(void) { return EVP_EC_gen("P-256"); }
static inline STACK_OF(X509) *cgale_chain_new(void) { return sk_X509_new_null(); }
static inline int cgale_chain_push(STACK_OF(X509) *chain, X509 *certificate) {
  return sk_X509_push(chain, certificate);
}
static inline void cgale_chain_free(STACK_OF(X509) *chain) { sk_X509_pop_free(chain, X509_free); }
static inline long cgale_bio_text(BIO *bio, char **text) { return BIO_get_mem_data(bio, text); }

#endif

// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What Swift sees of libcurl: its headers, and wrappers for what Swift cannot call. The three calls that set an option
// or ask for a value (curl_easy_setopt, curl_easy_getinfo, curl_multi_setopt) are variadic: a wrapper for each type of
// argument fixes the type that libcurl will take from the list.

#ifndef GALE_CCURL_SHIM_H
#define GALE_CCURL_SHIM_H

// The compile-time checks turn the variadic calls into macros that want the option to be a constant.
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075500
#error "Gale needs libcurl 7.85 or later: CURLOPT_PROTOCOLS_STR"
#endif

// Swift does not import macros with casts, nor those of unsigned constants with the type in which they are returned.
static const size_t cgale_curl_write_pause = CURL_WRITEFUNC_PAUSE;
static const size_t cgale_curl_read_pause = CURL_READFUNC_PAUSE;
static const size_t cgale_curl_read_abort = CURL_READFUNC_ABORT;

// MARK: - Options of a transfer (variadic)

static inline CURLcode cgale_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cgale_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cgale_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cgale_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cgale_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}

// libcurl copies the bytes.
static inline CURLcode cgale_curl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count) {
  struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
  return curl_easy_setopt(handle, option, &blob);
}

static inline CURLcode cgale_curl_set_write(CURL *handle, curl_write_callback body, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
  return code ? code : curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

static inline CURLcode cgale_curl_set_header(CURL *handle, curl_write_callback body, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, body);
  return code ? code : curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
}

static inline CURLcode cgale_curl_set_read(CURL *handle, curl_read_callback body, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_READFUNCTION, body);
  return code ? code : curl_easy_setopt(handle, CURLOPT_READDATA, context);
}

static inline CURLcode cgale_curl_set_seek(CURL *handle, curl_seek_callback body, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, body);
  return code ? code : curl_easy_setopt(handle, CURLOPT_SEEKDATA, context);
}

static inline CURLcode cgale_curl_set_prerequest(CURL *handle, curl_prereq_callback body, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, body);
  return code ? code : curl_easy_setopt(handle, CURLOPT_PREREQDATA, context);
}

// MARK: - What became of a transfer (variadic)

static inline CURLcode cgale_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode cgale_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode cgale_curl_get_text(CURL *handle, CURLINFO info, char **value) {
  return curl_easy_getinfo(handle, info, value);
}

// MARK: - Options of a set of transfers (variadic)

static inline CURLMcode cgale_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode cgale_curl_multi_set_socket(CURLM *multi, curl_socket_callback body, void *context) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, body);
  return code ? code : curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
}

static inline CURLMcode cgale_curl_multi_set_timer(CURLM *multi, curl_multi_timer_callback body, void *context) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, body);
  return code ? code : curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}

// The next transfer that has ended, NULL when there is none; the result is in a union, which Swift counts as unsafe.
static inline CURL *cgale_curl_multi_next_done(CURLM *multi, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    *result = message->data.result;
    return message->easy_handle;
  }
  return NULL;
}

#endif

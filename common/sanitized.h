/*
 * sanitized: is this a build with AddressSanitizer?  It reserves terabytes of
 * addresses, reads /proc and looks for leaks from a thread that traces us.
 */
#ifndef MUFAKAT_SANITIZED_H
#define MUFAKAT_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#endif

/*
 * store_flags: the meaning of the columns named "flags" (schema.sql).
 */
#ifndef MUFAKAT_STORE_FLAGS_H
#define MUFAKAT_STORE_FLAGS_H

/* change.flags */
#define LOG_AUTHENTIC 1  /* it or a held descendant is well signed */
#define LOG_CHECKED   2  /* its own signature was verified and is good */
#define LOG_WEIGHTY   4  /* holds an act, version, sign or erase */
#define LOG_ACT       8  /* kind "act" */
#define LOG_SIGNED    16 /* its line carries a signature, checked or not */
#define LOG_GENESIS   32

/* record.flags */
#define RECORD_DELETED  1
#define RECORD_CONFLICT 2 /* in some field */

/* write.flags */
#define WRITE_COUNTS  1
#define WRITE_LIVE    2
#define WRITE_SHOWN   4
#define WRITE_MISSING 8
#define WRITE_ERASED  16

/* signature.flags */
#define SIGN_GOOD      1
#define SIGN_COUNTS    2
#define SIGN_IN_STATE  4
#define SIGN_CONTESTED 8
#define SIGN_ENTITLED  16 /* its change counts, with the mandate to sign */

#endif

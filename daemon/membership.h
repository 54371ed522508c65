/*
 * membership: what the user was told of the coalition that this office is in,
 * by words or by an invitation, against what has come.
 */
#ifndef MUFAKAT_MEMBERSHIP_H
#define MUFAKAT_MEMBERSHIP_H

#include <jansson.h>

#include "common/err.h"
#include "invitation.h"
#include "office.h"

/* Keeps the heads that an invitation names, in place of older ones. */
int membership_keep(
    const struct office *o, const struct invitation *i, struct err *e);

/* What is amiss, as status gives alarms; NULL if nothing is. */
int membership_alarm(const struct office *o, json_t **ret, struct err *e);

#endif

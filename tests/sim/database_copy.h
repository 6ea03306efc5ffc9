#pragma once
/* database_copy — what is written stays: copies of values in the world's memory. */
#include "sim/database.h"

struct str kept(struct str old, struct str now); /* the old one when they are equal */
struct labels kept_labels(struct labels);
struct contact kept_contact(struct contact old, struct contact now);

#pragma once
/* template_sample — the alerts that `alertify template render` takes when it is given none: those
 * that amtool takes. Layer: app. Pure but for the arena. */
#include "formats/template/gotime.h"

/* As template_data_read reads it; it began ten minutes before `now`. */
struct str template_sample(struct arena *, struct gotime now);

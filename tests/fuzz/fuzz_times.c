/* Durations, RFC 3339 and HTTP dates: what is read is written and read back as the same value. */
#include "base/time_units.h"
#include "formats/duration.h"
#include "formats/http_date.h"
#include "formats/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {size ? (const char *)data : "", size};
    struct err err = ERR_INIT;
    int64_t value, back;
    if (duration_parse(text, &value, &err) == OK) {
        char out[DURATION_TEXT_MAX];
        CHECK(duration_parse(str_from(duration_format(value, out)), &back, &err) == OK);
        CHECK(back == value && value >= 0);
        duration_format_human(value, out);
    }
    if (rfc3339_parse(text, &value, &err) == OK) {
        char out[RFC3339_TEXT_MAX];
        bool is_written = value == AT_NONE || value >= INT64_C(-62167219200) * US_PER_S;
        CHECK(rfc3339_parse(str_from(rfc3339_format(value, RFC3339_US, out)), &back, &err) == OK);
        CHECK(back == value || !is_written || value > INT64_C(253402300799) * US_PER_S);
    }
    if (http_date_parse(text, &value)) {
        char out[HTTP_DATE_TEXT + 1];
        bool is_last = value > INT64_C(253402300799) * US_PER_S; /* 23:59:60 in 9999 */
        CHECK(http_date_parse(str_from(http_date_format(value, out)), &back));
        CHECK(back == value || is_last);
    }
    (void)retry_after_parse(text, 0, US_PER_DAY, &value);
    return 0;
}

#include "formats/re2_shim.h"

#include <re2/re2.h>

#include <string>

static_assert(int(RE2_SHIM_OK) == int(RE2::NoError) &&
                  int(RE2_SHIM_BAD_ESCAPE) == int(RE2::ErrorBadEscape) &&
                  int(RE2_SHIM_BAD_UTF8) == int(RE2::ErrorBadUTF8) &&
                  int(RE2_SHIM_TOO_LARGE) == int(RE2::ErrorPatternTooLarge),
              "the codes are RE2's");

struct re2_shim {
    re2_shim(re2::StringPiece pattern, const RE2::Options &options) : re(pattern, options)
    {
    }
    RE2 re;
};

struct re2_shim *re2_shim_new(const char *pattern, size_t n, size_t memory_max, int *ret_error,
                              struct re2_shim_span *ret_part)
{
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(static_cast<int64_t>(memory_max));
    re2_shim *shim = new re2_shim(re2::StringPiece(pattern, n), options);
    *ret_error = shim->re.error_code();
    *ret_part = {shim->re.error_arg().data(), shim->re.error_arg().size()};
    return shim;
}

void re2_shim_free(struct re2_shim *shim)
{
    delete shim;
}

size_t re2_shim_size(const struct re2_shim *shim)
{
    return static_cast<size_t>(shim->re.ProgramSize());
}

int re2_shim_groups(const struct re2_shim *shim)
{
    return shim->re.NumberOfCapturingGroups();
}

int re2_shim_group(const struct re2_shim *shim, const char *name, size_t n)
{
    const auto &groups = shim->re.NamedCapturingGroups();
    auto found = groups.find(std::string(name, n));
    return found == groups.end() ? 0 : found->second;
}

bool re2_shim_find(const struct re2_shim *shim, const char *text, size_t n, size_t from,
                   struct re2_shim_span *spans, int n_spans)
{
    enum { SPANS_MAX = 128 };
    re2::StringPiece found[SPANS_MAX];
    if (n_spans > SPANS_MAX ||
        !shim->re.Match(re2::StringPiece(text, n), from, n, RE2::UNANCHORED, found, n_spans)) {
        return false;
    }
    for (int i = 0; i < n_spans; i++) {
        spans[i] = {found[i].data(), found[i].size()};
    }
    return true;
}

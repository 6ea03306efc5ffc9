# Compiler and linker flags: hardening for every build, sanitizers on request.
# Checked against gcc 12 and clang 14 (Debian 12).
# -Wno-format-truncation: snprintf into a fixed buffer is our documented way to cut text.
include(CheckCCompilerFlag)

add_library(alertify_flags INTERFACE)
target_compile_definitions(alertify_flags INTERFACE _GNU_SOURCE
    H2O_USE_LIBUV=0 # without it libh2o's headers pick libuv and crash at run time
    ALERTIFY_VERSION="${PROJECT_VERSION}")
target_compile_options(alertify_flags INTERFACE
    -Wall -Wextra -Wshadow -Wswitch-enum -Wformat=2 -Wvla
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
    -Wundef -Wconversion -Wno-sign-conversion $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>
    -Wimplicit-fallthrough -Wpointer-arith -Wwrite-strings
    -Werror=format-security -Werror=unused-result
    $<$<COMPILE_LANGUAGE:C>:-Werror=implicit> $<$<COMPILE_LANGUAGE:C>:-Werror=int-conversion>
    $<$<COMPILE_LANGUAGE:C>:-Werror=incompatible-pointer-types>
    -fno-strict-aliasing -fno-delete-null-pointer-checks -fno-strict-overflow
    -fno-omit-frame-pointer)
if(ALERTIFY_WERROR)
    target_compile_options(alertify_flags INTERFACE -Werror)
endif()

if(ALERTIFY_FUZZ) # without it libFuzzer sees no coverage inside the libraries
    target_compile_options(alertify_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(ALERTIFY_SANITIZE)
    target_compile_options(alertify_flags INTERFACE -fsanitize=${ALERTIFY_SANITIZE} -O1
        -fno-sanitize-recover=all)
    target_link_options(alertify_flags INTERFACE -fsanitize=${ALERTIFY_SANITIZE})
elseif(ALERTIFY_COVERAGE)
    target_compile_options(alertify_flags INTERFACE --coverage -fprofile-update=atomic -O0)
    target_link_options(alertify_flags INTERFACE --coverage)
else()
    target_compile_options(alertify_flags INTERFACE -fstack-protector-strong
        -fstack-clash-protection -fcf-protection=full)
    if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" OR CMAKE_BUILD_TYPE STREQUAL "Release")
        target_compile_options(alertify_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
    endif()
    foreach(flag -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr)
        string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
        check_c_compiler_flag(${flag} ${have})
        if(${have})
            target_compile_options(alertify_flags INTERFACE ${flag})
        endif()
    endforeach()
    target_link_options(alertify_flags INTERFACE
        -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)
endif()
# NDEBUG would remove libh2o's own asserts in its headers; our CHECK never goes away.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")

# Language level, warnings and sanitizers: the same for every target of ours.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    message(FATAL_ERROR "GCC ${CMAKE_CXX_COMPILER_VERSION} destroys temporaries of co_await expressions twice; "
                        "use clang++-19 (deploy/setup.sh installs it) or GCC 13")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Interface header sets are compiled one by one by the target all_verify_interface_header_sets.
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    # Sloppiness: without it a precompiled header defeats the cache; paths are made relative to the checkout.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()

add_library(elasticbot_flags INTERFACE)
target_compile_options(elasticbot_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Wunused -Werror
    -Wno-c23-extensions # #embed
    -Wno-missing-designated-field-initializers # Fields left out have their defaults; that is why they have names.
    -Wno-deprecated-declarations # libstdc++ 12 uses its own deprecated functions in std::stable_sort.
    -fno-omit-frame-pointer
    "SHELL:-Xclang -fno-pch-timestamp")
target_link_options(elasticbot_flags INTERFACE -fuse-ld=lld-19)

set(ELASTICBOT_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
if(ELASTICBOT_SANITIZE)
    # -fno-sanitize=function: false reports on coroutine frames. vptr needs RTTI of libraries built without it.
    set(flags -fsanitize=${ELASTICBOT_SANITIZE} -fno-sanitize=function,vptr -fno-sanitize-recover=all)
    target_compile_options(elasticbot_flags INTERFACE ${flags})
    target_link_options(elasticbot_flags INTERFACE ${flags})
else()
    # libgcc stays shared: libdate-tz throws, and an exception can only pass through frames of ours if both sides have the
    # same unwinder.
    target_link_options(elasticbot_flags INTERFACE -static-libstdc++ -Wl,--gc-sections -Wl,--as-needed)
    target_compile_options(elasticbot_flags INTERFACE -ffunction-sections -fdata-sections)
endif()

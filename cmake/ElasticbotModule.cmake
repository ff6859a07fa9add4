# elasticbot_module(layer/module SOURCES a.cpp … [USES module …] [LIBRARIES target …])
#
# A static library whose include path holds its own public headers and those of the modules in USES, nothing else:
# including a header of another module does not compile. `module_target(out layer/module)` gives its target.

option(ELASTICBOT_PCH "Use precompiled headers; without them each source has to include what it uses" ON)

function(module_target out name)
    string(REPLACE "/" "_" flat "${name}")
    set(${out} "elasticbot_${flat}" PARENT_SCOPE)
endfunction()

# A precompiled header for all modules below `core` (and base, cli), and one for those that do I/O.
function(_elasticbot_pch target headers libraries)
    if(NOT ELASTICBOT_PCH)
        return()
    endif()
    file(WRITE "${CMAKE_BINARY_DIR}/pch/${target}.cpp" "")
    add_library(${target} OBJECT "${CMAKE_BINARY_DIR}/pch/${target}.cpp")
    target_link_libraries(${target} PUBLIC elasticbot_flags ${libraries})
    target_precompile_headers(${target} PRIVATE ${headers})
endfunction()

set(_std <algorithm> <array> <chrono> <cstdint> <expected> <functional> <map> <memory> <optional> <set> <span>
    <string> <string_view> <utility> <variant> <vector>)
_elasticbot_pch(elasticbot_pch_core "${_std};<fmt/format.h>;<nlohmann/json.hpp>" elasticbot_text)
_elasticbot_pch(elasticbot_pch_io
    "${_std};<fmt/format.h>;<nlohmann/json.hpp>;<boost/asio/awaitable.hpp>;<boost/asio/io_context.hpp>;<boost/asio/steady_timer.hpp>;<boost/asio/use_awaitable.hpp>;<boost/asio/as_tuple.hpp>;<boost/asio/co_spawn.hpp>;<boost/asio/generic/stream_protocol.hpp>"
    "elasticbot_text;elasticbot_boost")

# Uses the precompiled header that fits the module's layer.
function(elasticbot_use_pch target name)
    if(NOT ELASTICBOT_PCH)
        return()
    endif()
    if(name MATCHES "^(base$|cli$|core/)")
        target_precompile_headers(${target} REUSE_FROM elasticbot_pch_core)
    else()
        target_precompile_headers(${target} REUSE_FROM elasticbot_pch_io)
    endif()
endfunction()

function(elasticbot_module name)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
    module_target(target ${name})
    add_library(${target} STATIC ${ARG_SOURCES})
    if(name MATCHES "^(base$|cli$|core/)")
        target_link_libraries(${target} PUBLIC elasticbot_flags elasticbot_text ${ARG_LIBRARIES})
    else()
        target_link_libraries(${target} PUBLIC elasticbot_flags elasticbot_text elasticbot_boost ${ARG_LIBRARIES})
    endif()
    foreach(used IN LISTS ARG_USES)
        module_target(used_target ${used})
        target_link_libraries(${target} PUBLIC ${used_target})
    endforeach()

    set(headers "${PROJECT_SOURCE_DIR}/include/elasticbot/${name}")
    if(IS_DIRECTORY "${headers}")
        set(root "${CMAKE_BINARY_DIR}/include/${target}")
        get_filename_component(parent "${root}/elasticbot/${name}" DIRECTORY)
        file(MAKE_DIRECTORY "${parent}")
        file(CREATE_LINK "${headers}" "${root}/elasticbot/${name}" SYMBOLIC)
        file(GLOB public_headers CONFIGURE_DEPENDS "${headers}/*.hpp")
        list(TRANSFORM public_headers REPLACE "^${headers}/" "${root}/elasticbot/${name}/")
        target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${root}" FILES ${public_headers})
    endif()
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
    elasticbot_use_pch(${target} ${name})
endfunction()

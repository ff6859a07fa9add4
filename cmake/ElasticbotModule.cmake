# elasticbot_module(room/module [PURE] SOURCES a.cpp … [USES module …] [NEEDS module …] [LIBRARIES target …])
#
# A static library whose include path holds its own public headers and those of the modules that it names, nothing else:
# including a header of another module does not compile. USES names what its public headers include, and is passed on to
# its users; NEEDS names what only its sources include. `module_target(out room/module)` gives its target.
#
# PURE: no I/O, no clock, no thread. Such a module may name `base` and other pure modules only, and tests/lint/rules.sh
# looks at its sources.

option(ELASTICBOT_PCH "Use precompiled headers; without them each source has to include what it uses" ON)

function(module_target out name)
    string(REPLACE "/" "_" flat "${name}")
    set(${out} "elasticbot_${flat}" PARENT_SCOPE)
endfunction()

# A precompiled header for all pure modules (and base, cli), and one for those that do I/O.
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

# Uses the precompiled header that fits: `kind` is core or io.
function(elasticbot_use_pch target kind)
    if(ELASTICBOT_PCH)
        target_precompile_headers(${target} REUSE_FROM elasticbot_pch_${kind})
    endif()
endfunction()

function(elasticbot_module name)
    cmake_parse_arguments(ARG "PURE" "" "SOURCES;USES;NEEDS;LIBRARIES" ${ARGN})
    module_target(target ${name})
    add_library(${target} STATIC ${ARG_SOURCES})
    set_property(GLOBAL APPEND PROPERTY ELASTICBOT_MODULES ${name})
    set_property(TARGET ${target} PROPERTY ELASTICBOT_PURE "${ARG_PURE}")
    set_property(TARGET ${target} PROPERTY ELASTICBOT_NAMED "${ARG_USES};${ARG_NEEDS}")
    set(kind io)
    if(ARG_PURE OR name MATCHES "^(base|cli)$")
        set(kind core)
    endif()
    target_link_libraries(${target} PUBLIC elasticbot_flags elasticbot_text ${ARG_LIBRARIES})
    if(kind STREQUAL "io")
        target_link_libraries(${target} PUBLIC elasticbot_boost)
        if(NOT name STREQUAL "adapters/os")
            # Asio itself is compiled there; its headers are not passed on.
            target_link_libraries(${target} INTERFACE $<LINK_ONLY:elasticbot_adapters_os>)
        endif()
    endif()
    foreach(used IN LISTS ARG_USES)
        module_target(used_target ${used})
        target_link_libraries(${target} PUBLIC ${used_target})
    endforeach()
    foreach(needed IN LISTS ARG_NEEDS)
        module_target(needed_target ${needed})
        target_link_libraries(${target} PRIVATE ${needed_target})
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
    elasticbot_use_pch(${target} ${kind})
endfunction()

# Ends the configuration if a pure module names one that is not, or a module names one of a room that its own may not
# use: ELASTICBOT_ROOM_<room> lists those, ELASTICBOT_EXCEPTIONS the single pairs "user>used" that are still let through.
function(elasticbot_check_modules)
    get_property(modules GLOBAL PROPERTY ELASTICBOT_MODULES)
    set(met "")
    foreach(module IN LISTS modules)
        module_target(target ${module})
        get_target_property(is_pure ${target} ELASTICBOT_PURE)
        get_target_property(named ${target} ELASTICBOT_NAMED)
        string(REGEX REPLACE "/.*" "" room "${module}")
        list(REMOVE_ITEM named "")
        foreach(other IN LISTS named)
            module_target(other_target ${other})
            if(NOT TARGET ${other_target})
                message(FATAL_ERROR "${module} names the module '${other}', which does not exist")
            endif()
            get_target_property(other_is_pure ${other_target} ELASTICBOT_PURE)
            if(is_pure AND NOT other_is_pure AND NOT other STREQUAL "base")
                message(FATAL_ERROR "${module} is PURE and names ${other}, which is not")
            endif()
            string(REGEX REPLACE "/.*" "" other_room "${other}")
            if(other_room STREQUAL room OR other_room IN_LIST ELASTICBOT_ROOM_${room})
                continue()
            endif()
            if(NOT "${module}>${other}" IN_LIST ELASTICBOT_EXCEPTIONS)
                message(FATAL_ERROR "${module} names ${other}: the room '${room}' may not use '${other_room}' (src/CMakeLists.txt)")
            endif()
            list(APPEND met "${module}>${other}")
        endforeach()
    endforeach()
    foreach(exception IN LISTS ELASTICBOT_EXCEPTIONS)
        if(NOT exception IN_LIST met)
            message(FATAL_ERROR "the exception ${exception} is no longer needed (src/CMakeLists.txt)")
        endif()
    endforeach()
endfunction()

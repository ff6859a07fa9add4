# A module that includes a header of a module which it does not name in USES does not compile; with USES it does.
# Builds a project of three modules over the real cmake/ElasticbotModule.cmake.
cmake_minimum_required(VERSION 3.25)

set(source "${FOLDER}/source")
file(REMOVE_RECURSE "${FOLDER}")
file(WRITE "${source}/CMakeLists.txt" "
cmake_minimum_required(VERSION 3.25)
project(boundary CXX)
set(CMAKE_CXX_STANDARD 23)
option(ELASTICBOT_PCH \"\" OFF)
foreach(library IN ITEMS flags text boost)
    add_library(elasticbot_\${library} INTERFACE)
endforeach()
include(\"${CMAKE_CURRENT_LIST_DIR}/../../cmake/ElasticbotModule.cmake\")
foreach(module IN ITEMS given named unnamed)
    add_subdirectory(src/core/\${module})
endforeach()
")
set(include "#include <elasticbot/core/given/given.hpp>\n")
file(WRITE "${source}/include/elasticbot/core/given/given.hpp" "#pragma once\nint given();\n")
foreach(module IN ITEMS given named unnamed)
    file(WRITE "${source}/src/core/${module}/${module}.cpp" "${include}int ${module}() { return 1; }\n")
    file(WRITE "${source}/src/core/${module}/CMakeLists.txt" "elasticbot_module(core/${module} SOURCES ${module}.cpp)\n")
endforeach()
file(WRITE "${source}/src/core/named/CMakeLists.txt"
    "elasticbot_module(core/named SOURCES named.cpp USES core/given)\n")

function(build target out_code out_text)
    execute_process(COMMAND ${CMAKE_COMMAND} --build "${FOLDER}/build" --target ${target}
        RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
    set(${out_code} ${code} PARENT_SCOPE)
    set(${out_text} "${text}" PARENT_SCOPE)
endfunction()

execute_process(
    COMMAND ${CMAKE_COMMAND} -G Ninja -S "${source}" -B "${FOLDER}/build" -D CMAKE_CXX_COMPILER=${COMPILER}
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

build(elasticbot_core_named code text)
if(NOT code EQUAL 0)
    message(FATAL_ERROR "a module cannot include what it USES:\n${text}")
endif()
build(elasticbot_core_unnamed code text)
if(code EQUAL 0)
    message(FATAL_ERROR "a module can include what it does not name in USES")
endif()
if(NOT text MATCHES "'elasticbot/core/given/given.hpp' file not found")
    message(FATAL_ERROR "a module that includes what it does not USE fails for another reason:\n${text}")
endif()

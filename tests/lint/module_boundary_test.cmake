# What a module may include and name, tried on a small project over the real cmake/ElasticbotModule.cmake: a header of a
# module that is not named does not compile, one that is only needed is not passed on, and a pure module or a room that
# names what it may not ends the configuration.
cmake_minimum_required(VERSION 3.25)

set(source "${FOLDER}/source")
file(REMOVE_RECURSE "${FOLDER}")

# write_project(LINE …): four modules; the lines stand before the check of all modules.
function(write_project)
    list(JOIN ARGN "\n" lines)
    file(WRITE "${source}/CMakeLists.txt" "
cmake_minimum_required(VERSION 3.25)
project(boundary CXX)
set(CMAKE_CXX_STANDARD 23)
option(ELASTICBOT_PCH \"\" OFF)
foreach(library IN ITEMS flags text boost)
    add_library(elasticbot_\${library} INTERFACE)
endforeach()
include(\"${CMAKE_CURRENT_LIST_DIR}/../../cmake/ElasticbotModule.cmake\")
foreach(module IN ITEMS lower/given upper/named upper/unnamed upper/over)
    add_subdirectory(src/\${module})
endforeach()
${lines}
elasticbot_check_modules()
")
endfunction()

# write_module(name include …): its CMakeLists.txt is written apart.
function(write_module name)
    get_filename_component(short "${name}" NAME)
    set(text "")
    foreach(header IN LISTS ARGN)
        string(APPEND text "#include <elasticbot/${header}>\n")
    endforeach()
    file(WRITE "${source}/src/${name}/${short}.cpp" "${text}int ${short}() { return 1; }\n")
endfunction()

function(declare name words)
    get_filename_component(short "${name}" NAME)
    file(WRITE "${source}/src/${name}/CMakeLists.txt" "elasticbot_module(${name} ${words})\n")
endfunction()

function(configure out_code out_text)
    execute_process(
        COMMAND ${CMAKE_COMMAND} -G Ninja -S "${source}" -B "${FOLDER}/build" -D CMAKE_CXX_COMPILER=${COMPILER}
        RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
    set(${out_code} ${code} PARENT_SCOPE)
    string(REGEX REPLACE "[ \n]+" " " text "${text}")
    set(${out_text} "${text}" PARENT_SCOPE)
endfunction()

# expect_refused(TEXT): configuring fails and says TEXT.
function(expect_refused expected)
    configure(code text)
    string(FIND "${text}" "${expected}" place)
    if(code EQUAL 0 OR place EQUAL -1)
        message(FATAL_ERROR "expected the configuration to end with '${expected}', got ${code}:\n${text}")
    endif()
endfunction()

# expect_build(TARGET): it builds; expect_missing(TARGET HEADER): it does not, for want of this header.
function(expect_build target)
    execute_process(COMMAND ${CMAKE_COMMAND} --build "${FOLDER}/build" --target ${target}
        RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR "${target} cannot include what it names:\n${text}")
    endif()
endfunction()
function(expect_missing target header)
    execute_process(COMMAND ${CMAKE_COMMAND} --build "${FOLDER}/build" --target ${target}
        RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
    if(code EQUAL 0)
        message(FATAL_ERROR "${target} can include ${header}, whose module it does not name")
    endif()
    if(NOT text MATCHES "'elasticbot/${header}' file not found")
        message(FATAL_ERROR "${target} fails for another reason:\n${text}")
    endif()
endfunction()

set(allowed "set(ELASTICBOT_ROOM_upper lower)")
file(WRITE "${source}/include/elasticbot/lower/given/given.hpp" "#pragma once\nint given();\n")
file(WRITE "${source}/include/elasticbot/upper/named/named.hpp" "#pragma once\nint named();\n")
write_module(lower/given lower/given/given.hpp)
write_module(upper/named lower/given/given.hpp)
write_module(upper/unnamed lower/given/given.hpp)
write_module(upper/over upper/named/named.hpp lower/given/given.hpp)
declare(lower/given "SOURCES given.cpp")
declare(upper/named "SOURCES named.cpp NEEDS lower/given")
declare(upper/unnamed "SOURCES unnamed.cpp")
declare(upper/over "SOURCES over.cpp USES upper/named")

write_project("${allowed}")
configure(code text)
if(NOT code EQUAL 0)
    message(FATAL_ERROR "a right project is refused:\n${text}")
endif()
expect_build(elasticbot_upper_named)
expect_missing(elasticbot_upper_unnamed lower/given/given.hpp)
expect_missing(elasticbot_upper_over lower/given/given.hpp)

# A room that may not use another; the exception lets it through, and must be needed.
write_project("")
expect_refused("upper/named names lower/given: the room 'upper' may not use 'lower'")
write_project("set(ELASTICBOT_EXCEPTIONS \"upper/named>lower/given\")")
configure(code text)
if(NOT code EQUAL 0)
    message(FATAL_ERROR "an exception does not hold:\n${text}")
endif()
write_project("${allowed}" "set(ELASTICBOT_EXCEPTIONS \"upper/named>lower/given\")")
expect_refused("the exception upper/named>lower/given is no longer needed")

# A pure module names only pure ones.
write_project("${allowed}")
declare(upper/named "PURE SOURCES named.cpp NEEDS lower/given")
expect_refused("upper/named is PURE and names lower/given, which is not")
declare(lower/given "PURE SOURCES given.cpp")
configure(code text)
if(NOT code EQUAL 0)
    message(FATAL_ERROR "a pure module may not name a pure one:\n${text}")
endif()
declare(upper/named "SOURCES named.cpp NEEDS lower/absent")
expect_refused("upper/named names the module 'lower/absent', which does not exist")

# elasticbot_lazy_library(pq LIBRARY path/to/libpq.so PACKAGE libpq5 FUNCTIONS regex [VARIABLES name …] [INCLUDES dir …])
#
# Defines the target elasticbot_lazy_pq, which is linked in place of the shared library. It holds a trampoline for
# every function that the library exports and that matches FUNCTIONS; the first call of any of them loads the library.
# VARIABLES: pointers that the library exports; they are null until it is loaded and must not be assigned to.
# #include <elasticbot/lazy/pq.hpp> declares elasticbot::lazy::load_pq(), which loads the library as well and says in
# a Result what is wrong. The linker drops the trampolines that nobody calls. (docs/decisions/0001-lazy-libraries.md)
#
# On processors without a trampoline below, the target links the library as usual.
enable_language(ASM)

# The trampoline jumps to where the record's second word points: first to `_first`, which has `_resolve` (below) load
# the library, then to the function itself. No register that carries an argument is touched, so variadic functions
# work as well.
set(_lazy_function_x86_64 [=[
    .section .text.lazy.@name@,"ax",@progbits
    .globl @name@
    .hidden @name@
    .type @name@,@function
@name@:
    endbr64
    jmpq *.Lrecord_@name@+8(%rip)
.Lfirst_@name@:
    endbr64
    leaq .Lrecord_@name@+8(%rip), %r11
    jmp .Lresolve
    .size @name@, .-@name@
]=])
set(_lazy_resolve_x86_64 [=[
    .section .text.lazy,"ax",@progbits
.Lresolve:
    .cfi_startproc
    pushq %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    pushq %rax
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %r8
    pushq %r9
    pushq %r11
    subq $128, %rsp
    movups %xmm0, (%rsp)
    movups %xmm1, 16(%rsp)
    movups %xmm2, 32(%rsp)
    movups %xmm3, 48(%rsp)
    movups %xmm4, 64(%rsp)
    movups %xmm5, 80(%rsp)
    movups %xmm6, 96(%rsp)
    movups %xmm7, 112(%rsp)
    callq elasticbot_lazy_resolve_@library@
    movups (%rsp), %xmm0
    movups 16(%rsp), %xmm1
    movups 32(%rsp), %xmm2
    movups 48(%rsp), %xmm3
    movups 64(%rsp), %xmm4
    movups 80(%rsp), %xmm5
    movups 96(%rsp), %xmm6
    movups 112(%rsp), %xmm7
    addq $128, %rsp
    popq %r11
    popq %r9
    popq %r8
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    popq %rax
    popq %rbp
    .cfi_def_cfa %rsp, 8
    jmpq *(%r11)
    .cfi_endproc
]=])

set(_lazy_function_aarch64 [=[
    .section .text.lazy.@name@,"ax",@progbits
    .globl @name@
    .hidden @name@
    .type @name@,@function
@name@:
    hint #34
    adrp x16, .Lrecord_@name@+8
    ldr x16, [x16, #:lo12:.Lrecord_@name@+8]
    br x16
.Lfirst_@name@:
    hint #34
    adrp x17, .Lrecord_@name@+8
    add x17, x17, #:lo12:.Lrecord_@name@+8
    b .Lresolve
    .size @name@, .-@name@
]=])
set(_lazy_resolve_aarch64 [=[
    .section .text.lazy,"ax",@progbits
.Lresolve:
    .cfi_startproc
    stp x29, x30, [sp, #-224]!
    .cfi_def_cfa_offset 224
    .cfi_offset x29, -224
    .cfi_offset x30, -216
    mov x29, sp
    stp x0, x1, [sp, #16]
    stp x2, x3, [sp, #32]
    stp x4, x5, [sp, #48]
    stp x6, x7, [sp, #64]
    stp x8, x17, [sp, #80]
    stp q0, q1, [sp, #96]
    stp q2, q3, [sp, #128]
    stp q4, q5, [sp, #160]
    stp q6, q7, [sp, #192]
    bl elasticbot_lazy_resolve_@library@
    ldp q6, q7, [sp, #192]
    ldp q4, q5, [sp, #160]
    ldp q2, q3, [sp, #128]
    ldp q0, q1, [sp, #96]
    ldp x8, x17, [sp, #80]
    ldp x6, x7, [sp, #64]
    ldp x4, x5, [sp, #48]
    ldp x2, x3, [sp, #32]
    ldp x0, x1, [sp, #16]
    ldp x29, x30, [sp], #224
    .cfi_def_cfa_offset 0
    ldr x16, [x17]
    br x16
    .cfi_endproc
]=])

# Records: name, target, kind (0 function, 1 variable), as struct LazySymbol has them. One section each, so that the
# linker can drop them one by one.
set(_lazy_function_record [=[
    .section .rodata.lazy.@name@,"aMS",@progbits,1
.Lname_@name@:
    .asciz "@name@"
    .section lazy_@library@,"aw",@progbits,unique,@number@
    .balign 8
.Lrecord_@name@:
    .quad .Lname_@name@, .Lfirst_@name@, 0
]=])
set(_lazy_variable_record [=[
    .section .rodata.lazy.@name@,"aMS",@progbits,1
.Lname_@name@:
    .asciz "@name@"
    .section lazy_@library@,"aw",@progbits,unique,@number@
    .balign 8
    .quad .Lname_@name@
    .globl @name@
    .hidden @name@
    .type @name@,@object
    .size @name@, 8
@name@:
    .quad 0, 1
]=])

set(_lazy_header [=[
// Made by cmake/LazyLibrary.cmake.
#pragma once

#include <elasticbot/base/result.hpp>

namespace elasticbot::lazy {

// Loads @soname@ unless it is loaded. The library's functions do that by themselves, but end the process if they
// cannot: call this before the first of them.
Result<> load_@library@();

}  // namespace elasticbot::lazy
]=])
set(_lazy_source [=[
// Made by cmake/LazyLibrary.cmake.
#include <elasticbot/base/lazy_library.hpp>
#include <elasticbot/lazy/@library@.hpp>

// The linker makes these two. Weak: there are none when nothing of the library is used.
extern "C" [[gnu::weak, gnu::visibility("hidden")]] elasticbot::LazySymbol __start_lazy_@library@[];
extern "C" [[gnu::weak, gnu::visibility("hidden")]] elasticbot::LazySymbol __stop_lazy_@library@[];
extern "C" [[gnu::visibility("hidden")]] void elasticbot_lazy_resolve_@library@();

static elasticbot::LazyLibrary& library() {
    static elasticbot::LazyLibrary instance(
        "@soname@", "@package@", __start_lazy_@library@, __stop_lazy_@library@
    );
    return instance;
}

namespace elasticbot::lazy {

Result<> load_@library@() { return library().load(); }

}  // namespace elasticbot::lazy

// Called by the trampolines.
void elasticbot_lazy_resolve_@library@() { library().load_or_exit(); }
]=])
set(_lazy_source_linked [=[
// Made by cmake/LazyLibrary.cmake: no trampolines for this processor, the library is linked.
#include <elasticbot/lazy/@library@.hpp>

namespace elasticbot::lazy {

Result<> load_@library@() { return {}; }

}  // namespace elasticbot::lazy
]=])

# The soname of a shared library, as the dynamic loader wants it.
function(_lazy_soname out path)
    execute_process(COMMAND ${CMAKE_OBJDUMP} -p "${path}" OUTPUT_VARIABLE dump COMMAND_ERROR_IS_FATAL ANY)
    if(NOT dump MATCHES "SONAME +([^ \n]+)")
        message(FATAL_ERROR "cannot find a soname in ${path}")
    endif()
    set(${out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()

# The functions that it exports, without their symbol versions.
function(_lazy_functions out path regex)
    execute_process(COMMAND ${CMAKE_NM} -D --defined-only "${path}" OUTPUT_VARIABLE dump COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL " [TW] [A-Za-z0-9_]+" lines "${dump}")
    list(TRANSFORM lines REPLACE "^ [TW] " "")
    list(FILTER lines INCLUDE REGEX "${regex}")
    list(REMOVE_DUPLICATES lines)
    set(${out} ${lines} PARENT_SCOPE)
endfunction()

function(elasticbot_lazy_library library)
    cmake_parse_arguments(ARG "" "LIBRARY;PACKAGE;FUNCTIONS" "VARIABLES;INCLUDES" ${ARGN})
    set(target elasticbot_lazy_${library})
    set(folder "${PROJECT_BINARY_DIR}/lazy/${library}")
    set(package "${ARG_PACKAGE}")
    _lazy_soname(soname "${ARG_LIBRARY}")

    string(CONFIGURE "${_lazy_header}" text @ONLY)
    file(CONFIGURE OUTPUT "${folder}/include/elasticbot/lazy/${library}.hpp" CONTENT "${text}" @ONLY)
    if(DEFINED _lazy_function_${CMAKE_SYSTEM_PROCESSOR})
        _lazy_functions(functions "${ARG_LIBRARY}" "${ARG_FUNCTIONS}")
        string(CONFIGURE "${_lazy_resolve_${CMAKE_SYSTEM_PROCESSOR}}" assembly @ONLY)
        set(number 0)
        foreach(name IN LISTS functions)
            math(EXPR number "${number} + 1")
            string(CONFIGURE "${_lazy_function_${CMAKE_SYSTEM_PROCESSOR}}${_lazy_function_record}" text @ONLY)
            string(APPEND assembly "${text}")
        endforeach()
        foreach(name IN LISTS ARG_VARIABLES)
            math(EXPR number "${number} + 1")
            string(CONFIGURE "${_lazy_variable_record}" text @ONLY)
            string(APPEND assembly "${text}")
        endforeach()
        string(APPEND assembly "    .section .note.GNU-stack,\"\",@progbits\n")
        file(CONFIGURE OUTPUT "${folder}/${library}.s" CONTENT "${assembly}" @ONLY)
        string(CONFIGURE "${_lazy_source}" text @ONLY)
        set(sources "${folder}/${library}.cpp" "${folder}/${library}.s")
    else()
        string(CONFIGURE "${_lazy_source_linked}" text @ONLY)
        set(sources "${folder}/${library}.cpp")
    endif()
    file(CONFIGURE OUTPUT "${folder}/${library}.cpp" CONTENT "${text}" @ONLY)

    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC "${folder}/include")
    target_include_directories(${target} SYSTEM PUBLIC ${ARG_INCLUDES})
    target_link_libraries(${target} PUBLIC elasticbot_base)
    if(NOT DEFINED _lazy_function_${CMAKE_SYSTEM_PROCESSOR})
        target_link_libraries(${target} PUBLIC "${ARG_LIBRARY}")
    endif()
    # Warnings and sanitizers are for C++; the assembler would complain of unused arguments.
    set_source_files_properties("${folder}/${library}.s" PROPERTIES COMPILE_OPTIONS -Wno-unused-command-line-argument)
endfunction()

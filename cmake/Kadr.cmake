# SPDX-License-Identifier: Apache-2.0
# The few functions every CMakeLists.txt of the project is made of. One place for language level, warnings,
# hardening, sanitizers and the layer rule.

option(KADR_TESTS "Build the tests" ON)
option(KADR_FUZZ "Build the libFuzzer targets (clang)" OFF)
option(KADR_BENCH "Build the benchmarks" OFF)
option(KADR_WERROR "Warnings are errors" OFF)
option(KADR_HARDEN "Hardening flags of a release" OFF)
set(KADR_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize= (empty: none)")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(PROTOBUFC REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(EVENT REQUIRED IMPORTED_TARGET libevent_core libevent_extra)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
find_library(LMDB_LIBRARY lmdb REQUIRED)
find_program(PROTOC_C protoc-c REQUIRED)

set(KADR_WARNINGS
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla -Wundef -Wcast-qual -Wformat=2
    -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wnull-dereference -Wdouble-promotion)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND KADR_WARNINGS -Wlogical-op -Wduplicated-cond)
endif()
if(KADR_SANITIZE MATCHES "thread")
  list(APPEND KADR_WARNINGS -Wno-null-dereference) # gcc 12 sees null pointers in the instrumentation
endif()
if(KADR_WERROR)
  list(APPEND KADR_WARNINGS -Werror)
endif()

add_library(kadr_flags INTERFACE)
target_compile_options(kadr_flags INTERFACE ${KADR_WARNINGS} -fno-common)
target_compile_definitions(kadr_flags INTERFACE _POSIX_C_SOURCE=200809L)
if(KADR_SANITIZE)
  target_compile_options(kadr_flags INTERFACE
    -fsanitize=${KADR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(kadr_flags INTERFACE -fsanitize=${KADR_SANITIZE})
endif()
if(KADR_HARDEN)
  target_compile_options(kadr_flags INTERFACE
    -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  target_link_options(kadr_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
  include(CheckPIESupported)
  check_pie_supported()
endif()

# The layers, lowest first. A module that depends on its own or a higher layer is a configure error.
set(KADR_LAYERS base domain oracle wire core edge client)

# kadr_module(NAME SOURCES ... [DEPENDS module ...] [LIBS target ...])
# A static library kadr_NAME from lib/NAME; headers are included as "NAME/file.h".
function(kadr_module name)
  cmake_parse_arguments(M "" "" "SOURCES;DEPENDS;LIBS" ${ARGN})
  list(FIND KADR_LAYERS ${name} own_layer)
  foreach(dep IN LISTS M_DEPENDS)
    list(FIND KADR_LAYERS ${dep} dep_layer)
    if(dep_layer LESS 0 OR NOT dep_layer LESS own_layer)
      message(FATAL_ERROR "layer rule: ${name} must not depend on ${dep}")
    endif()
  endforeach()
  list(TRANSFORM M_DEPENDS PREPEND kadr_)
  add_library(kadr_${name} STATIC ${M_SOURCES})
  target_include_directories(kadr_${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(kadr_${name} PUBLIC ${M_DEPENDS} PRIVATE kadr_flags ${M_LIBS})
endfunction()

# kadr_program(NAME SOURCES ... [DEPENDS module ...] [LIBS target ...]): build/bin/NAME
function(kadr_program name)
  cmake_parse_arguments(P "" "" "SOURCES;DEPENDS;LIBS" ${ARGN})
  list(TRANSFORM P_DEPENDS PREPEND kadr_)
  add_executable(${name} ${P_SOURCES})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${P_DEPENDS} ${P_LIBS} kadr_flags)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# kadr_test(NAME SOURCES ... DEPENDS module ... [LIBS target ...] [LABEL unit] [TIMEOUT 300])
# A cmocka program, run by ctest from the source root so that tests name files as the README does.
function(kadr_test name)
  cmake_parse_arguments(T "" "LABEL;TIMEOUT" "SOURCES;DEPENDS;LIBS" ${ARGN})
  if(NOT T_LABEL)
    set(T_LABEL unit)
  endif()
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 300)
  endif()
  list(TRANSFORM T_DEPENDS PREPEND kadr_)
  add_executable(${name} ${T_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit)
  target_link_libraries(${name} PRIVATE ${T_DEPENDS} ${T_LIBS} cmocka kadr_flags)
  add_test(NAME ${T_LABEL}/${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${T_LABEL}/${name} PROPERTIES LABELS ${T_LABEL} TIMEOUT ${T_TIMEOUT})
endfunction()

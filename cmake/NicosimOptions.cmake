# What every target shares: language level, warnings, sanitizers, ccache.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Everything may end up in libnicosim.so (embed/), which shows its own symbols only. Hidden ones cost nothing extra.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
# Invariants stay on in every build: they are cheap and a simulator that goes on after one broke is worth nothing.
# -O2 in place of -O3 keeps the build of the verilated code short.
foreach(flags CMAKE_CXX_FLAGS_RELEASE CMAKE_CXX_FLAGS_RELWITHDEBINFO)
  string(REPLACE "-DNDEBUG" "" ${flags} "${${flags}}")
  string(REPLACE "-O3" "-O2" ${flags} "${${flags}}")
endforeach()

option(NICOSIM_TESTS "Build the tests" ON)
option(NICOSIM_SANITIZE "AddressSanitizer and UBSan on everything but the verilated code" OFF)
option(NICOSIM_FUZZ "libFuzzer targets and nothing else; needs clang" OFF)
option(NICOSIM_TRACE "Verilate with FST tracing (needed for --waves)" OFF)
option(NICOSIM_COVERAGE "Verilate with line and toggle coverage" OFF)
set(NICOSIM_MUTANTS "" CACHE PATH "A copy of rtl/ with faults to switch on, see tools/mutate")

find_program(NICOSIM_CCACHE ccache)
if(NICOSIM_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${NICOSIM_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${NICOSIM_CCACHE})
endif()

# nicosim_options: link it to whatever we wrote ourselves.
add_library(nicosim_options INTERFACE)
target_include_directories(nicosim_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(nicosim_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
if(NICOSIM_SANITIZE)
  # Only our code is instrumented: the compile options reach who links nicosim_options, the link options everybody,
  # since an instrumented library makes its program need the runtime.
  target_compile_options(nicosim_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(NICOSIM_FUZZ)
  # Coverage is watched in all of our code; the fuzzer's own main() comes with the targets (tb/fuzz).
  target_compile_options(nicosim_options INTERFACE
    -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined)
endif()

# nicosim_verilated_options: link it PRIVATE to the libraries verilate() makes, in place of nicosim_options. Generated
# code is not ours to warn about, nobody steps through it, and it decides the speed: so -O2 in a debug build too.
add_library(nicosim_verilated_options INTERFACE)
target_compile_options(nicosim_verilated_options INTERFACE -O2 -w)

find_package(fmt REQUIRED)

# How tests are declared. Labels are in the design, section 8; `long` runs only when asked for. In each the card's
# assertions are on (NICOSIM_ASSERT, see sc_model/rtl_model.hpp).

# The programs that the sanitized build is for: those that read foreign bytes. `./nicosim test` builds just these there.
if(NICOSIM_TESTS)
  add_custom_target(nicosim_sanitized_tests)
endif()

# The programs that `./nicosim coverage` and `./nicosim mutate` run; the first word of each line of a list in tb/.
foreach(purpose coverage mutation)
  set(nicosim_${purpose}_programs)
  set(list ${CMAKE_CURRENT_LIST_DIR}/../tb/${purpose}/tests.txt)
  if(NICOSIM_TESTS AND EXISTS ${list})
    add_custom_target(nicosim_${purpose}_tests)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
    file(STRINGS ${list} lines REGEX "^[a-z]")
    foreach(line IN LISTS lines)
      string(REGEX MATCH "^[a-z0-9_]+" program ${line})
      list(APPEND nicosim_${purpose}_programs ${program})
    endforeach()
  endif()
endforeach()

# nicosim_test(NAME name LABEL unit|rtl|system|... SOURCES ... LIBRARIES ... [TIMEOUT seconds] [OWN_MAIN])
#
# One GoogleTest program; ctest runs each test case in a process of its own, since SystemC elaborates once per process.
# LABEL is the ctest label; TIMEOUT in seconds per test case (default 120). OWN_MAIN: the sources define main().
function(nicosim_test)
  cmake_parse_arguments(T "OWN_MAIN" "NAME;LABEL;TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  if(NICOSIM_COVERAGE)
    math(EXPR T_TIMEOUT "${T_TIMEOUT} * 20")  # with toggle points verilated code is that slow
  endif()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${T_NAME} ${T_SOURCES})
  target_link_libraries(${T_NAME} PRIVATE nicosim_options ${T_LIBRARIES} GTest::gmock)
  if(T_OWN_MAIN)
    target_link_libraries(${T_NAME} PRIVATE GTest::gtest)
  else()
    target_link_libraries(${T_NAME} PRIVATE GTest::gtest_main)
  endif()
  if(T_LABEL MATCHES "^(replay|fuzz-smoke)$")
    add_dependencies(nicosim_sanitized_tests ${T_NAME})
  endif()
  if(TARGET nicosim_coverage_tests AND (T_LABEL STREQUAL "rtl" OR T_NAME IN_LIST nicosim_coverage_programs))
    add_dependencies(nicosim_coverage_tests ${T_NAME})
  endif()
  if(TARGET nicosim_mutation_tests AND T_NAME IN_LIST nicosim_mutation_programs)
    add_dependencies(nicosim_mutation_tests ${T_NAME})
  endif()
  gtest_discover_tests(${T_NAME}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
    PROPERTIES LABELS ${T_LABEL} TIMEOUT ${T_TIMEOUT} ENVIRONMENT NICOSIM_ASSERT=1)
endfunction()

# nicosim_python_test(SCRIPT file LABEL label [TIMEOUT seconds] [ENVIRONMENT NAME=VALUE...])
#
# A Python unittest script; each of its test methods is a ctest test of its own, named like a GoogleTest case:
# Class.test_method without the `test_`.
function(nicosim_python_test)
  cmake_parse_arguments(T "" "SCRIPT;LABEL;TIMEOUT" "ENVIRONMENT" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 60)
  endif()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(script ${CMAKE_CURRENT_SOURCE_DIR}/${T_SCRIPT})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${script})
  file(STRINGS ${script} lines REGEX "^(class |    def test_)")
  foreach(line IN LISTS lines)
    if(line MATCHES "^class ([A-Za-z0-9_]+)")
      set(class ${CMAKE_MATCH_1})
    elseif(line MATCHES "def test_([A-Za-z0-9_]+)")
      set(name ${class}.${CMAKE_MATCH_1})
      add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} -B ${script} ${class}.test_${CMAKE_MATCH_1}
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
      set_tests_properties(${name} PROPERTIES LABELS ${T_LABEL} TIMEOUT ${T_TIMEOUT} ENVIRONMENT "NICOSIM_ASSERT=1;${T_ENVIRONMENT}")
    endif()
  endforeach()
endfunction()

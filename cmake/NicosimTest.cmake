# nicosim_test(NAME name LABEL unit|rtl|system|... SOURCES ... LIBRARIES ... [MAIN no])
#
# One GoogleTest program; ctest runs each test case in a process of its own, since SystemC elaborates once per process.
# LABEL is the ctest label; TIMEOUT in seconds per test case (default 120). OWN_MAIN: the sources define main().
function(nicosim_test)
  cmake_parse_arguments(T "OWN_MAIN" "NAME;LABEL;TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
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
  gtest_discover_tests(${T_NAME}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${T_LABEL} TIMEOUT ${T_TIMEOUT})
endfunction()

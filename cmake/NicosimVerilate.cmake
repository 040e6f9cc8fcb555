# nicosim_verilate(NAME lib TOP module SOURCES files... [ASSERT])
#
# A static library with the C++ model V<module> of a design. Verilate a design once and link the library wherever it is
# needed: every call compiles Verilator's run time again. ASSERT keeps the assertions (test libraries want them).
# The generated code is always optimised (-O0 is nine times slower) and gets neither our warnings nor our sanitizers.
# NICOSIM_TRACE and NICOSIM_COVERAGE choose what is compiled in; NICOSIM_MUTANTS is a folder that replaces rtl/
# (tools/mutate). Include directories: the folder of each source.
find_package(verilator REQUIRED HINTS $ENV{VERILATOR_ROOT} /usr/share/verilator /usr/local/share/verilator)

# In a coverage build: collects the points of all models in a process, see tb/rtl/coverage/points.cpp.
if(NICOSIM_COVERAGE AND NOT TARGET nicosim_coverage_points)
  add_library(nicosim_coverage_points STATIC ${PROJECT_SOURCE_DIR}/tb/rtl/coverage/points.cpp)
  target_link_libraries(nicosim_coverage_points PRIVATE nicosim_options)
  target_link_options(nicosim_coverage_points INTERFACE -Wl,--wrap=_ZN13VerilatedSymsD2Ev,--wrap=_exit)
endif()

function(nicosim_verilate)
  cmake_parse_arguments(V "ASSERT" "NAME;TOP" "SOURCES" ${ARGN})
  set(initial unique)  # flops without a reset start with what the test's seed says
  if(NICOSIM_COVERAGE)
    set(initial 0)  # else a bit that never moves would count as toggled where it happens to start with a 1
  endif()
  set(args -O3 --x-assign fast --x-initial ${initial} -Wno-fatal)
  if(V_ASSERT)
    list(APPEND args --assert)
  endif()
  set(optimised -O2)
  set(once -O2)  # code that runs once per model: start-up, and the strings of coverage points
  set(trace)
  if(NICOSIM_TRACE)
    set(trace TRACE_FST TRACE_STRUCTS)
  endif()
  if(NICOSIM_COVERAGE)
    # Split blocks count a branch behind its assignments, when its condition may have changed already.
    list(APPEND args --coverage-line --coverage-toggle -fno-split)
    set(optimised -O1)  # three times the code, and most of the time goes into building it
    set(once -O0)
  endif()

  set(folders)
  set(files)
  if(NICOSIM_MUTANTS)
    list(APPEND files ${NICOSIM_MUTANTS}/nic_mutant.sv)
  endif()
  foreach(source IN LISTS V_SOURCES)
    get_filename_component(file ${source} ABSOLUTE)
    if(NICOSIM_MUTANTS)
      string(REPLACE ${PROJECT_SOURCE_DIR}/rtl/ ${NICOSIM_MUTANTS}/ file ${file})
    endif()
    get_filename_component(folder ${file} DIRECTORY)
    list(APPEND files ${file})
    list(APPEND folders +incdir+${folder})
  endforeach()
  list(REMOVE_DUPLICATES folders)

  add_library(${V_NAME} STATIC)
  verilate(${V_NAME} ${trace}
    PREFIX V${V_TOP}
    TOP_MODULE ${V_TOP}
    SOURCES ${files}
    VERILATOR_ARGS ${args} ${folders}
    OPT_FAST ${optimised} OPT_SLOW ${once} OPT_GLOBAL ${optimised})
  target_compile_options(${V_NAME} PRIVATE -w -fno-sanitize=all)
  if(NICOSIM_COVERAGE)
    target_include_directories(${V_NAME} BEFORE PRIVATE ${PROJECT_SOURCE_DIR}/tb/rtl/coverage)
    target_link_libraries(${V_NAME} PUBLIC nicosim_coverage_points)
  endif()
  # Whoever includes the model's header is spared the warnings in it
  get_target_property(includes ${V_NAME} INTERFACE_INCLUDE_DIRECTORIES)
  set_target_properties(${V_NAME} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${includes}")
  target_compile_definitions(${V_NAME} INTERFACE
    $<$<BOOL:${NICOSIM_TRACE}>:NICOSIM_TRACE> $<$<BOOL:${NICOSIM_COVERAGE}>:NICOSIM_COVERAGE>)
  find_package(Threads REQUIRED)
  target_link_libraries(${V_NAME} PUBLIC Threads::Threads)
  if(NICOSIM_TRACE)
    find_package(ZLIB REQUIRED)
    target_link_libraries(${V_NAME} PUBLIC ZLIB::ZLIB)
  endif()
endfunction()

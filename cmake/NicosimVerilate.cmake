# nicosim_verilate(NAME lib TOP module SOURCES files... [ASSERT])
#
# A static library with the C++ model V<module> of a design. Verilate a design once and link the library wherever it is
# needed: every call compiles Verilator's run time again. ASSERT keeps the assertions (test libraries want them).
# The generated code is always optimised (-O0 is nine times slower) and gets neither our warnings nor our sanitizers.
# NICOSIM_TRACE and NICOSIM_COVERAGE choose what is compiled in. Include directories: the folder of each source.
find_package(verilator REQUIRED HINTS $ENV{VERILATOR_ROOT} /usr/share/verilator /usr/local/share/verilator)

function(nicosim_verilate)
  cmake_parse_arguments(V "ASSERT" "NAME;TOP" "SOURCES" ${ARGN})
  set(args -O3 --x-assign fast --x-initial unique -Wno-fatal)
  if(V_ASSERT)
    list(APPEND args --assert)
  endif()
  set(trace)
  if(NICOSIM_TRACE)
    set(trace TRACE_FST TRACE_STRUCTS)
  endif()
  if(NICOSIM_COVERAGE)
    list(APPEND args --coverage-line --coverage-toggle)
  endif()

  set(folders)
  set(files)
  foreach(source IN LISTS V_SOURCES)
    get_filename_component(file ${source} ABSOLUTE)
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
    OPT_FAST -O2 OPT_SLOW -O2 OPT_GLOBAL -O2)
  target_compile_options(${V_NAME} PRIVATE -w -fno-sanitize=all)
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

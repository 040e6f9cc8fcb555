# cmake --install: the program, the library and header to embed it, the examples, the licence. What is not there yet is left out.
include(GNUInstallDirs)

if(TARGET nicosim_exe)
  install(TARGETS nicosim_exe RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

if(TARGET nicosim_embed)
  install(TARGETS nicosim_embed LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()

# install_folder(folder destination)
function(install_folder folder destination)
  if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/${folder})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/ DESTINATION ${destination})
  endif()
endfunction()
install_folder(include/nicosim ${CMAKE_INSTALL_INCLUDEDIR}/nicosim)
install_folder(examples ${CMAKE_INSTALL_DATADIR}/nicosim/examples)

foreach(page README.md LICENSE)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${page})
    install(FILES ${PROJECT_SOURCE_DIR}/${page} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/nicosim)
  endif()
endforeach()

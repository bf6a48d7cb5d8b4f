# What `cmake --install BUILD --component NAME` installs: headers, a library, and its part of the CMake package `filigree`
# (filigree-config.cmake). Each component can be installed alone.
#   install_filigree_component(NAME target ...)

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(FILIGREE_INSTALL_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/filigree)
# Before 1.0 a minor version may change what programs are written against.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/filigree-config-version.cmake COMPATIBILITY SameMinorVersion)

function(install_filigree_component name)
  install(TARGETS ${ARGN} EXPORT filigree-${name}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${name}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${name}
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/filigree
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/filigree COMPONENT ${name})
  install(EXPORT filigree-${name} FILE filigree-${name}-targets.cmake NAMESPACE filigree::
    DESTINATION ${FILIGREE_INSTALL_CMAKE_DIR} COMPONENT ${name})
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/filigree-config.cmake ${PROJECT_BINARY_DIR}/filigree-config-version.cmake
    DESTINATION ${FILIGREE_INSTALL_CMAKE_DIR} COMPONENT ${name})
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT ${name})
endfunction()

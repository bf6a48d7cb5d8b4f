# add_headers_alone(TARGET FOLDER): compiles each installed header of FOLDER by itself, included twice, as strictly as a
# user might.
function(add_headers_alone target folder)
  cmake_path(SET include_directory NORMALIZE ${filigree_DIR}/../../../include/filigree)
  file(GLOB_RECURSE headers RELATIVE ${include_directory} ${include_directory}/${folder}/*.h)
  foreach(header IN LISTS headers)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/alone/${header}.cc)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
    list(APPEND sources ${source})
  endforeach()
  add_library(headers_of_${folder} OBJECT ${sources})
  target_link_libraries(headers_of_${folder} PRIVATE ${target})
  target_compile_options(headers_of_${folder} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
  # Else the compiler is silent about headers of imported targets.
  set_target_properties(headers_of_${folder} PROPERTIES NO_SYSTEM_FROM_IMPORTED TRUE)
endfunction()

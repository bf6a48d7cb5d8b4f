# Fails when the shared LIBRARY shows more than the functions that HEADER declares, or less:
#   cmake -D NM=nm -D LIBRARY=libfiligree.so -D HEADER=filigree.h -P check_exported_symbols.cmake
execute_process(COMMAND ${NM} --dynamic --defined-only --format=posix ${LIBRARY}
  OUTPUT_VARIABLE lines COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" lines "${lines}")
list(FILTER lines EXCLUDE REGEX "^FILIGREE_[0-9]+(@+FILIGREE_[0-9]+)? A ")  # the version itself
list(TRANSFORM lines REPLACE "[@ ].*" "" OUTPUT_VARIABLE shown)
list(SORT shown)

file(READ ${HEADER} header)
string(REGEX REPLACE "/\\*([^*]|\\*[^/])*\\*/" "" header "${header}")
string(REGEX MATCHALL "filigree_[a-z_]+\\(" declared "${header}")
list(TRANSFORM declared REPLACE "\\(" "")
list(SORT declared)
if(NOT shown STREQUAL declared)
  message(FATAL_ERROR "${LIBRARY} shows ${shown}\n${HEADER} declares ${declared}")
endif()

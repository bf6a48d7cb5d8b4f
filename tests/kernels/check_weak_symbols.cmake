# Fails when one of OBJECTS defines a weak symbol: cmake -D NM=nm -D OBJECTS=a.o,b.o -P check_weak_symbols.cmake
# An inline function or template that is compiled for a newer instruction set is weak; the linker may keep that copy for
# the whole program, which then dies on an older CPU.
string(REPLACE "," ";" objects "${OBJECTS}")
list(LENGTH objects count)
if(count EQUAL 0)
  message(FATAL_ERROR "no object files given")
endif()
execute_process(COMMAND ${NM} --defined-only --demangle --print-file-name ${objects}
  OUTPUT_VARIABLE symbols RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${NM} failed: ${failed}")
endif()
string(REGEX MATCHALL "[^\n]* [WwVvu] [^\n]*" weak "${symbols}")
if(weak)
  list(JOIN weak "\n" lines)
  message(FATAL_ERROR "weak symbols in ISA object files:\n${lines}")
endif()
message(STATUS "object files without a weak symbol: ${count}")

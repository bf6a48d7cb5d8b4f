# Writes OUTPUT, a source file with the commit of SOURCE, and touches it only when that changed.
#   cmake -DSOURCE=DIR -DOUTPUT=FILE -P WriteCommit.cmake
set(commit "")
find_program(git git)
if(git)
  execute_process(COMMAND ${git} --no-optional-locks -C ${SOURCE} describe --always --dirty --exclude=*
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT commit)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [=[
#include "tools/cli/build_commit.h"

namespace filigree::tools {

std::string_view build_commit() noexcept { return "@commit@"; }

}  // namespace filigree::tools
]=])

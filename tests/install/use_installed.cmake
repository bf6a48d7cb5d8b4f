# cmake -P script: installs components of a build into an empty prefix; configures, builds and tests the project
# ${CONSUMER}, which finds filigree there.
#   -D BUILD= COMPONENTS=a,b CONSUMER= WORK= GENERATOR= MAKE_PROGRAM= CXX_COMPILER= [LAUNCHER=]
file(REMOVE_RECURSE ${WORK}/prefix)
string(REPLACE "," ";" COMPONENTS "${COMPONENTS}")
foreach(component IN LISTS COMPONENTS)
  execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --component ${component} --prefix ${WORK}/prefix
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
execute_process(COMMAND ${CMAKE_COMMAND} --fresh -G ${GENERATOR} -S ${CONSUMER} -B ${WORK}/build
  -D CMAKE_PREFIX_PATH=${WORK}/prefix -D CMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}
  -D CMAKE_CXX_COMPILER=${CXX_COMPILER} -D CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --output-on-failure --no-tests=error
  COMMAND_ERROR_IS_FATAL ANY)

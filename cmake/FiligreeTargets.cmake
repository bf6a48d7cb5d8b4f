# One place for what every filigree target shares: language, warnings, exact floating point, sanitizers.
#   add_filigree_library(NAME SOURCES a.cc ... HEADERS a.h ... [LINK target ...])   alias filigree::NAME
#   add_isa_kernels(TARGET ISA FLAGS f ... SOURCES a.cc ...)      kernel files of one instruction set
#   add_filigree_test(NAME SOURCES a_test.cc ... [LINK target ...] [ISOLATED])

# All static libraries can be part of libfiligree.so. Hidden: its functions call each other directly, as in a program.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

add_library(filigree_options INTERFACE)
target_compile_features(filigree_options INTERFACE cxx_std_20)
# -ffp-contract=off: a compiler that fuses a*b+c where the source does not would break bit identity.
# -Wno-restrict: g++ 12 warns falsely about "literal" + std::string (GCC bug 105651).
target_compile_options(filigree_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wno-restrict -Werror -ffp-contract=off)
# g++ looks for garbage from 128 MB on, in a tenth of its time; nearly all files of ours need less than 512 MB in all.
target_compile_options(filigree_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=524288>)
if(FILIGREE_SANITIZE)
  # -Wno-maybe-uninitialized: GCC's manual says that it is unreliable under sanitizers; g++ 12 finds faults in libstdc++ and Boost.
  target_compile_options(filigree_options INTERFACE
    -Wno-maybe-uninitialized -fsanitize=${FILIGREE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(filigree_options INTERFACE -fsanitize=${FILIGREE_SANITIZE})
endif()

# g++ 12 warns falsely with a precompiled std::string (as with "literal" + std::string above). AddressSanitizer finds what
# would be meant.
set(filigree_false_warnings
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>)

# Parsing and instantiating what files share is more than half of compiling one of ours. Libraries of a folder are compiled
# with eight files as one, and with the standard library parsed once for all, after `set(filigree_precompile TARGET)` with
# one of these. No two .cc files of a library may give one name to different things for that. g++ inlines otherwise then,
# which matters for kernels and what is timed with them: runtime and tokenizer do so under sanitizers only, kernels never.
# Under sanitizers serve takes half of the time with -O0, which saves more than its tests take longer; elsewhere it does not.
function(add_precompiled_std name)
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/precompiled.cc)
  target_compile_options(${name} PRIVATE ${filigree_false_warnings} ${ARGN})
  target_link_libraries(${name} PRIVATE filigree_options)
  target_precompile_headers(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled.h)
endfunction()
add_precompiled_std(filigree_std)
if(FILIGREE_SANITIZE)
  add_precompiled_std(filigree_std_of_serve -O0)
else()
  add_precompiled_std(filigree_std_of_serve)
endif()

function(add_filigree_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;LINK" ${ARGN})
  add_library(filigree_${name} STATIC ${ARG_SOURCES})
  add_library(filigree::${name} ALIAS filigree_${name})
  target_sources(filigree_${name} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ARG_HEADERS})
  target_link_libraries(filigree_${name} PUBLIC ${ARG_LINK} PRIVATE $<BUILD_INTERFACE:filigree_options>)
  target_compile_features(filigree_${name} PUBLIC cxx_std_20)
  set_target_properties(filigree_${name} PROPERTIES EXPORT_NAME ${name})
  if(filigree_precompile)
    target_precompile_headers(filigree_${name} REUSE_FROM ${filigree_precompile})
    target_compile_options(filigree_${name} PRIVATE $<TARGET_PROPERTY:${filigree_precompile},COMPILE_OPTIONS>)
    # A class of a .cc file that is compiled with others may have members of unnamed namespaces all the same.
    set_target_properties(filigree_${name} PROPERTIES UNITY_BUILD ${FILIGREE_UNITY})
    target_compile_options(filigree_${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

function(add_isa_kernels target isa)
  cmake_parse_arguments(ARG "" "" "FLAGS;SOURCES" ${ARGN})
  add_library(${target}_${isa} OBJECT ${ARG_SOURCES})
  target_include_directories(${target}_${isa} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target}_${isa} PRIVATE $<BUILD_INTERFACE:filigree_options>)
  target_compile_options(${target}_${isa} PRIVATE ${ARG_FLAGS})
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_${isa}>)
endfunction()

# Tests call optimised libraries; compiling the tests themselves takes a quarter less time with -O1 than with -O3, with -O0
# under sanitizers a third of it, and without looking for undefined behaviour in their own code, too, two thirds of that.
# An interface to link after filigree_options: the last option of two wins.
# g++ 12 warns falsely with -O1 where a test replaces operator new, too.
add_library(filigree_test_options INTERFACE)
target_compile_options(filigree_test_options INTERFACE
  $<$<CONFIG:Release>:-O1> ${filigree_false_warnings} $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
if(FILIGREE_SANITIZE)
  target_compile_options(filigree_test_options INTERFACE -O0 -fno-sanitize=undefined)
endif()

# Reuses what tests/CMakeLists.txt precompiles. ISOLATED: one ctest entry for the whole binary instead of one for each case.
function(add_filigree_test name)
  cmake_parse_arguments(ARG "ISOLATED" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_precompile_headers(${name} REUSE_FROM filigree_precompiled)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE
    ${ARG_LINK} filigree_options filigree_test_options GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE FILIGREE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(ARG_ISOLATED)
    add_test(NAME ${name} COMMAND ${name})
  else()
    # Commands that are tested keep their packed models here, not with those of the user.
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 TEST_PREFIX ${name}.
      PROPERTIES ENVIRONMENT "FILIGREE_CACHE_DIR=${PROJECT_BINARY_DIR}/test-cache")
  endif()
endfunction()

# What nearly all sources include is parsed once. For builds that are made from nothing (the preset ci)
# or compile one source again and again (./dev mutate), by CMAKE_PROJECT_INCLUDE. Developers' builds do
# without, so that an #include that is missing is missed.
# Two sets serve nearly all targets, since their flags agree: each takes as long to make as one source.
function(ddm_all_targets folder result)
  get_property(all DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(each IN LISTS folders)
    ddm_all_targets(${each} below)
    list(APPEND all ${below})
  endforeach()
  set(${result} ${all} PARENT_SCOPE)
endfunction()

# Whoever includes Asio has its error categories made at the start, which src/runtime compiles: what
# links no runtime (base, its tests, some fuzz targets) is left as it is.
function(ddm_links_runtime target result)
  set(found FALSE)
  get_target_property(libraries ${target} LINK_LIBRARIES)
  foreach(library IN LISTS libraries)
    if(library STREQUAL "ddm_runtime")
      set(found TRUE)
    elseif(library MATCHES "^ddm_" AND NOT library STREQUAL "ddm_options")
      ddm_links_runtime(${library} found)
    endif()
    if(found)
      break()
    endif()
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# What these and what executables do themselves is little (the tests' time is spent in the other
# libraries): most of the time of their sources would go into optimising that.
set(ddm_cold ddm_cli ddm_plan ddm_repair ddm_serve ddm_summary ddm_testdata)

# Of these eight sources at a time are one: what they include and instantiate alike is compiled once, in
# a third of the time. Named, as their anonymous namespaces must not have a name twice; the sources
# below do, and stay apart.
set(ddm_joined ddm_base ddm_simulation ddm_test_support base_test dynamodb_test net_test remote_test
    report_test serve_test state_test)
function(ddm_keep_apart target)
  set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target}
                              PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

function(ddm_precompile)
  ddm_keep_apart(ddm_base ${CMAKE_SOURCE_DIR}/src/base/displayable.cc)
  ddm_keep_apart(ddm_simulation ${CMAKE_SOURCE_DIR}/tests/simulation/ledger.cc
                 ${CMAKE_SOURCE_DIR}/tests/simulation/referee_end.cc)
  ddm_keep_apart(report_test ${CMAKE_SOURCE_DIR}/tests/report/stored_status_test.cc)
  ddm_all_targets(${CMAKE_SOURCE_DIR} targets)
  set(source ${CMAKE_BINARY_DIR}/precompiled.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  foreach(set IN ITEMS ddm_precompiled ddm_precompiled_test)
    add_library(${set} OBJECT ${source})
    target_link_libraries(${set} PRIVATE ddm_options fmt::fmt nlohmann_json::nlohmann_json)
    target_precompile_headers(${set} PRIVATE
      <algorithm> <array> <chrono> <cstdint> <deque> <expected> <filesystem> <fstream> <functional>
      <map> <memory> <optional> <random> <ranges> <set> <span> <string> <string_view> <utility>
      <variant> <vector> <boost/asio/as_tuple.hpp> <boost/asio/steady_timer.hpp> <fmt/format.h>
      <nlohmann/json.hpp> <runtime/asio.h>)
  endforeach()
  target_link_libraries(ddm_precompiled_test PRIVATE GTest::gmock)
  target_precompile_headers(ddm_precompiled_test PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  target_compile_options(ddm_precompiled_test PRIVATE -O0)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(NOT type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$")
      continue()
    endif()
    if(target IN_LIST ddm_joined)
      set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    endif()
    ddm_links_runtime(${target} has_runtime)
    if(NOT has_runtime AND NOT target STREQUAL "ddm_runtime")
      continue()
    elseif(type STREQUAL "EXECUTABLE" OR target IN_LIST ddm_cold)
      target_compile_options(${target} PRIVATE -O0)
      target_precompile_headers(${target} REUSE_FROM ddm_precompiled_test)
    else()
      target_precompile_headers(${target} REUSE_FROM ddm_precompiled)
    endif()
  endforeach()
endfunction()
cmake_language(DEFER CALL ddm_precompile)

# The libraries of the portable program (`./dev package portable`): the same ones as find_package gives, as
# archives. Included instead of it where DDM_PORTABLE is set; tools/package_portable.sh fetches what
# DDM_PORTABLE_PARTS holds: Debian's sources of what Debian ships no archive of, and an old glibc to link to.
set(DDM_PORTABLE_PARTS ${CMAKE_SOURCE_DIR}/build/portable-parts CACHE PATH "Sources and sysroot of the portable build")
set(sysroot ${DDM_PORTABLE_PARTS}/sysroot)
if(NOT EXISTS ${sysroot})
  message(FATAL_ERROR "${sysroot} is missing: ./dev package portable fetches it")
endif()

set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(pugixml REQUIRED)
set_target_properties(pugixml::pugixml PROPERTIES INTERFACE_LINK_LIBRARIES pugixml::static)
foreach(name deflate xxhash)
  find_library(${name}_archive ${name} REQUIRED)
  add_library(PkgConfig::${name} INTERFACE IMPORTED)
  target_link_libraries(PkgConfig::${name} INTERFACE ${${name}_archive})
endforeach()

# Compiled anew, and defined as in Debian's shared libraries, so that all else is compiled as for a release.
function(add_part name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEFINITIONS" ${ARGN})
  add_library(portable_${name} STATIC ${arg_SOURCES})
  target_compile_options(portable_${name} PRIVATE -O2 -fPIE -fstack-protector-strong -fstack-clash-protection -w)
  target_compile_definitions(portable_${name} PUBLIC ${arg_DEFINITIONS} PRIVATE _FORTIFY_SOURCE=2)
endfunction()
add_part(simdjson SOURCES ${DDM_PORTABLE_PARTS}/simdjson/src/simdjson.cpp)
target_include_directories(portable_simdjson PRIVATE ${DDM_PORTABLE_PARTS}/simdjson/src ${DDM_PORTABLE_PARTS}/simdjson/include)
add_library(simdjson::simdjson ALIAS portable_simdjson)
add_part(fmt SOURCES ${DDM_PORTABLE_PARTS}/fmtlib/src/format.cc DEFINITIONS FMT_SHARED)
add_library(fmt::fmt ALIAS portable_fmt)
# These two are made to be used as headers alone as well.
add_library(spdlog::spdlog INTERFACE IMPORTED)
target_compile_definitions(spdlog::spdlog INTERFACE SPDLOG_FMT_EXTERNAL)
target_link_libraries(spdlog::spdlog INTERFACE fmt::fmt)
add_library(PkgConfig::tomlplusplus INTERFACE IMPORTED)
target_compile_definitions(PkgConfig::tomlplusplus INTERFACE TOML_HEADER_ONLY=1)

add_subdirectory(tools/portable)
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libstdc++.a
                OUTPUT_VARIABLE libstdcxx OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
get_filename_component(gcc ${libstdcxx} DIRECTORY)
target_link_libraries(ddm_options INTERFACE $<LINK_ONLY:portable_glibc> dl)
target_link_options(ddm_options INTERFACE --sysroot=${sysroot} --gcc-install-dir=${gcc} -static-libstdc++
                    -pthread LINKER:--as-needed)

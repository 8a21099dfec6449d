# What `cmake --install` puts where, and the packages of that (`./dev package`).
include(GNUInstallDirs)

# Whatever the umask of who builds.
set(open_to_all OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${open_to_all})
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${open_to_all})

# A program for another processor is run by an emulator here (CMAKE_CROSSCOMPILING_EMULATOR).
set(completions)
foreach(shell bash zsh fish)
  set(script ${CMAKE_BINARY_DIR}/completions/${shell})
  add_custom_command(
    OUTPUT ${script}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/completions
    COMMAND dynamodb-migration-monitor completion ${shell} > ${script}
    DEPENDS dynamodb-migration-monitor
    VERBATIM)
  list(APPEND completions ${script})
endforeach()
add_custom_target(completions DEPENDS ${completions})

# tools/sbom.py lists what was linked by it.
target_link_options(dynamodb-migration-monitor PRIVATE LINKER:--print-archive-stats=linked_archives.tsv)

install(TARGETS dynamodb-migration-monitor RUNTIME)
install(FILES docs/man/dynamodb-migration-monitor.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_BINARY_DIR}/completions/bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME dynamodb-migration-monitor)
install(FILES ${CMAKE_BINARY_DIR}/completions/zsh
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _dynamodb-migration-monitor)
install(FILES ${CMAKE_BINARY_DIR}/completions/fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME dynamodb-migration-monitor.fish)
install(FILES LICENSE README.md README_TW.md CHANGELOG.md CONTRIBUTING.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs PATTERN man EXCLUDE)
# Where the program is not in /usr/bin the unit needs its place.
install(FILES deploy/systemd/ddm@.service DESTINATION lib/systemd/system)
install(DIRECTORY deploy/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/deploy)

set(CPACK_PACKAGE_NAME dynamodb-migration-monitor)
set(CPACK_PACKAGE_VENDOR "dynamodb-migration-monitor")
set(CPACK_PACKAGE_CONTACT "the maintainers of dynamodb-migration-monitor <maintainers@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "proves that a live DynamoDB table arrives whole in another place")
set(CPACK_PACKAGE_DESCRIPTION "It reads the stream of one table, looks each change up in the other,
compares all items at rest, and says GO, WAIT or NO-GO with its reasons.")
if(DDM_PORTABLE)
  # Not xz, which the smallest systems cannot unpack.
  set(CPACK_GENERATOR TGZ)
  set(CPACK_PACKAGING_INSTALL_PREFIX /)
  set(CPACK_PACKAGE_FILE_NAME ${CPACK_PACKAGE_NAME}-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
else()
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
endif()
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_PACKAGE_CHECKSUM SHA256)
include(CPack)

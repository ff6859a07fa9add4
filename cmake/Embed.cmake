# elasticbot_embeds(source.cpp file …): files that `source.cpp` takes in with #embed, relative to the current folder.
#
# A compiler cache does not look into embedded files, so a hash of them becomes part of the command line: a changed file
# configures again and compiles again.
function(elasticbot_embeds source)
    set(all "")
    foreach(file IN LISTS ARGN)
        file(SHA256 "${CMAKE_CURRENT_SOURCE_DIR}/${file}" hash)
        string(APPEND all "${hash}")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    endforeach()
    string(SHA256 hash "${all}")
    string(SUBSTRING "${hash}" 0 16 hash)
    set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS "ELASTICBOT_EMBEDDED=${hash}")
endfunction()

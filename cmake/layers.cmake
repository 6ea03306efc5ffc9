# alertify_layer(name USES layer… LIBS target…): src/<name>/**.c and .cc as the static library alertify_<name>.
# The USES of every layer are also written to <build>/layers.txt, which the include lint reads.
set(ALERTIFY_LAYER_FILE ${CMAKE_BINARY_DIR}/layers.txt)
file(WRITE ${ALERTIFY_LAYER_FILE} "")

function(alertify_layer name)
    cmake_parse_arguments(LAYER "" "" "USES;LIBS" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS
        ${CMAKE_SOURCE_DIR}/src/${name}/*.c ${CMAKE_SOURCE_DIR}/src/${name}/*.cc)
    file(APPEND ${ALERTIFY_LAYER_FILE} "${name}: ${LAYER_USES}\n")
    if(NOT sources)
        file(WRITE ${CMAKE_BINARY_DIR}/empty_${name}.c "typedef int empty_${name};\n")
        set(sources ${CMAKE_BINARY_DIR}/empty_${name}.c)
    endif()
    add_library(alertify_${name} STATIC ${sources})
    target_include_directories(alertify_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(alertify_${name} PUBLIC alertify_flags)
    foreach(used ${LAYER_USES})
        target_link_libraries(alertify_${name} PUBLIC alertify_${used})
    endforeach()
    foreach(lib ${LAYER_LIBS})
        # Libraries' headers are not ours to warn about.
        target_link_libraries(alertify_${name} PRIVATE ${lib})
        get_target_property(dirs ${lib} INTERFACE_INCLUDE_DIRECTORIES)
        if(dirs)
            target_include_directories(alertify_${name} SYSTEM PRIVATE ${dirs})
        endif()
    endforeach()
endfunction()

# alertify_embed(target name glob): the files as a C table `const struct embedded_file NAME[]`
# (base/embedded_file.h), in name order, ended by {NULL, NULL, 0}.
function(alertify_embed target name glob)
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${glob})
    list(SORT files)
    set(out ${CMAKE_BINARY_DIR}/${name}.c)
    add_custom_command(OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAME=${name} "-DFILES=${files}"
                -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
    target_sources(${target} PRIVATE ${out})
endfunction()

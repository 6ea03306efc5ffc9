# Turns text files into a C table. Run by alertify_embed.
set(text "#include \"base/embedded_file.h\"\nconst struct embedded_file ${NAME}[] = {\n")
foreach(file ${FILES})
    get_filename_component(stem ${file} NAME)
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${hex}")
    string(LENGTH "${hex}" digits)
    math(EXPR length "${digits} / 2")
    # One literal per 64 bytes: compilers limit a literal's length, not their concatenation.
    string(REGEX REPLACE "((\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f])(\\\\x[0-9a-f][0-9a-f]))" "\\1\"\n\"" bytes "${bytes}")
    string(APPEND text "{\"${stem}\", \"${bytes}\", ${length}},\n")
endforeach()
string(APPEND text "{0, 0, 0}};\n")
file(WRITE ${OUT} "${text}")

# The web page inside the program. stentor_embed(target manifest) compiles every file that the manifest
# names into `target`, behind chat/web_assets.h. A manifest line is `/path file content-type`, the file
# relative to the manifest; `#` begins a comment line. Without a manifest the table is empty.
#
# The bytes go in by .incbin (no cost for the compiler, both compilers, any size). The table is written
# by this same file, run as a script whenever an asset changes, for the etag is a hash of the content.

cmake_minimum_required(VERSION 3.25)

# Sets `paths`, `files` and `types` in the caller's scope, one entry per asset, sorted by path.
# In `types` a semicolon is written %3B.
macro(stentor_read_manifest manifest)
  set(paths)
  set(files)
  set(types)
  set(lines)
  get_filename_component(manifest_folder ${manifest} DIRECTORY)
  if(EXISTS ${manifest})
    file(STRINGS ${manifest} lines REGEX "^/")
    string(REPLACE "\\;" "%3B" lines "${lines}")  # a semicolon divides a list
    list(SORT lines)
  endif()
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^(/[^ ]*) +([^ ]+) +([^ ].*)$")
      message(FATAL_ERROR "${manifest}: not `/path file content-type`: ${line}")
    endif()
    set(path "${CMAKE_MATCH_1}")
    set(file "${manifest_folder}/${CMAKE_MATCH_2}")
    set(type "${CMAKE_MATCH_3}")
    if(path IN_LIST paths)
      message(FATAL_ERROR "${manifest}: ${path} stands there twice")
    endif()
    if(NOT EXISTS ${file})
      message(FATAL_ERROR "${manifest}: ${path} names ${file}, which does not exist")
    endif()
    list(APPEND paths "${path}")
    list(APPEND files "${file}")
    list(APPEND types "${type}")
  endforeach()
endmacro()

function(stentor_embed target manifest)
  stentor_read_manifest(${manifest})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/web_assets)
  if(EXISTS ${manifest})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})
    list(APPEND inputs ${manifest} ${files})
  endif()
  add_custom_command(
    OUTPUT ${folder}/web_assets.cc ${folder}/web_assets.S
    COMMAND ${CMAKE_COMMAND} -D manifest=${manifest} -D folder=${folder}
            -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    DEPENDS ${inputs} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    COMMENT "Embedding the web page" VERBATIM)
  set_source_files_properties(${folder}/web_assets.S PROPERTIES OBJECT_DEPENDS "${files}")
  target_sources(${target} PRIVATE ${folder}/web_assets.cc ${folder}/web_assets.S)
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
  return()
endif()

stentor_read_manifest(${manifest})
set(asm "    .section .rodata\n")
set(symbols)
set(rows)
set(number 0)
foreach(path file type IN ZIP_LISTS paths files types)
  file(SHA256 "${file}" hash)
  file(SIZE "${file}" bytes)
  string(SUBSTRING ${hash} 0 16 etag)
  string(REPLACE "%3B" ";" type "${type}")
  string(APPEND asm "    .balign 16\n    .globl stentor_web_asset_${number}\n"
    "stentor_web_asset_${number}:\n    .incbin \"${file}\"\n    .byte 0\n")
  string(APPEND symbols "extern \"C\" const std::byte stentor_web_asset_${number}[];\n")
  string(APPEND rows "        {\"${path}\", \"${type}\", {stentor_web_asset_${number}, ${bytes}}, "
    "\"\\\"${etag}\\\"\"},\n")
  math(EXPR number "${number} + 1")
endforeach()
string(APPEND asm "    .section .note.GNU-stack,\"\",@progbits\n")

set(body "    return {};\n")
if(rows)
  set(body "    static const WebAsset assets[] = {\n${rows}    };\n    return assets;\n")
endif()
file(WRITE ${folder}/web_assets.S "${asm}")
file(WRITE ${folder}/web_assets.cc "// Written by cmake/embed.cmake.\n#include \"chat/web_assets.h\"\n
${symbols}
namespace stentor::chat {
std::span<const WebAsset> web_assets() {
${body}}
}  // namespace stentor::chat
")

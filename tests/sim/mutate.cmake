# Copies `files` of the tree at `root` to `folder` and applies `patch` to the copies, or fails the
# build: a mutant that cannot be made proves nothing.
find_program(PATCH_PROGRAM patch)
if(NOT PATCH_PROGRAM)
  message(FATAL_ERROR "the mutants of the simulation need the program patch")
endif()
file(REMOVE_RECURSE ${folder})
foreach(file IN LISTS files)
  get_filename_component(where ${folder}/${file} DIRECTORY)
  file(MAKE_DIRECTORY ${where})
  configure_file(${root}/${file} ${folder}/${file} COPYONLY)
endforeach()
execute_process(
  COMMAND ${PATCH_PROGRAM} --strip=1 --fuzz=0 --batch --forward --input=${patch}
  WORKING_DIRECTORY ${folder} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(failed)
  message(FATAL_ERROR "${patch} applies no more: bring it to the present code, in which the fault "
    "that it plants must still be possible (docs/simulation.md)\n${said}")
endif()
# Newer than what they were copied from, or they would be made again and again.
foreach(file IN LISTS files)
  file(TOUCH ${folder}/${file})
endforeach()

// Stands in for Verilator's header of this name in a coverage build, so that no test has to collect its own points.
//
// Verilator's runtime keeps strings per point and model and writes only when told to; our tests make models by the
// hundred and leave by _exit. Here a model's points are handed over when it is made (generated code: __vlCoverInsert)
// and counted when it goes or the process ends, see points.cpp.
#pragma once

#include <cstdint>

namespace nicosim::coverage {

// `count` lives in the model whose symbol table is `model`; `page` is v_toggle/..., v_line/... or v_branch/...
void add(const void* model, const std::uint32_t* count, const char* file, int line, int column, const char* page,
         const char* comment);

}  // namespace nicosim::coverage

// The names are those of the parameters of the generated function that uses it.
#define VL_COVER_INSERT(context, countp, ...) \
  ::nicosim::coverage::add(vlSymsp, countp, filenamep, lineno, column, pagep, commentp)

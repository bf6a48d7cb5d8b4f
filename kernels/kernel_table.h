// One table of kernels for each instruction set. A table is chosen once (by the caller: there is no
// global state) and passed as an argument. Tables fill empty slots with the kernels of the ISA
// before.
#pragma once

#include <span>

#include "kernels/isa.h"
#include "kernels/kernel_slots.h"

namespace filigree::kernels {

// The slot for a format. Precondition: a float (or int8) format.
LinearF32Fn* linear_f32(const KernelTable& table, WeightFormat format) noexcept;
LinearI8Fn* linear_i8(const KernelTable& table, WeightFormat format) noexcept;

// Tables that this CPU can run, scalar first, best last. Never empty.
std::span<const KernelTable> supported_tables() noexcept;

// Throws std::invalid_argument that names `isa` and lists what this CPU has, when it lacks `isa`.
const KernelTable& table_for(Isa isa);

}  // namespace filigree::kernels

// A wider integer for exact arithmetic on times and rates; a GNU extension that both of our compilers have.
#pragma once

namespace nicosim {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

}  // namespace nicosim

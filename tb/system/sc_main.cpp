// SystemC's library wants this name; the tests start their simulations themselves.
#include <systemc>

__attribute__((visibility("default"))) int sc_main(int, char**) { return 0; }

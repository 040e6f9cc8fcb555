// SystemC's library wants this name; the tests start their simulations themselves.
#include <systemc>

int sc_main(int, char**) { return 0; }

// SystemC's library wants this name when it is loaded; a program that has one of its own keeps that.
extern "C" __attribute__((visibility("default"), weak)) int sc_main(int, char**) { return 0; }

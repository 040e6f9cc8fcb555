// The door of what is measured, in a file of its own so that it stays a function which callgrind can see. Counting
// after the call keeps it from becoming a jump.
#include "bench/stack/side.hpp"

namespace nicosim::bench {

void Side::deliver(Bytes frame) {
  do_deliver(frame);
  ++calls;
}
void Side::settle() {
  do_settle();
  ++calls;
}
void Side::send_datagram(Bytes data) {
  do_send_datagram(data);
  ++calls;
}
std::size_t Side::send_stream(Bytes data) {
  const std::size_t taken = do_send_stream(data);
  ++calls;
  return taken;
}

}  // namespace nicosim::bench

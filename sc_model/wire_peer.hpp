// Somebody at the far end of a wire who has timers of his own: not only answers, also speaks when his time has come.
#pragma once

#include "common/bytes.hpp"
#include "sc_model/wire.hpp"

#include <vector>

namespace nicosim {

class WirePeer {
 public:
  virtual ~WirePeer() = default;
  virtual void start(SimTime wire_start) = 0;  // the wire lives from then on
  // A whole frame with FCS has arrived at `now`; returns what goes back at once.
  virtual std::vector<WireFrame> receive(SimTime now, Bytes frame) = 0;
  // When on_time() wants to be called; never(): only when something arrives.
  virtual SimTime next_deadline() const = 0;
  // That deadline is something planned, for which a run waits; else it is a time-out.
  virtual bool has_plans() const = 0;
  virtual std::vector<WireFrame> on_time(SimTime now) = 0;
};

}  // namespace nicosim

// Drives the AXI4-Lite target of a verilated design, whose ports are named as on nic_top.
//
// The design is stepped by the caller's function, one clock cycle per call, so other pins move at the same time.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <utility>

namespace nicosim::tb {

struct AxilAnswer {
  std::uint32_t data = 0;
  unsigned resp = 0;  // 0 OKAY, 2 SLVERR
};

template <typename Model>
class AxilBus {
 public:
  AxilBus(Model& model, std::function<void()> step) : model_(model), step_(std::move(step)) {
    model_.s_axil_bready_i = 1;
    model_.s_axil_rready_i = 1;
  }

  std::uint32_t read(std::uint32_t offset) { return read_full(offset).data; }
  void write(std::uint32_t offset, std::uint32_t value) { write_full(offset, value, 0xf); }

  AxilAnswer read_full(std::uint32_t offset) {
    model_.s_axil_arvalid_i = 1;
    model_.s_axil_araddr_i = offset;
    until([&] { return model_.s_axil_arready_o != 0; });
    step_();
    model_.s_axil_arvalid_i = 0;
    until([&] { return model_.s_axil_rvalid_o != 0; });
    const AxilAnswer answer{model_.s_axil_rdata_o, model_.s_axil_rresp_o};
    step_();
    return answer;
  }

  unsigned write_full(std::uint32_t offset, std::uint32_t value, unsigned strobes) {
    model_.s_axil_awvalid_i = 1;
    model_.s_axil_awaddr_i = offset;
    model_.s_axil_wvalid_i = 1;
    model_.s_axil_wdata_i = value;
    model_.s_axil_wstrb_i = static_cast<std::uint8_t>(strobes);
    until([&] { return model_.s_axil_awready_o != 0 && model_.s_axil_wready_o != 0; });
    step_();
    model_.s_axil_awvalid_i = 0;
    model_.s_axil_wvalid_i = 0;
    until([&] { return model_.s_axil_bvalid_o != 0; });
    const unsigned resp = model_.s_axil_bresp_o;
    step_();
    return resp;
  }

 private:
  template <typename Condition>
  void until(Condition holds) {
    for (int cycles = 0; !holds(); ++cycles) {
      if (cycles == 1000) throw std::runtime_error("the register target does not answer");
      step_();
    }
  }

  Model& model_;
  std::function<void()> step_;
};

}  // namespace nicosim::tb

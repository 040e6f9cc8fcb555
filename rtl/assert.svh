// One way to say what must hold. In simulation a concurrent assertion, checked at every clock edge outside reset; for
// proofs (FORMAL), where the tools know no concurrent ones, an immediate assertion in a clocked block; in synthesis
// nothing. FORMAL and SYNTHESIS are what Yosys defines by itself.
`ifndef NICOSIM_ASSERT_SVH
`define NICOSIM_ASSERT_SVH

`ifdef FORMAL
`define ASSERT(name, expr) always @(posedge clk_i) if (rst_ni) begin name: assert (expr); end
`define COVER(name, expr)  always @(posedge clk_i) if (rst_ni) begin name: cover (expr); end
`elsif SYNTHESIS
`define ASSERT(name, expr)
`define COVER(name, expr)
`else
`define ASSERT(name, expr) name: assert property (@(posedge clk_i) disable iff (!rst_ni) (expr)) else $error("%m");
`define COVER(name, expr)  name: cover property (@(posedge clk_i) disable iff (!rst_ni) (expr));
`endif

`endif

// One way to say what must hold at every clock edge outside reset; in synthesis nothing. FORMAL and SYNTHESIS are what
// Yosys defines by itself.
//
// Immediate assertions in clocked blocks: they see what a concurrent one would sample, the tools for proofs know no
// others, and Verilator keeps no copies of the sampled values for them: switched off they cost the simulator nothing,
// switched on a twelfth, against a quarter.
`ifndef NICOSIM_ASSERT_SVH
`define NICOSIM_ASSERT_SVH

`ifdef FORMAL  // Yosys 0.23 knows no else
`define ASSERT(name, expr) always @(posedge clk_i) if (rst_ni) begin name: assert (expr); end
`define COVER(name, expr)  always @(posedge clk_i) if (rst_ni) begin name: cover (expr); end
`elsif SYNTHESIS
`define ASSERT(name, expr)
`define COVER(name, expr)
`else
`define ASSERT(name, expr) always @(posedge clk_i) if (rst_ni) begin name: assert (expr) else $error("%m"); end
`define COVER(name, expr)  always @(posedge clk_i) if (rst_ni) begin name: cover (expr); end
`endif

`endif

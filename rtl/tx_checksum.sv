`include "assert.svh"

// Adds up a frame's two Internet checksums while its words pass on their way into the FIFO (RFC 1071).
//
// Sums are taken over little-endian 16-bit words at even places and put right at the end: the sum of swapped words is
// the swapped sum, and an odd start swaps once more. The values belong to the words seen up to one cycle before.
module tx_checksum (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // A word of 16 bytes, or the last one with fewer, the rest zero
  input  logic                 valid_i,
  input  logic [9:0]           index_i,     // words before it in the frame
  input  logic [63:0]          lo_i,
  input  logic [63:0]          hi_i,
  input  logic                 restart_i,   // the frame has been given away; not together with valid_i

  // What is asked for; steady while the frame passes
  input  nic_pkg::tx_job_t     job_i,
  input  nic_pkg::tx_offsets_t offsets_i,
  input  logic                 sum_i,       // legacy: IC of the last descriptor
  input  logic [7:0]           sum_offset_i,

  input  logic                 ask_i,       // the patches are looked at
  input  logic [13:0]          length_i,    // of the frame
  output nic_pkg::tx_patches_t patches_o
);

  logic [31:0] ip_q, tu_q;
  logic        want_ip, want_tu;
  logic [13:0] base;
  assign base    = {index_i, 4'd0};
  assign want_ip = job_i.ip_sum && {2'd0, base} <= end_of(offsets_i.ipcse);
  assign want_tu = (job_i.tu_sum || job_i.legacy) && {2'd0, base} <= end_of(offsets_i.tucse);

  function automatic logic [15:0] end_of(input logic [15:0] cse);
    end_of = cse == 16'd0 ? 16'hFFFF : cse;
  endfunction

  // Bytes from..to of eight that begin at `at`
  function automatic logic [63:0] part(input logic [63:0] data, input logic [13:0] at, input logic [7:0] from,
                                       input logic [15:0] to);
    logic [13:0] skip;
    logic [15:0] keep;
    part = data;
    skip = {6'd0, from} - at;
    keep = to - {2'd0, at} + 16'd1;
    if ({6'd0, from} > at) part = skip >= 14'd8 ? 64'd0 : part & (64'hFFFF_FFFF_FFFF_FFFF << {skip[2:0], 3'd0});
    if (to < {2'd0, at}) part = 64'd0;
    else if (keep < 16'd8 && keep != 16'd0) part = part & ~(64'hFFFF_FFFF_FFFF_FFFF << {keep[2:0], 3'd0});
  endfunction

  function automatic logic [31:0] add(input logic [31:0] sum, input logic [63:0] data);
    add = sum + {16'd0, data[15:0]} + {16'd0, data[31:16]} + {16'd0, data[47:32]} + {16'd0, data[63:48]};
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni || restart_i) begin
      ip_q <= 32'd0;
      tu_q <= 32'd0;
    end else if (valid_i) begin
      if (want_ip)
        ip_q <= add(add(ip_q, part(lo_i, base, offsets_i.ipcss, end_of(offsets_i.ipcse))),
                    part(hi_i, base + 14'd8, offsets_i.ipcss, end_of(offsets_i.ipcse)));
      if (want_tu)
        tu_q <= add(add(tu_q, part(lo_i, base, offsets_i.tucss, end_of(offsets_i.tucse))),
                    part(hi_i, base + 14'd8, offsets_i.tucss, end_of(offsets_i.tucse)));
    end
  end

  // ---- the values. `plus` is the length that belongs to the pseudo header of a segment
  function automatic logic [15:0] fold(input logic [31:0] sum);
    logic [16:0] once;
    once = {1'b0, sum[31:16]} + {1'b0, sum[15:0]};
    fold = once[15:0] + {15'd0, once[16]};
  endfunction

  function automatic logic [15:0] finish(input logic [31:0] sum, input logic odd, input logic [15:0] plus);
    logic [15:0] folded;
    folded = fold(sum);
    if (!odd) folded = {folded[7:0], folded[15:8]};
    finish = ~fold({16'd0, folded} + {16'd0, plus});
  endfunction

  // Start and place must be in the frame (manual, table 3-9: otherwise the request is ignored)
  function automatic logic fits(input logic [7:0] css, input logic [7:0] cso, input logic [15:0] cse,
                                input logic [13:0] length);
    fits = {6'd0, css} < length && {6'd0, cso} + 14'd1 < length && (cse == 16'd0 || cse >= {8'd0, css});
  endfunction

  logic [7:0]  tu_offset;
  logic [15:0] tu_value;
  assign tu_offset = job_i.legacy ? sum_offset_i : offsets_i.tucso;

  always_comb begin
    patches_o = '0;
    tu_value  = 16'd0;
    if (ask_i) begin
      patches_o.ip.valid  = job_i.ip_sum && fits(offsets_i.ipcss, offsets_i.ipcso, offsets_i.ipcse, length_i);
      patches_o.ip.offset = offsets_i.ipcso;
      patches_o.ip.value  = finish(ip_q, offsets_i.ipcss[0], 16'd0);
      tu_value = finish(tu_q, offsets_i.tucss[0],
                        job_i.segment ? {2'd0, length_i} - {8'd0, offsets_i.tucss} : 16'd0);
      // RFC 768: a UDP checksum of zero says that there is none
      if (!job_i.legacy && !job_i.tcp && tu_value == 16'd0) tu_value = 16'hFFFF;
      patches_o.tu.valid  = (job_i.legacy ? sum_i : job_i.tu_sum) &&
                            fits(offsets_i.tucss, tu_offset, offsets_i.tucse, length_i);
      patches_o.tu.offset = tu_offset;
      patches_o.tu.value  = tu_value;
    end
  end

  logic unused;
  assign unused = &{1'b0, job_i.ipv4, job_i.mss, job_i.payload, job_i.header};

  `ASSERT(NoWordInBetween, !(restart_i && valid_i))

endmodule

// Counts frames and bytes (manual, section 13.7).
//
// A read returns a count and clears it; what happens in the cycle of the read counts for the next one. Counts stay at
// the top instead of wrapping. Byte counts have 64 bits: the read of the high half clears both.
`include "assert.svh"

module stats (
  input  logic                clk_i,
  input  logic                rst_ni,

  // One strobe per frame that ended
  input  nic_pkg::rx_stat_t   rx_i,
  input  nic_pkg::tx_stat_t   tx_i,
  input  nic_pkg::misc_stat_t misc_i,
  input  logic                no_buffer_i,  // a frame found no free descriptor

  // From the register file; rdata_o is valid one cycle after read_i and stays
  input  logic                read_i,
  input  logic [7:0]          index_i,      // (offset - 0x4000) / 4, below 64
  output logic [31:0]         rdata_o,

  output logic                quiet_o
);

  // ---- what a received frame is. Errors count only for frames that the filter would have let in, lengths of good
  // frames only when the FIFO had room: MPC has the others
  logic rx_wanted, rx_legal, rx_good, rx_damaged;
  assign rx_wanted  = rx_i.valid && rx_i.accepted;
  assign rx_damaged = rx_i.crc_error || rx_i.symbol_error;
  assign rx_legal   = !rx_i.short_frame && !rx_i.long_frame;
  assign rx_good    = rx_wanted && rx_i.stored && rx_legal && !rx_damaged;

  // A good frame sent has 64 bytes and is the host's
  logic tx_good;
  assign tx_good = tx_i.valid && !tx_i.pause && tx_i.length >= 16'd64;

  // Which of 64, 65..127, 128..255, 256..511, 512..1023, 1024.. bytes; none for a runt, sent with TCTL.PSP off
  function automatic logic [5:0] size_class(input logic [15:0] length);
    size_class = 6'd0;
    if      (length <= 16'd64)   size_class[0] = length == 16'd64;
    else if (length <= 16'd127)  size_class[1] = 1'b1;
    else if (length <= 16'd255)  size_class[2] = 1'b1;
    else if (length <= 16'd511)  size_class[3] = 1'b1;
    else if (length <= 16'd1023) size_class[4] = 1'b1;
    else                         size_class[5] = 1'b1;
  endfunction

  // ---- counts of frames: those that go up by one now, in the order of their offsets
  logic        active;
  logic [63:0] bump;
  assign active = rx_i.valid || tx_i.valid || no_buffer_i || read_i || misc_i != '0;

  always_comb begin
    bump = 64'd0;
    if (rx_i.valid) begin
      bump[nic_regs_pkg::TPR_INDEX]     = 1'b1;
      bump[nic_regs_pkg::CRCERRS_INDEX] = rx_wanted && rx_i.crc_error && !rx_i.symbol_error && !rx_i.short_frame;
      bump[nic_regs_pkg::RXERRC_INDEX]  = rx_wanted && rx_i.symbol_error;
      bump[nic_regs_pkg::RLEC_INDEX]    = rx_wanted && !rx_legal;
      bump[nic_regs_pkg::RUC_INDEX]     = rx_wanted && rx_i.short_frame && !rx_damaged;
      bump[nic_regs_pkg::RFC_INDEX]     = rx_wanted && rx_i.short_frame && rx_damaged;
      bump[nic_regs_pkg::ROC_INDEX]     = rx_wanted && rx_i.long_frame && !rx_damaged;
      bump[nic_regs_pkg::RJC_INDEX]     = rx_wanted && rx_i.long_frame && rx_damaged;
      bump[nic_regs_pkg::MPC_INDEX]     = rx_wanted && rx_i.missed;
      if (rx_good) begin
        bump[nic_regs_pkg::GPRC_INDEX]  = 1'b1;
        bump[nic_regs_pkg::BPRC_INDEX]  = rx_i.broadcast;
        bump[nic_regs_pkg::MPRC_INDEX]  = rx_i.multicast;
        bump[nic_regs_pkg::PRC64_INDEX +: 6] = size_class(rx_i.length);
      end
    end
    if (tx_i.valid) begin
      bump[nic_regs_pkg::TPT_INDEX]  = 1'b1;
      bump[nic_regs_pkg::GPTC_INDEX] = tx_good;
      if (!tx_i.pause) begin
        bump[nic_regs_pkg::BPTC_INDEX] = tx_i.broadcast;
        bump[nic_regs_pkg::MPTC_INDEX] = tx_i.multicast;
        bump[nic_regs_pkg::PTC64_INDEX +: 6] = size_class(tx_i.length);
      end
    end
    bump[nic_regs_pkg::RNBC_INDEX]    = no_buffer_i;
    bump[nic_regs_pkg::XONRXC_INDEX]  = misc_i.xon_received;
    bump[nic_regs_pkg::XOFFRXC_INDEX] = misc_i.xoff_received;
    bump[nic_regs_pkg::FCRUC_INDEX]   = misc_i.control_unsupported;
    bump[nic_regs_pkg::XONTXC_INDEX]  = misc_i.xon_sent;
    bump[nic_regs_pkg::XOFFTXC_INDEX] = misc_i.xoff_sent;
    bump[nic_regs_pkg::TSCTC_INDEX]   = misc_i.tso_done;
    bump[nic_regs_pkg::TSCTFC_INDEX]  = misc_i.tso_failed;
  end

  logic [31:0] count_q [64];  // those that nothing bumps stay 0

  function automatic logic [31:0] next_count(input logic [31:0] count, input logic bumped, input logic clear);
    if (clear)                       next_count = {31'd0, bumped};
    else if (bumped && count != '1)  next_count = count + 32'd1;
    else                             next_count = count;
  endfunction

  // All or none are assigned: an assignment with a condition of its own costs the simulation a flag, every cycle.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      for (int i = 0; i < 64; i++) count_q[i] <= 32'd0;
    end else if (active) begin
      for (int i = 0; i < 64; i++) count_q[i] <= next_count(count_q[i], bump[i], read_i && index_i[5:0] == i[5:0]);
    end
  end

  // ---- counts of bytes
  logic [63:0] gorc_q, gotc_q, tor_q, tot_q;

  function automatic logic [63:0] add(input logic [63:0] count, input logic count_it, input logic [15:0] bytes,
                                      input logic clear);
    logic [63:0] from, sum;
    from = clear ? 64'd0 : count;
    sum  = from + (count_it ? {48'd0, bytes} : 64'd0);
    add  = sum < from ? 64'hffff_ffff_ffff_ffff : sum;
  endfunction

  function automatic logic reads(input int unsigned index);
    reads = read_i && {24'd0, index_i} == index;
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      gorc_q <= 64'd0;
      gotc_q <= 64'd0;
      tor_q  <= 64'd0;
      tot_q  <= 64'd0;
    end else if (active) begin
      gorc_q <= add(gorc_q, rx_good,    rx_i.length, reads(nic_regs_pkg::GORCH_INDEX));
      tor_q  <= add(tor_q,  rx_i.valid, rx_i.length, reads(nic_regs_pkg::TORH_INDEX));
      gotc_q <= add(gotc_q, tx_good,    tx_i.length, reads(nic_regs_pkg::GOTCH_INDEX));
      tot_q  <= add(tot_q,  tx_i.valid, tx_i.length, reads(nic_regs_pkg::TOTH_INDEX));
    end
  end

  // ---- read
  logic [31:0] rdata_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      rdata_q <= 32'd0;
    end else if (read_i) begin
      case ({24'd0, index_i})
        nic_regs_pkg::GORCL_INDEX: rdata_q <= gorc_q[31:0];
        nic_regs_pkg::GORCH_INDEX: rdata_q <= gorc_q[63:32];
        nic_regs_pkg::GOTCL_INDEX: rdata_q <= gotc_q[31:0];
        nic_regs_pkg::GOTCH_INDEX: rdata_q <= gotc_q[63:32];
        nic_regs_pkg::TORL_INDEX:  rdata_q <= tor_q[31:0];
        nic_regs_pkg::TORH_INDEX:  rdata_q <= tor_q[63:32];
        nic_regs_pkg::TOTL_INDEX:  rdata_q <= tot_q[31:0];
        nic_regs_pkg::TOTH_INDEX:  rdata_q <= tot_q[63:32];
        default:                   rdata_q <= count_q[index_i[5:0]];
      endcase
    end
  end

  assign rdata_o = rdata_q;
  assign quiet_o = !active;

  `ASSERT(AMissedFrameIsNotStored, !rx_i.valid || !(rx_i.stored && rx_i.missed))

endmodule

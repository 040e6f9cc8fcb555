// Decides whether a received frame is for this station.
//
// Looks at the destination address only, so the verdict is ready when the frame's first word is on its way, long
// before the frame has been stored. docs/rx_filter.md has the table.
`include "assert.svh"

module rx_filter (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // Settings; the register file names the RCTL bits behind them
  input  logic                 any_unicast_i,       // RCTL.UPE: promiscuous
  input  logic                 any_multicast_i,     // RCTL.MPE
  input  logic                 broadcast_i,         // RCTL.BAM
  input  logic [1:0]           multicast_offset_i,  // RCTL.MO

  // Receive addresses, side by side, number 0 lowest; first octet of each in its bits 47:40
  input  logic [767:0]         ra_addr_i,
  input  logic [15:0]          ra_valid_i,

  input  logic [47:0]          control_addr_i,      // FCAH:FCAL

  // Multicast table: the register file answers in the same cycle
  output logic [11:0]          mta_index_o,         // register in 11:5, bit in 4:0
  input  logic                 mta_bit_i,

  // Destination address of the frame arriving now
  input  logic                 dest_valid_i,
  input  logic [47:0]          dest_addr_i,

  // Verdict, one cycle later
  output nic_pkg::rx_verdict_t verdict_o,
  output logic                 quiet_o
);

  localparam logic [47:0] PAUSE_GROUP = 48'h0180_c200_0001;  // IEEE 802.3 annex 31B

  // Bits of the last two octets (manual, "Multicast Table Array"): MO slides a window of twelve
  logic [15:0] last_two;
  assign last_two = {dest_addr_i[7:0], dest_addr_i[15:8]};
  always_comb begin
    case (multicast_offset_i)
      2'd0:    mta_index_o = last_two[15:4];
      2'd1:    mta_index_o = last_two[14:3];
      2'd2:    mta_index_o = last_two[13:2];
      default: mta_index_o = last_two[11:0];
    endcase
  end

  logic is_broadcast, is_multicast, ra_hit, exact_d, accept_d, station_d, control_d;

  always_comb begin
    is_broadcast = 1'b0;
    is_multicast = 1'b0;
    ra_hit       = 1'b0;
    exact_d      = 1'b0;
    accept_d     = 1'b0;
    station_d    = 1'b0;
    control_d    = 1'b0;
    if (dest_valid_i) begin
      is_broadcast = &dest_addr_i;
      is_multicast = dest_addr_i[40] && !is_broadcast;  // group bit of the first octet
      for (int i = 0; i < 16; i++) ra_hit = ra_hit || (ra_valid_i[i] && ra_addr_i[48*i +: 48] == dest_addr_i);

      if (is_broadcast)      exact_d = ra_hit || broadcast_i;
      else if (is_multicast) exact_d = ra_hit || any_multicast_i || mta_bit_i;
      else                   exact_d = ra_hit;
      accept_d = exact_d || (any_unicast_i && !is_broadcast && !is_multicast);

      station_d = ra_valid_i[0] && ra_addr_i[47:0] == dest_addr_i;
      control_d = station_d || dest_addr_i == PAUSE_GROUP || dest_addr_i == control_addr_i;
    end
  end

  logic valid_q, accept_q, multicast_q, broadcast_q, exact_q, station_q, control_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
    end else begin
      valid_q <= dest_valid_i;
      if (dest_valid_i) begin
        accept_q    <= accept_d;
        multicast_q <= is_multicast;
        broadcast_q <= is_broadcast;
        exact_q     <= exact_d;
        station_q   <= station_d;
        control_q   <= control_d;
      end
    end
  end

  assign verdict_o = {valid_q, accept_q, multicast_q, broadcast_q, exact_q, station_q, control_q};
  assign quiet_o   = !valid_q;

  `ASSERT(ExactImpliesAccept, !valid_q || !exact_q || accept_q)
  `ASSERT(BroadcastIsNotMulticast, !valid_q || !(multicast_q && broadcast_q))

endmodule

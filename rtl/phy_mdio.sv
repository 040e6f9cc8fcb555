// The PHY: a Marvell 88E1011 with a cable, negotiation that takes time, and its management registers.
//
// Drivers of the family look for exactly this PHY at address 1 (IEEE 802.3 clause 22 registers 0 to 15, Marvell's from
// 16 on). There is a link when a cable is in, the PHY is neither in reset nor powered down, and negotiation is over; with
// negotiation switched off, at once. Its time is a deadline, so nothing changes while it runs.
`include "assert.svh"

module phy_mdio (
  input  logic        clk_i,
  input  logic        rst_ni,           // power-on: CTRL.RST leaves the PHY alone
  input  logic [63:0] now_i,
  input  logic        phy_reset_i,      // CTRL.PHY_RST, a level
  input  logic        cable_i,
  input  logic [31:0] autoneg_cycles_i, // how long negotiation takes

  // Access, a strobe: rdata_o and there_o answer in the same cycle
  input  logic        read_i,
  input  logic        write_i,
  input  logic [4:0]  phy_i,
  input  logic [4:0]  reg_i,
  input  logic [15:0] wdata_i,
  output logic [15:0] rdata_o,
  output logic        there_o,          // a PHY has this address

  output logic        link_o,
  output logic [63:0] deadline_o,       // end of a running negotiation; all ones: none
  output logic        quiet_o
);

  localparam logic [63:0] NEVER = 64'hffff_ffff_ffff_ffff;
  localparam logic [4:0] ADDRESS = 5'd1;

  localparam logic [4:0] CONTROL        = 5'd0;
  localparam logic [4:0] STATUS         = 5'd1;
  localparam logic [4:0] ID1            = 5'd2;
  localparam logic [4:0] ID2            = 5'd3;
  localparam logic [4:0] ADVERTISE      = 5'd4;
  localparam logic [4:0] PARTNER        = 5'd5;
  localparam logic [4:0] EXPANSION      = 5'd6;
  localparam logic [4:0] CONTROL_1000T  = 5'd9;
  localparam logic [4:0] STATUS_1000T   = 5'd10;
  localparam logic [4:0] EXT_STATUS     = 5'd15;
  localparam logic [4:0] SPECIFIC       = 5'd16;  // Marvell from here on
  localparam logic [4:0] SPECIFIC_STATE = 5'd17;
  localparam logic [4:0] INT_ENABLE     = 5'd18;
  localparam logic [4:0] EXT_SPECIFIC   = 5'd20;

  localparam int unsigned CONTROL_RESET_BIT      = 15;
  localparam int unsigned CONTROL_NEGOTIATE_BIT  = 12;
  localparam int unsigned CONTROL_POWER_DOWN_BIT = 11;
  localparam int unsigned CONTROL_RESTART_BIT    = 9;

  localparam logic [15:0] CONTROL_START       = 16'h1140;  // negotiate, full duplex, 1000 Mb/s
  localparam logic [15:0] CONTROL_KEPT        = 16'h7d40;  // not: reset, restart, collision test, reserved
  localparam logic [15:0] STATUS_FIXED        = 16'h7949;  // abilities
  localparam logic [15:0] STATUS_COMPLETE     = 16'h0020;  // negotiation complete
  localparam logic [15:0] STATUS_LINK         = 16'h0004;
  localparam logic [15:0] ADVERTISE_START     = 16'h0de1;
  localparam logic [15:0] PARTNER_FIXED       = 16'h41e1;
  localparam logic [15:0] EXPANSION_FIXED     = 16'h0001;  // the partner negotiates
  localparam logic [15:0] CONTROL_1000T_START = 16'h0e00;
  localparam logic [15:0] STATUS_1000T_FIXED  = 16'h3c00;  // both receivers fine, partner does 1000 Mb/s
  localparam logic [15:0] EXT_STATUS_FIXED    = 16'h3000;
  localparam logic [15:0] SPECIFIC_START      = 16'h0360;
  localparam logic [15:0] STATE_FIXED         = 16'ha008;  // 1000 Mb/s, full duplex, transmit pause
  localparam logic [15:0] STATE_LINK          = 16'h0c00;  // resolved, link
  localparam logic [15:0] EXT_SPECIFIC_START  = 16'h0d60;

  logic [15:0] control_q, advertise_q, control_1000t_q, specific_q, int_enable_q, ext_specific_q;
  logic        write, hard_reset, reset;

  assign there_o = phy_i == ADDRESS;
  assign write   = write_i && there_o;
  assign hard_reset = !rst_ni || phy_reset_i;
  assign reset      = hard_reset || (write && reg_i == CONTROL && wdata_i[CONTROL_RESET_BIT]);

  always_ff @(posedge clk_i) begin
    if (reset || write) begin
      if (reset) begin
        control_q       <= CONTROL_START;
        advertise_q     <= ADVERTISE_START;
        control_1000t_q <= CONTROL_1000T_START;
        if (hard_reset) begin  // Marvell's own take effect by a software reset, so they outlive it
          specific_q     <= SPECIFIC_START;
          int_enable_q   <= 16'd0;
          ext_specific_q <= EXT_SPECIFIC_START;
        end
      end else begin
        case (reg_i)
          CONTROL:       control_q       <= wdata_i & CONTROL_KEPT;
          ADVERTISE:     advertise_q     <= wdata_i;
          CONTROL_1000T: control_1000t_q <= wdata_i;
          SPECIFIC:      specific_q      <= wdata_i;
          INT_ENABLE:    int_enable_q    <= wdata_i;
          EXT_SPECIFIC:  ext_specific_q  <= wdata_i;
          default: ;  // read-only or not there
        endcase
      end
    end
  end

  // ---- link
  logic        link_q, negotiating_q, link_held_q;  // held: a lost link is remembered until STATUS is read
  logic [63:0] end_q;                               // NEVER unless negotiating_q
  logic        completes_q;
  logic        usable, negotiate, begins, begins_to_negotiate, restart, reads_status, lost;

  assign usable       = cable_i && !reset && !control_q[CONTROL_POWER_DOWN_BIT];
  assign negotiate    = control_q[CONTROL_NEGOTIATE_BIT];
  assign restart      = write && reg_i == CONTROL && wdata_i[CONTROL_RESTART_BIT];
  assign begins       = usable && (restart || (!link_q && !negotiating_q));
  assign begins_to_negotiate = restart ? wdata_i[CONTROL_NEGOTIATE_BIT] : negotiate;
  assign lost         = !usable && (link_q || negotiating_q);
  assign reads_status = read_i && there_o && reg_i == STATUS;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      link_q        <= 1'b0;
      negotiating_q <= 1'b0;
      end_q         <= NEVER;
      link_held_q   <= 1'b0;
      completes_q   <= 1'b0;
    end else if (negotiating_q || begins || reads_status || lost) begin
      completes_q <= negotiating_q && !completes_q && usable && !begins && now_i >= end_q;
      if (!usable) begin
        link_q        <= 1'b0;
        negotiating_q <= 1'b0;
        end_q         <= NEVER;
      end else if (begins) begin
        link_q        <= !begins_to_negotiate;
        negotiating_q <= begins_to_negotiate;
        end_q         <= begins_to_negotiate ? now_i + (autoneg_cycles_i > 32'd2 ? {32'd0, autoneg_cycles_i - 32'd2} : 64'd0) : NEVER;
      end else if (completes_q) begin
        link_q        <= 1'b1;
        negotiating_q <= 1'b0;
        end_q         <= NEVER;
      end
      if (!usable || begins) link_held_q <= 1'b0;
      else if (reads_status) link_held_q <= link_q;
    end
  end

  always_comb begin
    rdata_o = 16'd0;
    if (read_i && there_o) begin
      case (reg_i)
        CONTROL:        rdata_o = control_q;
        STATUS:         rdata_o = STATUS_FIXED | (link_q && negotiate ? STATUS_COMPLETE : 16'd0) |
                                  (link_held_q ? STATUS_LINK : 16'd0);
        ID1:            rdata_o = 16'h0141;
        ID2:            rdata_o = 16'h0c20;
        ADVERTISE:      rdata_o = advertise_q;
        PARTNER:        rdata_o = link_q && negotiate ? PARTNER_FIXED : 16'd0;
        EXPANSION:      rdata_o = link_q && negotiate ? EXPANSION_FIXED : 16'd0;
        CONTROL_1000T:  rdata_o = control_1000t_q;
        STATUS_1000T:   rdata_o = link_q ? STATUS_1000T_FIXED : 16'd0;
        EXT_STATUS:     rdata_o = EXT_STATUS_FIXED;
        SPECIFIC:       rdata_o = specific_q;
        SPECIFIC_STATE: rdata_o = STATE_FIXED | (link_q ? STATE_LINK : 16'd0);
        INT_ENABLE:     rdata_o = int_enable_q;
        EXT_SPECIFIC:   rdata_o = ext_specific_q;
        default:        rdata_o = 16'd0;  // among them 21, receive errors: the wire behind has no line code
      endcase
    end
  end

  assign link_o     = link_q;
  assign deadline_o = end_q;
  assign quiet_o    = !begins && !lost && !completes_q;

  `ASSERT(NoLinkWhileNegotiating, !(link_q && negotiating_q))
  `ASSERT(ARememberedLinkIsThere, !link_held_q || link_q)
  `ASSERT(NoLinkOutlivesItsCause, !link_q || !$past(rst_ni && lost))
  `ASSERT(DeadlineOnlyWhileNegotiating, negotiating_q == (end_q != NEVER))

endmodule

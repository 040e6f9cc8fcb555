// The management registers of the PHY: a Marvell 88E1011 that has negotiated 1000 Mb/s full duplex.
//
// Drivers of the family look for exactly this PHY at address 1 (IEEE 802.3 clause 22 registers 0 to 15, Marvell's from
// 16 on). The wire behind it is always there, so the link is up unless the PHY is in reset or powered down. An access
// takes no time; the real one takes some 25 us of MDIO clocks.
module phy_mdio (
  input  logic        clk_i,
  input  logic        rst_ni,      // power-on: CTRL.RST leaves the PHY alone
  input  logic        phy_reset_i, // CTRL.PHY_RST, a level

  // Access: rdata_o and there_o answer in the same cycle
  input  logic        read_i,
  input  logic        write_i,
  input  logic [4:0]  phy_i,
  input  logic [4:0]  reg_i,
  input  logic [15:0] wdata_i,
  output logic [15:0] rdata_o,
  output logic        there_o,     // a PHY has this address

  output logic        link_o
);

  localparam logic [4:0] ADDRESS = 5'd1;

  localparam logic [4:0] CONTROL        = 5'd0;
  localparam logic [4:0] STATUS         = 5'd1;
  localparam logic [4:0] ID1            = 5'd2;
  localparam logic [4:0] ID2            = 5'd3;
  localparam logic [4:0] ADVERTISE      = 5'd4;
  localparam logic [4:0] PARTNER        = 5'd5;
  localparam logic [4:0] CONTROL_1000T  = 5'd9;
  localparam logic [4:0] STATUS_1000T   = 5'd10;
  localparam logic [4:0] EXT_STATUS     = 5'd15;
  localparam logic [4:0] SPECIFIC       = 5'd16;  // Marvell from here on
  localparam logic [4:0] SPECIFIC_STATE = 5'd17;
  localparam logic [4:0] INT_ENABLE     = 5'd18;
  localparam logic [4:0] EXT_SPECIFIC   = 5'd20;

  localparam int unsigned CONTROL_RESET_BIT      = 15;
  localparam int unsigned CONTROL_POWER_DOWN_BIT = 11;

  localparam logic [15:0] CONTROL_START       = 16'h1140;  // negotiate, full duplex, 1000 Mb/s
  localparam logic [15:0] CONTROL_KEPT        = 16'h7d40;  // not: reset, restart, collision test, reserved
  localparam logic [15:0] STATUS_FIXED        = 16'h7949;  // abilities
  localparam logic [15:0] STATUS_COMPLETE     = 16'h0020;  // negotiation complete
  localparam logic [15:0] STATUS_LINK         = 16'h0004;
  localparam logic [15:0] ADVERTISE_START     = 16'h0de1;
  localparam logic [15:0] PARTNER_FIXED       = 16'h41e1;
  localparam logic [15:0] CONTROL_1000T_START = 16'h0e00;
  localparam logic [15:0] STATUS_1000T_FIXED  = 16'h3c00;  // both receivers fine, partner does 1000 Mb/s
  localparam logic [15:0] EXT_STATUS_FIXED    = 16'h3000;
  localparam logic [15:0] SPECIFIC_START      = 16'h0360;
  localparam logic [15:0] STATE_FIXED         = 16'ha008;  // 1000 Mb/s, full duplex, transmit pause
  localparam logic [15:0] STATE_LINK          = 16'h0c00;  // resolved, link
  localparam logic [15:0] EXT_SPECIFIC_START  = 16'h0d60;

  logic [15:0] control_q, advertise_q, control_1000t_q, specific_q, int_enable_q, ext_specific_q;
  logic        link_held_q;  // status register: a lost link is remembered until the register is read
  logic        ours, reset, link;

  assign ours  = phy_i == ADDRESS;
  assign reset = !rst_ni || phy_reset_i || (write_i && ours && reg_i == CONTROL && wdata_i[CONTROL_RESET_BIT]);
  assign link  = !control_q[CONTROL_POWER_DOWN_BIT];

  always_ff @(posedge clk_i) begin
    if (reset) begin
      control_q       <= CONTROL_START;
      advertise_q     <= ADVERTISE_START;
      control_1000t_q <= CONTROL_1000T_START;
      specific_q      <= SPECIFIC_START;
      int_enable_q    <= 16'd0;
      ext_specific_q  <= EXT_SPECIFIC_START;
      link_held_q     <= 1'b0;
    end else begin
      if (write_i && ours) begin
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
      if (!link)                                        link_held_q <= 1'b0;
      else if (read_i && ours && reg_i == STATUS)       link_held_q <= 1'b1;
    end
  end

  always_comb begin
    rdata_o = 16'd0;
    if (read_i && ours) begin
      case (reg_i)
        CONTROL:        rdata_o = control_q;
        STATUS:         rdata_o = STATUS_FIXED | (link ? STATUS_COMPLETE : 16'd0) | (link_held_q ? STATUS_LINK : 16'd0);
        ID1:            rdata_o = 16'h0141;
        ID2:            rdata_o = 16'h0c20;
        ADVERTISE:      rdata_o = advertise_q;
        PARTNER:        rdata_o = link ? PARTNER_FIXED : 16'd0;
        CONTROL_1000T:  rdata_o = control_1000t_q;
        STATUS_1000T:   rdata_o = link ? STATUS_1000T_FIXED : 16'd0;
        EXT_STATUS:     rdata_o = EXT_STATUS_FIXED;
        SPECIFIC:       rdata_o = specific_q;
        SPECIFIC_STATE: rdata_o = STATE_FIXED | (link ? STATE_LINK : 16'd0);
        INT_ENABLE:     rdata_o = int_enable_q;
        EXT_SPECIFIC:   rdata_o = ext_specific_q;
        default:        rdata_o = 16'd0;
      endcase
    end
  end

  assign there_o = ours;
  assign link_o  = link && !phy_reset_i;

endmodule

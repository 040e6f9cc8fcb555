// The slow ports of the register file: EEPROM (EECD, EERD), PHY (MDIC), and the link that comes of it.
//
// An access to either takes the time of its bits on the wires, as a deadline: an EERD read the 25 clocks of a Microwire
// read at 1.024 us each, an MDIC access the 64 clocks of an MDIO frame at 2.5 MHz. While MDIC is busy, writes to it are
// swallowed; another EERD read starts afresh.
`include "assert.svh"

module csr_serial (
  input  logic        clk_i,
  input  logic        rst_ni,            // power-on
  input  logic        reset_i,           // CTRL.RST: accesses are forgotten; contents and PHY stay
  input  logic [63:0] now_i,
  input  logic [47:0] station_addr_i,    // in the EEPROM at power-on
  input  logic [31:0] autoneg_cycles_i,
  input  logic        cable_i,
  input  logic        set_link_up_i,     // CTRL.SLU
  input  logic        phy_reset_i,       // CTRL.PHY_RST

  input  logic        write_i,           // strobe
  input  logic [16:0] write_addr_i,
  input  logic [31:0] write_data_i,
  input  logic        read_i,            // strobe; the answer is there in the same cycle, 0 for what is not here
  input  logic [16:0] read_addr_i,
  output logic [31:0] read_data_o,

  output logic [47:0] station_addr_o,    // what the EEPROM says now
  output logic        link_up_o,         // STATUS.LU
  output logic        lsc_o,             // strobe: it changes
  output logic        mdac_o,            // strobe: an MDIC access with INT_EN is complete

  output logic [63:0] deadline_o,
  output logic        quiet_o
);

  localparam logic [63:0] NEVER       = 64'hffff_ffff_ffff_ffff;
  localparam logic [63:0] EERD_CYCLES = 64'd4000;  // 25 * 1.024 us
  localparam logic [63:0] MDIO_CYCLES = 64'd4000;  // 64 * 400 ns

  function automatic logic [63:0] earlier(input logic [63:0] a, input logic [63:0] b);
    earlier = a < b ? a : b;
  endfunction

  // ---- EEPROM
  logic [31:0] eecd_q;
  logic [7:0]  eerd_addr_q;
  logic        eerd_busy_q, eerd_ends_q, eerd_done_q;
  logic [63:0] eerd_end_q, eeprom_deadline;  // NEVER unless eerd_busy_q
  logic        eeprom_do, eecd_moved_q, write_eecd, write_eerd, write_mdic, mdic_busy_q;
  logic [15:0] eeprom_word;

  always_comb begin
    write_eecd = 1'b0;
    write_eerd = 1'b0;
    write_mdic = 1'b0;
    if (write_i) begin
      write_eecd = write_addr_i == nic_regs_pkg::EECD_ADDR;
      write_eerd = write_addr_i == nic_regs_pkg::EERD_ADDR;
      write_mdic = write_addr_i == nic_regs_pkg::MDIC_ADDR && !mdic_busy_q;
    end
  end

  eeprom u_eeprom (
    .clk_i, .rst_ni, .now_i, .station_addr_i,
    .select_i(eecd_q[nic_regs_pkg::EECD_CS_LSB]), .clock_i(eecd_q[nic_regs_pkg::EECD_SK_LSB]),
    .data_i(eecd_q[nic_regs_pkg::EECD_DI_LSB]), .data_o(eeprom_do), .moved_i(eecd_moved_q),
    .take_i(eerd_ends_q), .addr_i(eerd_addr_q), .word_o(eeprom_word), .station_addr_o,
    .deadline_o(eeprom_deadline)
  );

  always_ff @(posedge clk_i) begin
    eecd_moved_q <= rst_ni && (reset_i || write_eecd);
    if (!rst_ni || reset_i)  eecd_q <= nic_regs_pkg::EECD_RESET;
    else if (write_eecd)     eecd_q <= write_data_i & nic_regs_pkg::EECD_WMASK;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || reset_i) begin
      eerd_addr_q <= 8'd0;
      eerd_busy_q <= 1'b0;
      eerd_ends_q <= 1'b0;
      eerd_done_q <= 1'b0;
      eerd_end_q  <= NEVER;
    end else if (write_eerd) begin
      eerd_addr_q <= write_data_i[nic_regs_pkg::EERD_ADDR_LSB +: 8];
      eerd_busy_q <= write_data_i[nic_regs_pkg::EERD_START_LSB];
      eerd_ends_q <= 1'b0;
      eerd_done_q <= 1'b0;
      eerd_end_q  <= write_data_i[nic_regs_pkg::EERD_START_LSB] ? now_i + EERD_CYCLES - 64'd2 : NEVER;
    end else if (eerd_busy_q) begin
      eerd_ends_q <= now_i >= eerd_end_q;
      if (eerd_ends_q) begin
        eerd_busy_q <= 1'b0;
        eerd_ends_q <= 1'b0;
        eerd_done_q <= 1'b1;
        eerd_end_q  <= NEVER;
      end
    end
  end

  // ---- PHY. Software starts an access by writing READY = 0 with an opcode; the PHY sees it when the frame is over
  logic [31:0] mdic_q;
  logic        mdic_ends_q, mdac_q, phy_there, phy_link, phy_quiet;
  logic [63:0] mdic_end_q, phy_deadline;  // NEVER unless mdic_busy_q
  logic [15:0] phy_rdata;
  logic [1:0]  op;

  assign op = mdic_q[nic_regs_pkg::MDIC_OP_LSB +: 2];

  phy_mdio u_phy_mdio (
    .clk_i, .rst_ni, .now_i, .phy_reset_i, .cable_i, .autoneg_cycles_i,
    .read_i(mdic_ends_q && op == 2'd2), .write_i(mdic_ends_q && op == 2'd1),
    .phy_i(mdic_q[nic_regs_pkg::MDIC_PHYADD_LSB +: 5]), .reg_i(mdic_q[nic_regs_pkg::MDIC_REGADD_LSB +: 5]),
    .wdata_i(mdic_q[15:0]), .rdata_o(phy_rdata), .there_o(phy_there), .link_o(phy_link),
    .deadline_o(phy_deadline), .quiet_o(phy_quiet)
  );

  function automatic logic starts(input logic [31:0] value);
    starts = !value[nic_regs_pkg::MDIC_READY_LSB] && (value[nic_regs_pkg::MDIC_OP_LSB +: 2] == 2'd1 ||
                                                      value[nic_regs_pkg::MDIC_OP_LSB +: 2] == 2'd2);
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni || reset_i) begin
      mdic_q      <= nic_regs_pkg::MDIC_RESET;
      mdic_busy_q <= 1'b0;
      mdic_ends_q <= 1'b0;
      mdic_end_q  <= NEVER;
      mdac_q      <= 1'b0;
    end else if (write_mdic) begin
      mdic_q                              <= write_data_i & nic_regs_pkg::MDIC_WMASK;
      mdic_q[15:0]                        <= write_data_i[15:0];
      mdic_q[nic_regs_pkg::MDIC_READY_LSB] <= !starts(write_data_i);
      mdic_q[nic_regs_pkg::MDIC_ERROR_LSB] <= 1'b0;
      mdic_busy_q                         <= starts(write_data_i);
      mdic_end_q                          <= starts(write_data_i) ? now_i + MDIO_CYCLES - 64'd2 : NEVER;
      mdac_q                              <= 1'b0;
    end else if (mdic_busy_q) begin
      mdic_ends_q <= now_i >= mdic_end_q;
      if (mdic_ends_q) begin
        mdic_q[nic_regs_pkg::MDIC_READY_LSB] <= 1'b1;
        mdic_q[nic_regs_pkg::MDIC_ERROR_LSB] <= !phy_there;
        if (op == 2'd2) mdic_q[15:0] <= phy_there ? phy_rdata : 16'd0;
        mdic_busy_q <= 1'b0;
        mdic_ends_q <= 1'b0;
        mdic_end_q  <= NEVER;
        mdac_q      <= mdic_q[nic_regs_pkg::MDIC_INT_EN_LSB];
      end
    end else if (mdac_q) begin
      mdac_q <= 1'b0;
    end
  end
  assign mdac_o = mdac_q;

  // ---- link: up when the PHY has one and software has set it up
  logic link_up, link_up_q;
  assign link_up   = set_link_up_i && phy_link && !phy_reset_i;
  assign lsc_o     = link_up != link_up_q;
  assign link_up_o = link_up_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) link_up_q <= 1'b0;
    else         link_up_q <= link_up;
  end

  // ---- read
  always_comb begin
    read_data_o = 32'd0;
    if (read_i) begin
      case (read_addr_i)
        nic_regs_pkg::EECD_ADDR: begin
          read_data_o = eecd_q;
          read_data_o[nic_regs_pkg::EECD_GNT_LSB]  = eecd_q[nic_regs_pkg::EECD_REQ_LSB];
          read_data_o[nic_regs_pkg::EECD_PRES_LSB] = 1'b1;
          read_data_o[nic_regs_pkg::EECD_DO_LSB]   = eeprom_do;
        end
        nic_regs_pkg::EERD_ADDR: begin
          read_data_o[nic_regs_pkg::EERD_ADDR_LSB +: 8]  = eerd_addr_q;
          read_data_o[nic_regs_pkg::EERD_DONE_LSB]       = eerd_done_q;
          read_data_o[nic_regs_pkg::EERD_DATA_LSB +: 16] = eerd_done_q ? eeprom_word : 16'd0;
        end
        nic_regs_pkg::MDIC_ADDR: read_data_o = mdic_q;
        default: ;
      endcase
    end
  end

  assign deadline_o = earlier(earlier(eerd_end_q, mdic_end_q), earlier(eeprom_deadline, phy_deadline));
  assign quiet_o    = !eerd_ends_q && !mdic_ends_q && !eecd_moved_q && phy_quiet && !lsc_o && !mdac_q;

  `ASSERT(EerdDeadlineOnlyWhileBusy, eerd_busy_q == (eerd_end_q != NEVER))
  `ASSERT(MdicDeadlineOnlyWhileBusy, mdic_busy_q == (mdic_end_q != NEVER))
  `ASSERT(MdicIsReadyOrBusy, mdic_busy_q == !mdic_q[nic_regs_pkg::MDIC_READY_LSB] || mdic_q == nic_regs_pkg::MDIC_RESET)

endmodule

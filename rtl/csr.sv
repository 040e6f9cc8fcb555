// The register file: what software reads and writes, and what the blocks are told of it.
//
// Addresses, reset values and writable bits come from nic_regs_pkg. Plain registers are in csr_registers, address tables
// in csr_addresses, EEPROM and PHY behind csr_serial. Registers that only one block understands live in that block (ICR
// and IMS in interrupt, the heads in the DMA engines, counts in stats) and are reached from here.
// CTRL.RST puts every register back at once and holds the core in reset until the bus has finished what it had begun;
// registers take writes and answer meanwhile.
module csr (
  input  logic                   clk_i,
  input  logic                   rst_ni,            // power-on, not CTRL.RST
  input  logic [63:0]            now_i,
  input  logic [47:0]            station_addr_i,    // in the EEPROM at power-on; first octet in bits 47:40
  input  logic [31:0]            autoneg_cycles_i,  // time that the PHY needs to negotiate
  input  logic                   cable_i,

  // Registers: AXI4-Lite target, 128 KiB
  input  logic                   s_axil_awvalid_i,
  output logic                   s_axil_awready_o,
  input  logic [16:0]            s_axil_awaddr_i,
  input  logic                   s_axil_wvalid_i,
  output logic                   s_axil_wready_o,
  input  logic [31:0]            s_axil_wdata_i,
  input  logic [3:0]             s_axil_wstrb_i,
  output logic                   s_axil_bvalid_o,
  input  logic                   s_axil_bready_i,
  output logic [1:0]             s_axil_bresp_o,
  input  logic                   s_axil_arvalid_i,
  output logic                   s_axil_arready_o,
  input  logic [16:0]            s_axil_araddr_i,
  output logic                   s_axil_rvalid_o,
  input  logic                   s_axil_rready_i,
  output logic [31:0]            s_axil_rdata_o,
  output logic [1:0]             s_axil_rresp_o,

  // CTRL.RST
  output logic                   soft_reset_o,      // for the core, until the bus has drained
  output logic                   forget_o,          // for the blocks that hold registers: the beginning of it
  input  logic                   bus_drained_i,

  // Settings, by name
  output nic_pkg::rx_settings_t  rx_settings_o,
  output nic_pkg::tx_settings_t  tx_settings_o,
  output logic                   send_xoff_o,       // strobe: TCTL.SWXOFF was written
  output logic                   loopback_o,        // RCTL.LBM
  output nic_pkg::vlan_settings_t        vlan_o,
  output nic_pkg::flow_settings_t        flow_o,
  output nic_pkg::rx_checksum_settings_t rx_checksum_o,
  output nic_pkg::thresholds_t           rx_thresholds_o,
  output nic_pkg::thresholds_t           tx_thresholds_o,
  output nic_pkg::ring_t         rx_ring_o,
  output nic_pkg::ring_t         tx_ring_o,
  output nic_pkg::head_write_t   rx_head_write_o,
  output nic_pkg::head_write_t   tx_head_write_o,
  input  logic [15:0]            rx_head_i,
  input  logic [15:0]            tx_head_i,

  // Address filter
  output logic [767:0]           ra_addr_o,         // 16 of 48 bits, first octet in bits 47:40
  output logic [15:0]            ra_valid_o,
  input  logic [11:0]            mta_index_i,
  output logic                   mta_bit_o,         // in the same cycle
  input  logic [11:0]            vlan_id_i,
  output logic                   vfta_bit_o,        // in the same cycle

  // Receive window
  output logic                   rxw_enable_o,
  output logic                   rxw_data_read_o,   // strobe: the word now in rxw_data_i is taken
  output logic                   rxw_next_o,        // strobe
  input  logic [31:0]            rxw_status_i,
  input  logic [31:0]            rxw_data_i,

  // State of the blocks
  input  logic                   rx_dma_error_i,
  input  logic                   tx_dma_error_i,
  output logic [31:0]            dma_timeout_o,     // DMA_TIMEOUT, in 256 ns; 0: never
  output logic                   link_up_o,         // STATUS.LU: frames pass
  output logic                   lsc_o,             // strobe: it changes
  output logic                   mdac_o,            // strobe: an MDIC access with INT_EN is complete

  // Interrupt block
  output logic                   icr_read_o,
  output logic                   icr_write_o,
  output logic                   ics_write_o,
  output logic                   ims_write_o,
  output logic                   imc_write_o,
  output logic [31:0]            int_wdata_o,
  output logic [15:0]            itr_o,             // least time between rises of the line in 256 ns; 0: off
  output nic_pkg::delay_t        rx_delay_o,        // RDTR, RADV
  output logic                   rx_flush_o,        // strobe: RDTR.FPD, a delayed RXT0 is due now
  output nic_pkg::delay_t        tx_delay_o,        // TIDV, TADV
  output logic                   tx_flush_o,        // strobe: TIDV.FPD, a delayed TXDW is due now
  input  logic [31:0]            icr_i,
  input  logic [31:0]            ims_i,

  // Statistics
  output logic                   stats_read_o,
  output logic [7:0]             stats_index_o,
  input  logic [31:0]            stats_rdata_i,     // one cycle after the read

  output logic [63:0]            deadline_o,        // of an access to EEPROM or PHY, or of negotiation
  output logic                   quiet_o
);

  // ---- access
  logic        write, read, axil_quiet;
  logic [16:0] write_addr, read_addr;
  logic [31:0] write_data, read_data;

  axil_target u_axil_target (
    .clk_i, .rst_ni,
    .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_wdata_i,
    .s_axil_wstrb_i, .s_axil_bvalid_o, .s_axil_bready_i, .s_axil_bresp_o, .s_axil_arvalid_i, .s_axil_arready_o,
    .s_axil_araddr_i, .s_axil_rvalid_o, .s_axil_rready_i, .s_axil_rdata_o, .s_axil_rresp_o,
    .write_o(write), .write_addr_o(write_addr), .write_data_o(write_data),
    .read_o(read), .read_addr_o(read_addr), .read_data_i(read_data), .quiet_o(axil_quiet)
  );

  // ---- CTRL.RST
  logic reset_all, soft_reset_q, soft_reset_seen_q, forgotten_q;

  // The blocks see the reset for two cycles at least, the second of which asks whether the bus is done. Those that hold
  // registers see only the first two, which is over before the next write can come.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      soft_reset_q      <= 1'b0;
      soft_reset_seen_q <= 1'b0;
      forgotten_q       <= 1'b0;
    end else if (reset_all || soft_reset_q || soft_reset_seen_q || forgotten_q) begin
      soft_reset_q      <= reset_all || (soft_reset_q && !(soft_reset_seen_q && bus_drained_i));
      soft_reset_seen_q <= soft_reset_q && !reset_all;
      forgotten_q       <= soft_reset_seen_q && soft_reset_q && !reset_all;
    end
  end
  assign soft_reset_o = soft_reset_q;
  assign forget_o     = soft_reset_q && !forgotten_q;

  // ---- rooms
  logic        set_link_up, phy_reset, reload, registers_quiet, serial_quiet;
  logic [31:0] registers_data, addresses_data, serial_data;
  logic [47:0] station_addr;

  csr_registers u_registers (
    .clk_i, .rst_ni, .reset_i(reset_all), .write_i(write), .write_addr_i(write_addr), .write_data_i(write_data),
    .read_i(read), .read_addr_i(read_addr), .read_data_o(registers_data),
    .set_link_up_o(set_link_up), .phy_reset_o(phy_reset), .dma_timeout_o, .itr_o, .rx_settings_o, .tx_settings_o, .loopback_o,
    .vlan_o, .flow_o, .rx_checksum_o, .rx_thresholds_o, .tx_thresholds_o, .rx_ring_o, .tx_ring_o, .rx_delay_o, .tx_delay_o,
    .quiet_o(registers_quiet)
  );

  csr_addresses u_addresses (
    .clk_i, .rst_ni, .reset_i(reset_all), .reload_i(reload), .station_addr_i(station_addr),
    .write_i(write), .write_addr_i(write_addr), .write_data_i(write_data),
    .read_i(read), .read_addr_i(read_addr), .read_data_o(addresses_data),
    .ra_addr_o, .ra_valid_o, .mta_index_i, .mta_bit_o, .vlan_id_i, .vfta_bit_o
  );

  csr_serial u_serial (
    .clk_i, .rst_ni, .reset_i(reset_all), .now_i, .station_addr_i, .autoneg_cycles_i, .cable_i,
    .set_link_up_i(set_link_up), .phy_reset_i(phy_reset),
    .write_i(write), .write_addr_i(write_addr), .write_data_i(write_data),
    .read_i(read), .read_addr_i(read_addr), .read_data_o(serial_data),
    .station_addr_o(station_addr), .link_up_o, .lsc_o, .mdac_o, .deadline_o, .quiet_o(serial_quiet)
  );

  // ---- writes that do more than to be kept, or go to registers that live elsewhere
  logic write_rdh, write_tdh, rxw_enable, rxw_enable_q;

  always_comb begin
    reset_all   = 1'b0;
    reload      = 1'b0;
    icr_write_o = 1'b0;
    ics_write_o = 1'b0;
    ims_write_o = 1'b0;
    imc_write_o = 1'b0;
    rx_flush_o  = 1'b0;
    tx_flush_o  = 1'b0;
    write_rdh   = 1'b0;
    write_tdh   = 1'b0;
    send_xoff_o = 1'b0;
    rxw_next_o  = 1'b0;
    rxw_enable  = rxw_enable_q;
    if (write) begin
      case (write_addr)
        nic_regs_pkg::CTRL_ADDR,
        nic_regs_pkg::CTRL_DUP_ADDR: reset_all   = write_data[nic_regs_pkg::CTRL_RST_LSB];
        // What the card takes from the EEPROM is taken again
        nic_regs_pkg::CTRL_EXT_ADDR: reload      = write_data[nic_regs_pkg::CTRL_EXT_EE_RST_LSB];
        nic_regs_pkg::ICR_ADDR:      icr_write_o = 1'b1;
        nic_regs_pkg::ICS_ADDR:      ics_write_o = 1'b1;
        nic_regs_pkg::IMS_ADDR:      ims_write_o = 1'b1;
        nic_regs_pkg::IMC_ADDR:      imc_write_o = 1'b1;
        nic_regs_pkg::RDTR_ADDR:     rx_flush_o  = write_data[nic_regs_pkg::RDTR_FPD_LSB];
        nic_regs_pkg::TIDV_ADDR:     tx_flush_o  = write_data[nic_regs_pkg::TIDV_FPD_LSB];
        nic_regs_pkg::RDH_ADDR:      write_rdh   = 1'b1;
        nic_regs_pkg::TDH_ADDR:      write_tdh   = 1'b1;
        nic_regs_pkg::TCTL_ADDR:     send_xoff_o = write_data[nic_regs_pkg::TCTL_SWXOFF_LSB];
        nic_regs_pkg::RXW_CTRL_ADDR: rxw_enable  = write_data[nic_regs_pkg::RXW_CTRL_EN_LSB];
        nic_regs_pkg::RXW_NEXT_ADDR: rxw_next_o  = write_data[nic_regs_pkg::RXW_NEXT_DONE_LSB];
        default: ;
      endcase
    end
  end
  assign int_wdata_o = write_data;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || reset_all) rxw_enable_q <= 1'b0;
    else                      rxw_enable_q <= rxw_enable;
  end
  assign rxw_enable_o = rxw_enable_q;

  // Heads go to the engines, which are in reset while the bus drains: until then they wait here
  logic        rdh_waits_q, tdh_waits_q;
  logic [15:0] rdh_q, tdh_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || reset_all) begin
      rdh_waits_q <= 1'b0;
      tdh_waits_q <= 1'b0;
    end else if (write_rdh || write_tdh || rdh_waits_q || tdh_waits_q) begin
      if (write_rdh) rdh_q <= write_data[15:0];
      if (write_tdh) tdh_q <= write_data[15:0];
      rdh_waits_q <= write_rdh || (rdh_waits_q && soft_reset_q);
      tdh_waits_q <= write_tdh || (tdh_waits_q && soft_reset_q);
    end
  end

  assign rx_head_write_o = {rdh_waits_q && !soft_reset_q, rdh_q};
  assign tx_head_write_o = {tdh_waits_q && !soft_reset_q, tdh_q};

  // ---- read
  localparam logic [8:0] STATS_PAGE = nic_regs_pkg::CRCERRS_ADDR[16:8];  // 256 bytes

  logic [31:0] own, read_data_q;
  logic        stats_read_q;

  always_comb begin
    own             = 32'd0;  // also what is not there, ICS and IMC
    icr_read_o      = 1'b0;
    stats_read_o    = 1'b0;
    rxw_data_read_o = 1'b0;
    if (read) begin
      stats_read_o = read_addr[16:8] == STATS_PAGE;
      case (read_addr)
        nic_regs_pkg::STATUS_ADDR: begin
          own = nic_regs_pkg::STATUS_RESET;
          own[nic_regs_pkg::STATUS_LU_LSB] = link_up_o;
        end
        nic_regs_pkg::ICR_ADDR: begin
          own        = icr_i;
          icr_read_o = 1'b1;
        end
        nic_regs_pkg::IMS_ADDR: own = ims_i;
        nic_regs_pkg::RDH_ADDR: own = {16'd0, rdh_waits_q ? rdh_q : rx_head_i};
        nic_regs_pkg::TDH_ADDR: own = {16'd0, tdh_waits_q ? tdh_q : tx_head_i};
        nic_regs_pkg::DMA_STATUS_ADDR: begin
          own[nic_regs_pkg::DMA_STATUS_RX_ERROR_LSB] = rx_dma_error_i;
          own[nic_regs_pkg::DMA_STATUS_TX_ERROR_LSB] = tx_dma_error_i;
        end
        nic_regs_pkg::RXW_CTRL_ADDR:   own[nic_regs_pkg::RXW_CTRL_EN_LSB] = rxw_enable_q;
        nic_regs_pkg::RXW_STATUS_ADDR: own = rxw_status_i;
        nic_regs_pkg::RXW_DATA_ADDR: begin
          own             = rxw_data_i;
          rxw_data_read_o = 1'b1;
        end
        default: ;
      endcase
    end
  end

  assign stats_index_o = {2'd0, read_addr[7:2]};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_data_q  <= 32'd0;
      stats_read_q <= 1'b0;
    end else if (read) begin
      read_data_q  <= own | registers_data | addresses_data | serial_data;  // at most one is not 0
      stats_read_q <= stats_read_o;
    end
  end

  assign read_data = stats_read_q ? stats_rdata_i : read_data_q;
  assign quiet_o   = axil_quiet && registers_quiet && serial_quiet && !soft_reset_q && !soft_reset_seen_q &&
                     !forgotten_q && !rdh_waits_q && !tdh_waits_q;

  `ASSERT(OneRoomAnswers, !read || {2'd0, own != 32'd0} + {2'd0, registers_data != 32'd0} +
                          {2'd0, addresses_data != 32'd0} + {2'd0, serial_data != 32'd0} <= 3'd1)
  `ASSERT(RegistersForgetOnlyInTheReset, !forget_o || soft_reset_o)
  `ASSERT(AReadHasNoEffectOnItsOwn, read || !(icr_read_o || stats_read_o || rxw_data_read_o))
  `ASSERT(TheResetEndsOnADrainedBus, soft_reset_q || !$past(rst_ni && soft_reset_q) || $past(bus_drained_i))

endmodule

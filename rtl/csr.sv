// The register file: what software reads and writes, and what the blocks are told of it.
//
// Addresses, reset values and writable bits come from nic_regs_pkg. Registers that only one block understands live in
// that block (ICR and IMS in interrupt, the heads in the DMA engines, counts in stats) and are reached from here.
// CTRL.RST puts every register back at once and holds the core in reset until the bus has finished what it had begun;
// registers answer meanwhile.
module csr (
  input  logic                   clk_i,
  input  logic                   rst_ni,            // power-on, not CTRL.RST
  input  logic [47:0]            station_addr_i,    // first octet in bits 47:40

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
  output logic                   soft_reset_o,
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
  output logic                   lsc_o,             // strobe: STATUS.LU has changed
  output logic                   mdac_o,            // strobe: an MDIC access with INT_EN is complete

  // Interrupt block
  output logic                   icr_read_o,
  output logic                   icr_write_o,
  output logic                   ics_write_o,
  output logic                   ims_write_o,
  output logic                   imc_write_o,
  output logic [31:0]            int_wdata_o,
  output nic_pkg::moderation_t   moderation_o,
  input  logic [31:0]            icr_i,
  input  logic [31:0]            ims_i,

  // Statistics
  output logic                   stats_read_o,
  output logic [7:0]             stats_index_o,
  input  logic [31:0]            stats_rdata_i,     // one cycle after the read

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

  // The four arrays and the statistics are blocks of addresses
  localparam logic [7:0] MTA_PAGE   = nic_regs_pkg::MTA_ADDR[16:9];    // 512 bytes
  localparam logic [7:0] VFTA_PAGE  = nic_regs_pkg::VFTA_ADDR[16:9];   // 512 bytes
  localparam logic [9:0] RA_PAGE    = nic_regs_pkg::RAL_ADDR[16:7];    // 128 bytes
  localparam logic [8:0] STATS_PAGE = nic_regs_pkg::CRCERRS_ADDR[16:8];  // 256 bytes

  // ---- CTRL.RST
  logic write_ctrl, reset_all, soft_reset_q, soft_reset_seen_q;
  assign write_ctrl = write && (write_addr == nic_regs_pkg::CTRL_ADDR || write_addr == nic_regs_pkg::CTRL_DUP_ADDR);
  assign reset_all  = write_ctrl && write_data[nic_regs_pkg::CTRL_RST_LSB];

  // The blocks see the reset for two cycles at least, the second of which asks whether the bus is done.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      soft_reset_q      <= 1'b0;
      soft_reset_seen_q <= 1'b0;
    end else begin
      soft_reset_q      <= reset_all || (soft_reset_q && !(soft_reset_seen_q && bus_drained_i));
      soft_reset_seen_q <= soft_reset_q && !reset_all;
    end
  end
  assign soft_reset_o = soft_reset_q;

  // ---- registers
  logic [31:0] ctrl_q, eecd_q, eerd_q, mdic_q, pba_q, ctrl_ext_q, fcal_q, fcah_q, fct_q, vet_q, fcttv_q, txcw_q,
               ledctl_q, wuc_q, wufc_q;
  logic [31:0] itr_q, rdtr_q, radv_q;
  logic [31:0] rctl_q, fcrtl_q, fcrth_q, rdbal_q, rdbah_q, rdlen_q, rdt_q, rxdctl_q, rsrpd_q, rxcsum_q;
  logic [31:0] tctl_q, tipg_q, ait_q, txdmac_q, tdbal_q, tdbah_q, tdlen_q, tdt_q, tidv_q, txdctl_q, tadv_q,
               tspmt_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || reset_all) begin
      ctrl_q     <= nic_regs_pkg::CTRL_RESET;
      eecd_q     <= nic_regs_pkg::EECD_RESET;
      eerd_q     <= nic_regs_pkg::EERD_RESET;
      mdic_q     <= nic_regs_pkg::MDIC_RESET;
      pba_q      <= nic_regs_pkg::PBA_RESET;
      ctrl_ext_q <= nic_regs_pkg::CTRL_EXT_RESET;
      fcal_q     <= nic_regs_pkg::FCAL_RESET;
      fcah_q     <= nic_regs_pkg::FCAH_RESET;
      fct_q      <= nic_regs_pkg::FCT_RESET;
      vet_q      <= nic_regs_pkg::VET_RESET;
      fcttv_q    <= nic_regs_pkg::FCTTV_RESET;
      txcw_q     <= nic_regs_pkg::TXCW_RESET;
      ledctl_q   <= nic_regs_pkg::LEDCTL_RESET;
      wuc_q      <= nic_regs_pkg::WUC_RESET;
      wufc_q     <= nic_regs_pkg::WUFC_RESET;
      itr_q      <= nic_regs_pkg::ITR_RESET;
      rdtr_q     <= nic_regs_pkg::RDTR_RESET;
      radv_q     <= nic_regs_pkg::RADV_RESET;
      rctl_q     <= nic_regs_pkg::RCTL_RESET;
      fcrtl_q    <= nic_regs_pkg::FCRTL_RESET;
      fcrth_q    <= nic_regs_pkg::FCRTH_RESET;
      rdbal_q    <= nic_regs_pkg::RDBAL_RESET;
      rdbah_q    <= nic_regs_pkg::RDBAH_RESET;
      rdlen_q    <= nic_regs_pkg::RDLEN_RESET;
      rdt_q      <= nic_regs_pkg::RDT_RESET;
      rxdctl_q   <= nic_regs_pkg::RXDCTL_RESET;
      rsrpd_q    <= nic_regs_pkg::RSRPD_RESET;
      rxcsum_q   <= nic_regs_pkg::RXCSUM_RESET;
      tctl_q     <= nic_regs_pkg::TCTL_RESET;
      tipg_q     <= nic_regs_pkg::TIPG_RESET;
      ait_q      <= nic_regs_pkg::AIT_RESET;
      txdmac_q   <= nic_regs_pkg::TXDMAC_RESET;
      tdbal_q    <= nic_regs_pkg::TDBAL_RESET;
      tdbah_q    <= nic_regs_pkg::TDBAH_RESET;
      tdlen_q    <= nic_regs_pkg::TDLEN_RESET;
      tdt_q      <= nic_regs_pkg::TDT_RESET;
      tidv_q     <= nic_regs_pkg::TIDV_RESET;
      txdctl_q   <= nic_regs_pkg::TXDCTL_RESET;
      tadv_q     <= nic_regs_pkg::TADV_RESET;
      tspmt_q    <= nic_regs_pkg::TSPMT_RESET;
    end else if (write) begin
      case (write_addr)
        nic_regs_pkg::CTRL_ADDR,
        nic_regs_pkg::CTRL_DUP_ADDR: ctrl_q <= write_data & nic_regs_pkg::CTRL_WMASK;
        // An access is over when its write is: READY with the data, or with ERROR
        nic_regs_pkg::MDIC_ADDR: begin
          mdic_q <= write_data & nic_regs_pkg::MDIC_WMASK;
          mdic_q[nic_regs_pkg::MDIC_READY_LSB]      <= 1'b1;
          mdic_q[nic_regs_pkg::MDIC_ERROR_LSB]      <= (phy_read || phy_write) && !phy_there;
          mdic_q[nic_regs_pkg::MDIC_DATA_LSB +: 16] <= phy_read ? phy_rdata : write_data[15:0];
        end
        nic_regs_pkg::EECD_ADDR:    eecd_q     <= write_data & nic_regs_pkg::EECD_WMASK;
        nic_regs_pkg::EERD_ADDR:    eerd_q     <= write_data & nic_regs_pkg::EERD_WMASK;
        nic_regs_pkg::PBA_ADDR:     pba_q      <= write_data & nic_regs_pkg::PBA_WMASK;
        nic_regs_pkg::CTRL_EXT_ADDR:ctrl_ext_q <= write_data & nic_regs_pkg::CTRL_EXT_WMASK;
        nic_regs_pkg::FCAL_ADDR:    fcal_q     <= write_data & nic_regs_pkg::FCAL_WMASK;
        nic_regs_pkg::FCAH_ADDR:    fcah_q     <= write_data & nic_regs_pkg::FCAH_WMASK;
        nic_regs_pkg::FCT_ADDR:     fct_q      <= write_data & nic_regs_pkg::FCT_WMASK;
        nic_regs_pkg::VET_ADDR:     vet_q      <= write_data & nic_regs_pkg::VET_WMASK;
        nic_regs_pkg::FCTTV_ADDR:   fcttv_q    <= write_data & nic_regs_pkg::FCTTV_WMASK;
        nic_regs_pkg::TXCW_ADDR:    txcw_q     <= write_data & nic_regs_pkg::TXCW_WMASK;
        nic_regs_pkg::LEDCTL_ADDR:  ledctl_q   <= write_data & nic_regs_pkg::LEDCTL_WMASK;
        nic_regs_pkg::WUC_ADDR:     wuc_q      <= write_data & nic_regs_pkg::WUC_WMASK;
        nic_regs_pkg::WUFC_ADDR:    wufc_q     <= write_data & nic_regs_pkg::WUFC_WMASK;
        nic_regs_pkg::ITR_ADDR:     itr_q      <= write_data & nic_regs_pkg::ITR_WMASK;
        nic_regs_pkg::RDTR_ADDR:    rdtr_q     <= write_data & nic_regs_pkg::RDTR_WMASK;
        nic_regs_pkg::RADV_ADDR:    radv_q     <= write_data & nic_regs_pkg::RADV_WMASK;
        nic_regs_pkg::RCTL_ADDR:    rctl_q     <= write_data & nic_regs_pkg::RCTL_WMASK;
        nic_regs_pkg::FCRTL_ADDR:   fcrtl_q    <= write_data & nic_regs_pkg::FCRTL_WMASK;
        nic_regs_pkg::FCRTH_ADDR:   fcrth_q    <= write_data & nic_regs_pkg::FCRTH_WMASK;
        nic_regs_pkg::RDBAL_ADDR:   rdbal_q    <= write_data & nic_regs_pkg::RDBAL_WMASK;
        nic_regs_pkg::RDBAH_ADDR:   rdbah_q    <= write_data & nic_regs_pkg::RDBAH_WMASK;
        nic_regs_pkg::RDLEN_ADDR:   rdlen_q    <= write_data & nic_regs_pkg::RDLEN_WMASK;
        nic_regs_pkg::RDT_ADDR:     rdt_q      <= write_data & nic_regs_pkg::RDT_WMASK;
        nic_regs_pkg::RXDCTL_ADDR:  rxdctl_q   <= write_data & nic_regs_pkg::RXDCTL_WMASK;
        nic_regs_pkg::RSRPD_ADDR:   rsrpd_q    <= write_data & nic_regs_pkg::RSRPD_WMASK;
        nic_regs_pkg::RXCSUM_ADDR:  rxcsum_q   <= write_data & nic_regs_pkg::RXCSUM_WMASK;
        nic_regs_pkg::TCTL_ADDR:    tctl_q     <= write_data & nic_regs_pkg::TCTL_WMASK;
        nic_regs_pkg::TIPG_ADDR:    tipg_q     <= write_data & nic_regs_pkg::TIPG_WMASK;
        nic_regs_pkg::AIT_ADDR:     ait_q      <= write_data & nic_regs_pkg::AIT_WMASK;
        nic_regs_pkg::TXDMAC_ADDR:  txdmac_q   <= write_data & nic_regs_pkg::TXDMAC_WMASK;
        nic_regs_pkg::TDBAL_ADDR:   tdbal_q    <= write_data & nic_regs_pkg::TDBAL_WMASK;
        nic_regs_pkg::TDBAH_ADDR:   tdbah_q    <= write_data & nic_regs_pkg::TDBAH_WMASK;
        nic_regs_pkg::TDLEN_ADDR:   tdlen_q    <= write_data & nic_regs_pkg::TDLEN_WMASK;
        nic_regs_pkg::TDT_ADDR:     tdt_q      <= write_data & nic_regs_pkg::TDT_WMASK;
        nic_regs_pkg::TIDV_ADDR:    tidv_q     <= write_data & nic_regs_pkg::TIDV_WMASK;
        nic_regs_pkg::TXDCTL_ADDR:  txdctl_q   <= write_data & nic_regs_pkg::TXDCTL_WMASK;
        nic_regs_pkg::TADV_ADDR:    tadv_q     <= write_data & nic_regs_pkg::TADV_WMASK;
        nic_regs_pkg::TSPMT_ADDR:   tspmt_q    <= write_data & nic_regs_pkg::TSPMT_WMASK;
        default: ;  // read-only, another block's, or not there: no effect
      endcase
    end
  end

  // ---- receive addresses. RA[0] starts as the station address
  logic [767:0] ra_addr_q;
  logic [15:0]  ra_av_q, ra_as0_q, ra_as1_q;
  logic [3:0]   ra_write_index, ra_read_index;
  logic [9:0]   ra_write_lsb, ra_read_lsb;  // of the address in ra_addr_q
  assign ra_write_index = write_addr[6:3];
  assign ra_read_index  = read_addr[6:3];
  assign ra_write_lsb   = 10'd48 * {6'd0, ra_write_index};
  assign ra_read_lsb    = 10'd48 * {6'd0, ra_read_index};

  function automatic logic [31:0] swap(input logic [31:0] word);
    swap = {word[7:0], word[15:8], word[23:16], word[31:24]};
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni || reset_all) begin
      ra_addr_q <= {720'd0, station_addr_i};
      ra_av_q   <= 16'd1;
      ra_as0_q  <= 16'd0;
      ra_as1_q  <= 16'd0;
    end else if (write && write_addr[16:7] == RA_PAGE) begin
      if (!write_addr[2]) begin
        ra_addr_q[ra_write_lsb + 10'd16 +: 32] <= swap(write_data);
      end else begin
        ra_addr_q[ra_write_lsb +: 16] <= {write_data[7:0], write_data[15:8]};
        ra_as0_q[ra_write_index]      <= write_data[nic_regs_pkg::RAH_AS_LSB];
        ra_as1_q[ra_write_index]      <= write_data[nic_regs_pkg::RAH_AS_LSB + 1];
        ra_av_q[ra_write_index]       <= write_data[nic_regs_pkg::RAH_AV_LSB];
      end
    end
  end

  assign ra_addr_o  = ra_addr_q;
  assign ra_valid_o = ra_av_q & ~ra_as0_q & ~ra_as1_q;  // source addresses are not compared

  // ---- hash and VLAN tables: memories, so a reset only forgets which words have been written; others read 0
  logic [31:0]  mta_q [128];
  logic [31:0]  vfta_q [128];
  logic [127:0] mta_written_q, vfta_written_q;
  logic [6:0]   write_word, read_word, mta_word;
  assign write_word = write_addr[8:2];
  assign read_word  = read_addr[8:2];
  assign mta_word   = mta_index_i[11:5];

  always_ff @(posedge clk_i) begin
    if (!rst_ni || reset_all) begin
      mta_written_q  <= 128'd0;
      vfta_written_q <= 128'd0;
    end else if (write && write_addr[16:9] == MTA_PAGE) begin
      mta_q[write_word]         <= write_data;
      mta_written_q[write_word] <= 1'b1;
    end else if (write && write_addr[16:9] == VFTA_PAGE) begin
      vfta_q[write_word]         <= write_data;
      vfta_written_q[write_word] <= 1'b1;
    end
  end

  assign mta_bit_o  = mta_written_q[mta_word] && mta_q[mta_word][mta_index_i[4:0]];
  assign vfta_bit_o = vfta_written_q[vlan_id_i[11:5]] && vfta_q[vlan_id_i[11:5]][vlan_id_i[4:0]];

  // ---- EEPROM and PHY, behind EECD, EERD and MDIC
  logic        eeprom_do, eeprom_quiet, eerd_done_q;
  logic [15:0] eeprom_word, eerd_data_q;
  logic        mdic_start, phy_read, phy_write, phy_there, phy_link, mdac_q;
  logic [15:0] phy_rdata;

  eeprom u_eeprom (
    .clk_i, .rst_ni, .station_addr_i,
    .select_i(eecd_q[nic_regs_pkg::EECD_CS_LSB]), .clock_i(eecd_q[nic_regs_pkg::EECD_SK_LSB]),
    .data_i(eecd_q[nic_regs_pkg::EECD_DI_LSB]), .data_o(eeprom_do), .quiet_o(eeprom_quiet),
    .addr_i(write_data[nic_regs_pkg::EERD_ADDR_LSB +: 8]), .word_o(eeprom_word)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni || reset_all) begin
      eerd_done_q <= 1'b0;
      eerd_data_q <= 16'd0;
    end else if (write && write_addr == nic_regs_pkg::EERD_ADDR) begin
      eerd_done_q <= write_data[nic_regs_pkg::EERD_START_LSB];
      if (write_data[nic_regs_pkg::EERD_START_LSB]) eerd_data_q <= eeprom_word;
    end
  end

  // Software starts an access by writing READY = 0 with an opcode
  assign mdic_start = write && write_addr == nic_regs_pkg::MDIC_ADDR && !write_data[nic_regs_pkg::MDIC_READY_LSB];
  assign phy_write  = mdic_start && write_data[nic_regs_pkg::MDIC_OP_LSB +: 2] == 2'd1;
  assign phy_read   = mdic_start && write_data[nic_regs_pkg::MDIC_OP_LSB +: 2] == 2'd2;

  phy_mdio u_phy_mdio (
    .clk_i, .rst_ni, .phy_reset_i(ctrl_q[nic_regs_pkg::CTRL_PHY_RST_LSB]),
    .read_i(phy_read), .write_i(phy_write), .phy_i(write_data[nic_regs_pkg::MDIC_PHYADD_LSB +: 5]),
    .reg_i(write_data[nic_regs_pkg::MDIC_REGADD_LSB +: 5]), .wdata_i(write_data[15:0]), .rdata_o(phy_rdata),
    .there_o(phy_there), .link_o(phy_link)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) mdac_q <= 1'b0;
    else         mdac_q <= (phy_read || phy_write) && write_data[nic_regs_pkg::MDIC_INT_EN_LSB];
  end
  assign mdac_o = mdac_q;

  // ---- link: up when the PHY has one and software has set it up
  logic link_up, link_up_q;
  assign link_up = ctrl_q[nic_regs_pkg::CTRL_SLU_LSB] && phy_link;
  assign lsc_o   = link_up != link_up_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) link_up_q <= 1'b0;
    else         link_up_q <= link_up;
  end

  // ---- settings
  always_comb begin
    rx_settings_o.enable           = rctl_q[nic_regs_pkg::RCTL_EN_LSB];
    rx_settings_o.store_bad        = rctl_q[nic_regs_pkg::RCTL_SBP_LSB];
    rx_settings_o.any_unicast      = rctl_q[nic_regs_pkg::RCTL_UPE_LSB];
    rx_settings_o.any_multicast    = rctl_q[nic_regs_pkg::RCTL_MPE_LSB];
    rx_settings_o.long_frames      = rctl_q[nic_regs_pkg::RCTL_LPE_LSB];
    rx_settings_o.broadcast        = rctl_q[nic_regs_pkg::RCTL_BAM_LSB];
    rx_settings_o.strip_fcs        = rctl_q[nic_regs_pkg::RCTL_SECRC_LSB];
    rx_settings_o.multicast_offset = rctl_q[nic_regs_pkg::RCTL_MO_LSB +: 2];
    rx_settings_o.min_threshold    = rctl_q[nic_regs_pkg::RCTL_RDMTS_LSB +: 2];
    case ({rctl_q[nic_regs_pkg::RCTL_BSEX_LSB], rctl_q[nic_regs_pkg::RCTL_BSIZE_LSB +: 2]})
      3'b001:  rx_settings_o.buffer_bytes = 15'd1024;
      3'b010:  rx_settings_o.buffer_bytes = 15'd512;
      3'b011:  rx_settings_o.buffer_bytes = 15'd256;
      3'b101:  rx_settings_o.buffer_bytes = 15'd16384;
      3'b110:  rx_settings_o.buffer_bytes = 15'd8192;
      3'b111:  rx_settings_o.buffer_bytes = 15'd4096;
      default: rx_settings_o.buffer_bytes = 15'd2048;  // 100 is reserved
    endcase

    tx_settings_o.enable    = tctl_q[nic_regs_pkg::TCTL_EN_LSB];
    tx_settings_o.pad_short = tctl_q[nic_regs_pkg::TCTL_PSP_LSB];
    tx_settings_o.ipgt      = tipg_q[nic_regs_pkg::TIPG_IPGT_LSB +: 10];

    send_xoff_o = write && write_addr == nic_regs_pkg::TCTL_ADDR && write_data[nic_regs_pkg::TCTL_SWXOFF_LSB];
    loopback_o  = rctl_q[nic_regs_pkg::RCTL_LBM_LSB +: 2] != 2'd0;

    vlan_o.strip     = ctrl_q[nic_regs_pkg::CTRL_VME_LSB];
    vlan_o.filter    = rctl_q[nic_regs_pkg::RCTL_VFE_LSB];
    vlan_o.check_cfi = rctl_q[nic_regs_pkg::RCTL_CFIEN_LSB];
    vlan_o.cfi       = rctl_q[nic_regs_pkg::RCTL_CFI_LSB];
    vlan_o.ethertype = vet_q[15:0];

    flow_o.receive    = ctrl_q[nic_regs_pkg::CTRL_RFCE_LSB];
    flow_o.transmit   = ctrl_q[nic_regs_pkg::CTRL_TFCE_LSB];
    flow_o.discard    = rctl_q[nic_regs_pkg::RCTL_DPF_LSB];
    flow_o.pass       = rctl_q[nic_regs_pkg::RCTL_PMCF_LSB];
    flow_o.address    = {swap(fcal_q), fcah_q[7:0], fcah_q[15:8]};
    flow_o.ethertype  = fct_q[15:0];
    flow_o.timer      = fcttv_q[15:0];
    flow_o.xon_enable = fcrtl_q[nic_regs_pkg::FCRTL_XONE_LSB];
    flow_o.low        = {fcrtl_q[15:3], 3'd0};
    flow_o.high       = {fcrth_q[15:3], 3'd0};

    rx_checksum_o.start   = rxcsum_q[nic_regs_pkg::RXCSUM_PCSS_LSB +: 8];
    rx_checksum_o.ip      = rxcsum_q[nic_regs_pkg::RXCSUM_IPOFL_LSB];
    rx_checksum_o.tcp_udp = rxcsum_q[nic_regs_pkg::RXCSUM_TUOFL_LSB];

    rx_thresholds_o.prefetch    = rxdctl_q[nic_regs_pkg::RXDCTL_PTHRESH_LSB +: 6];
    rx_thresholds_o.host        = rxdctl_q[nic_regs_pkg::RXDCTL_HTHRESH_LSB +: 6];
    rx_thresholds_o.write_back  = rxdctl_q[nic_regs_pkg::RXDCTL_WTHRESH_LSB +: 6];
    rx_thresholds_o.descriptors = rxdctl_q[nic_regs_pkg::RXDCTL_GRAN_LSB];
    rx_thresholds_o.low         = 7'd0;
    tx_thresholds_o.prefetch    = txdctl_q[nic_regs_pkg::TXDCTL_PTHRESH_LSB +: 6];
    tx_thresholds_o.host        = txdctl_q[nic_regs_pkg::TXDCTL_HTHRESH_LSB +: 6];
    tx_thresholds_o.write_back  = txdctl_q[nic_regs_pkg::TXDCTL_WTHRESH_LSB +: 6];
    tx_thresholds_o.descriptors = txdctl_q[nic_regs_pkg::TXDCTL_GRAN_LSB];
    tx_thresholds_o.low         = txdctl_q[nic_regs_pkg::TXDCTL_LWTHRESH_LSB +: 7];

    rx_ring_o.base  = {rdbah_q, rdbal_q};
    rx_ring_o.bytes = rdlen_q[19:0];
    rx_ring_o.tail  = rdt_q[15:0];
    tx_ring_o.base  = {tdbah_q, tdbal_q};
    tx_ring_o.bytes = tdlen_q[19:0];
    tx_ring_o.tail  = tdt_q[15:0];

    moderation_o.itr      = itr_q[15:0];
    moderation_o.rdtr     = rdtr_q[15:0];
    moderation_o.radv     = radv_q[15:0];
    moderation_o.rx_flush = write && write_addr == nic_regs_pkg::RDTR_ADDR && write_data[nic_regs_pkg::RDTR_FPD_LSB];
    moderation_o.tidv     = tidv_q[15:0];
    moderation_o.tadv     = tadv_q[15:0];
    moderation_o.tx_flush = write && write_addr == nic_regs_pkg::TIDV_ADDR && write_data[nic_regs_pkg::TIDV_FPD_LSB];
  end

  // ---- receive window: one bit of its own, the rest is the block's
  logic rxw_enable_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || reset_all) rxw_enable_q <= 1'b0;
    else if (write && write_addr == nic_regs_pkg::RXW_CTRL_ADDR)
      rxw_enable_q <= write_data[nic_regs_pkg::RXW_CTRL_EN_LSB];
  end
  assign rxw_enable_o    = rxw_enable_q;
  assign rxw_data_read_o = read && read_addr == nic_regs_pkg::RXW_DATA_ADDR;
  assign rxw_next_o      = write && write_addr == nic_regs_pkg::RXW_NEXT_ADDR &&
                           write_data[nic_regs_pkg::RXW_NEXT_DONE_LSB];

  // ---- writes to registers that live elsewhere
  assign rx_head_write_o.valid = write && write_addr == nic_regs_pkg::RDH_ADDR;
  assign rx_head_write_o.value = write_data[15:0];
  assign tx_head_write_o.valid = write && write_addr == nic_regs_pkg::TDH_ADDR;
  assign tx_head_write_o.value = write_data[15:0];
  assign icr_write_o           = write && write_addr == nic_regs_pkg::ICR_ADDR;
  assign ics_write_o           = write && write_addr == nic_regs_pkg::ICS_ADDR;
  assign ims_write_o           = write && write_addr == nic_regs_pkg::IMS_ADDR;
  assign imc_write_o           = write && write_addr == nic_regs_pkg::IMC_ADDR;
  assign int_wdata_o           = write_data;

  // ---- read
  logic [31:0] status, eecd, eerd, pba, ra, named, read_data_q;
  logic        stats_read_q;

  always_comb begin
    status = nic_regs_pkg::STATUS_RESET;
    status[nic_regs_pkg::STATUS_LU_LSB] = link_up_q;
    eecd = eecd_q;
    eecd[nic_regs_pkg::EECD_GNT_LSB] = eecd_q[nic_regs_pkg::EECD_REQ_LSB];
    eecd[nic_regs_pkg::EECD_PRES_LSB] = 1'b1;
    eecd[nic_regs_pkg::EECD_DO_LSB] = eeprom_do;
    eerd = eerd_q;
    eerd[nic_regs_pkg::EERD_DONE_LSB] = eerd_done_q;
    eerd[nic_regs_pkg::EERD_DATA_LSB +: 16] = eerd_data_q;
    pba = pba_q;
    pba[31:16] = 16'd64 - pba_q[15:0];
    if (!read_addr[2]) ra = swap(ra_addr_q[ra_read_lsb + 10'd16 +: 32]);
    else ra = {ra_av_q[ra_read_index], 13'd0, ra_as1_q[ra_read_index], ra_as0_q[ra_read_index],
               ra_addr_q[ra_read_lsb +: 8], ra_addr_q[ra_read_lsb + 10'd8 +: 8]};
  end

  always_comb begin
    named = 32'd0;  // also what is not there, ICS and IMC
    if (read) begin
      case (read_addr)
        nic_regs_pkg::CTRL_ADDR,
        nic_regs_pkg::CTRL_DUP_ADDR: named = ctrl_q;
        nic_regs_pkg::STATUS_ADDR:   named = status;
        nic_regs_pkg::EECD_ADDR:     named = eecd;
        nic_regs_pkg::EERD_ADDR:     named = eerd;
        nic_regs_pkg::MDIC_ADDR:     named = mdic_q;
        nic_regs_pkg::PBA_ADDR:      named = pba;
        nic_regs_pkg::CTRL_EXT_ADDR:named = ctrl_ext_q;
        nic_regs_pkg::FCAL_ADDR:    named = fcal_q;
        nic_regs_pkg::FCAH_ADDR:    named = fcah_q;
        nic_regs_pkg::FCT_ADDR:     named = fct_q;
        nic_regs_pkg::VET_ADDR:     named = vet_q;
        nic_regs_pkg::FCTTV_ADDR:   named = fcttv_q;
        nic_regs_pkg::TXCW_ADDR:    named = txcw_q;
        nic_regs_pkg::LEDCTL_ADDR:  named = ledctl_q;
        nic_regs_pkg::WUC_ADDR:     named = wuc_q;
        nic_regs_pkg::WUFC_ADDR:    named = wufc_q;
        nic_regs_pkg::ITR_ADDR:     named = itr_q;
        nic_regs_pkg::RDTR_ADDR:    named = rdtr_q;
        nic_regs_pkg::RADV_ADDR:    named = radv_q;
        nic_regs_pkg::RCTL_ADDR:    named = rctl_q;
        nic_regs_pkg::FCRTL_ADDR:   named = fcrtl_q;
        nic_regs_pkg::FCRTH_ADDR:   named = fcrth_q;
        nic_regs_pkg::RDBAL_ADDR:   named = rdbal_q;
        nic_regs_pkg::RDBAH_ADDR:   named = rdbah_q;
        nic_regs_pkg::RDLEN_ADDR:   named = rdlen_q;
        nic_regs_pkg::RDT_ADDR:     named = rdt_q;
        nic_regs_pkg::RXDCTL_ADDR:  named = rxdctl_q;
        nic_regs_pkg::RSRPD_ADDR:   named = rsrpd_q;
        nic_regs_pkg::RXCSUM_ADDR:  named = rxcsum_q;
        nic_regs_pkg::TCTL_ADDR:    named = tctl_q;
        nic_regs_pkg::TIPG_ADDR:    named = tipg_q;
        nic_regs_pkg::AIT_ADDR:     named = ait_q;
        nic_regs_pkg::TXDMAC_ADDR:  named = txdmac_q;
        nic_regs_pkg::TDBAL_ADDR:   named = tdbal_q;
        nic_regs_pkg::TDBAH_ADDR:   named = tdbah_q;
        nic_regs_pkg::TDLEN_ADDR:   named = tdlen_q;
        nic_regs_pkg::TDT_ADDR:     named = tdt_q;
        nic_regs_pkg::TIDV_ADDR:    named = tidv_q;
        nic_regs_pkg::TXDCTL_ADDR:  named = txdctl_q;
        nic_regs_pkg::TADV_ADDR:    named = tadv_q;
        nic_regs_pkg::TSPMT_ADDR:   named = tspmt_q;
        nic_regs_pkg::ICR_ADDR:      named = icr_i;
        nic_regs_pkg::IMS_ADDR:      named = ims_i;
        nic_regs_pkg::RDH_ADDR:      named = {16'd0, rx_head_i};
        nic_regs_pkg::TDH_ADDR:      named = {16'd0, tx_head_i};
        nic_regs_pkg::DMA_STATUS_ADDR: begin
          named[nic_regs_pkg::DMA_STATUS_RX_ERROR_LSB] = rx_dma_error_i;
          named[nic_regs_pkg::DMA_STATUS_TX_ERROR_LSB] = tx_dma_error_i;
        end
        nic_regs_pkg::RXW_CTRL_ADDR:   named[nic_regs_pkg::RXW_CTRL_EN_LSB] = rxw_enable_q;
        nic_regs_pkg::RXW_STATUS_ADDR: named = rxw_status_i;
        nic_regs_pkg::RXW_DATA_ADDR:   named = rxw_data_i;
        default: begin
          if (read_addr[16:7] == RA_PAGE)   named = ra;
          if (read_addr[16:9] == MTA_PAGE)  named = mta_written_q[read_word] ? mta_q[read_word] : 32'd0;
          if (read_addr[16:9] == VFTA_PAGE) named = vfta_written_q[read_word] ? vfta_q[read_word] : 32'd0;
        end
      endcase
    end
  end

  assign icr_read_o    = read && read_addr == nic_regs_pkg::ICR_ADDR;
  assign stats_read_o  = read && read_addr[16:8] == STATS_PAGE;
  assign stats_index_o = {2'd0, read_addr[7:2]};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_data_q  <= 32'd0;
      stats_read_q <= 1'b0;
    end else if (read) begin
      read_data_q  <= named;
      stats_read_q <= stats_read_o;
    end
  end

  assign read_data = stats_read_q ? stats_rdata_i : read_data_q;
  assign quiet_o   = axil_quiet && !soft_reset_q && !lsc_o && !mdac_q && eeprom_quiet;

endmodule

// The plain registers of the register file: what software writes stays, and the settings in it go to the blocks by name.
//
// Addresses, reset values and writable bits come from nic_regs_pkg. Settings follow a write one cycle after the register:
// they are flops of their own, so that nobody packs and decodes them in the cycles in which nothing is written.
module csr_registers (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        reset_i,       // CTRL.RST: everything back in this cycle

  input  logic        write_i,       // strobe
  input  logic [16:0] write_addr_i,
  input  logic [31:0] write_data_i,
  input  logic        read_i,        // strobe; the answer is there in the same cycle, 0 for what is not here
  input  logic [16:0] read_addr_i,
  output logic [31:0] read_data_o,

  // Settings, by name
  output logic        set_link_up_o, // CTRL.SLU
  output logic        phy_reset_o,   // CTRL.PHY_RST
  output logic [31:0] dma_timeout_o, // DMA_TIMEOUT in 256 ns; 0: never
  output logic [15:0] itr_o,         // least time between rises of the interrupt line in 256 ns; 0: off
  output logic        loopback_o,    // RCTL.LBM
  output nic_pkg::rx_settings_t          rx_settings_o,
  output nic_pkg::tx_settings_t          tx_settings_o,
  output nic_pkg::vlan_settings_t        vlan_o,
  output nic_pkg::flow_settings_t        flow_o,
  output nic_pkg::rx_checksum_settings_t rx_checksum_o,
  output nic_pkg::thresholds_t           rx_thresholds_o,
  output nic_pkg::thresholds_t           tx_thresholds_o,
  output nic_pkg::ring_t                 rx_ring_o,
  output nic_pkg::ring_t                 tx_ring_o,
  output nic_pkg::delay_t                rx_delay_o,
  output nic_pkg::delay_t                tx_delay_o,

  output logic        quiet_o
);

  // Writes are rare: one condition in front of everything
  logic touch, touched_q;
  assign touch = !rst_ni || write_i;

  always_ff @(posedge clk_i) touched_q <= touch;

  // Device, flow control, LEDs, wake-up
  logic [31:0] ctrl_q, pba_q, ctrl_ext_q, fcal_q, fcah_q, fct_q, vet_q, fcttv_q, txcw_q, ledctl_q, wuc_q, wufc_q;

  always_ff @(posedge clk_i) begin
    if (touch) begin
      if (!rst_ni || reset_i) begin
        ctrl_q     <= nic_regs_pkg::CTRL_RESET;
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
      end else begin
        case (write_addr_i)
          nic_regs_pkg::CTRL_ADDR, nic_regs_pkg::CTRL_DUP_ADDR: ctrl_q <= write_data_i & nic_regs_pkg::CTRL_WMASK;
          nic_regs_pkg::PBA_ADDR:      pba_q      <= write_data_i & nic_regs_pkg::PBA_WMASK;
          nic_regs_pkg::CTRL_EXT_ADDR: ctrl_ext_q <= write_data_i & nic_regs_pkg::CTRL_EXT_WMASK;
          nic_regs_pkg::FCAL_ADDR:     fcal_q     <= write_data_i & nic_regs_pkg::FCAL_WMASK;
          nic_regs_pkg::FCAH_ADDR:     fcah_q     <= write_data_i & nic_regs_pkg::FCAH_WMASK;
          nic_regs_pkg::FCT_ADDR:      fct_q      <= write_data_i & nic_regs_pkg::FCT_WMASK;
          nic_regs_pkg::VET_ADDR:      vet_q      <= write_data_i & nic_regs_pkg::VET_WMASK;
          nic_regs_pkg::FCTTV_ADDR:    fcttv_q    <= write_data_i & nic_regs_pkg::FCTTV_WMASK;
          nic_regs_pkg::TXCW_ADDR:     txcw_q     <= write_data_i & nic_regs_pkg::TXCW_WMASK;
          nic_regs_pkg::LEDCTL_ADDR:   ledctl_q   <= write_data_i & nic_regs_pkg::LEDCTL_WMASK;
          nic_regs_pkg::WUC_ADDR:      wuc_q      <= write_data_i & nic_regs_pkg::WUC_WMASK;
          nic_regs_pkg::WUFC_ADDR:     wufc_q     <= write_data_i & nic_regs_pkg::WUFC_WMASK;
          default: ;
        endcase
      end
    end
  end

  // Interrupt throttle, bus
  logic [31:0] itr_q, dma_timeout_q;

  always_ff @(posedge clk_i) begin
    if (touch) begin
      if (!rst_ni || reset_i) begin
        itr_q         <= nic_regs_pkg::ITR_RESET;
        dma_timeout_q <= nic_regs_pkg::DMA_TIMEOUT_RESET;
      end else begin
        case (write_addr_i)
          nic_regs_pkg::ITR_ADDR:         itr_q         <= write_data_i & nic_regs_pkg::ITR_WMASK;
          nic_regs_pkg::DMA_TIMEOUT_ADDR: dma_timeout_q <= write_data_i & nic_regs_pkg::DMA_TIMEOUT_WMASK;
          default: ;
        endcase
      end
    end
  end

  // Receive
  logic [31:0] rctl_q, fcrtl_q, fcrth_q, rdbal_q, rdbah_q, rdlen_q, rdt_q, rdtr_q, rxdctl_q, radv_q, rsrpd_q,
               rxcsum_q;

  always_ff @(posedge clk_i) begin
    if (touch) begin
      if (!rst_ni || reset_i) begin
        rctl_q   <= nic_regs_pkg::RCTL_RESET;
        fcrtl_q  <= nic_regs_pkg::FCRTL_RESET;
        fcrth_q  <= nic_regs_pkg::FCRTH_RESET;
        rdbal_q  <= nic_regs_pkg::RDBAL_RESET;
        rdbah_q  <= nic_regs_pkg::RDBAH_RESET;
        rdlen_q  <= nic_regs_pkg::RDLEN_RESET;
        rdt_q    <= nic_regs_pkg::RDT_RESET;
        rdtr_q   <= nic_regs_pkg::RDTR_RESET;
        rxdctl_q <= nic_regs_pkg::RXDCTL_RESET;
        radv_q   <= nic_regs_pkg::RADV_RESET;
        rsrpd_q  <= nic_regs_pkg::RSRPD_RESET;
        rxcsum_q <= nic_regs_pkg::RXCSUM_RESET;
      end else begin
        case (write_addr_i)
          nic_regs_pkg::RCTL_ADDR:     rctl_q   <= write_data_i & nic_regs_pkg::RCTL_WMASK;
          nic_regs_pkg::FCRTL_ADDR:    fcrtl_q  <= write_data_i & nic_regs_pkg::FCRTL_WMASK;
          nic_regs_pkg::FCRTH_ADDR:    fcrth_q  <= write_data_i & nic_regs_pkg::FCRTH_WMASK;
          nic_regs_pkg::RDBAL_ADDR:    rdbal_q  <= write_data_i & nic_regs_pkg::RDBAL_WMASK;
          nic_regs_pkg::RDBAH_ADDR:    rdbah_q  <= write_data_i & nic_regs_pkg::RDBAH_WMASK;
          nic_regs_pkg::RDLEN_ADDR:    rdlen_q  <= write_data_i & nic_regs_pkg::RDLEN_WMASK;
          nic_regs_pkg::RDT_ADDR:      rdt_q    <= write_data_i & nic_regs_pkg::RDT_WMASK;
          nic_regs_pkg::RDTR_ADDR:     rdtr_q   <= write_data_i & nic_regs_pkg::RDTR_WMASK;
          nic_regs_pkg::RXDCTL_ADDR:   rxdctl_q <= write_data_i & nic_regs_pkg::RXDCTL_WMASK;
          nic_regs_pkg::RADV_ADDR:     radv_q   <= write_data_i & nic_regs_pkg::RADV_WMASK;
          nic_regs_pkg::RSRPD_ADDR:    rsrpd_q  <= write_data_i & nic_regs_pkg::RSRPD_WMASK;
          nic_regs_pkg::RXCSUM_ADDR:   rxcsum_q <= write_data_i & nic_regs_pkg::RXCSUM_WMASK;
          default: ;
        endcase
      end
    end
  end

  // Transmit
  logic [31:0] tctl_q, tipg_q, ait_q, txdmac_q, tdbal_q, tdbah_q, tdlen_q, tdt_q, tidv_q, txdctl_q, tadv_q, tspmt_q;

  always_ff @(posedge clk_i) begin
    if (touch) begin
      if (!rst_ni || reset_i) begin
        tctl_q   <= nic_regs_pkg::TCTL_RESET;
        tipg_q   <= nic_regs_pkg::TIPG_RESET;
        ait_q    <= nic_regs_pkg::AIT_RESET;
        txdmac_q <= nic_regs_pkg::TXDMAC_RESET;
        tdbal_q  <= nic_regs_pkg::TDBAL_RESET;
        tdbah_q  <= nic_regs_pkg::TDBAH_RESET;
        tdlen_q  <= nic_regs_pkg::TDLEN_RESET;
        tdt_q    <= nic_regs_pkg::TDT_RESET;
        tidv_q   <= nic_regs_pkg::TIDV_RESET;
        txdctl_q <= nic_regs_pkg::TXDCTL_RESET;
        tadv_q   <= nic_regs_pkg::TADV_RESET;
        tspmt_q  <= nic_regs_pkg::TSPMT_RESET;
      end else begin
        case (write_addr_i)
          nic_regs_pkg::TCTL_ADDR:     tctl_q   <= write_data_i & nic_regs_pkg::TCTL_WMASK;
          nic_regs_pkg::TIPG_ADDR:     tipg_q   <= write_data_i & nic_regs_pkg::TIPG_WMASK;
          nic_regs_pkg::AIT_ADDR:      ait_q    <= write_data_i & nic_regs_pkg::AIT_WMASK;
          nic_regs_pkg::TXDMAC_ADDR:   txdmac_q <= write_data_i & nic_regs_pkg::TXDMAC_WMASK;
          nic_regs_pkg::TDBAL_ADDR:    tdbal_q  <= write_data_i & nic_regs_pkg::TDBAL_WMASK;
          nic_regs_pkg::TDBAH_ADDR:    tdbah_q  <= write_data_i & nic_regs_pkg::TDBAH_WMASK;
          nic_regs_pkg::TDLEN_ADDR:    tdlen_q  <= write_data_i & nic_regs_pkg::TDLEN_WMASK;
          nic_regs_pkg::TDT_ADDR:      tdt_q    <= write_data_i & nic_regs_pkg::TDT_WMASK;
          nic_regs_pkg::TIDV_ADDR:     tidv_q   <= write_data_i & nic_regs_pkg::TIDV_WMASK;
          nic_regs_pkg::TXDCTL_ADDR:   txdctl_q <= write_data_i & nic_regs_pkg::TXDCTL_WMASK;
          nic_regs_pkg::TADV_ADDR:     tadv_q   <= write_data_i & nic_regs_pkg::TADV_WMASK;
          nic_regs_pkg::TSPMT_ADDR:    tspmt_q  <= write_data_i & nic_regs_pkg::TSPMT_WMASK;
          default: ;
        endcase
      end
    end
  end

  // ---- settings
  function automatic logic [31:0] swap(input logic [31:0] word);
    swap = {word[7:0], word[15:8], word[23:16], word[31:24]};
  endfunction

  nic_pkg::rx_settings_t          rx_settings_d;
  nic_pkg::tx_settings_t          tx_settings_d;
  nic_pkg::vlan_settings_t        vlan_d;
  nic_pkg::flow_settings_t        flow_d;
  nic_pkg::rx_checksum_settings_t rx_checksum_d;
  nic_pkg::thresholds_t           rx_thresholds_d;
  nic_pkg::thresholds_t           tx_thresholds_d;
  nic_pkg::ring_t                 rx_ring_d;
  nic_pkg::ring_t                 tx_ring_d;
  nic_pkg::delay_t                rx_delay_d;
  nic_pkg::delay_t                tx_delay_d;

  always_comb begin
    rx_settings_d.enable           = rctl_q[nic_regs_pkg::RCTL_EN_LSB];
    rx_settings_d.store_bad        = rctl_q[nic_regs_pkg::RCTL_SBP_LSB];
    rx_settings_d.any_unicast      = rctl_q[nic_regs_pkg::RCTL_UPE_LSB];
    rx_settings_d.any_multicast    = rctl_q[nic_regs_pkg::RCTL_MPE_LSB];
    rx_settings_d.long_frames      = rctl_q[nic_regs_pkg::RCTL_LPE_LSB];
    rx_settings_d.broadcast        = rctl_q[nic_regs_pkg::RCTL_BAM_LSB];
    rx_settings_d.strip_fcs        = rctl_q[nic_regs_pkg::RCTL_SECRC_LSB];
    rx_settings_d.multicast_offset = rctl_q[nic_regs_pkg::RCTL_MO_LSB +: 2];
    rx_settings_d.min_threshold    = rctl_q[nic_regs_pkg::RCTL_RDMTS_LSB +: 2];
    case ({rctl_q[nic_regs_pkg::RCTL_BSEX_LSB], rctl_q[nic_regs_pkg::RCTL_BSIZE_LSB +: 2]})
      3'b001:  rx_settings_d.buffer_bytes = 15'd1024;
      3'b010:  rx_settings_d.buffer_bytes = 15'd512;
      3'b011:  rx_settings_d.buffer_bytes = 15'd256;
      3'b101:  rx_settings_d.buffer_bytes = 15'd16384;
      3'b110:  rx_settings_d.buffer_bytes = 15'd8192;
      3'b111:  rx_settings_d.buffer_bytes = 15'd4096;
      default: rx_settings_d.buffer_bytes = 15'd2048;  // 100 is reserved
    endcase

    tx_settings_d.enable    = tctl_q[nic_regs_pkg::TCTL_EN_LSB];
    tx_settings_d.pad_short = tctl_q[nic_regs_pkg::TCTL_PSP_LSB];
    tx_settings_d.ipgt      = tipg_q[nic_regs_pkg::TIPG_IPGT_LSB +: 10];

    vlan_d.strip     = ctrl_q[nic_regs_pkg::CTRL_VME_LSB];
    vlan_d.filter    = rctl_q[nic_regs_pkg::RCTL_VFE_LSB];
    vlan_d.check_cfi = rctl_q[nic_regs_pkg::RCTL_CFIEN_LSB];
    vlan_d.cfi       = rctl_q[nic_regs_pkg::RCTL_CFI_LSB];
    vlan_d.ethertype = vet_q[15:0];

    flow_d.receive    = ctrl_q[nic_regs_pkg::CTRL_RFCE_LSB];
    flow_d.transmit   = ctrl_q[nic_regs_pkg::CTRL_TFCE_LSB];
    flow_d.discard    = rctl_q[nic_regs_pkg::RCTL_DPF_LSB];
    flow_d.pass       = rctl_q[nic_regs_pkg::RCTL_PMCF_LSB];
    flow_d.address    = {swap(fcal_q), fcah_q[7:0], fcah_q[15:8]};
    flow_d.ethertype  = fct_q[15:0];
    flow_d.timer      = fcttv_q[15:0];
    flow_d.xon_enable = fcrtl_q[nic_regs_pkg::FCRTL_XONE_LSB];
    flow_d.low        = {fcrtl_q[15:3], 3'd0};
    flow_d.high       = {fcrth_q[15:3], 3'd0};

    rx_checksum_d.start   = rxcsum_q[nic_regs_pkg::RXCSUM_PCSS_LSB +: 8];
    rx_checksum_d.ip      = rxcsum_q[nic_regs_pkg::RXCSUM_IPOFL_LSB];
    rx_checksum_d.tcp_udp = rxcsum_q[nic_regs_pkg::RXCSUM_TUOFL_LSB];

    rx_thresholds_d.prefetch    = rxdctl_q[nic_regs_pkg::RXDCTL_PTHRESH_LSB +: 6];
    rx_thresholds_d.host        = rxdctl_q[nic_regs_pkg::RXDCTL_HTHRESH_LSB +: 6];
    rx_thresholds_d.write_back  = rxdctl_q[nic_regs_pkg::RXDCTL_WTHRESH_LSB +: 6];
    rx_thresholds_d.descriptors = rxdctl_q[nic_regs_pkg::RXDCTL_GRAN_LSB];
    rx_thresholds_d.low         = 7'd0;
    tx_thresholds_d.prefetch    = txdctl_q[nic_regs_pkg::TXDCTL_PTHRESH_LSB +: 6];
    tx_thresholds_d.host        = txdctl_q[nic_regs_pkg::TXDCTL_HTHRESH_LSB +: 6];
    tx_thresholds_d.write_back  = txdctl_q[nic_regs_pkg::TXDCTL_WTHRESH_LSB +: 6];
    tx_thresholds_d.descriptors = txdctl_q[nic_regs_pkg::TXDCTL_GRAN_LSB];
    tx_thresholds_d.low         = txdctl_q[nic_regs_pkg::TXDCTL_LWTHRESH_LSB +: 7];

    rx_ring_d.base  = {rdbah_q, rdbal_q};
    rx_ring_d.bytes = rdlen_q[19:0];
    rx_ring_d.tail  = rdt_q[15:0];
    tx_ring_d.base  = {tdbah_q, tdbal_q};
    tx_ring_d.bytes = tdlen_q[19:0];
    tx_ring_d.tail  = tdt_q[15:0];

    rx_delay_d.delay    = rdtr_q[15:0];
    rx_delay_d.absolute = radv_q[15:0];
    tx_delay_d.delay    = tidv_q[15:0];
    tx_delay_d.absolute = tadv_q[15:0];
  end

  always_ff @(posedge clk_i) begin
    if (touched_q) begin
      set_link_up_o   <= ctrl_q[nic_regs_pkg::CTRL_SLU_LSB];
      phy_reset_o     <= ctrl_q[nic_regs_pkg::CTRL_PHY_RST_LSB];
      dma_timeout_o   <= dma_timeout_q;
      itr_o           <= itr_q[15:0];
      loopback_o      <= rctl_q[nic_regs_pkg::RCTL_LBM_LSB +: 2] != 2'd0;
      rx_settings_o   <= rx_settings_d;
      tx_settings_o   <= tx_settings_d;
      vlan_o          <= vlan_d;
      flow_o          <= flow_d;
      rx_checksum_o   <= rx_checksum_d;
      rx_thresholds_o <= rx_thresholds_d;
      tx_thresholds_o <= tx_thresholds_d;
      rx_ring_o       <= rx_ring_d;
      tx_ring_o       <= tx_ring_d;
      rx_delay_o      <= rx_delay_d;
      tx_delay_o      <= tx_delay_d;
    end
  end

  // ---- read
  always_comb begin
    read_data_o = 32'd0;
    if (read_i) begin
      case (read_addr_i)
        nic_regs_pkg::CTRL_ADDR, nic_regs_pkg::CTRL_DUP_ADDR: read_data_o = ctrl_q;
        nic_regs_pkg::PBA_ADDR:               read_data_o = {16'd64 - pba_q[15:0], pba_q[15:0]};
        nic_regs_pkg::CTRL_EXT_ADDR: read_data_o = ctrl_ext_q;
        nic_regs_pkg::FCAL_ADDR:    read_data_o = fcal_q;
        nic_regs_pkg::FCAH_ADDR:    read_data_o = fcah_q;
        nic_regs_pkg::FCT_ADDR:     read_data_o = fct_q;
        nic_regs_pkg::VET_ADDR:     read_data_o = vet_q;
        nic_regs_pkg::FCTTV_ADDR:   read_data_o = fcttv_q;
        nic_regs_pkg::TXCW_ADDR:    read_data_o = txcw_q;
        nic_regs_pkg::LEDCTL_ADDR:  read_data_o = ledctl_q;
        nic_regs_pkg::WUC_ADDR:     read_data_o = wuc_q;
        nic_regs_pkg::WUFC_ADDR:    read_data_o = wufc_q;
        nic_regs_pkg::ITR_ADDR:     read_data_o = itr_q;
        nic_regs_pkg::DMA_TIMEOUT_ADDR: read_data_o = dma_timeout_q;
        nic_regs_pkg::RCTL_ADDR:    read_data_o = rctl_q;
        nic_regs_pkg::FCRTL_ADDR:   read_data_o = fcrtl_q;
        nic_regs_pkg::FCRTH_ADDR:   read_data_o = fcrth_q;
        nic_regs_pkg::RDBAL_ADDR:   read_data_o = rdbal_q;
        nic_regs_pkg::RDBAH_ADDR:   read_data_o = rdbah_q;
        nic_regs_pkg::RDLEN_ADDR:   read_data_o = rdlen_q;
        nic_regs_pkg::RDT_ADDR:     read_data_o = rdt_q;
        nic_regs_pkg::RDTR_ADDR:    read_data_o = rdtr_q;
        nic_regs_pkg::RXDCTL_ADDR:  read_data_o = rxdctl_q;
        nic_regs_pkg::RADV_ADDR:    read_data_o = radv_q;
        nic_regs_pkg::RSRPD_ADDR:   read_data_o = rsrpd_q;
        nic_regs_pkg::RXCSUM_ADDR:  read_data_o = rxcsum_q;
        nic_regs_pkg::TCTL_ADDR:    read_data_o = tctl_q;
        nic_regs_pkg::TIPG_ADDR:    read_data_o = tipg_q;
        nic_regs_pkg::AIT_ADDR:     read_data_o = ait_q;
        nic_regs_pkg::TXDMAC_ADDR:  read_data_o = txdmac_q;
        nic_regs_pkg::TDBAL_ADDR:   read_data_o = tdbal_q;
        nic_regs_pkg::TDBAH_ADDR:   read_data_o = tdbah_q;
        nic_regs_pkg::TDLEN_ADDR:   read_data_o = tdlen_q;
        nic_regs_pkg::TDT_ADDR:     read_data_o = tdt_q;
        nic_regs_pkg::TIDV_ADDR:    read_data_o = tidv_q;
        nic_regs_pkg::TXDCTL_ADDR:  read_data_o = txdctl_q;
        nic_regs_pkg::TADV_ADDR:    read_data_o = tadv_q;
        nic_regs_pkg::TSPMT_ADDR:   read_data_o = tspmt_q;
        default: ;
      endcase
    end
  end

  assign quiet_o = !touched_q;

  // PBA's upper half is what the lower one leaves
  logic unused;
  assign unused = &{1'b0, pba_q[31:16]};

endmodule

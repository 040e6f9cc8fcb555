// The register side of the card alone: register file, interrupts and statistics, joined as in nic_top.
//
// The descriptor heads live in the DMA engines; here two flops stand in for them.
module csr_tb (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic [47:0]            station_addr_i,
  input  logic                   cable_i,
  input  logic [31:0]            autoneg_cycles_i,
  input  logic [63:0]            now_i,

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

  // What the other blocks would say
  input  logic                   bus_drained_i,
  input  logic                   rx_dma_error_i,
  input  logic                   tx_dma_error_i,
  input  nic_pkg::causes_t       causes_i,        // lsc and mdac also come from the register file
  input  logic [31:0]            last_rx_tag_i,
  input  nic_pkg::rx_stat_t      rx_stat_i,
  input  nic_pkg::tx_stat_t      tx_stat_i,
  input  nic_pkg::misc_stat_t    misc_stat_i,
  input  logic                   no_buffer_i,
  input  logic [11:0]            mta_index_i,
  input  logic [11:0]            vlan_id_i,
  input  logic [31:0]            rxw_status_i,
  input  logic [31:0]            rxw_data_i,

  // What they would hear
  output logic                   soft_reset_o,
  output logic                   link_up_o,
  output logic [31:0]            dma_timeout_o,
  output nic_pkg::rx_settings_t  rx_settings_o,
  output nic_pkg::tx_settings_t  tx_settings_o,
  output logic                   send_xoff_o,
  output logic                   loopback_o,
  output nic_pkg::vlan_settings_t        vlan_o,
  output nic_pkg::flow_settings_t        flow_o,
  output nic_pkg::rx_checksum_settings_t rx_checksum_o,
  output nic_pkg::thresholds_t           rx_thresholds_o,
  output nic_pkg::thresholds_t           tx_thresholds_o,
  output nic_pkg::ring_t         rx_ring_o,
  output nic_pkg::ring_t         tx_ring_o,
  output logic [767:0]           ra_addr_o,
  output logic [15:0]            ra_valid_o,
  output logic                   mta_bit_o,
  output logic                   vfta_bit_o,
  output logic                   rxw_enable_o,
  output logic                   rxw_data_read_o,
  output logic                   rxw_next_o,

  output logic                   intr_o,
  output logic [63:0]            next_deadline_o,
  output nic_pkg::event_t        event_o,
  output logic                   quiescent_o
);

  logic core_rst_n, keep_rst_n, forget;
  assign core_rst_n = rst_ni && !soft_reset_o;
  assign keep_rst_n = rst_ni && !forget;

  nic_pkg::head_write_t rx_head_write, tx_head_write;
  nic_pkg::delay_t      rx_delay, tx_delay;
  logic                 rx_flush, tx_flush;
  logic [15:0]          itr;
  logic [63:0]          interrupt_deadline, csr_deadline;
  nic_pkg::causes_t     causes;
  logic                 lsc, mdac, icr_read, icr_write, ics_write, ims_write, imc_write, stats_read;
  logic                 quiet_csr, quiet_interrupt, quiet_stats;
  logic [7:0]           stats_index;
  logic [15:0]          rx_head_q, tx_head_q;
  logic [31:0]          int_wdata, icr, ims, stats_rdata;

  always_ff @(posedge clk_i) begin
    if (!core_rst_n) begin
      rx_head_q <= 16'd0;
      tx_head_q <= 16'd0;
    end else begin
      if (rx_head_write.valid) rx_head_q <= rx_head_write.value;
      if (tx_head_write.valid) tx_head_q <= tx_head_write.value;
    end
  end

  // Inputs are registered, as they are when they come from blocks
  nic_pkg::causes_t  causes_q;
  nic_pkg::rx_stat_t rx_stat_q;
  nic_pkg::tx_stat_t tx_stat_q;
  logic              tx_expired;
  nic_pkg::misc_stat_t misc_stat_q;
  logic              no_buffer_q;
  logic [31:0]       last_rx_tag_q;

  always_ff @(posedge clk_i) begin
    causes_q      <= causes_i;
    rx_stat_q     <= rx_stat_i;
    tx_stat_q     <= tx_stat_i;
    misc_stat_q   <= misc_stat_i;
    no_buffer_q   <= no_buffer_i;
    last_rx_tag_q <= last_rx_tag_i;
  end

  always_comb begin
    causes      = causes_q;
    causes.lsc  = lsc;
    causes.mdac = causes_q.mdac || mdac;
  end

  csr u_csr (
    .clk_i, .rst_ni, .now_i, .station_addr_i, .autoneg_cycles_i, .cable_i,
    .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_wdata_i,
    .s_axil_wstrb_i, .s_axil_bvalid_o, .s_axil_bready_i, .s_axil_bresp_o, .s_axil_arvalid_i, .s_axil_arready_o,
    .s_axil_araddr_i, .s_axil_rvalid_o, .s_axil_rready_i, .s_axil_rdata_o, .s_axil_rresp_o,
    .soft_reset_o, .forget_o(forget), .bus_drained_i, .rx_settings_o, .tx_settings_o, .send_xoff_o, .loopback_o, .vlan_o, .flow_o,
    .rx_checksum_o, .rxw_enable_o, .rxw_data_read_o, .rxw_next_o, .rxw_status_i, .rxw_data_i,
    .rx_thresholds_o, .tx_thresholds_o, .vlan_id_i, .vfta_bit_o, .rx_ring_o, .tx_ring_o,
    .rx_head_write_o(rx_head_write), .tx_head_write_o(tx_head_write), .rx_head_i(rx_head_q), .tx_head_i(tx_head_q),
    .ra_addr_o, .ra_valid_o, .mta_index_i, .mta_bit_o, .rx_dma_error_i, .tx_dma_error_i,
    .dma_timeout_o, .link_up_o, .lsc_o(lsc), .mdac_o(mdac),
    .icr_read_o(icr_read), .icr_write_o(icr_write), .ics_write_o(ics_write), .ims_write_o(ims_write),
    .imc_write_o(imc_write), .int_wdata_o(int_wdata), .itr_o(itr), .rx_delay_o(rx_delay), .rx_flush_o(rx_flush),
    .tx_delay_o(tx_delay), .tx_flush_o(tx_flush), .icr_i(icr), .ims_i(ims),
    .stats_read_o(stats_read), .stats_index_o(stats_index), .stats_rdata_i(stats_rdata),
    .deadline_o(csr_deadline), .quiet_o(quiet_csr)
  );

  interrupt u_interrupt (
    .clk_i, .rst_ni(keep_rst_n), .now_i, .causes_i(causes), .last_rx_tag_i(last_rx_tag_q),
    .icr_read_i(icr_read), .icr_write_i(icr_write), .ics_write_i(ics_write), .ims_write_i(ims_write),
    .imc_write_i(imc_write), .wdata_i(int_wdata), .itr_i(itr), .rx_delay_i(rx_delay), .rx_flush_i(rx_flush),
    .tx_delay_i(tx_delay), .tx_flush_i(tx_flush), .icr_o(icr), .ims_o(ims),
    .tx_expired_o(tx_expired),
    .intr_o, .next_deadline_o(interrupt_deadline), .event_o, .quiet_o(quiet_interrupt)
  );

  stats u_stats (
    .clk_i, .rst_ni(keep_rst_n), .rx_i(rx_stat_q), .tx_i(tx_stat_q), .misc_i(misc_stat_q),
    .no_buffer_i(no_buffer_q),
    .read_i(stats_read), .index_i(stats_index), .rdata_o(stats_rdata), .quiet_o(quiet_stats)
  );

  assign next_deadline_o = csr_deadline < interrupt_deadline ? csr_deadline : interrupt_deadline;
  assign quiescent_o = quiet_csr && quiet_interrupt && quiet_stats && !soft_reset_o && causes_q == '0;

endmodule

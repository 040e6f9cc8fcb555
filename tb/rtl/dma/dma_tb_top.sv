// Both DMA engines on their arbiter, with flat ports for a C++ test.
module dma_tb_top (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         flush_i,
  input  logic         bus_master_i,
  output logic         drained_o,
  output logic         quiet_o,

  // Receive: registers
  input  logic         rx_enable_i,
  input  logic         rx_strip_fcs_i,
  input  logic [1:0]   rx_min_threshold_i,
  input  logic [14:0]  rx_buffer_bytes_i,
  input  logic [63:0]  rx_base_i,
  input  logic [19:0]  rx_bytes_i,
  input  logic [15:0]  rx_tail_i,
  input  logic         rx_head_write_i,
  input  logic [15:0]  rx_head_value_i,
  output logic [15:0]  rx_head_o,
  input  logic [5:0]   rx_pthresh_i,
  input  logic [5:0]   rx_hthresh_i,
  input  logic [5:0]   rx_wthresh_i,
  input  logic         rx_gran_i,
  input  logic         rx_flush_i,

  // Receive: FIFO
  input  logic         frame_valid_i,
  input  logic         frame_crc_error_i,
  input  logic         frame_symbol_error_i,
  input  logic         frame_sequence_error_i,
  input  logic         frame_exact_i,
  input  logic [15:0]  frame_length_i,
  input  logic [31:0]  frame_tag_i,
  input  logic         frame_stripped_i,
  input  logic [15:0]  frame_tci_i,
  input  logic [3:0]   frame_verdicts_i,     // IP checked, IP error, TCP/UDP checked, TCP/UDP error
  input  logic [15:0]  frame_checksum_i,
  output logic         frame_done_o,
  input  logic         data_valid_i,
  input  logic [63:0]  data_lo_i,
  input  logic [63:0]  data_hi_i,
  output logic         data_take_o,

  // Receive: window registers
  input  logic         rxw_enable_i,
  input  logic         rxw_data_read_i,
  input  logic         rxw_next_i,
  output logic [31:0]  rxw_status_o,
  output logic [31:0]  rxw_data_o,

  // Receive: what happened
  output logic         rxt0_o,
  output logic         rxdmt0_o,
  output logic         no_buffer_o,
  output logic         rx_error_o,
  output logic [31:0]  last_tag_o,
  output logic         rx_event_valid_o,
  output logic [3:0]   rx_event_kind_o,
  output logic [31:0]  rx_event_tag_o,
  output logic [63:0]  rx_event_desc_o,

  // Transmit: registers
  input  logic         tx_enable_i,
  input  logic [63:0]  tx_base_i,
  input  logic [19:0]  tx_bytes_i,
  input  logic [15:0]  tx_tail_i,
  input  logic         tx_head_write_i,
  input  logic [15:0]  tx_head_value_i,
  output logic [15:0]  tx_head_o,
  input  logic [5:0]   tx_wthresh_i,
  input  logic [6:0]   tx_lwthresh_i,

  // Transmit: FIFO
  output logic         fifo_valid_o,
  output logic         fifo_eof_o,
  output logic [4:0]   fifo_bytes_o,
  output logic [63:0]  fifo_lo_o,
  output logic [63:0]  fifo_hi_o,
  output logic         fifo_commit_o,
  output logic         fifo_abort_o,
  output logic         fifo_ifcs_o,
  output logic         fifo_vlan_o,
  output logic [15:0]  fifo_vlan_tag_o,
  output logic [13:0]  fifo_length_o,
  output logic [31:0]  fifo_tag_o,
  output logic         fifo_ip_o,         // checksums
  output logic [7:0]   fifo_ip_offset_o,
  output logic [15:0]  fifo_ip_value_o,
  output logic         fifo_tu_o,
  output logic [7:0]   fifo_tu_offset_o,
  output logic [15:0]  fifo_tu_value_o,
  input  logic [10:0]  fifo_free_beats_i,

  // Transmit: what happened
  output logic         txdw_o,
  output logic         txdw_delayed_o,
  output logic         txqe_o,
  output logic         txd_low_o,
  output logic         tso_done_o,
  output logic         tso_failed_o,
  output logic         tx_error_o,
  output logic [31:0]  tx_next_tag_o,
  output logic         tx_event_valid_o,
  output logic [3:0]   tx_event_kind_o,
  output logic [31:0]  tx_event_tag_o,
  output logic [63:0]  tx_event_desc_o,

  // Host memory
  output logic         m_axi_arvalid_o,
  input  logic         m_axi_arready_i,
  output logic [63:0]  m_axi_araddr_o,
  output logic [7:0]   m_axi_arlen_o,
  output logic [8:0]   m_axi_aruser_o,
  input  logic         m_axi_rvalid_i,
  output logic         m_axi_rready_o,
  input  logic [127:0] m_axi_rdata_i,
  input  logic [1:0]   m_axi_rresp_i,
  input  logic         m_axi_rlast_i,
  output logic         m_axi_awvalid_o,
  input  logic         m_axi_awready_i,
  output logic [63:0]  m_axi_awaddr_o,
  output logic [7:0]   m_axi_awlen_o,
  output logic         m_axi_wvalid_o,
  input  logic         m_axi_wready_i,
  output logic [127:0] m_axi_wdata_o,
  output logic [15:0]  m_axi_wstrb_o,
  output logic         m_axi_wlast_o,
  input  logic         m_axi_bvalid_i,
  output logic         m_axi_bready_o,
  input  logic [1:0]   m_axi_bresp_i
);

  logic core_rst_n;
  assign core_rst_n = rst_ni && !flush_i;

  nic_pkg::rx_settings_t rx_settings;
  nic_pkg::thresholds_t  rx_thresholds;
  nic_pkg::tx_settings_t tx_settings;
  nic_pkg::ring_t        rx_ring, tx_ring;
  nic_pkg::head_write_t  rx_head_write, tx_head_write;
  nic_pkg::rx_frame_t    rx_frame;
  nic_pkg::rx_offload_t  rx_offload;
  nic_pkg::causes_t      rx_causes, tx_causes;
  nic_pkg::event_t       rx_event, tx_event, dma_event, window_event;
  logic [63:0]           dma_event_desc;
  logic                  dma_frame_done, dma_data_take, window_frame_done, window_data_take, window_rxt0;
  logic                  rx_hold, rx_idle, quiet_window;
  nic_pkg::tx_write_t    fifo_write;
  nic_pkg::tx_frame_t    fifo_frame;
  nic_pkg::tx_patches_t  fifo_patches;
  nic_pkg::thresholds_t  tx_thresholds;
  nic_pkg::dma_read_t    rx_desc_read, tx_desc_read, tx_data_read;
  nic_pkg::dma_beat_t    rx_desc_beat, tx_desc_beat, tx_data_beat;
  nic_pkg::dma_write_t   rx_write, tx_write;
  nic_pkg::dma_done_t    rx_write_done, tx_write_done;
  logic                  rx_desc_read_ready, tx_desc_read_ready, tx_data_read_ready, rx_write_ready, tx_write_ready;
  logic                  quiet_rx, quiet_tx, quiet_arbiter;

  always_comb begin
    rx_settings               = '0;
    rx_settings.enable        = rx_enable_i;
    rx_settings.strip_fcs     = rx_strip_fcs_i;
    rx_settings.min_threshold = rx_min_threshold_i;
    rx_settings.buffer_bytes  = rx_buffer_bytes_i;
    tx_settings               = '0;
    tx_settings.enable        = tx_enable_i;
    tx_thresholds             = '0;
    tx_thresholds.descriptors = 1'b1;
    tx_thresholds.write_back  = tx_wthresh_i;
    tx_thresholds.low         = tx_lwthresh_i;
  end
  assign rx_thresholds = {rx_pthresh_i, rx_hthresh_i, rx_wthresh_i, rx_gran_i, 7'd0};
  assign rx_ring       = {rx_base_i, rx_bytes_i, rx_tail_i};
  assign tx_ring       = {tx_base_i, tx_bytes_i, tx_tail_i};
  assign rx_head_write = {rx_head_write_i, rx_head_value_i};
  assign tx_head_write = {tx_head_write_i, tx_head_value_i};
  assign rx_offload    = {frame_stripped_i, frame_tci_i, frame_verdicts_i, frame_checksum_i};
  assign rx_frame      = {frame_crc_error_i, frame_symbol_error_i, frame_sequence_error_i, frame_exact_i, frame_length_i, frame_tag_i};

  rx_dma u_rx_dma (
    .clk_i, .rst_ni(core_rst_n),
    .settings_i(rx_settings), .ring_i(rx_ring), .head_write_i(rx_head_write), .head_o(rx_head_o),
    .thresholds_i(rx_thresholds), .flush_i(rx_flush_i),
    .frame_valid_i(frame_valid_i && !rx_hold), .frame_i(rx_frame), .offload_i(rx_offload),
    .frame_done_o(dma_frame_done), .data_valid_i, .data_lo_i, .data_hi_i, .data_take_o(dma_data_take),
    .desc_read_o(rx_desc_read), .desc_read_ready_i(rx_desc_read_ready), .desc_beat_i(rx_desc_beat),
    .write_o(rx_write), .write_ready_i(rx_write_ready), .write_done_i(rx_write_done),
    .causes_o(rx_causes), .no_buffer_o, .error_o(rx_error_o), .idle_o(rx_idle), .last_tag_o,
    .event_o(dma_event), .event_desc_o(dma_event_desc), .quiet_o(quiet_rx)
  );

  // The window shares the FIFO with the engine, as in nic_top
  rx_window u_rx_window (
    .clk_i, .rst_ni(core_rst_n), .enable_i(rxw_enable_i), .strip_fcs_i(rx_strip_fcs_i), .status_o(rxw_status_o),
    .data_o(rxw_data_o), .data_read_i(rxw_data_read_i), .next_i(rxw_next_i),
    .frame_valid_i, .frame_i(rx_frame), .offload_i(rx_offload), .frame_done_o(window_frame_done),
    .data_valid_i, .data_lo_i, .data_hi_i, .data_take_o(window_data_take),
    .hold_o(rx_hold), .dma_idle_i(rx_idle), .rxt0_o(window_rxt0), .event_o(window_event), .quiet_o(quiet_window)
  );

  assign frame_done_o    = dma_frame_done || window_frame_done;
  assign data_take_o     = dma_data_take || window_data_take;
  assign rx_event        = window_event.valid ? window_event : dma_event;
  assign rx_event_desc_o = window_event.valid ? 64'd0 : dma_event_desc;

  tx_dma u_tx_dma (
    .clk_i, .rst_ni(core_rst_n), .por_ni(rst_ni),
    .settings_i(tx_settings), .vlan_i(1'b1), .thresholds_i(tx_thresholds), .flush_i(1'b0),
    .ring_i(tx_ring), .head_write_i(tx_head_write), .head_o(tx_head_o),
    .desc_read_o(tx_desc_read), .desc_read_ready_i(tx_desc_read_ready), .desc_beat_i(tx_desc_beat),
    .data_read_o(tx_data_read), .data_read_ready_i(tx_data_read_ready), .data_beat_i(tx_data_beat),
    .write_o(tx_write), .write_ready_i(tx_write_ready), .write_done_i(tx_write_done),
    .fifo_write_o(fifo_write), .fifo_commit_o, .fifo_abort_o, .fifo_frame_o(fifo_frame),
    .fifo_patches_o(fifo_patches), .fifo_free_beats_i, .causes_o(tx_causes), .tso_done_o, .tso_failed_o,
    .error_o(tx_error_o), .next_tag_o(tx_next_tag_o),
    .event_o(tx_event), .event_desc_o(tx_event_desc_o), .quiet_o(quiet_tx)
  );

  dma_arbiter u_arbiter (
    .clk_i, .rst_ni, .now_i(64'd0), .timeout_i(32'd0), .deadline_o(), .bus_master_i, .flush_i, .drained_o,
    .rx_desc_read_i(rx_desc_read), .rx_desc_read_ready_o(rx_desc_read_ready), .rx_desc_beat_o(rx_desc_beat),
    .tx_desc_read_i(tx_desc_read), .tx_desc_read_ready_o(tx_desc_read_ready), .tx_desc_beat_o(tx_desc_beat),
    .tx_data_read_i(tx_data_read), .tx_data_read_ready_o(tx_data_read_ready), .tx_data_beat_o(tx_data_beat),
    .rx_write_i(rx_write), .rx_write_ready_o(rx_write_ready), .rx_write_done_o(rx_write_done),
    .tx_write_i(tx_write), .tx_write_ready_o(tx_write_ready), .tx_write_done_o(tx_write_done),
    .m_axi_arvalid_o, .m_axi_arready_i, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_aruser_o,
    .m_axi_rvalid_i, .m_axi_rready_o, .m_axi_rdata_i, .m_axi_rresp_i, .m_axi_rlast_i,
    .m_axi_awvalid_o, .m_axi_awready_i, .m_axi_awaddr_o, .m_axi_awlen_o,
    .m_axi_wvalid_o, .m_axi_wready_i, .m_axi_wdata_o, .m_axi_wstrb_o, .m_axi_wlast_o,
    .m_axi_bvalid_i, .m_axi_bready_o, .m_axi_bresp_i, .quiet_o(quiet_arbiter)
  );

  assign rxt0_o   = rx_causes.rxt0 || window_rxt0;
  assign rxdmt0_o = rx_causes.rxdmt0;
  assign txdw_o   = tx_causes.txdw;
  assign txd_low_o      = tx_causes.txd_low;
  assign txdw_delayed_o = tx_causes.txdw_delayed;
  assign txqe_o   = tx_causes.txqe;
  assign {rx_event_valid_o, rx_event_kind_o, rx_event_tag_o} = rx_event;
  assign {tx_event_valid_o, tx_event_kind_o, tx_event_tag_o} = tx_event;
  assign {fifo_valid_o, fifo_eof_o, fifo_bytes_o, fifo_lo_o, fifo_hi_o} = fifo_write;
  assign {fifo_ifcs_o, fifo_vlan_o, fifo_vlan_tag_o, fifo_length_o, fifo_tag_o} = fifo_frame;
  assign {fifo_ip_o, fifo_ip_offset_o, fifo_ip_value_o, fifo_tu_o, fifo_tu_offset_o, fifo_tu_value_o} = fifo_patches;
  assign quiet_o  = quiet_rx && quiet_window && quiet_tx && quiet_arbiter;

endmodule

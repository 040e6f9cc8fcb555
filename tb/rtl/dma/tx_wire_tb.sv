// The whole transmit side between a ring in memory and the wire, with flat ports for a C++ test.
module tx_wire_tb (
  input  logic         clk_i,
  input  logic         rst_ni,
  output logic         quiet_o,

  // Registers
  input  logic         enable_i,
  input  logic         pad_short_i,
  input  logic         vlan_i,
  input  logic [15:0]  ethertype_i,
  input  logic [63:0]  base_i,
  input  logic [19:0]  bytes_i,
  input  logic [15:0]  tail_i,
  output logic [15:0]  head_o,

  // Wire
  output logic [63:0]  xgmii_txd_o,
  output logic [7:0]   xgmii_txc_o,

  // What happened
  output logic         txdw_o,
  output logic         txdw_delayed_o,
  output logic         tso_done_o,
  output logic         tso_failed_o,
  output logic         error_o,
  output logic         event_valid_o,
  output logic [3:0]   event_kind_o,
  output logic [31:0]  event_tag_o,
  output logic [63:0]  event_desc_o,

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

  nic_pkg::tx_settings_t settings;
  nic_pkg::ring_t        ring;
  nic_pkg::dma_read_t    desc_read, data_read;
  nic_pkg::dma_beat_t    desc_beat, data_beat;
  nic_pkg::dma_write_t   write;
  nic_pkg::dma_done_t    write_done;
  nic_pkg::tx_write_t    fifo_write;
  nic_pkg::tx_frame_t    frame_in, frame_stored, frame;
  nic_pkg::tx_patches_t  patches_in, patches;
  nic_pkg::causes_t      causes;
  nic_pkg::event_t       dma_event;
  logic [10:0]           free_beats;
  logic [63:0]           word_stored, word;
  logic                  desc_ready, data_ready, write_ready, commit, give_up, frame_valid, take, done;
  logic                  quiet_dma, quiet_fifo, quiet_mac, quiet_arbiter;

  always_comb begin
    settings           = '0;
    settings.enable    = enable_i;
    settings.pad_short = pad_short_i;
    settings.ipgt      = 10'd8;
  end
  assign ring = {base_i, bytes_i, tail_i};

  tx_dma u_tx_dma (
    .clk_i, .rst_ni, .por_ni(rst_ni),
    .settings_i(settings), .vlan_i, .thresholds_i('0), .flush_i(1'b0), .ring_i(ring), .head_write_i('0), .head_o,
    .desc_read_o(desc_read), .desc_read_ready_i(desc_ready), .desc_beat_i(desc_beat),
    .data_read_o(data_read), .data_read_ready_i(data_ready), .data_beat_i(data_beat),
    .write_o(write), .write_ready_i(write_ready), .write_done_i(write_done),
    .fifo_write_o(fifo_write), .fifo_commit_o(commit), .fifo_abort_o(give_up), .fifo_frame_o(frame_in),
    .fifo_patches_o(patches_in), .fifo_free_beats_i(free_beats),
    .causes_o(causes), .tso_done_o, .tso_failed_o, .error_o, .next_tag_o(),
    .event_o(dma_event), .event_desc_o, .quiet_o(quiet_dma)
  );

  tx_fifo u_tx_fifo (
    .clk_i, .rst_ni, .write_i(fifo_write), .commit_i(commit), .abort_i(give_up), .frame_i(frame_in),
    .patches_i(patches_in), .free_beats_o(free_beats),
    .frame_valid_o(frame_valid), .frame_o(frame_stored), .patches_o(patches), .word_o(word_stored),
    .word_take_i(take), .frame_done_i(done), .event_o(), .quiet_o(quiet_fifo)
  );

  tx_insert u_tx_insert (
    .clk_i, .rst_ni, .ethertype_i, .frame_valid_i(frame_valid), .frame_i(frame_stored), .patches_i(patches),
    .word_i(word_stored), .frame_o(frame), .word_o(word), .word_take_i(take), .frame_done_i(done)
  );

  mac_tx u_mac_tx (
    .clk_i, .rst_ni, .pad_short_i(settings.pad_short), .ipgt_i(settings.ipgt), .hold_i(1'b0),
    .frame_valid_i(frame_valid),
    .pause_i(1'b0), .pause_quanta_i('0), .pause_ethertype_i('0), .pause_dest_i('0), .pause_source_i('0),
    .pause_sent_o(), .looped_i(1'b0),
    .frame_i(frame), .word_i(word), .word_take_o(take), .frame_done_o(done), .xgmii_txd_o, .xgmii_txc_o,
    .stat_o(), .event_o(), .quiet_o(quiet_mac)
  );

  dma_arbiter u_arbiter (
    .clk_i, .rst_ni, .bus_master_i(1'b1), .flush_i(1'b0), .drained_o(),
    .rx_desc_read_i('0), .rx_desc_read_ready_o(), .rx_desc_beat_o(),
    .tx_desc_read_i(desc_read), .tx_desc_read_ready_o(desc_ready), .tx_desc_beat_o(desc_beat),
    .tx_data_read_i(data_read), .tx_data_read_ready_o(data_ready), .tx_data_beat_o(data_beat),
    .rx_write_i('0), .rx_write_ready_o(), .rx_write_done_o(),
    .tx_write_i(write), .tx_write_ready_o(write_ready), .tx_write_done_o(write_done),
    .m_axi_arvalid_o, .m_axi_arready_i, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_aruser_o,
    .m_axi_rvalid_i, .m_axi_rready_o, .m_axi_rdata_i, .m_axi_rresp_i, .m_axi_rlast_i,
    .m_axi_awvalid_o, .m_axi_awready_i, .m_axi_awaddr_o, .m_axi_awlen_o,
    .m_axi_wvalid_o, .m_axi_wready_i, .m_axi_wdata_o, .m_axi_wstrb_o, .m_axi_wlast_o,
    .m_axi_bvalid_i, .m_axi_bready_o, .m_axi_bresp_i, .quiet_o(quiet_arbiter)
  );

  assign txdw_o         = causes.txdw;
  assign txdw_delayed_o = causes.txdw_delayed;
  assign {event_valid_o, event_kind_o, event_tag_o} = dma_event;
  assign quiet_o = quiet_dma && quiet_fifo && quiet_mac && quiet_arbiter;

endmodule

// The card: an Intel 8254x-compatible Ethernet controller between an XGMII wire and a host bus.
//
// Blocks stand in the order in which a frame meets them. Everything runs on one clock (156.25 MHz for 10 Gb/s); every
// input is used only inside always_ff (no combinational path starts at a pin). CTRL.RST resets the core blocks
// (core_rst_n) but neither the bus interface, which finishes the bursts it has begun, nor the tag counters. Blocks that
// hold registers (keep_rst_n) see only its beginning, so that software may write while the bus drains.
module nic_top (
  input  logic         clk_i,
  input  logic         rst_ni,             // synchronous

  // The same clock for parts of the card, each of which may be left out of a cycle in which its part would change
  // nothing: `asleep` says so, unless now_i has reached next_deadline_o or a pin that the part listens to is busy
  input  logic         clk_rx_i,           // receive path; xgmii_rx* other than Idle
  input  logic         clk_tx_i,           // transmit path
  input  logic         clk_reg_i,          // register file; s_axil_awvalid_i, s_axil_wvalid_i, s_axil_arvalid_i
  input  logic         clk_ev_i,           // interrupts, statistics, receive window
  output logic         rx_asleep_o,
  output logic         tx_asleep_o,
  output logic         reg_asleep_o,
  output logic         ev_asleep_o,

  input  logic         bus_master_i,       // PCI command register: DMA allowed
  input  logic [47:0]  station_addr_i,     // in the EEPROM at power-on; first octet in bits 47:40
  input  logic         cable_i,            // a link partner at the other end of the wire
  input  logic [31:0]  autoneg_cycles_i,   // time that the PHY needs to negotiate
  input  logic [63:0]  now_i,              // time base in clock cycles

  // Wire: lane 0 in bits 7:0
  input  logic [63:0]  xgmii_rxd_i,
  input  logic [7:0]   xgmii_rxc_i,
  output logic [63:0]  xgmii_txd_o,
  output logic [7:0]   xgmii_txc_o,

  // Registers: AXI4-Lite target, 128 KiB
  input  logic         s_axil_awvalid_i,
  output logic         s_axil_awready_o,
  input  logic [16:0]  s_axil_awaddr_i,
  input  logic         s_axil_wvalid_i,
  output logic         s_axil_wready_o,
  input  logic [31:0]  s_axil_wdata_i,
  input  logic [3:0]   s_axil_wstrb_i,
  output logic         s_axil_bvalid_o,
  input  logic         s_axil_bready_i,
  output logic [1:0]   s_axil_bresp_o,
  input  logic         s_axil_arvalid_i,
  output logic         s_axil_arready_o,
  input  logic [16:0]  s_axil_araddr_i,
  output logic         s_axil_rvalid_o,
  input  logic         s_axil_rready_i,
  output logic [31:0]  s_axil_rdata_o,
  output logic [1:0]   s_axil_rresp_o,

  // Host memory: AXI4 initiator, 128 bit, one id, INCR bursts of whole 16-byte beats
  output logic         m_axi_arvalid_o,
  input  logic         m_axi_arready_i,
  output logic [63:0]  m_axi_araddr_o,     // first byte wanted
  output logic [7:0]   m_axi_arlen_o,
  output logic [8:0]   m_axi_aruser_o,     // exact number of bytes wanted, 1..256
  input  logic         m_axi_rvalid_i,
  output logic         m_axi_rready_o,     // always 1: room is reserved before a read
  input  logic [127:0] m_axi_rdata_i,
  input  logic [1:0]   m_axi_rresp_i,
  input  logic         m_axi_rlast_i,
  output logic         m_axi_awvalid_o,
  input  logic         m_axi_awready_i,
  output logic [63:0]  m_axi_awaddr_o,     // aligned to 16; strobes say which bytes
  output logic [7:0]   m_axi_awlen_o,
  output logic         m_axi_wvalid_o,
  input  logic         m_axi_wready_i,
  output logic [127:0] m_axi_wdata_o,
  output logic [15:0]  m_axi_wstrb_o,
  output logic         m_axi_wlast_o,
  input  logic         m_axi_bvalid_i,
  output logic         m_axi_bready_o,     // always 1
  input  logic [1:0]   m_axi_bresp_i,

  // To the simulation
  output logic         intr_o,             // level, (ICR & IMS) != 0, throttled by ITR
  output logic         quiescent_o,        // with unchanged, idle inputs nothing but the time base changes ...
  output logic [63:0]  next_deadline_o,    // ... before this cycle; all ones: never
  output logic         loopback_o,         // RCTL.LBM: the wire is neither listened to nor used
  output logic         ev_any_o,           // OR of all valids below
  output logic         ev_mac_valid_o,
  output logic [3:0]   ev_mac_kind_o,
  output logic [31:0]  ev_mac_tag_o,
  output logic         ev_filter_valid_o,
  output logic [3:0]   ev_filter_kind_o,
  output logic [31:0]  ev_filter_tag_o,
  output logic         ev_fifo_valid_o,
  output logic [3:0]   ev_fifo_kind_o,
  output logic [31:0]  ev_fifo_tag_o,
  output logic         ev_dma_valid_o,
  output logic [3:0]   ev_dma_kind_o,
  output logic [31:0]  ev_dma_tag_o,
  output logic [63:0]  ev_dma_desc_o,      // bus address of the frame's last descriptor
  output logic         ev_interrupt_valid_o,
  output logic [3:0]   ev_interrupt_kind_o,
  output logic [31:0]  ev_interrupt_tag_o,
  output logic         ev_tx_dma_valid_o,
  output logic [3:0]   ev_tx_dma_kind_o,
  output logic [31:0]  ev_tx_dma_tag_o,
  output logic [63:0]  ev_tx_dma_desc_o,
  output logic         ev_tx_fifo_valid_o,
  output logic [3:0]   ev_tx_fifo_kind_o,
  output logic [31:0]  ev_tx_fifo_tag_o,
  output logic         ev_tx_mac_valid_o,
  output logic [3:0]   ev_tx_mac_kind_o,
  output logic [31:0]  ev_tx_mac_tag_o,
  output logic         ev_reset_valid_o,   // CTRL.RST took effect: frames inside the core are lost
  output logic [31:0]  ev_reset_tag_o,     // next receive tag
  output logic [31:0]  ev_reset_tx_tag_o   // next transmit tag
);

  // ---- reset
  logic rst_n, core_rst_n, keep_rst_n, soft_reset, forget, bus_drained;
  always_ff @(posedge clk_i) rst_n <= rst_ni;
  assign core_rst_n = rst_n && !soft_reset;
  assign keep_rst_n = rst_n && !forget;

  // ---- wires between the blocks
  nic_pkg::rx_settings_t rx_settings;
  nic_pkg::tx_settings_t tx_settings;
  nic_pkg::vlan_settings_t        vlan;
  nic_pkg::flow_settings_t        flow;
  nic_pkg::rx_checksum_settings_t rx_checksum;
  nic_pkg::thresholds_t           rx_thresholds, tx_thresholds;
  logic [11:0]           vlan_id;
  logic                  vfta_bit;
  nic_pkg::misc_stat_t   misc_stat;
  logic                  xon_received, xoff_received, control_unsupported;
  nic_pkg::ring_t        rx_ring, tx_ring;
  nic_pkg::head_write_t  rx_head_write, tx_head_write;
  logic [15:0]           rx_head, tx_head;
  logic [767:0]          ra_addr;
  logic [15:0]           ra_valid;
  logic [11:0]           mta_index;
  logic                  mta_bit;

  nic_pkg::rx_word_t     rx_word;
  nic_pkg::rx_end_t      rx_end;
  nic_pkg::rx_verdict_t  rx_verdict;
  nic_pkg::rx_word_t     rx_fifo_word;      // behind rx_vlan
  nic_pkg::rx_end_t      rx_fifo_end;
  nic_pkg::rx_verdict_t  rx_fifo_verdict;
  nic_pkg::rx_vlan_t     rx_vlan;
  nic_pkg::rx_sums_t     rx_sums;
  nic_pkg::rx_offload_t  rx_offload;
  logic                  rx_consume, pause_valid;
  logic                  rxw_enable, rxw_data_read, rxw_next, rxw_frame_done, rxw_data_take, rxw_rxt0, rx_hold;
  logic [31:0]           rxw_status, rxw_data, rx_dma_last_tag;
  logic                  rx_dma_frame_done, rx_dma_data_take, rx_dma_idle;
  logic [63:0]           rx_dma_desc;
  nic_pkg::event_t       ev_rx_dma, ev_rx_window;
  logic [15:0]           pause_time, rx_level_bytes;
  nic_pkg::rx_stat_t     rx_stat;
  logic                  dest_valid;
  logic [47:0]           dest_addr;
  logic [31:0]           rx_next_tag, tx_next_tag;

  logic                  rx_frame_valid, rx_frame_done, rx_data_valid, rx_data_take;
  nic_pkg::rx_frame_t    rx_frame;
  logic [63:0]           rx_data_lo, rx_data_hi;

  nic_pkg::dma_read_t    rx_desc_read, tx_desc_read, tx_data_read;
  logic                  rx_desc_read_ready, tx_desc_read_ready, tx_data_read_ready;
  nic_pkg::dma_beat_t    rx_desc_beat, tx_desc_beat, tx_data_beat;
  nic_pkg::dma_write_t   rx_write, tx_desc_write;
  logic                  rx_write_ready, tx_desc_write_ready;
  nic_pkg::dma_done_t    rx_write_done, tx_desc_write_done;

  nic_pkg::tx_write_t    tx_write;
  logic                  tx_commit, tx_abort;
  nic_pkg::tx_frame_t    tx_frame_in, tx_frame_stored, tx_frame_out;
  nic_pkg::tx_patches_t  tx_patches_in, tx_patches;
  logic [10:0]           tx_free_beats;
  logic                  tx_frame_valid, tx_word_take, tx_frame_done;
  logic [63:0]           tx_word_stored, tx_word;
  logic                  tso_done, tso_failed;
  logic                  send_xoff, loopback, tx_hold, pause_request, pause_sent, xon_sent, xoff_sent, quiet_tx_pause;
  logic [15:0]           pause_quanta;
  logic [63:0]           mac_txd, pause_deadline;
  logic [7:0]            mac_txc;
  nic_pkg::tx_stat_t     tx_stat;

  nic_pkg::causes_t      causes, rx_dma_causes, tx_dma_causes;
  logic                  rx_overrun, rx_no_buffer, rx_dma_error, tx_dma_error;
  logic [31:0]           last_rx_tag;
  logic                  icr_read, icr_write, ics_write, ims_write, imc_write;
  logic [31:0]           int_wdata, icr, ims;
  logic [15:0]           itr;
  nic_pkg::delay_t       rx_delay, tx_delay;
  logic                  rx_flush, tx_flush, tx_expired;
  logic                  lsc, mdac, link_up, cable_q;
  logic [31:0]           autoneg_q;
  logic [31:0]           dma_timeout;
  logic [63:0]           interrupt_deadline, csr_deadline, dma_deadline;

  logic                  stats_read;
  logic [7:0]            stats_index;
  logic [31:0]           stats_rdata;

  nic_pkg::event_t       ev_mac, ev_filter, ev_fifo, ev_dma, ev_interrupt, ev_tx_dma, ev_tx_fifo, ev_tx_mac;
  logic                  quiet_mac_rx, quiet_filter, quiet_rx_fifo, quiet_rx_dma, quiet_interrupt, quiet_tx_dma;
  logic                  quiet_rx_vlan, quiet_rx_control, quiet_rx_window;
  logic                  quiet_tx_fifo, quiet_mac_tx, quiet_csr, quiet_stats, quiet_arbiter;

  // Frames pass with a link, and in loopback, which has no need of one
  logic passing;
  assign passing = link_up || loopback;

  // ---- receive
  mac_rx u_mac_rx (
    .clk_i(clk_rx_i), .rst_ni(core_rst_n), .por_ni(rst_n),
    .xgmii_rxd_i, .xgmii_rxc_i, .looped_i(loopback), .looped_rxd_i(mac_txd), .looped_rxc_i(mac_txc),
    .enable_i(rx_settings.enable), .link_i(passing), .store_bad_i(rx_settings.store_bad),
    .long_frames_i(rx_settings.long_frames),
    .word_o(rx_word), .end_o(rx_end), .dest_valid_o(dest_valid), .dest_addr_o(dest_addr),
    .next_tag_o(rx_next_tag), .event_o(ev_mac), .quiet_o(quiet_mac_rx)
  );

  rx_filter u_rx_filter (
    .clk_i(clk_rx_i), .rst_ni(core_rst_n),
    .any_unicast_i(rx_settings.any_unicast), .any_multicast_i(rx_settings.any_multicast),
    .broadcast_i(rx_settings.broadcast), .multicast_offset_i(rx_settings.multicast_offset),
    .ra_addr_i(ra_addr), .ra_valid_i(ra_valid), .control_addr_i(flow.address),
    .mta_index_o(mta_index), .mta_bit_i(mta_bit), .dest_valid_i(dest_valid), .dest_addr_i(dest_addr),
    .verdict_o(rx_verdict), .quiet_o(quiet_filter)
  );

  rx_vlan u_rx_vlan (
    .clk_i(clk_rx_i), .rst_ni(core_rst_n), .settings_i(vlan), .vlan_id_o(vlan_id), .vfta_bit_i(vfta_bit),
    .word_i(rx_word), .end_i(rx_end), .verdict_i(rx_verdict),
    .word_o(rx_fifo_word), .end_o(rx_fifo_end), .verdict_o(rx_fifo_verdict), .vlan_o(rx_vlan), .quiet_o(quiet_rx_vlan)
  );

  rx_control u_rx_control (
    .clk_i(clk_rx_i), .rst_ni(core_rst_n), .settings_i(flow),
    .word_i(rx_fifo_word), .end_i(rx_fifo_end), .verdict_i(rx_fifo_verdict), .stripped_i(rx_vlan.stripped),
    .consume_o(rx_consume), .pause_valid_o(pause_valid), .pause_time_o(pause_time),
    .xon_received_o(xon_received), .xoff_received_o(xoff_received), .unsupported_o(control_unsupported),
    .quiet_o(quiet_rx_control)
  );

  rx_checksum u_rx_checksum (
    .clk_i(clk_rx_i), .rst_ni(core_rst_n), .settings_i(rx_checksum), .strip_fcs_i(rx_settings.strip_fcs),
    .vlan_ethertype_i(vlan.ethertype), .word_i(rx_fifo_word), .sums_o(rx_sums)
  );

  rx_fifo u_rx_fifo (
    .clk_i(clk_rx_i), .rst_ni(core_rst_n),
    .word_i(rx_fifo_word), .end_i(rx_fifo_end), .verdict_i(rx_fifo_verdict),
    .vlan_i(rx_vlan), .sums_i(rx_sums), .consume_i(rx_consume),
    .frame_valid_o(rx_frame_valid), .frame_o(rx_frame), .offload_o(rx_offload), .frame_done_i(rx_frame_done),
    .data_valid_o(rx_data_valid), .data_lo_o(rx_data_lo), .data_hi_o(rx_data_hi), .data_take_i(rx_data_take),
    .level_bytes_o(rx_level_bytes), .overrun_o(rx_overrun), .stat_o(rx_stat),
    .filter_event_o(ev_filter), .fifo_event_o(ev_fifo), .quiet_o(quiet_rx_fifo)
  );

  rx_dma u_rx_dma (
    .clk_i(clk_rx_i), .rst_ni(core_rst_n),
    .settings_i(rx_settings), .ring_i(rx_ring), .head_write_i(rx_head_write), .head_o(rx_head),
    .thresholds_i(rx_thresholds), .flush_i(rx_flush),
    .frame_valid_i(rx_frame_valid && !rx_hold), .frame_i(rx_frame), .offload_i(rx_offload),
    .frame_done_o(rx_dma_frame_done),
    .data_valid_i(rx_data_valid), .data_lo_i(rx_data_lo), .data_hi_i(rx_data_hi), .data_take_o(rx_dma_data_take),
    .desc_read_o(rx_desc_read), .desc_read_ready_i(rx_desc_read_ready), .desc_beat_i(rx_desc_beat),
    .write_o(rx_write), .write_ready_i(rx_write_ready), .write_done_i(rx_write_done),
    .causes_o(rx_dma_causes), .no_buffer_o(rx_no_buffer), .error_o(rx_dma_error), .idle_o(rx_dma_idle),
    .last_tag_o(rx_dma_last_tag), .event_o(ev_rx_dma), .event_desc_o(rx_dma_desc), .quiet_o(quiet_rx_dma)
  );

  rx_window u_rx_window (
    .clk_i(clk_ev_i), .rst_ni(core_rst_n),
    .enable_i(rxw_enable), .strip_fcs_i(rx_settings.strip_fcs), .status_o(rxw_status), .data_o(rxw_data),
    .data_read_i(rxw_data_read), .next_i(rxw_next),
    .frame_valid_i(rx_frame_valid), .frame_i(rx_frame), .offload_i(rx_offload), .frame_done_o(rxw_frame_done),
    .data_valid_i(rx_data_valid), .data_lo_i(rx_data_lo), .data_hi_i(rx_data_hi), .data_take_o(rxw_data_take),
    .hold_o(rx_hold), .dma_idle_i(rx_dma_idle), .rxt0_o(rxw_rxt0), .event_o(ev_rx_window), .quiet_o(quiet_rx_window)
  );

  // One of the two has the FIFO, and the window's frames have no descriptor
  assign rx_frame_done = rx_dma_frame_done || rxw_frame_done;
  assign rx_data_take  = rx_dma_data_take || rxw_data_take;
  assign ev_dma        = ev_rx_window.valid ? ev_rx_window : ev_rx_dma;
  assign ev_dma_desc_o = ev_rx_window.valid ? 64'd0 : rx_dma_desc;
  assign last_rx_tag   = ev_rx_window.valid ? ev_rx_window.tag : rx_dma_last_tag;

  // ---- interrupt
  always_comb begin
    causes         = rx_dma_causes | tx_dma_causes;
    causes.rxo     = rx_overrun;
    causes.rxt0    = rx_dma_causes.rxt0 || rxw_rxt0;
    causes.lsc     = lsc;
    causes.mdac    = mdac;
  end

  interrupt u_interrupt (
    .clk_i(clk_ev_i), .rst_ni(keep_rst_n), .now_i,
    .causes_i(causes), .last_rx_tag_i(last_rx_tag),
    .icr_read_i(icr_read), .icr_write_i(icr_write), .ics_write_i(ics_write), .ims_write_i(ims_write),
    .imc_write_i(imc_write), .wdata_i(int_wdata), .itr_i(itr), .rx_delay_i(rx_delay), .rx_flush_i(rx_flush),
    .tx_delay_i(tx_delay), .tx_flush_i(tx_flush), .icr_o(icr), .ims_o(ims),
    .tx_expired_o(tx_expired),
    .intr_o, .next_deadline_o(interrupt_deadline), .event_o(ev_interrupt), .quiet_o(quiet_interrupt)
  );

  // ---- transmit
  tx_dma u_tx_dma (
    .clk_i(clk_tx_i), .rst_ni(core_rst_n), .por_ni(rst_n),
    .settings_i(tx_settings), .vlan_i(vlan.strip), .thresholds_i(tx_thresholds), .flush_i(tx_flush || tx_expired),
    .ring_i(tx_ring), .head_write_i(tx_head_write), .head_o(tx_head),
    .desc_read_o(tx_desc_read), .desc_read_ready_i(tx_desc_read_ready), .desc_beat_i(tx_desc_beat),
    .data_read_o(tx_data_read), .data_read_ready_i(tx_data_read_ready), .data_beat_i(tx_data_beat),
    .write_o(tx_desc_write), .write_ready_i(tx_desc_write_ready), .write_done_i(tx_desc_write_done),
    .fifo_write_o(tx_write), .fifo_commit_o(tx_commit), .fifo_abort_o(tx_abort), .fifo_frame_o(tx_frame_in),
    .fifo_patches_o(tx_patches_in), .fifo_free_beats_i(tx_free_beats),
    .causes_o(tx_dma_causes), .tso_done_o(tso_done), .tso_failed_o(tso_failed),
    .error_o(tx_dma_error), .next_tag_o(tx_next_tag),
    .event_o(ev_tx_dma), .event_desc_o(ev_tx_dma_desc_o), .quiet_o(quiet_tx_dma)
  );

  tx_fifo u_tx_fifo (
    .clk_i(clk_tx_i), .rst_ni(core_rst_n),
    .write_i(tx_write), .commit_i(tx_commit), .abort_i(tx_abort), .frame_i(tx_frame_in), .patches_i(tx_patches_in),
    .free_beats_o(tx_free_beats),
    .frame_valid_o(tx_frame_valid), .frame_o(tx_frame_stored), .patches_o(tx_patches), .word_o(tx_word_stored),
    .word_take_i(tx_word_take), .frame_done_i(tx_frame_done), .event_o(ev_tx_fifo), .quiet_o(quiet_tx_fifo)
  );

  tx_insert u_tx_insert (
    .clk_i(clk_tx_i), .rst_ni(core_rst_n), .ethertype_i(vlan.ethertype),
    .frame_valid_i(tx_frame_valid), .frame_i(tx_frame_stored), .patches_i(tx_patches), .word_i(tx_word_stored),
    .frame_o(tx_frame_out), .word_o(tx_word), .word_take_i(tx_word_take), .frame_done_i(tx_frame_done)
  );

  mac_tx u_mac_tx (
    .clk_i(clk_tx_i), .rst_ni(core_rst_n),
    .pad_short_i(tx_settings.pad_short), .ipgt_i(tx_settings.ipgt),
    .hold_i(tx_hold), .frame_valid_i(tx_frame_valid && passing), .frame_i(tx_frame_out),
    .word_i(tx_word), .word_take_o(tx_word_take), .frame_done_o(tx_frame_done),
    .pause_i(pause_request), .pause_quanta_i(pause_quanta), .pause_ethertype_i(flow.ethertype),
    .pause_dest_i(flow.address), .pause_source_i(ra_addr[47:0]), .pause_sent_o(pause_sent),
    .looped_i(loopback), .xgmii_txd_o(mac_txd), .xgmii_txc_o(mac_txc), .stat_o(tx_stat), .event_o(ev_tx_mac),
    .quiet_o(quiet_mac_tx)
  );

  always_comb begin
    misc_stat                     = '0;
    misc_stat.xon_received        = xon_received;
    misc_stat.xoff_received       = xoff_received;
    misc_stat.control_unsupported = control_unsupported;
    misc_stat.xon_sent            = xon_sent;
    misc_stat.xoff_sent           = xoff_sent;
    misc_stat.tso_done            = tso_done;
    misc_stat.tso_failed          = tso_failed;
  end

  tx_pause u_tx_pause (
    .clk_i(clk_tx_i), .rst_ni(core_rst_n), .now_i, .enable_i(tx_settings.enable), .settings_i(flow), .send_xoff_i(send_xoff),
    .pause_valid_i(pause_valid), .pause_time_i(pause_time), .level_bytes_i(rx_level_bytes),
    .hold_o(tx_hold), .request_o(pause_request), .time_o(pause_quanta), .sent_i(pause_sent),
    .xon_sent_o(xon_sent), .xoff_sent_o(xoff_sent), .next_deadline_o(pause_deadline), .quiet_o(quiet_tx_pause)
  );

  assign xgmii_txd_o     = loopback ? 64'h07070707_07070707 : mac_txd;
  assign xgmii_txc_o     = loopback ? 8'hFF : mac_txc;
  assign loopback_o      = loopback;

  // ---- registers
  always_ff @(posedge clk_i) begin
    cable_q   <= cable_i;
    autoneg_q <= autoneg_cycles_i;
  end

  csr u_csr (
    .clk_i(clk_reg_i), .rst_ni(rst_n), .now_i, .station_addr_i, .autoneg_cycles_i(autoneg_q), .cable_i(cable_q),
    .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_wdata_i,
    .s_axil_wstrb_i, .s_axil_bvalid_o, .s_axil_bready_i, .s_axil_bresp_o, .s_axil_arvalid_i, .s_axil_arready_o,
    .s_axil_araddr_i, .s_axil_rvalid_o, .s_axil_rready_i, .s_axil_rdata_o, .s_axil_rresp_o,
    .soft_reset_o(soft_reset), .forget_o(forget), .bus_drained_i(bus_drained),
    .rx_settings_o(rx_settings), .tx_settings_o(tx_settings), .send_xoff_o(send_xoff), .loopback_o(loopback),
    .vlan_o(vlan), .flow_o(flow),
    .rx_checksum_o(rx_checksum), .rx_thresholds_o(rx_thresholds), .tx_thresholds_o(tx_thresholds),
    .vlan_id_i(vlan_id), .vfta_bit_o(vfta_bit),
    .rx_ring_o(rx_ring), .tx_ring_o(tx_ring),
    .rx_head_write_o(rx_head_write), .tx_head_write_o(tx_head_write), .rx_head_i(rx_head), .tx_head_i(tx_head),
    .ra_addr_o(ra_addr), .ra_valid_o(ra_valid), .mta_index_i(mta_index), .mta_bit_o(mta_bit),
    .rxw_enable_o(rxw_enable), .rxw_data_read_o(rxw_data_read), .rxw_next_o(rxw_next), .rxw_status_i(rxw_status),
    .rxw_data_i(rxw_data),
    .rx_dma_error_i(rx_dma_error), .tx_dma_error_i(tx_dma_error),
    .dma_timeout_o(dma_timeout), .link_up_o(link_up), .lsc_o(lsc), .mdac_o(mdac),
    .icr_read_o(icr_read), .icr_write_o(icr_write), .ics_write_o(ics_write), .ims_write_o(ims_write),
    .imc_write_o(imc_write), .int_wdata_o(int_wdata), .itr_o(itr), .rx_delay_o(rx_delay), .rx_flush_o(rx_flush),
    .tx_delay_o(tx_delay), .tx_flush_o(tx_flush), .icr_i(icr), .ims_i(ims),
    .stats_read_o(stats_read), .stats_index_o(stats_index), .stats_rdata_i(stats_rdata),
    .deadline_o(csr_deadline), .quiet_o(quiet_csr)
  );

  stats u_stats (
    .clk_i(clk_ev_i), .rst_ni(keep_rst_n),
    .rx_i(rx_stat), .tx_i(tx_stat), .misc_i(misc_stat), .no_buffer_i(rx_no_buffer),
    .read_i(stats_read), .index_i(stats_index), .rdata_o(stats_rdata), .quiet_o(quiet_stats)
  );

  // ---- bus
  dma_arbiter u_dma_arbiter (
    .clk_i, .rst_ni(rst_n), .now_i, .bus_master_i, .timeout_i(dma_timeout), .flush_i(soft_reset), .drained_o(bus_drained),
    .rx_desc_read_i(rx_desc_read), .rx_desc_read_ready_o(rx_desc_read_ready), .rx_desc_beat_o(rx_desc_beat),
    .tx_desc_read_i(tx_desc_read), .tx_desc_read_ready_o(tx_desc_read_ready), .tx_desc_beat_o(tx_desc_beat),
    .tx_data_read_i(tx_data_read), .tx_data_read_ready_o(tx_data_read_ready), .tx_data_beat_o(tx_data_beat),
    .rx_write_i(rx_write), .rx_write_ready_o(rx_write_ready), .rx_write_done_o(rx_write_done),
    .tx_write_i(tx_desc_write), .tx_write_ready_o(tx_desc_write_ready), .tx_write_done_o(tx_desc_write_done),
    .m_axi_arvalid_o, .m_axi_arready_i, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_aruser_o,
    .m_axi_rvalid_i, .m_axi_rready_o, .m_axi_rdata_i, .m_axi_rresp_i, .m_axi_rlast_i,
    .m_axi_awvalid_o, .m_axi_awready_i, .m_axi_awaddr_o, .m_axi_awlen_o,
    .m_axi_wvalid_o, .m_axi_wready_i, .m_axi_wdata_o, .m_axi_wstrb_o, .m_axi_wlast_o,
    .m_axi_bvalid_i, .m_axi_bready_o, .m_axi_bresp_i, .deadline_o(dma_deadline), .quiet_o(quiet_arbiter)
  );

  // ---- to the simulation
  logic soft_reset_q;
  always_ff @(posedge clk_i) begin
    soft_reset_q      <= soft_reset;
    ev_reset_valid_o  <= rst_n && soft_reset && !soft_reset_q;
    ev_reset_tag_o    <= rx_next_tag;
    ev_reset_tx_tag_o <= tx_next_tag;
  end

  assign {ev_mac_valid_o, ev_mac_kind_o, ev_mac_tag_o}                   = ev_mac;
  assign {ev_filter_valid_o, ev_filter_kind_o, ev_filter_tag_o}          = ev_filter;
  assign {ev_fifo_valid_o, ev_fifo_kind_o, ev_fifo_tag_o}                = ev_fifo;
  assign {ev_dma_valid_o, ev_dma_kind_o, ev_dma_tag_o}                   = ev_dma;
  assign {ev_interrupt_valid_o, ev_interrupt_kind_o, ev_interrupt_tag_o} = ev_interrupt;
  assign {ev_tx_dma_valid_o, ev_tx_dma_kind_o, ev_tx_dma_tag_o}          = ev_tx_dma;
  assign {ev_tx_fifo_valid_o, ev_tx_fifo_kind_o, ev_tx_fifo_tag_o}       = ev_tx_fifo;
  assign {ev_tx_mac_valid_o, ev_tx_mac_kind_o, ev_tx_mac_tag_o}          = ev_tx_mac;
  assign ev_any_o = ev_mac.valid || ev_filter.valid || ev_fifo.valid || ev_dma.valid || ev_interrupt.valid ||
                    ev_tx_dma.valid || ev_tx_fifo.valid || ev_tx_mac.valid || ev_reset_valid_o;

  function automatic logic [63:0] earlier(input logic [63:0] a, input logic [63:0] b);
    earlier = a < b ? a : b;
  endfunction
  assign next_deadline_o = earlier(earlier(dma_deadline, csr_deadline), earlier(interrupt_deadline, pause_deadline));

  // ---- who may sleep: a part that is still, and whom nobody calls. Its clock may then be left out, see the ports
  logic rx_still, tx_still, ev_still;
  assign rx_still = quiet_mac_rx && quiet_filter && quiet_rx_vlan && quiet_rx_control && quiet_rx_fifo && quiet_rx_dma;
  assign tx_still = quiet_tx_dma && quiet_tx_fifo && quiet_mac_tx && quiet_tx_pause;
  assign ev_still = quiet_interrupt && quiet_stats && quiet_rx_window;

  assign rx_asleep_o  = rx_still && core_rst_n && !loopback && quiet_rx_window && !rx_desc_read.valid &&
                        !rx_desc_beat.valid && !rx_write_done.valid && !rx_head_write.valid && !rx_flush;
  assign tx_asleep_o  = tx_still && core_rst_n && !tx_desc_read.valid && !tx_data_read.valid && !tx_desc_beat.valid &&
                        !tx_data_beat.valid && !tx_desc_write_done.valid && !tx_head_write.valid && !tx_flush && !tx_expired;
  assign reg_asleep_o = quiet_csr && rst_n;
  assign ev_asleep_o  = ev_still && keep_rst_n && core_rst_n && causes == '0;

  assign quiescent_o = rst_n && !soft_reset && !soft_reset_q && !ev_any_o && rx_still && tx_still && ev_still &&
                       quiet_csr && quiet_arbiter;

endmodule

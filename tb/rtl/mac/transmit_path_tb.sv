// The transmit path behind the DMA engine with flat pins, for the tests: FIFO and MAC.
module transmit_path_tb (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        pad_short_i,
  input  logic [9:0]  ipgt_i,
  input  logic [15:0] ethertype_i,

  // Flow control
  input  logic        enable_i,
  input  logic        pause_receive_i,
  input  logic        pause_transmit_i,
  input  logic        xon_enable_i,
  input  logic [15:0] pause_timer_i,
  input  logic [15:0] low_i,
  input  logic [15:0] high_i,
  input  logic [15:0] level_i,
  input  logic        send_xoff_i,
  input  logic        pause_valid_i,
  input  logic [15:0] pause_time_i,
  input  logic [63:0] now_i,
  input  logic        looped_i,
  output logic [63:0] next_deadline_o,
  output logic        xon_sent_o,
  output logic        xoff_sent_o,

  input  logic        write_i,
  input  logic        write_eof_i,
  input  logic [4:0]  write_bytes_i,
  input  logic [63:0] write_lo_i,
  input  logic [63:0] write_hi_i,
  input  logic        commit_i,
  input  logic        abort_i,
  input  logic        insert_fcs_i,
  input  logic [13:0] length_i,
  input  logic        vlan_i,
  input  logic [15:0] vlan_tag_i,
  input  logic        ip_i,
  input  logic [7:0]  ip_offset_i,
  input  logic [15:0] ip_value_i,
  input  logic        tu_i,
  input  logic [7:0]  tu_offset_i,
  input  logic [15:0] tu_value_i,
  input  logic [31:0] tag_i,
  output logic [10:0] free_beats_o,

  output logic [63:0] xgmii_txd_o,
  output logic [7:0]  xgmii_txc_o,

  output logic        fifo_event_o,
  output logic [3:0]  fifo_kind_o,
  output logic [31:0] fifo_tag_o,
  output logic        mac_event_o,
  output logic [3:0]  mac_kind_o,
  output logic [31:0] mac_tag_o,
  output logic        stat_valid_o,
  output logic        stat_pause_o,
  output logic        stat_multicast_o,
  output logic        stat_broadcast_o,
  output logic [15:0] stat_length_o,
  output logic        quiet_o
);

  // As in the card, pins only feed flops
  logic               rst_n, pad_short, commit, abort;
  logic [9:0]         ipgt;
  nic_pkg::tx_write_t write;
  nic_pkg::tx_frame_t frame_in, frame_stored, frame_out;
  nic_pkg::tx_patches_t patches, patches_stored;
  logic [15:0]        ethertype, level, pause_time, pause_quanta;
  logic               enable, send_xoff, pause_valid, looped, hold, pause_request, pause_sent, quiet_pause;
  nic_pkg::flow_settings_t flow;
  always_ff @(posedge clk_i) begin
    rst_n     <= rst_ni;
    pad_short <= pad_short_i;
    ipgt      <= ipgt_i;
    write     <= {write_i, write_eof_i, write_bytes_i, write_lo_i, write_hi_i};
    commit    <= commit_i;
    abort     <= abort_i;
    frame_in  <= {insert_fcs_i, vlan_i, vlan_tag_i, length_i, tag_i};
    patches   <= {ip_i, ip_offset_i, ip_value_i, tu_i, tu_offset_i, tu_value_i};
    ethertype <= ethertype_i;
    enable      <= enable_i;
    send_xoff   <= send_xoff_i;
    pause_valid <= pause_valid_i;
    pause_time  <= pause_time_i;
    level       <= level_i;
    looped      <= looped_i;
    flow.receive    <= pause_receive_i;
    flow.transmit   <= pause_transmit_i;
    flow.discard    <= 1'b0;
    flow.pass       <= 1'b0;
    flow.address    <= 48'h0180_C200_0001;
    flow.ethertype  <= 16'h8808;
    flow.timer      <= pause_timer_i;
    flow.xon_enable <= xon_enable_i;
    flow.low        <= low_i;
    flow.high       <= high_i;
  end

  logic            frame_valid, frame_done, word_take, quiet_fifo, quiet_mac;
  logic [63:0]     word_stored, word;
  nic_pkg::event_t fifo_event, mac_event;
  nic_pkg::tx_stat_t stat;

  tx_fifo u_tx_fifo (
    .clk_i, .rst_ni(rst_n), .write_i(write), .commit_i(commit), .abort_i(abort), .frame_i(frame_in),
    .patches_i(patches), .free_beats_o, .frame_valid_o(frame_valid), .frame_o(frame_stored),
    .patches_o(patches_stored), .word_o(word_stored), .word_take_i(word_take), .frame_done_i(frame_done),
    .event_o(fifo_event), .quiet_o(quiet_fifo)
  );

  tx_insert u_tx_insert (
    .clk_i, .rst_ni(rst_n), .ethertype_i(ethertype), .frame_valid_i(frame_valid), .frame_i(frame_stored),
    .patches_i(patches_stored),
    .word_i(word_stored), .frame_o(frame_out), .word_o(word), .word_take_i(word_take), .frame_done_i(frame_done)
  );

  mac_tx u_mac_tx (
    .clk_i, .rst_ni(rst_n), .pad_short_i(pad_short), .ipgt_i(ipgt), .hold_i(hold),
    .frame_valid_i(frame_valid), .frame_i(frame_out),
    .pause_i(pause_request), .pause_quanta_i(pause_quanta), .pause_ethertype_i(flow.ethertype),
    .pause_dest_i(flow.address), .pause_source_i(48'h5254_0012_3456), .pause_sent_o(pause_sent), .looped_i(looped),
    .word_i(word), .word_take_o(word_take), .frame_done_o(frame_done), .xgmii_txd_o, .xgmii_txc_o, .stat_o(stat),
    .event_o(mac_event), .quiet_o(quiet_mac)
  );

  tx_pause u_tx_pause (
    .clk_i, .rst_ni(rst_n), .now_i, .enable_i(enable), .settings_i(flow), .send_xoff_i(send_xoff),
    .pause_valid_i(pause_valid), .pause_time_i(pause_time), .level_bytes_i(level),
    .hold_o(hold), .request_o(pause_request), .time_o(pause_quanta), .sent_i(pause_sent),
    .xon_sent_o, .xoff_sent_o, .next_deadline_o, .quiet_o(quiet_pause)
  );

  assign {fifo_event_o, fifo_kind_o, fifo_tag_o} = fifo_event;
  assign {mac_event_o, mac_kind_o, mac_tag_o}    = mac_event;
  assign {stat_valid_o, stat_pause_o, stat_multicast_o, stat_broadcast_o, stat_length_o} = stat;
  assign quiet_o = quiet_fifo && quiet_mac && quiet_pause;

endmodule

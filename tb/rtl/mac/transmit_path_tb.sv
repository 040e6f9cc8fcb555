// The transmit path behind the DMA engine with flat pins, for the tests: FIFO and MAC.
module transmit_path_tb (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        pad_short_i,
  input  logic [9:0]  ipgt_i,
  input  logic [15:0] ethertype_i,

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
  logic [15:0]        ethertype;
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
  end

  logic            frame_valid, frame_done, word_take, quiet_fifo, quiet_mac;
  logic [63:0]     word_stored, word;
  nic_pkg::event_t fifo_event, mac_event;
  nic_pkg::tx_stat_t stat;

  tx_fifo u_tx_fifo (
    .clk_i, .rst_ni(rst_n), .write_i(write), .commit_i(commit), .abort_i(abort), .frame_i(frame_in),
    .patches_i(patches), .free_beats_o, .frame_valid_o(frame_valid), .frame_o(frame_stored),
    .patches_o(patches_stored), .word_o(word_stored), .word_take_i(word_take), .frame_done_i(frame_done), .event_o(fifo_event), .quiet_o(quiet_fifo)
  );

  tx_insert u_tx_insert (
    .clk_i, .ethertype_i(ethertype), .frame_valid_i(frame_valid), .frame_i(frame_stored), .patches_i(patches_stored),
    .word_i(word_stored), .frame_o(frame_out), .word_o(word), .word_take_i(word_take), .frame_done_i(frame_done)
  );

  mac_tx u_mac_tx (
    .clk_i, .rst_ni(rst_n), .pad_short_i(pad_short), .ipgt_i(ipgt), .frame_valid_i(frame_valid), .frame_i(frame_out),
    .word_i(word), .word_take_o(word_take), .frame_done_o(frame_done), .xgmii_txd_o, .xgmii_txc_o, .stat_o(stat),
    .event_o(mac_event), .quiet_o(quiet_mac)
  );

  assign {fifo_event_o, fifo_kind_o, fifo_tag_o} = fifo_event;
  assign {mac_event_o, mac_kind_o, mac_tag_o}    = mac_event;
  assign {stat_valid_o, stat_multicast_o, stat_broadcast_o, stat_length_o} = stat;
  assign quiet_o = quiet_fifo && quiet_mac;

endmodule

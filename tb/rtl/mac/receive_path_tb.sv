// The receive path up to the FIFO with flat pins, for the tests: MAC, filter, FIFO, and in place of the register file
// and the DMA engine a few registers and a reader.
module receive_path_tb (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        por_ni,

  input  logic [63:0] xgmii_rxd_i,
  input  logic [7:0]  xgmii_rxc_i,

  input  logic        enable_i,
  input  logic        store_bad_i,
  input  logic        long_frames_i,
  input  logic        any_unicast_i,
  input  logic        any_multicast_i,
  input  logic        broadcast_i,
  input  logic [1:0]  multicast_offset_i,
  input  logic        vlan_strip_i,
  input  logic        vlan_filter_i,
  input  logic        vlan_check_cfi_i,
  input  logic        vlan_cfi_i,
  input  logic        strip_fcs_i,
  input  logic [7:0]  checksum_start_i,
  input  logic        checksum_ip_i,
  input  logic        checksum_tcp_udp_i,
  input  logic        flow_receive_i,
  input  logic        flow_discard_i,
  input  logic        flow_pass_i,
  input  logic [47:0] flow_addr_i,
  input  logic [15:0] flow_type_i,
  input  logic [11:0] vfta_id_i,        // the one VLAN id in the table
  input  logic        ra_write_i,
  input  logic [3:0]  ra_index_i,
  input  logic        ra_valid_i,
  input  logic [47:0] ra_addr_i,
  input  logic        mta_write_i,
  input  logic [6:0]  mta_index_i,
  input  logic [31:0] mta_value_i,

  // Reader: takes a pair in every cycle after one with read_i, and ends a frame by itself, in the way read_mode_i says:
  // 0 a cycle after the last pair, 1 with the last pair, 2 with the first pair
  input  logic        read_i,
  input  logic [1:0]  read_mode_i,
  output logic        taken_o,
  output logic        done_o,
  output logic        frame_valid_o,
  output logic [15:0] frame_length_o,
  output logic [31:0] frame_tag_o,
  output logic        frame_exact_o,
  output logic        frame_crc_error_o,
  output logic        frame_symbol_error_o,
  output logic        frame_sequence_error_o,
  output logic        frame_stripped_o,
  output logic [15:0] frame_tci_o,
  output logic [3:0]  frame_verdicts_o,     // IP checked, IP error, TCP/UDP checked, TCP/UDP error
  output logic [15:0] frame_checksum_o,
  output logic [63:0] data_lo_o,
  output logic [63:0] data_hi_o,

  output logic        word_valid_o,
  output logic        word_sof_o,
  output logic        word_eof_o,
  output logic [3:0]  word_bytes_o,
  output logic [63:0] word_data_o,
  output logic        end_keep_o,
  output logic        end_crc_error_o,
  output logic        end_symbol_error_o,
  output logic        end_sequence_error_o,
  output logic        end_short_o,
  output logic        end_long_o,
  output logic [15:0] end_length_o,
  output logic [31:0] end_tag_o,
  output logic        dest_valid_o,
  output logic [31:0] next_tag_o,

  output logic        mac_event_o,
  output logic [3:0]  mac_kind_o,
  output logic [31:0] mac_tag_o,
  output logic        filter_event_o,
  output logic [3:0]  filter_kind_o,
  output logic [31:0] filter_tag_o,
  output logic        fifo_event_o,
  output logic [3:0]  fifo_kind_o,
  output logic [31:0] fifo_tag_o,

  output logic        pause_valid_o,
  output logic [15:0] pause_time_o,
  output logic        xon_received_o,
  output logic        xoff_received_o,
  output logic        control_unsupported_o,
  output logic [15:0] level_bytes_o,

  output logic        overrun_o,
  output logic        stat_valid_o,
  output logic        stat_accepted_o,
  output logic        stat_stored_o,
  output logic        stat_missed_o,
  output logic        stat_crc_error_o,
  output logic        stat_symbol_error_o,
  output logic        stat_short_o,
  output logic        stat_long_o,
  output logic        stat_multicast_o,
  output logic        stat_broadcast_o,
  output logic [15:0] stat_length_o,
  output logic        quiet_o
);

  // As in the card, pins only feed flops
  logic       rst_n, por_n, enable, store_bad, long_frames, any_unicast, any_multicast, broadcast, read;
  logic [1:0] multicast_offset, read_mode;
  logic [11:0] vfta_id, vlan_id;
  logic        strip_fcs;
  nic_pkg::vlan_settings_t        vlan_settings;
  nic_pkg::flow_settings_t        flow_settings;
  nic_pkg::rx_checksum_settings_t checksum_settings;
  always_ff @(posedge clk_i) begin
    vfta_id           <= vfta_id_i;
    strip_fcs         <= strip_fcs_i;
    vlan_settings     <= {vlan_strip_i, vlan_filter_i, vlan_check_cfi_i, vlan_cfi_i, 16'h8100};
    checksum_settings <= {checksum_start_i, checksum_ip_i, checksum_tcp_udp_i};
    flow_settings           <= '0;
    flow_settings.receive   <= flow_receive_i;
    flow_settings.discard   <= flow_discard_i;
    flow_settings.pass      <= flow_pass_i;
    flow_settings.address   <= flow_addr_i;
    flow_settings.ethertype <= flow_type_i;
  end

  always_ff @(posedge clk_i) begin
    rst_n            <= rst_ni;
    por_n            <= por_ni;
    enable           <= enable_i;
    store_bad        <= store_bad_i;
    long_frames      <= long_frames_i;
    any_unicast      <= any_unicast_i;
    any_multicast    <= any_multicast_i;
    broadcast        <= broadcast_i;
    multicast_offset <= multicast_offset_i;
    read             <= read_i;
    read_mode        <= read_mode_i;
  end

  logic [767:0]      ra_addr;
  logic [15:0]       ra_valid;
  logic [31:0]       mta [128];
  always_ff @(posedge clk_i) begin
    if (!por_ni) begin
      ra_valid <= 16'd0;
    end else begin
      if (ra_write_i) begin
        ra_addr[48*ra_index_i +: 48] <= ra_addr_i;
        ra_valid[ra_index_i] <= ra_valid_i;
      end
      if (mta_write_i) mta[mta_index_i] <= mta_value_i;
    end
  end

  nic_pkg::rx_word_t    word;
  nic_pkg::rx_word_t    fifo_word;
  nic_pkg::rx_end_t     frame_end, fifo_end;
  nic_pkg::rx_verdict_t verdict, fifo_verdict;
  nic_pkg::rx_vlan_t    vlan;
  nic_pkg::rx_sums_t    sums;
  nic_pkg::rx_offload_t offload;
  logic                 consume, quiet_vlan, quiet_control;
  nic_pkg::rx_frame_t   frame;
  nic_pkg::rx_stat_t    stat;
  nic_pkg::event_t      mac_event, filter_event, fifo_event;
  logic                 dest_valid, data_valid, quiet_mac, quiet_filter, quiet_fifo;
  logic [47:0]          dest_addr;
  logic [11:0]          mta_index;

  mac_rx u_mac_rx (
    .clk_i, .rst_ni(rst_n), .por_ni(por_n), .xgmii_rxd_i, .xgmii_rxc_i, .looped_i(1'b0),
    .looped_rxd_i('0), .looped_rxc_i('0),
    .enable_i(enable), .link_i(1'b1), .store_bad_i(store_bad), .long_frames_i(long_frames),
    .word_o(word), .end_o(frame_end), .dest_valid_o(dest_valid), .dest_addr_o(dest_addr),
    .next_tag_o, .event_o(mac_event), .quiet_o(quiet_mac)
  );

  rx_filter u_rx_filter (
    .clk_i, .rst_ni(rst_n), .any_unicast_i(any_unicast), .any_multicast_i(any_multicast), .broadcast_i(broadcast),
    .multicast_offset_i(multicast_offset), .ra_addr_i(ra_addr), .ra_valid_i(ra_valid),
    .control_addr_i(flow_settings.address), .mta_index_o(mta_index),
    .mta_bit_i(mta[mta_index[11:5]][mta_index[4:0]]), .dest_valid_i(dest_valid), .dest_addr_i(dest_addr),
    .verdict_o(verdict), .quiet_o(quiet_filter)
  );

  rx_vlan u_rx_vlan (
    .clk_i, .rst_ni(rst_n), .settings_i(vlan_settings), .vlan_id_o(vlan_id), .vfta_bit_i(vlan_id == vfta_id),
    .word_i(word), .end_i(frame_end), .verdict_i(verdict),
    .word_o(fifo_word), .end_o(fifo_end), .verdict_o(fifo_verdict), .vlan_o(vlan), .quiet_o(quiet_vlan)
  );

  rx_control u_rx_control (
    .clk_i, .rst_ni(rst_n), .settings_i(flow_settings), .word_i(fifo_word), .end_i(fifo_end),
    .verdict_i(fifo_verdict), .stripped_i(vlan.stripped), .consume_o(consume), .pause_valid_o, .pause_time_o,
    .xon_received_o, .xoff_received_o, .unsupported_o(control_unsupported_o), .quiet_o(quiet_control)
  );

  rx_checksum u_rx_checksum (
    .clk_i, .rst_ni(rst_n), .settings_i(checksum_settings), .strip_fcs_i(strip_fcs),
    .vlan_ethertype_i(vlan_settings.ethertype), .word_i(fifo_word), .sums_o(sums)
  );

  rx_fifo u_rx_fifo (
    .clk_i, .rst_ni(rst_n), .word_i(fifo_word), .end_i(fifo_end), .verdict_i(fifo_verdict), .vlan_i(vlan),
    .sums_i(sums), .consume_i(consume), .level_bytes_o,
    .frame_valid_o, .frame_o(frame), .offload_o(offload), .frame_done_i(done_o), .data_valid_o(data_valid), .data_lo_o, .data_hi_o,
    .data_take_i(taken_o), .overrun_o, .stat_o(stat), .filter_event_o(filter_event), .fifo_event_o(fifo_event),
    .quiet_o(quiet_fifo)
  );

  // Reader
  logic [15:0] pairs_q;  // taken of this frame
  logic        last_pair;
  assign last_pair = {pairs_q[11:0], 4'd0} + 16'd16 >= frame.length;
  assign taken_o   = read && data_valid;
  always_comb begin
    case (read_mode)
      2'd0:    done_o = read && frame_valid_o && !data_valid;
      2'd1:    done_o = taken_o && last_pair;
      default: done_o = taken_o;
    endcase
  end
  always_ff @(posedge clk_i) begin
    if (!rst_n || done_o) pairs_q <= 16'd0;
    else if (taken_o) pairs_q <= pairs_q + 16'd1;
  end

  assign {frame_crc_error_o, frame_symbol_error_o, frame_sequence_error_o, frame_exact_o, frame_length_o, frame_tag_o} = frame;
  assign {frame_stripped_o, frame_tci_o, frame_verdicts_o, frame_checksum_o} = offload;
  assign {word_valid_o, word_sof_o, word_eof_o, word_bytes_o, word_data_o} = word;
  assign {end_keep_o, end_crc_error_o, end_symbol_error_o, end_sequence_error_o, end_short_o, end_long_o, end_length_o,
          end_tag_o} = frame_end;
  assign {mac_event_o, mac_kind_o, mac_tag_o}          = mac_event;
  assign {filter_event_o, filter_kind_o, filter_tag_o} = filter_event;
  assign {fifo_event_o, fifo_kind_o, fifo_tag_o}       = fifo_event;
  assign {stat_valid_o, stat_accepted_o, stat_stored_o, stat_missed_o, stat_crc_error_o, stat_symbol_error_o,
          stat_short_o, stat_long_o, stat_multicast_o, stat_broadcast_o, stat_length_o} = stat;
  assign dest_valid_o = dest_valid;
  assign quiet_o      = quiet_mac && quiet_filter && quiet_vlan && quiet_control && quiet_fifo && !(read && frame_valid_o);

endmodule

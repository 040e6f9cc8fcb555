// Puts frames on the wire: preamble, data, padding, FCS, and the gap behind.
//
// The frame is made as if it always started in lane 0; a second step delays it by four lanes when it has to start in
// lane 4. Starts are only possible every four bytes, so the gap is made right on average (IEEE 802.3, 46.3.1.4, deficit
// idle count): a gap may be up to three bytes short while the bytes owed stay at most three, else it is rounded up.
//
// PAUSE frames of the card's own go in between the host's, made here: 60 bytes whatever TCTL.PSP says.
`include "assert.svh"

module mac_tx (
  input  logic               clk_i,
  input  logic               rst_ni,

  // Settings
  input  logic               pad_short_i,  // TCTL.PSP
  input  logic [9:0]         ipgt_i,       // TIPG.IPGT: the gap is IPGT + 4 byte times, never below 5

  // From the FIFO, whole frames
  input  logic               hold_i,       // begin none, the far end has sent XOFF
  input  logic               frame_valid_i,
  input  nic_pkg::tx_frame_t frame_i,
  input  logic [63:0]        word_i,
  output logic               word_take_o,
  output logic               frame_done_o,

  // PAUSE frames, in front of what waits
  input  logic               pause_i,
  input  logic [15:0]        pause_quanta_i,     // 0: XON
  input  logic [15:0]        pause_ethertype_i,  // FCT
  input  logic [47:0]        pause_dest_i,       // FCAH:FCAL, first octet in bits 47:40
  input  logic [47:0]        pause_source_i,     // RA[0]
  output logic               pause_sent_o,       // strobe: it has begun

  // Wire
  input  logic               looped_i,     // RCTL.LBM: the columns go to the receiver
  output logic [63:0]        xgmii_txd_o,
  output logic [7:0]         xgmii_txc_o,

  output nic_pkg::tx_stat_t  stat_o,
  output nic_pkg::event_t    event_o,
  output logic               quiet_o
);

  localparam logic [63:0] PREAMBLE = 64'hD5555555_555555FB;
  localparam logic [63:0] IDLES    = 64'h07070707_07070707;
  localparam logic [63:0] ERRORS   = 64'hFEFEFEFE_FEFEFEFE;

  typedef enum logic [1:0] {
    IDLE,  // waits for the end of the gap and for a frame
    DATA,  // sends data and padding; the last word carries as much of FCS and Terminate as fits
    TAIL   // sends the rest of FCS and Terminate
  } state_t;

  state_t      state_d, state_q;
  logic        insert_fcs_q;
  logic [15:0] data_left_q;   // bytes still to come from the FIFO
  logic [15:0] bytes_left_q;  // the same with padding
  logic        first_q;
  logic [31:0] crc_q;
  logic [63:0] tail_q;
  logic [7:0]  tail_ctl_q;
  logic [2:0]  tail_lane_q;   // where Terminate is in it
  logic        group_d, all_ones_d, group_q, all_ones_q;  // destination address
  logic [15:0] wire_length_q;

  // A frame without room for an FCS brings its own, so it is padded to the full length
  logic [15:0] shortest, length, padded;
  logic        insert_fcs;
  assign insert_fcs = pause_i || frame_i.insert_fcs;
  assign shortest   = insert_fcs ? 16'd60 : 16'd64;
  assign length     = pause_i ? 16'd18 : {2'd0, frame_i.length};
  assign padded     = (pause_i || pad_short_i) && length < shortest ? shortest : length;

  // A PAUSE frame, word by word (IEEE 802.3, 31B.1); what is behind its 18 bytes is padding
  logic        own_q;         // the running frame is one
  logic [1:0]  own_index_q;
  logic [63:0] own_word;

  function automatic logic [47:0] octets(input logic [47:0] address);
    octets = {address[7:0], address[15:8], address[23:16], address[31:24], address[39:32], address[47:40]};
  endfunction

  logic [47:0] own_dest, own_source;
  assign own_dest   = octets(pause_dest_i);
  assign own_source = octets(pause_source_i);

  logic [15:0] own_quanta_q;  // as it was when the frame began
  always_comb begin
    own_word = 64'd0;
    if (own_q) begin
      case (own_index_q)
        2'd0:    own_word = {own_source[15:0], own_dest};
        2'd1:    own_word = {16'h0100, pause_ethertype_i[7:0], pause_ethertype_i[15:8], own_source[47:16]};
        2'd2:    own_word = {48'd0, own_quanta_q[7:0], own_quanta_q[15:8]};
        default: own_word = 64'd0;
      endcase
    end
  end

  // ---- the frame, as if from lane 0 on
  logic        begins, last_word, ends;
  logic [63:0] made, word, tail, tail_d;
  logic [7:0]  made_ctl, tail_ctl, tail_ctl_d;
  logic [3:0]  bytes, terminate_at;
  logic [2:0]  end_lane;  // where Terminate is when the frame ends
  logic [31:0] crc_d;
  logic [9:0]  wait_q;    // columns until the next start is allowed

  always_comb begin
    state_d      = state_q;
    begins       = 1'b0;
    last_word    = 1'b0;
    ends         = 1'b0;
    made         = IDLES;
    made_ctl     = 8'hFF;
    word         = own_q ? own_word : word_i;
    bytes        = 4'd8;
    tail         = IDLES;
    tail_ctl     = 8'hFF;
    tail_d       = IDLES;
    tail_ctl_d   = 8'hFF;
    terminate_at = 4'd0;
    end_lane     = 3'd0;
    crc_d        = crc_q;
    group_d      = group_q;
    all_ones_d   = all_ones_q;

    case (state_q)
      IDLE: begin
        if ((pause_i || (frame_valid_i && !hold_i)) && wait_q == 10'd0) begin
          begins   = 1'b1;
          made     = PREAMBLE;
          made_ctl = 8'h01;
          crc_d    = crc32_pkg::INIT;
          state_d  = DATA;
        end
      end
      DATA: begin
        if (data_left_q < 16'd8) word = word & ~(64'hFFFFFFFF_FFFFFFFF << {data_left_q[2:0], 3'b0});
        made     = word;
        made_ctl = 8'h00;
        if (first_q) begin
          group_d    = word[0];
          all_ones_d = &word[47:0];
        end
        if (bytes_left_q > 16'd8) begin
          crc_d = crc32_pkg::next_word(crc_q, word);
        end else begin
          last_word = 1'b1;
          bytes     = bytes_left_q[3:0];
          crc_d     = crc32_pkg::next_bytes(crc_q, word, bytes);
          tail      = insert_fcs_q ? {32'h070707FD, ~crc_d} : {IDLES[63:8], 8'hFD};
          tail_ctl  = insert_fcs_q ? 8'hF0 : 8'hFF;
          if (bytes == 4'd8) begin
            tail_d     = tail;
            tail_ctl_d = tail_ctl;
          end else begin
            made       = word | (tail << {bytes, 3'b0});
            made_ctl   = tail_ctl << bytes;
            tail_d     = (tail >> {4'd8 - bytes, 3'b0}) | (IDLES << {bytes, 3'b0});
            tail_ctl_d = (tail_ctl >> (4'd8 - bytes)) | (8'hFF << bytes);
          end
          terminate_at = bytes + (insert_fcs_q ? 4'd4 : 4'd0);
          end_lane     = terminate_at[2:0];
          ends         = terminate_at < 4'd8;
          state_d      = ends ? IDLE : TAIL;
        end
      end
      default: begin
        made     = tail_q;
        made_ctl = tail_ctl_q;
        end_lane = tail_lane_q;
        ends     = 1'b1;
        state_d  = IDLE;
      end
    endcase
  end

  assign word_take_o  = state_q == DATA && data_left_q > 16'd8 && !own_q;
  assign frame_done_o = last_word && !own_q;
  assign pause_sent_o = begins && pause_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      own_q   <= 1'b0;
    end else begin
      state_q <= state_d;
      if (begins) begin
        own_q         <= pause_i;
        own_index_q   <= 2'd0;
        own_quanta_q  <= pause_quanta_i;
        insert_fcs_q  <= insert_fcs;
        data_left_q   <= length;
        bytes_left_q  <= padded;
        wire_length_q <= padded + (insert_fcs ? 16'd4 : 16'd0);
        first_q       <= 1'b1;
        crc_q         <= crc_d;
      end
      if (state_q == DATA) begin
        data_left_q  <= data_left_q > 16'd8 ? data_left_q - 16'd8 : 16'd0;
        bytes_left_q <= bytes_left_q - 16'd8;  // of no interest after the last word
        first_q      <= 1'b0;
        if (own_index_q != 2'd3) own_index_q <= own_index_q + 2'd1;
        group_q      <= group_d;
        all_ones_q   <= all_ones_d;
        crc_q        <= crc_d;
        if (last_word) begin
          tail_q      <= tail_d;
          tail_ctl_q  <= tail_ctl_d;
          tail_lane_q <= terminate_at[2:0];
        end
      end
    end
  end

  // ---- the gap
  logic        lane4_q;    // the next frame starts in lane 4, if it is in time
  logic [1:0]  deficit_q;  // bytes by which the gaps so far were too short
  logic        shift_q;    // the running frame started in lane 4
  logic        shift;
  assign shift = begins ? lane4_q : shift_q;

  logic [10:0] gap, start_at;  // start_at: bytes from lane 0 of the column of `made` that has Terminate
  logic [1:0]  over;
  logic [2:0]  owed;
  logic        shorten;
  logic [8:0]  start_half;     // the next start in half columns

  always_comb begin
    gap        = 11'd0;
    start_at   = 11'd0;
    over       = 2'd0;
    owed       = 3'd0;
    shorten    = 1'b0;
    start_half = 9'd0;
    if (ends) begin
      gap        = ipgt_i == 10'd0 ? 11'd5 : {1'b0, ipgt_i} + 11'd4;
      start_at   = {8'd0, end_lane} + {8'd0, shift, 2'd0} + gap;
      over       = start_at[1:0];
      owed       = {1'b0, deficit_q} + {1'b0, over};
      shorten    = owed <= 3'd3 && gap >= 11'd5 + {9'd0, over};
      start_half = start_at[10:2] + {8'd0, over != 2'd0 && !shorten};
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      lane4_q   <= 1'b0;
      shift_q   <= 1'b0;
      deficit_q <= 2'd0;
      wait_q    <= 10'd0;
    end else if (begins) begin
      shift_q <= shift;
    end else if (ends) begin
      lane4_q <= start_half[0];
      wait_q  <= {2'd0, start_half[8:1]} - 10'd1;
      if (over != 2'd0) begin
        if (shorten)           deficit_q <= owed[1:0];
        else if (owed >= 3'd4) deficit_q <= owed[1:0];  // owed - 4
        else                   deficit_q <= 2'd0;       // rounded up because the gap would have been below 5
      end
    end else if (wait_q != 10'd0) begin
      wait_q <= wait_q - 10'd1;
    end else if (state_q == IDLE) begin
      lane4_q   <= 1'b0;  // nobody was in time: the next frame has all the gap it wants
      deficit_q <= 2'd0;
    end
  end

  // ---- to the wire
  logic [63:0] column_q;
  logic [7:0]  column_ctl_q;
  logic [31:0] carry_q;  // upper half of `made`, for the next column
  logic [3:0]  carry_ctl_q;
  logic        unfinished;  // the far end has seen a start and no Terminate
  assign unfinished = state_q != IDLE || carry_q != IDLES[31:0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      column_q     <= unfinished ? ERRORS : IDLES;
      column_ctl_q <= 8'hFF;
      carry_q      <= IDLES[31:0];
      carry_ctl_q  <= 4'hF;
    end else begin
      column_q     <= shift ? {made[31:0], carry_q} : made;
      column_ctl_q <= shift ? {made_ctl[3:0], carry_ctl_q} : made_ctl;
      carry_q      <= shift ? made[63:32] : IDLES[31:0];
      carry_ctl_q  <= shift ? made_ctl[7:4] : 4'hF;
    end
  end

  assign xgmii_txd_o = column_q;
  assign xgmii_txc_o = column_ctl_q;

  // ---- event and statistics
  logic        event_q, stat_q, stat_pause_q, stat_multicast_q, stat_broadcast_q;
  logic [15:0] stat_length_q;
  logic [31:0] tag_q;
  logic [3:0]  kind_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      event_q <= 1'b0;
      stat_q  <= 1'b0;
    end else begin
      event_q <= begins;
      stat_q  <= last_word;
      if (begins) begin
        tag_q  <= frame_i.tag;
        kind_q <= pause_i ? nic_pkg::TX_EV_PAUSE : looped_i ? nic_pkg::TX_EV_LOOPED : nic_pkg::TX_EV_OK;
      end
      if (last_word) begin
        stat_pause_q     <= own_q;
        stat_multicast_q <= group_d && !all_ones_d;
        stat_broadcast_q <= all_ones_d;
        stat_length_q    <= wire_length_q;
      end
    end
  end

  assign event_o = {event_q, kind_q, tag_q};
  assign stat_o  = {stat_q, stat_pause_q, stat_multicast_q, stat_broadcast_q, stat_length_q};

  assign quiet_o = state_q == IDLE && !pause_i && !(frame_valid_i && !hold_i) && wait_q == 10'd0 && !lane4_q &&
                   deficit_q == 2'd0 && !event_q && !stat_q && carry_q == IDLES[31:0] && column_ctl_q == 8'hFF && column_q == IDLES;

  logic unused;
  assign unused = &{1'b0, frame_i.vlan, frame_i.vlan_tag};

  `ASSERT(NoEmptyFrames, !begins || pause_i || frame_i.length != 14'd0)
  `ASSERT(GapsNeverEndBeforeTheyBegin, !ends || start_half[8:1] != 8'd0)
  `ASSERT(NothingIsLeftOverWhenAFrameStarts, !begins || lane4_q || carry_q == IDLES[31:0])

endmodule

// Turns XGMII columns into frame words and says how each frame ended.
//
// A frame may start in lane 0 or 4 and, with a preamble shortened to three bytes, have its data in either half of a
// column. So frames are looked at through a view of eight lanes that begins at lane 0 or at lane 4 of the columns. The
// word last seen is held back until the next view tells whether it was the frame's last; the FCS is checked on the way
// out. Every start gets a tag, and every tag gets one event.
//
// Rules for what nobody should send: an Error character is a byte with a symbol error. Any other control character
// but Terminate ends the frame with a sequence error, also a new start, which opens the next frame. A column holds at
// most one start: a second one, in lane 4, spoils the preamble of the first.
`include "assert.svh"

module mac_rx (
  input  logic                clk_i,
  input  logic                rst_ni,         // core reset: the running frame is abandoned
  input  logic                por_ni,         // power-on reset: tags start again

  // Wire
  input  logic [63:0]         xgmii_rxd_i,
  input  logic [7:0]          xgmii_rxc_i,
  input  logic                looped_i,      // RCTL.LBM: listen to the card's own transmitter instead
  input  logic [63:0]         looped_rxd_i,
  input  logic [7:0]          looped_rxc_i,

  // Settings, sampled when a frame starts
  input  logic                enable_i,       // RCTL.EN
  input  logic                link_i,         // lost inside a frame: the frame is damaged
  input  logic                store_bad_i,    // RCTL.SBP
  input  logic                long_frames_i,  // RCTL.LPE

  // Frame words; end_o counts while the word is an eof
  output nic_pkg::rx_word_t   word_o,
  output nic_pkg::rx_end_t    end_o,

  // Destination address, first octet in bits 47:40; one or two cycles before the first word
  output logic                dest_valid_o,
  output logic [47:0]         dest_addr_o,

  output logic [31:0]         next_tag_o,
  output nic_pkg::event_t     event_o,
  output logic                quiet_o
);

  localparam logic [7:0]  START     = 8'hFB;
  localparam logic [7:0]  TERMINATE = 8'hFD;
  localparam logic [7:0]  ERROR     = 8'hFE;
  localparam logic [31:0] IDLES     = 32'h07070707;

  localparam logic [14:0] MAX_LONG   = 15'd16384;
  localparam logic [14:0] MAX_NORMAL = 15'(nic_pkg::MAX_FRAME);
  localparam logic [15:0] MIN_LENGTH = 16'(nic_pkg::MIN_FRAME);

  // ---- the wire: this column, and the upper half of the one before
  logic [63:0] column_q;
  logic [7:0]  column_ctl_q;
  logic [31:0] older_q;
  logic [3:0]  older_ctl_q;

  always_ff @(posedge clk_i) begin
    if (!por_ni) begin
      column_q     <= {IDLES, IDLES};
      column_ctl_q <= 8'hFF;
      older_q      <= IDLES;
      older_ctl_q  <= 4'hF;
    end else begin
      column_q     <= looped_i ? looped_rxd_i : xgmii_rxd_i;
      column_ctl_q <= looped_i ? looped_rxc_i : xgmii_rxc_i;
      older_q      <= column_q[63:32];
      older_ctl_q  <= column_ctl_q[7:4];
    end
  end

  logic start_lane0, start_lane4, start;
  assign start_lane0 = column_ctl_q[0] && column_q[7:0] == START;
  assign start_lane4 = column_ctl_q[4] && column_q[39:32] == START && !start_lane0;
  assign start       = start_lane0 || start_lane4;

  // ---- frame in progress
  typedef enum logic [1:0] {
    IDLE,      // waits for a start
    PREAMBLE,  // start in lane 4: waits for the second half of the preamble
    BROKEN,    // no delimiter: reports it one column after the start, when the frame before has had its own event
    FRAME      // looks for the end
  } state_t;

  state_t      state_d, state_q;
  logic        half_d, half_q;  // the view begins at lane 4
  logic        first_q;         // no word seen yet
  logic        receive_q, store_bad_q, symbol_q;
  logic        down_q;  // would be received, were there a link
  logic [14:0] max_q;
  logic [15:0] length_q;        // bytes seen, saturating
  logic [31:0] tag_q, next_tag_q;

  // A core reset abandons the frame inside, whose fate the reset event tells. A start during the reset still gets its
  // tag and its event, as one that was not received.
  logic running_q, abandon;
  assign abandon = !rst_ni && running_q;

  // ---- what the view holds of the frame
  logic [63:0] view;
  logic [7:0]  view_ctl;
  logic [3:0]  lanes;  // bytes of the frame, 0..8
  logic        stop, stop_clean, view_error;

  always_comb begin
    view       = half_q ? {column_q[31:0], older_q} : column_q;
    view_ctl   = half_q ? {column_ctl_q[3:0], older_ctl_q} : column_ctl_q;
    lanes      = state_q == FRAME ? 4'd8 : 4'd0;
    stop       = 1'b0;
    stop_clean = 1'b0;
    view_error = 1'b0;
    if (state_q == FRAME && view_ctl != 8'h00) begin
      for (int i = 7; i >= 0; i--) begin
        if (view_ctl[i]) begin
          if (view[8*i +: 8] == ERROR) begin
            view_error = 1'b1;
          end else begin
            lanes      = 4'(i);
            stop       = 1'b1;
            stop_clean = view[8*i +: 8] == TERMINATE;
            view_error = 1'b0;  // what stood behind does not belong to the frame
          end
        end
      end
      if (stop) view = view & ~(64'hFFFFFFFF_FFFFFFFF << {lanes, 3'b0});
    end
  end

  logic        take;    // the view has a word
  logic        finish;  // the frame ends here
  logic        no_sfd;
  logic [16:0] length_sum;
  logic [15:0] length_d;
  logic        too_long;

  always_comb begin
    state_d = state_q;
    half_d  = half_q;
    take    = 1'b0;
    finish  = 1'b0;
    no_sfd  = 1'b0;

    case (state_q)
      PREAMBLE: begin
        no_sfd  = column_ctl_q[3:0] != 4'h0 || column_q[31:0] != 32'hD5555555;
        finish  = no_sfd || start;
        state_d = finish ? IDLE : FRAME;
        half_d  = 1'b1;
      end
      BROKEN: begin
        state_d = IDLE;
        finish  = 1'b1;
        no_sfd  = 1'b1;
      end
      FRAME: begin
        take = receive_q && lanes != 4'd0;
        if (stop || start) begin
          state_d = IDLE;
          finish  = 1'b1;
        end
      end
      default: ;
    endcase

    if (abandon) begin
      state_d = IDLE;
      take    = 1'b0;
      finish  = 1'b0;
    end

    if (start_lane0) begin
      if (column_ctl_q == 8'h01 && column_q[63:8] == 56'hD5555555555555) begin
        state_d = FRAME;
        half_d  = 1'b0;
      end else if (column_ctl_q[3:1] == 3'h0 && column_q[31:8] == 24'hD55555) begin
        state_d = FRAME;  // short preamble, data from lane 4 on
        half_d  = 1'b1;
      end else begin
        state_d = BROKEN;
      end
    end else if (start_lane4) begin
      if (column_ctl_q[7:5] == 3'h0 && column_q[63:40] == 24'hD55555) begin
        state_d = FRAME;  // short preamble, data from the next column on
        half_d  = 1'b0;
      end else if (column_ctl_q[7:5] == 3'h0 && column_q[63:40] == 24'h555555) begin
        state_d = PREAMBLE;
      end else begin
        state_d = BROKEN;
      end
    end
  end

  always_comb begin
    length_sum = {1'b0, length_q} + {13'b0, lanes};
    length_d   = length_sum[16] ? 16'hFFFF : length_sum[15:0];
    too_long   = length_sum > {2'b0, max_q};
  end

  always_ff @(posedge clk_i) begin
    if (!por_ni) begin
      state_q    <= IDLE;
      next_tag_q <= 32'd0;
      running_q  <= 1'b0;
      half_q     <= 1'b0;
      length_q   <= 16'd0;
    end else begin
      running_q <= rst_ni;
      state_q   <= state_d;
      half_q    <= half_d;
      if (state_q == FRAME) begin
        length_q <= length_d;
        symbol_q <= symbol_q || view_error || !link_i;
        if (take) first_q <= 1'b0;
      end
      if (start) begin
        tag_q       <= next_tag_q;
        next_tag_q  <= next_tag_q + 32'd1;
        receive_q   <= enable_i && rst_ni && link_i;
        down_q      <= enable_i && rst_ni && !link_i;
        store_bad_q <= store_bad_i;
        max_q       <= long_frames_i ? MAX_LONG : MAX_NORMAL;
        length_q    <= 16'd0;
        symbol_q    <= 1'b0;
        first_q     <= 1'b1;
      end
    end
  end

  assign next_tag_o = next_tag_q;

  // ---- destination address
  logic        dest_valid_q;
  logic [47:0] dest_addr_q;

  always_ff @(posedge clk_i) begin
    dest_valid_q <= por_ni && take && first_q && lanes >= 4'd6;
    if (take && first_q)
      dest_addr_q <= {view[7:0], view[15:8], view[23:16], view[31:24], view[39:32], view[47:40]};
  end

  assign dest_valid_o = dest_valid_q;
  assign dest_addr_o  = dest_addr_q;

  // ---- the word held back, or a mere end
  logic        held_q, held_is_word_q, held_sof_q, held_eof_q;
  logic        held_shown_q;  // within the longest length allowed; an eof is handed out anyway
  logic [3:0]  held_bytes_q;
  logic [63:0] held_data_q;
  logic        end_receive_q, end_down_q, end_no_sfd_q, end_symbol_q, end_sequence_q, end_long_q, end_store_bad_q;
  logic [15:0] end_length_q;
  logic [31:0] end_tag_q;

  logic leave;  // the held word goes out in this cycle
  assign leave = held_q && (held_eof_q || take);

  always_ff @(posedge clk_i) begin
    if (!por_ni) begin
      held_q     <= 1'b0;
      held_eof_q <= 1'b0;
    end else if (abandon) begin
      held_q <= 1'b0;
    end else begin
      if (leave) held_q <= 1'b0;
      if (take) begin
        held_q         <= 1'b1;
        held_is_word_q <= 1'b1;
        held_sof_q     <= first_q;
        held_eof_q     <= finish;
        held_shown_q   <= !too_long;
        held_bytes_q   <= lanes;
        held_data_q    <= view;
      end else if (finish) begin
        held_q     <= 1'b1;
        held_eof_q <= 1'b1;
        if (!held_q || held_eof_q) begin  // nothing of this frame is held: a mere end, or one byte if received
          held_is_word_q <= receive_q && !no_sfd;
          held_sof_q     <= first_q;
          held_shown_q   <= 1'b1;
          held_bytes_q   <= 4'd1;
          held_data_q    <= 64'd0;
        end
      end
      if (finish) begin
        end_receive_q   <= receive_q;
        end_down_q      <= down_q;
        end_no_sfd_q    <= no_sfd;
        end_symbol_q    <= symbol_q || view_error;
        end_sequence_q  <= !stop_clean;
        end_long_q      <= too_long;
        end_store_bad_q <= store_bad_q;
        end_length_q    <= length_d;
        end_tag_q       <= tag_q;
      end
    end
  end

  // ---- way out: FCS and verdict
  logic [31:0] crc_d, crc_q;
  logic        crc_error, damaged, short_frame, keep;
  logic [3:0]  kind;

  always_comb begin
    crc_d       = crc_q;
    crc_error   = 1'b0;
    short_frame = 1'b0;
    damaged     = 1'b0;
    keep        = 1'b0;
    kind        = nic_pkg::MAC_EV_PASS;
    if (leave) begin
      crc_d = crc32_pkg::next_word(crc_q, held_data_q);
      if (held_eof_q) begin
        crc_error   = crc_d != crc32_pkg::RESIDUES[{held_bytes_q[2:0], 5'd0} +: 32];
        damaged     = end_symbol_q || end_sequence_q;
        short_frame = end_length_q < MIN_LENGTH;
        keep        = held_is_word_q && !short_frame && !end_long_q &&
                      (end_store_bad_q || (!crc_error && !damaged));
        if (!end_receive_q)     kind = end_down_q ? nic_pkg::MAC_EV_LINK_DOWN : nic_pkg::MAC_EV_NOT_RECEIVING;
        else if (end_no_sfd_q)  kind = nic_pkg::MAC_EV_NO_SFD;
        else if (keep)          kind = crc_error || damaged ? nic_pkg::MAC_EV_PASS_BAD : nic_pkg::MAC_EV_PASS;
        else if (damaged)       kind = nic_pkg::MAC_EV_SYMBOL;
        else if (end_long_q)    kind = crc_error ? nic_pkg::MAC_EV_JABBER : nic_pkg::MAC_EV_OVERSIZE;
        else if (short_frame)   kind = crc_error ? nic_pkg::MAC_EV_FRAGMENT : nic_pkg::MAC_EV_RUNT;
        else                    kind = nic_pkg::MAC_EV_CRC;
      end
    end
  end

  logic        word_valid_q, word_sof_q, word_eof_q, event_valid_q;
  logic [3:0]  word_bytes_q, event_kind_q;
  logic [63:0] word_data_q;
  logic        keep_q, crc_error_q, symbol_error_q, sequence_error_q, short_frame_q, long_frame_q;
  logic [15:0] frame_length_q;
  logic [31:0] frame_tag_q;

  always_ff @(posedge clk_i) begin
    if (!por_ni) begin
      crc_q         <= crc32_pkg::INIT;
      word_valid_q  <= 1'b0;
      event_valid_q <= 1'b0;
    end else if (abandon) begin
      crc_q         <= crc32_pkg::INIT;
      word_valid_q  <= 1'b0;
      event_valid_q <= 1'b0;
    end else begin
      word_valid_q  <= leave && held_is_word_q && (held_shown_q || held_eof_q);
      event_valid_q <= leave && held_eof_q;
      if (leave) begin
        if (held_is_word_q) crc_q <= held_eof_q ? crc32_pkg::INIT : crc_d;
        word_sof_q   <= held_sof_q;
        word_eof_q   <= held_eof_q;
        word_bytes_q <= held_bytes_q;
        word_data_q  <= held_data_q;
        if (held_eof_q) begin
          event_kind_q     <= kind;
          keep_q           <= keep;
          crc_error_q      <= crc_error;
          symbol_error_q   <= end_symbol_q;
          sequence_error_q <= end_sequence_q;
          short_frame_q    <= short_frame;
          long_frame_q     <= end_long_q;
          frame_length_q   <= end_length_q;
          frame_tag_q      <= end_tag_q;
        end
      end
    end
  end

  assign word_o  = {word_valid_q, word_sof_q, word_eof_q, word_bytes_q, word_data_q};
  assign end_o   = {keep_q, crc_error_q, symbol_error_q, sequence_error_q, short_frame_q, long_frame_q, frame_length_q,
                    frame_tag_q};
  assign event_o = {event_valid_q, event_kind_q, frame_tag_q};

  assign quiet_o = state_q == IDLE && !held_q && !word_valid_q && !event_valid_q && !dest_valid_q && running_q &&
                   column_ctl_q == 8'hFF && column_q == {IDLES, IDLES} && older_ctl_q == 4'hF && older_q == IDLES;

  `ASSERT(AnEndIsNeverOverwritten, !(held_q && held_eof_q && !leave))
  `ASSERT(OnlyTheLastWordIsPartial, !word_valid_q || word_eof_q || word_bytes_q == 4'd8)
  `ASSERT(AKeptFrameIsReceived, !(event_valid_q && keep_q) || word_valid_q)

endmodule

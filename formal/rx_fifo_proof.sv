// What rx_fifo promises, for every stream of frames and every reader, at 4 pairs and 2 frames.
//
// Frames are numbered by their tag. One of them, `watched`, is any frame, and `watched_word` any word of it: what holds
// for them holds for all. The surroundings are assumed to be as the ports say and no more.
//
// - The frames that were reported as stored come out, each once, in order, described as they went in.
// - Each comes out with the words it came in with, as many pairs as it has, and the last half pair clean.
// - A frame that was wanted is stored unless there was no room, and then it is reported as lost. Wanted is what the MAC
//   keeps, the filter accepts, rx_vlan does not reject and rx_control does not consume.
// - level_bytes_o is what the stored frames hold that are not done.
module rx_fifo_proof #(
  parameter int unsigned WIDTH = 64  // bits of each word that are compared, see docs/proofs.md
) (
  input logic clk_i
);

  localparam int unsigned PAIRS  = 4;
  localparam int unsigned FRAMES = 2;

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  // ---- anything may happen ...
  (* anyseq *) logic        valid, eof, keep, crc_error, symbol_error;
  (* anyseq *) logic [3:0]  bytes;
  (* anyseq *) logic [63:0] data;
  (* anyseq *) logic        sequence_error, short_frame, long_frame;
  (* anyseq *) logic        verdict, accept, multicast, broadcast, exact, station, control, consume;
  (* anyseq *) nic_pkg::rx_vlan_t vlan;
  (* anyseq *) nic_pkg::rx_sums_t sums;
  (* anyseq *) logic        done, take;
  (* anyconst *) logic [3:0] watched;
  (* anyconst *) logic [3:0] watched_word;

  nic_pkg::rx_word_t    word;
  nic_pkg::rx_end_t     ending;
  nic_pkg::rx_verdict_t verdict_in;
  nic_pkg::rx_frame_t   frame;
  nic_pkg::rx_offload_t offload;
  logic [15:0]          level;
  nic_pkg::rx_stat_t    stat;
  nic_pkg::event_t      filter_event, fifo_event;
  logic                 frame_valid, data_valid, overrun, quiet;
  logic [63:0]          data_lo, data_hi;

  // ---- the frame that comes in: its words so far, its tag, the verdict
  logic [3:0] words_q = 4'd0;
  logic [3:0] tag_q   = 4'd0;
  logic       judged_q = 1'b0, accepted_q = 1'b0, exact_q = 1'b0;
  logic       last, accepted, exactly, wanted;
  logic [15:0] length;

  assign last     = valid && eof;
  assign accepted = verdict ? accept : accepted_q;
  assign exactly  = verdict ? exact : exact_q;
  assign wanted   = last && keep && accepted && !vlan.reject && !consume;
  assign length   = {9'd0, words_q, 3'd0} + {12'd0, bytes};

  assign word       = {valid, words_q == 4'd0, eof, bytes, data};
  assign ending     = {keep, crc_error, symbol_error, sequence_error, short_frame, long_frame, length, 28'd0, tag_q};
  assign verdict_in = {verdict, accept, multicast, broadcast, exact, station, control};

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (verdict) {judged_q, accepted_q, exact_q} <= {1'b1, accept, exact};
      if (valid) words_q <= words_q + 4'd1;
      if (last) begin
        words_q    <= 4'd0;
        tag_q      <= tag_q + 4'd1;
        judged_q   <= 1'b0;
        accepted_q <= 1'b0;
        exact_q    <= 1'b0;
      end
    end
  end

  always_comb begin
    assume (bytes >= 4'd1 && bytes <= 4'd8);
    assume (!valid || eof || bytes == 4'd8);
    assume (!(verdict && judged_q));
    assume (words_q != 4'd15 && tag_q != 4'd15);  // frames are short, and no tag comes twice
    assume (!done || frame_valid);
    assume (!take || data_valid);
    if (!rst_ni) assume (!valid && !verdict && !done && !take);
  end

  rx_fifo #(.PAIRS(PAIRS), .FRAMES(FRAMES)) u_fifo (
    .clk_i, .rst_ni, .word_i(word), .end_i(ending), .verdict_i(verdict_in),
    .vlan_i(vlan), .sums_i(sums), .consume_i(consume),
    .frame_valid_o(frame_valid), .frame_o(frame), .offload_o(offload), .frame_done_i(done),
    .data_valid_o(data_valid), .data_lo_o(data_lo), .data_hi_o(data_hi), .data_take_i(take),
    .level_bytes_o(level), .overrun_o(overrun), .stat_o(stat), .filter_event_o(filter_event),
    .fifo_event_o(fifo_event), .quiet_o(quiet)
  );

  // ---- what was reported of the frame that ended in the cycle before
  logic        wanted_q = 1'b0;
  logic [3:0]  ended_tag_q;
  logic        ended_symbol_q, ended_crc_q, ended_sequence_q, ended_exact_q;
  nic_pkg::rx_offload_t ended_offload_q;
  logic [15:0] ended_length_q;
  logic [3:0]  ended_pairs_q;
  logic        stored, lost;
  assign stored = fifo_event.valid && fifo_event.kind == nic_pkg::FIFO_EV_STORED;
  assign lost   = fifo_event.valid && fifo_event.kind == nic_pkg::FIFO_EV_OVERFLOW;

  // ---- room as the rules say: pairs and frames stored and not yet done; a frame given back frees its room only from
  // the next cycle on, and the frame shown has a place of its own
  logic [3:0]  pairs_q = 4'd0, frames_q = 4'd0;
  logic [3:0]  ended_used_q, ended_frames_q;
  logic [3:0]  frame_pairs, in_pairs;
  assign frame_pairs = frame.length[7:4] + {3'd0, frame.length[3:0] != 4'd0};
  assign in_pairs    = length[7:4] + {3'd0, length[3:0] != 4'd0};

  always_ff @(posedge clk_i) begin
    wanted_q <= rst_ni && wanted;
    if (last) begin
      ended_tag_q      <= tag_q;
      ended_crc_q      <= crc_error;
      ended_symbol_q   <= symbol_error;
      ended_sequence_q <= sequence_error;
      ended_offload_q  <= {vlan.stripped, vlan.tci, sums};
      ended_exact_q    <= exactly;
      ended_length_q   <= length;
      ended_pairs_q    <= in_pairs;
    end
  end

  // ---- the watched frame
  logic        seen_q = 1'b0;          // its watched word came in
  logic [WIDTH-1:0] seen_data_q;
  logic        in_q = 1'b0, out_q = 1'b0;   // stored; done with
  logic [15:0] in_length_q;
  logic        in_crc_q, in_symbol_q, in_sequence_q, in_exact_q;
  nic_pkg::rx_offload_t in_offload_q;
  logic [3:0]  last_tag_q = 4'd0;      // of the frame shown last, plus 1
  logic        shown_q = 1'b0;         // a frame is shown and has been shown before
  logic [3:0]  taken_q = 4'd0;         // pairs of the frame shown that were taken
  logic        is_watched;
  assign is_watched = frame.tag == {28'd0, watched};

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (valid && tag_q == watched && words_q == watched_word) begin
        seen_q      <= 1'b1;
        seen_data_q <= data[WIDTH-1:0];
      end
      if (stored && ended_tag_q == watched) begin
        in_q          <= 1'b1;
        in_length_q   <= ended_length_q;
        in_crc_q      <= ended_crc_q;
        in_symbol_q   <= ended_symbol_q;
        in_sequence_q <= ended_sequence_q;
        in_offload_q  <= ended_offload_q;
        in_exact_q    <= ended_exact_q;
      end
      if (frame_valid) begin
        shown_q    <= !done;
        taken_q    <= done ? 4'd0 : taken_q + {3'd0, take};
        last_tag_q <= frame.tag[3:0] + 4'd1;
        if (done && is_watched) out_q <= 1'b1;
      end
      pairs_q  <= pairs_q + (stored ? ended_pairs_q : 4'd0) - (done ? frame_pairs : 4'd0);
      frames_q <= frames_q + {3'd0, stored} - {3'd0, done};
    end
  end

  // The frames ahead: with `pairs_q` of the stored ones known a cycle late, what was occupied when a frame ended
  logic [3:0] used_then_q, waiting_then_q;
  always_ff @(posedge clk_i) begin
    used_then_q    <= pairs_q + (stored ? ended_pairs_q : 4'd0);
    waiting_then_q <= frames_q + {3'd0, stored} - {3'd0, frame_valid};
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // Each wanted frame has its event, and no other has
      EveryWantedFrameIsReported: assert (fifo_event.valid == wanted_q);
      if (fifo_event.valid) begin
        ReportedWithItsTag: assert (fifo_event.tag == {28'd0, ended_tag_q} && (stored || lost) && overrun == lost &&
                                    stat.valid && stat.stored == stored && stat.missed == lost);
      end
      if (lost) begin
        LostOnlyForWantOfRoom: assert (seldom_room);
      end
      if (stored) begin
        StoredOnlyWithRoom: assert (used_then_q + ended_pairs_q <= 4'(PAIRS));
      end

      LevelIsWhatIsHeld: assert (level == {8'd0, pairs_q + (stored ? ended_pairs_q : 4'd0), 4'd0});

      // Order, no loss, no frame twice
      if (frame_valid) begin
        OnlyStoredFramesComeOut: assert (!is_watched || (in_q && !out_q));
        InOrder: assert (shown_q ? frame.tag[3:0] + 4'd1 == last_tag_q : frame.tag[3:0] >= last_tag_q);
        NoneIsLeftOut: assert (!(in_q && !out_q) || frame.tag[3:0] <= watched);
      end
      // stored, not done, and nothing is shown: only for the cycle after the report, which comes a cycle after storing
      NoneIsForgotten: assert (!(in_q && !out_q) || frame_valid);

      // What comes out
      if (frame_valid && is_watched) begin
        DescribedAsItCameIn: assert (frame.length == in_length_q && frame.crc_error == in_crc_q &&
                                     frame.symbol_error == in_symbol_q && frame.sequence_error == in_sequence_q &&
                                     frame.exact == in_exact_q && offload == in_offload_q);
        AsManyPairsAsItHas: assert (data_valid == (taken_q < frame_pairs));
        if (data_valid && seen_q && watched_word == {taken_q[2:0], 1'b0}) begin
          LowerWordIsWhatCameIn: assert (data_lo[WIDTH-1:0] == seen_data_q);
        end
        if (data_valid && seen_q && watched_word == {taken_q[2:0], 1'b1}) begin
          UpperWordIsWhatCameIn: assert (data_hi[WIDTH-1:0] == seen_data_q);
        end
        if (data_valid && frame.length[3:0] >= 4'd1 && frame.length[3:0] <= 4'd8 && taken_q + 4'd1 == frame_pairs) begin
          TheLastHalfPairIsClean: assert (data_hi[WIDTH-1:0] == WIDTH'(0));
        end
      end
    end
  end

  // A frame may be lost when a word of it found no room. Room is what is free when the word comes, so a frame given back
  // since may have come too late: what counts is the least room there was while the frame came in.
  logic [3:0] least_room_q = 4'(PAIRS), room_now;
  logic       seldom_room, ended_tight_q;
  assign room_now = 4'(PAIRS) - pairs_q - (stored ? ended_pairs_q : 4'd0);
  always_ff @(posedge clk_i) begin
    if (valid) least_room_q <= words_q == 4'd0 || room_now < least_room_q ? room_now : least_room_q;
    if (last) ended_tight_q <= (words_q == 4'd0 || room_now < least_room_q ? room_now : least_room_q) < in_pairs;
  end
  assign seldom_room = ended_tight_q || waiting_then_q >= 4'(FRAMES);

  // Not vacuous
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      AFrameIsLost: cover (lost);
      TwoFramesComeOut: cover (out_q && frames_q == 4'd0 && watched == 4'd1 && tag_q == 4'd2);
      ThreeFramesAreInside: cover (frames_q == 4'd3);
    end
  end

endmodule

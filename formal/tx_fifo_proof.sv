// What tx_fifo promises, for every writer and every reader that keep to its ports, at 4 pairs.
//
// Frames are numbered by their tag. One of them, `watched`, is any frame, and `watched_word` any word of it: what holds
// for them holds for all.
//
// - Committed frames come out, each once, in order, described as they were committed; aborted ones never.
// - Each comes out with the words it was written with, and with the checksums that were to be put in.
// - free_beats_o is the room there is: pairs neither written nor held by a frame that is not done.
module tx_fifo_proof #(
  parameter int unsigned WIDTH = 64  // bits of each word that are compared, see docs/proofs.md
) (
  input logic clk_i
);

  localparam int unsigned PAIRS = 4;

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  // ---- anything may happen ...
  (* anyseq *) logic        valid, commit, abort, done, take, insert_fcs, vlan;
  (* anyseq *) logic [15:0] vlan_tag;
  (* anyseq *) nic_pkg::tx_patches_t patches_in;
  (* anyseq *) logic [4:0]  bytes;
  (* anyseq *) logic [63:0] lo, hi;
  (* anyconst *) logic [3:0] watched, watched_word;

  nic_pkg::tx_write_t write;
  nic_pkg::tx_frame_t frame_in, frame;
  nic_pkg::tx_patches_t patches;
  nic_pkg::event_t    told;
  logic [10:0]        free_beats;
  logic               frame_valid, quiet;
  logic [63:0]        word;

  // ---- the frame being written: its pairs so far, the bytes of its last one
  logic [3:0] pairs_q = 4'd0, tag_q = 4'd0, written;
  logic       closed_q = 1'b0;  // its last write has been
  logic [4:0] last_bytes_q;
  logic [13:0] length;

  assign written  = pairs_q + {3'd0, valid};
  assign length   = {6'd0, written - 4'd1, 4'd0} + {9'd0, valid ? bytes : last_bytes_q};
  assign write    = {valid, bytes != 5'd16 || commit, bytes, lo, hi};
  assign frame_in = {insert_fcs, vlan, vlan_tag, length, 28'd0, tag_q};

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (valid) begin
        pairs_q      <= written;
        last_bytes_q <= bytes;
        closed_q     <= bytes != 5'd16;
      end
      if (commit || abort) begin
        pairs_q  <= 4'd0;
        closed_q <= 1'b0;
        tag_q    <= tag_q + 4'd1;
      end
    end
  end

  // ---- ... that the ports allow
  always_comb begin
    assume (bytes >= 5'd1 && bytes <= 5'd16);
    assume (!valid || (!closed_q && free_beats != 11'd0));
    assume (!(commit && abort));
    assume (!commit || written != 4'd0);
    assume (tag_q != 4'd15);  // no tag comes twice
    assume (!(take || done) || frame_valid);
    if (!rst_ni) assume (!valid && !commit && !abort && !take && !done);
  end

  tx_fifo #(.PAIRS(PAIRS)) u_fifo (
    .clk_i, .rst_ni, .write_i(write), .commit_i(commit), .abort_i(abort), .frame_i(frame_in), .patches_i(patches_in),
    .free_beats_o(free_beats),
    .frame_valid_o(frame_valid), .frame_o(frame), .patches_o(patches), .word_o(word), .word_take_i(take), .frame_done_i(done),
    .event_o(told), .quiet_o(quiet)
  );

  // ---- the watched frame, and what is inside
  logic             seen_q = 1'b0;             // its watched word was written
  logic [WIDTH-1:0] seen_data_q;
  logic             in_q = 1'b0, out_q = 1'b0; // committed; done with
  nic_pkg::tx_frame_t   in_frame_q;
  nic_pkg::tx_patches_t in_patches_q;
  logic [3:0]       last_tag_q = 4'd0;         // of the frame shown last, plus 1
  logic             shown_q = 1'b0;
  logic [3:0]       word_q = 4'd0;             // of the frame shown, at the output
  logic [3:0]       held_q = 4'd0;             // pairs of committed frames not done
  logic             committed_q = 1'b0;
  logic [3:0]       committed_tag_q;
  logic             is_watched;
  logic [3:0]       frame_pairs;
  assign is_watched  = frame.tag == {28'd0, watched};
  assign frame_pairs = frame.length[7:4] + {3'd0, frame.length[3:0] != 4'd0};

  always_ff @(posedge clk_i) begin
    committed_q     <= rst_ni && commit;
    committed_tag_q <= tag_q;
    if (rst_ni) begin
      if (valid && !abort && tag_q == watched && pairs_q == {1'b0, watched_word[3:1]}) begin
        seen_q      <= 1'b1;
        seen_data_q <= watched_word[0] ? hi[WIDTH-1:0] : lo[WIDTH-1:0];
      end
      if (commit && tag_q == watched) begin
        in_q         <= 1'b1;
        in_frame_q   <= frame_in;
        in_patches_q <= patches_in;
      end
      if (frame_valid) begin
        shown_q    <= !done;
        word_q     <= done ? 4'd0 : word_q + {3'd0, take};
        last_tag_q <= frame.tag[3:0] + 4'd1;
        if (done && is_watched) out_q <= 1'b1;
      end
      held_q <= held_q + (commit ? written : 4'd0) - (done ? frame_pairs : 4'd0);
    end
  end

  logic waited_q = 1'b0;  // the watched frame was inside a cycle ago
  always_ff @(posedge clk_i) waited_q <= rst_ni && in_q && !out_q && !(done && is_watched);

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      EveryCommitIsReported: assert (told.valid == committed_q && (!committed_q || told.tag == {28'd0, committed_tag_q}));
      RoomIsWhatNobodyHolds: assert (free_beats == 11'(PAIRS) - {7'd0, held_q} - {7'd0, pairs_q});

      if (frame_valid) begin
        OnlyCommittedFramesComeOut: assert (!is_watched || (in_q && !out_q));
        InOrder: assert (shown_q ? frame.tag[3:0] + 4'd1 == last_tag_q : frame.tag[3:0] >= last_tag_q);
        NoneIsLeftOut: assert (!(in_q && !out_q) || frame.tag[3:0] <= watched);
      end
      NoneIsForgotten: assert (!waited_q || frame_valid);

      if (frame_valid && is_watched) begin
        DescribedAsItWasCommitted: assert (frame == in_frame_q && patches == in_patches_q);
        if (seen_q && watched_word == word_q && word_q[3:1] < frame_pairs[2:0]) begin
          WordIsWhatWasWritten: assert (word[WIDTH-1:0] == seen_data_q);
        end
      end
    end
  end

  // Not vacuous
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      ItIsFull: cover (free_beats == 11'd0);
      AThirdFrameComesOut: cover (out_q && watched == 4'd2);
      AFrameFollowsAnAbort: cover (frame_valid && frame.tag == 32'd1 && last_tag_q == 4'd0);
    end
  end

endmodule

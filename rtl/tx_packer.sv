`include "assert.svh"

// Joins the answers of data reads into frames for tx_fifo: any alignment, any number of reads, headers of segments.
//
// tx_plan says, read by read, how to treat what comes back. Beats land in a memory in which tx_plan has reserved room,
// so that answers need never be held up and everything behind it may wait. Then two steps: a beat's bytes are moved
// down to bit 0, and appended to up to 16 bytes that are held back. What is held leaves when more comes or the frame
// ends, so the last word is always marked as such. Bytes of a chain's header go to tx_header instead; in front of each
// segment's payload the header comes from there. On the way to the FIFO tx_checksum adds the words up.
//
// Between two frames the first step rests for a cycle, which keeps each stage to one frame:
//   beat -> a (moved) -> hold (appended) -> w (word, summed) -> x (to the FIFO, commit with the last)
module tx_packer #(
  parameter int unsigned LANDING = 512         // beats
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 por_ni,         // the tag counter outlives CTRL.RST

  // From tx_plan, in the order of the requests
  input  logic                 push_i,
  input  nic_pkg::tx_read_t    entry_i,
  input  nic_pkg::tx_job_t     job_i,
  input  nic_pkg::tx_offsets_t offsets_i,
  output logic                 full_o,
  output logic                 beat_used_o,    // strobe: a beat has made room
  output logic                 idle_o,         // every answer has come and has been treated
  input  nic_pkg::dma_beat_t   beat_i,

  // To tx_fifo
  output nic_pkg::tx_write_t   write_o,
  output logic                 commit_o,
  output logic                 abort_o,
  output nic_pkg::tx_frame_t   frame_o,
  output nic_pkg::tx_patches_t patches_o,
  input  logic [10:0]          free_beats_i,

  // What happened
  input  logic [63:0]          ring_base_i,
  output logic                 desc_done_o,    // strobe: a descriptor's last byte has been read
  output logic                 failed_o,       // sticky: a read failed, its frame is dropped
  output logic                 tso_done_o,     // strobe: a chain has become segments
  output logic                 tso_failed_o,   // strobe: a chain was broken off
  output logic [31:0]          next_tag_o,
  output nic_pkg::event_t      event_o,
  output logic [63:0]          event_desc_o,
  output logic                 quiet_o
);

  localparam int unsigned ADDR_BITS  = $clog2(LANDING);
  localparam int unsigned ENTRY_BITS = $bits(entry_i);
  localparam int unsigned JOB_BITS   = $bits(job_i);
  localparam logic [10:0] LAG        = 11'd8;  // words on their way that free_beats_i may not know of

  // ---- what has landed
  logic [63:0]        landed_lo [LANDING];
  logic [63:0]        landed_hi [LANDING];
  logic               landed_error [LANDING];
  logic [ADDR_BITS:0] land_q, take_q;
  logic               beat_here, take;
  logic [63:0]        beat_lo, beat_hi;

  assign beat_here = land_q != take_q;
  assign beat_lo   = landed_lo[take_q[ADDR_BITS-1:0]];
  assign beat_hi   = landed_hi[take_q[ADDR_BITS-1:0]];

  always_ff @(posedge clk_i) begin
    if (beat_i.valid) begin
      landed_lo[land_q[ADDR_BITS-1:0]]    <= beat_i.lo;
      landed_hi[land_q[ADDR_BITS-1:0]]    <= beat_i.hi;
      landed_error[land_q[ADDR_BITS-1:0]] <= beat_i.error;
    end
  end

  // ---- plan
  logic [ENTRY_BITS-1:0] entry_mem [64];
  logic [JOB_BITS-1:0]  job_mem [64];
  logic [63:0]          offsets_mem [64];
  logic [6:0]           plan_wr_q, plan_rd_q;
  nic_pkg::tx_read_t    entry;
  nic_pkg::tx_job_t     job_q, sum_job_q;
  nic_pkg::tx_offsets_t offsets_q, sum_offsets_q;
  assign entry  = entry_mem[plan_rd_q[5:0]];
  assign full_o = (plan_wr_q ^ plan_rd_q) == 7'h40;

  // ---- source of the first step: a beat, a word of a header, or nothing but an end
  logic        begun_q;           // a beat of the plan's head has come
  logic [8:0]  rest_q, rest;      // bytes of it to come
  logic [3:0]  offset;
  logic [4:0]  room, beat_count, count;
  logic        waiting, go, nothing, wants_header, inject, read_end, end_op, advance;
  logic        resting_q;         // the cycle behind a frame's end
  logic        headed_q;          // the segment under way has its header
  logic [3:0]  inject_q;          // its next word
  logic [7:0]  inject_left_q;     // bytes of it
  logic        w_header_begin_q;  // tx_header takes it
  logic        header_due_q;      // the chain's header is on its way to tx_header, which may still show the last one's
  logic        inject_last, header_ready, failing_q;
  logic [63:0] header_lo, header_hi;

  assign waiting      = plan_wr_q != plan_rd_q;
  assign go           = waiting && !resting_q && !failing_q && free_beats_i > LAG;
  assign nothing      = entry.bytes == 9'd0;
  assign wants_header = job_q.segment && !entry.first && !entry.header && !nothing && !headed_q;
  assign inject       = go && wants_header && header_ready && !header_due_q;
  assign inject_last  = inject_left_q <= 8'd16;
  assign offset       = begun_q ? 4'd0 : entry.offset;
  assign rest         = begun_q ? rest_q : entry.bytes;
  assign room         = 5'd16 - {1'b0, offset};
  assign beat_count   = rest < {4'd0, room} ? rest[4:0] : room;
  assign take         = go && !wants_header && !nothing && beat_here;
  assign read_end     = rest == {4'd0, beat_count};
  assign advance      = (take && read_end) || (go && nothing);
  assign end_op       = advance && (entry.frame_end || entry.header_end);
  assign count        = nothing ? 5'd0 : inject ? (inject_last ? inject_left_q[4:0] : 5'd16) : beat_count;
  assign beat_used_o  = take;

  // ---- first step: bytes moved down, the others cleared
  logic        a_valid_q, a_error_q, a_desc_end_q, a_frame_end_q, a_header_end_q, a_header_q, a_abort_q, a_first_q;
  logic [4:0]  a_count_q;
  logic [63:0] a_lo_q, a_hi_q, down_lo, down_hi;
  logic [5:0]  down;
  assign down = {offset[2:0], 3'd0};

  always_comb begin
    down_lo = inject ? header_lo : 64'd0;
    down_hi = inject ? header_hi : 64'd0;
    if (take) begin
      if (offset[3]) begin
        down_lo = beat_hi >> down;
        down_hi = 64'd0;
      end else begin
        down_lo = beat_lo >> down;
        if (down != 6'd0) down_lo |= beat_hi << (7'd64 - {1'b0, down});
        down_hi = beat_hi >> down;
      end
      if (count < 5'd8)  down_lo = down_lo & ~(64'hffff_ffff_ffff_ffff << {count[2:0], 3'd0});
      if (count <= 5'd8) down_hi = 64'd0;
      else if (!count[4]) down_hi = down_hi & ~(64'hffff_ffff_ffff_ffff << {count[2:0], 3'd0});
    end
  end

  // What a frame's last entry says of it
  nic_pkg::tx_read_t end_q, ending_entry_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      land_q        <= '0;
      take_q        <= '0;
      plan_wr_q     <= 7'd0;
      plan_rd_q     <= 7'd0;
      begun_q       <= 1'b0;
      resting_q     <= 1'b0;
      headed_q      <= 1'b0;
      header_due_q  <= 1'b0;
      a_valid_q     <= 1'b0;
      a_first_q     <= 1'b0;
      job_q         <= '0;
    end else begin
      if (push_i) begin
        entry_mem[plan_wr_q[5:0]] <= entry_i;
        plan_wr_q <= plan_wr_q + 7'd1;
        if (entry_i.first) begin
          job_mem[plan_wr_q[5:0]]     <= job_i;
          offsets_mem[plan_wr_q[5:0]] <= offsets_i;
        end
      end
      if (beat_i.valid) land_q <= land_q + 1'b1;
      a_valid_q <= take || inject || (go && nothing);
      if (w_header_begin_q) header_due_q <= 1'b0;
      if (go) begin
        resting_q <= end_op;
        if (take || inject || nothing) begin
          a_error_q      <= take && landed_error[take_q[ADDR_BITS-1:0]];
          a_desc_end_q   <= advance && entry.desc_end;
          a_frame_end_q  <= advance && entry.frame_end && !entry.give_up;
          a_header_end_q <= advance && entry.header_end;
          a_abort_q      <= advance && entry.give_up;
          a_header_q     <= entry.header;
          a_first_q      <= entry.first && !begun_q;
          a_count_q      <= count;
          a_lo_q         <= down_lo;
          a_hi_q         <= down_hi;
          end_q          <= entry;
          if (entry.first && !begun_q) begin
            job_q     <= job_mem[plan_rd_q[5:0]];
            offsets_q <= offsets_mem[plan_rd_q[5:0]];
            headed_q  <= 1'b0;
          end
        end
        if (take) begin
          take_q  <= take_q + 1'b1;
          begun_q <= !read_end;
          rest_q  <= rest - {4'd0, count};
        end
        if (advance) plan_rd_q <= plan_rd_q + 7'd1;
        if (end_op) headed_q <= 1'b0;
        if (advance && entry.header_end) header_due_q <= 1'b1;
        if (inject) begin
          inject_q      <= inject_q + 4'd1;
          inject_left_q <= inject_left_q - 8'd16;
          headed_q      <= inject_last;
        end
      end else if (resting_q) begin
        resting_q     <= 1'b0;
        inject_q      <= 4'd0;
        inject_left_q <= job_q.header;
      end
    end
  end

  // ---- second step: append
  logic [63:0] hold_lo_q, hold_hi_q;   // bytes above held_q are zero
  logic [4:0]  held_q;
  logic [5:0]  total;
  logic        append, a_fails, ending_q, header_ending_q, aborting_q, first_q, failed_q;
  logic [13:0] length_q;
  logic [63:0] up_lo, up_hi, over_lo, over_hi;
  logic [6:0]  up, over;               // bits

  assign append  = a_valid_q && !a_error_q && !failing_q;
  assign a_fails = a_valid_q && a_error_q && !failing_q;
  assign total   = {1'b0, held_q} + {1'b0, a_count_q};

  // {up_hi, up_lo}: new bytes above the held ones; {over_hi, over_lo}: new bytes that did not fit below 16
  assign up   = {1'b0, held_q[2:0], 3'd0};
  assign over = 7'd64 - up;
  always_comb begin
    {up_hi, up_lo}     = '0;
    {over_hi, over_lo} = '0;
    if (append) begin
      if (held_q[4]) begin
        over_lo = a_lo_q;
        over_hi = a_hi_q;
      end else if (held_q[3]) begin
        up_hi   = a_lo_q << up;
        over_lo = held_q[2:0] == 3'd0 ? a_hi_q : (a_lo_q >> over) | (a_hi_q << up);
        over_hi = held_q[2:0] == 3'd0 ? 64'd0 : a_hi_q >> over;
      end else if (held_q[2:0] == 3'd0) begin
        up_lo = a_lo_q;
        up_hi = a_hi_q;
      end else begin
        up_lo   = a_lo_q << up;
        up_hi   = (a_hi_q << up) | (a_lo_q >> over);
        over_lo = a_hi_q >> over;
      end
    end
  end

  logic overflow, flush, ends;
  assign overflow = append && total > 6'd16;
  assign ends     = ending_q || header_ending_q;
  assign flush    = ends && held_q != 5'd0;

  // ---- words and the frame's end; an end takes two cycles to follow its last word out
  logic        w_valid_q, w_eof_q, store_q, x_valid_q, x_eof_q, w_end_q, commit_q, w_abort_q, abort_q;
  logic        header_begin_q, desc_done_q, tso_done_q, tso_failed_q;
  logic [4:0]  w_bytes_q, x_bytes_q;
  logic [63:0] w_lo_q, w_hi_q, x_lo_q, x_hi_q, desc_q;
  logic [9:0]  w_index_q;              // words of the frame, or header, before it
  logic [13:0] w_length_q, x_length_q;
  logic [3:0]  kind_q;
  nic_pkg::tx_read_t w_entry_q, x_entry_q;
  logic [31:0] tag_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      hold_lo_q        <= 64'd0;  // new bytes are ORed in
      hold_hi_q        <= 64'd0;
      held_q           <= 5'd0;
      length_q         <= 14'd0;
      ending_q         <= 1'b0;
      header_ending_q  <= 1'b0;
      aborting_q       <= 1'b0;
      first_q          <= 1'b0;
      failing_q        <= 1'b0;
      failed_q         <= 1'b0;
      desc_done_q      <= 1'b0;
      w_valid_q        <= 1'b0;
      store_q          <= 1'b0;
      w_index_q        <= 10'd0;
      w_end_q          <= 1'b0;
      w_abort_q        <= 1'b0;
      header_begin_q   <= 1'b0;
      w_header_begin_q <= 1'b0;
      x_valid_q        <= 1'b0;
      commit_q         <= 1'b0;
      abort_q          <= 1'b0;
      tso_done_q       <= 1'b0;
      tso_failed_q     <= 1'b0;
      sum_job_q        <= '0;
    end else begin
      if (append) begin
        hold_lo_q <= overflow ? over_lo : hold_lo_q | up_lo;
        hold_hi_q <= overflow ? over_hi : hold_hi_q | up_hi;
        held_q    <= overflow ? total[4:0] - 5'd16 : total[4:0];
        length_q  <= length_q + {9'd0, a_count_q};
      end else if (ends || aborting_q) begin
        hold_lo_q <= 64'd0;
        hold_hi_q <= 64'd0;
        held_q    <= 5'd0;
        length_q  <= 14'd0;
      end
      ending_q        <= append && a_frame_end_q;
      header_ending_q <= append && a_header_end_q;
      aborting_q      <= (append && a_abort_q) || a_fails;
      desc_done_q     <= append && a_desc_end_q;
      first_q         <= append && a_first_q;
      if (a_valid_q && !failing_q) ending_entry_q <= end_q;
      if (a_fails) failing_q <= 1'b1;
      // Behind what the frame before still has under way, in front of this frame's first word
      if (first_q) begin
        sum_job_q     <= job_q;
        sum_offsets_q <= offsets_q;
      end

      w_valid_q <= (overflow && !a_header_q) || (flush && ending_q);
      store_q   <= (overflow && a_header_q) || (flush && header_ending_q);
      if (overflow || flush) begin
        w_eof_q   <= flush;
        w_bytes_q <= flush ? held_q : 5'd16;
        w_lo_q    <= flush ? hold_lo_q : hold_lo_q | up_lo;
        w_hi_q    <= flush ? hold_hi_q : hold_hi_q | up_hi;
      end
      w_end_q        <= ending_q;
      w_abort_q      <= aborting_q;
      header_begin_q <= header_ending_q;
      if (ends || aborting_q) begin
        w_length_q <= length_q;
        w_entry_q  <= ending_entry_q;
      end

      if (w_end_q || w_abort_q || header_begin_q) w_index_q <= 10'd0;
      else if (w_valid_q || store_q) w_index_q <= w_index_q + 10'd1;
      x_valid_q <= w_valid_q;
      if (w_valid_q) begin
        x_eof_q   <= w_eof_q;
        x_bytes_q <= w_bytes_q;
        x_lo_q    <= w_lo_q;
        x_hi_q    <= w_hi_q;
      end
      commit_q         <= w_end_q;
      abort_q          <= w_abort_q;
      w_header_begin_q <= header_begin_q;
      tso_done_q       <= w_end_q && sum_job_q.segment && w_entry_q.last;
      tso_failed_q     <= w_abort_q && sum_job_q.segment;
      if (w_end_q || w_abort_q) begin
        x_length_q <= w_length_q;
        x_entry_q  <= w_entry_q;
        desc_q     <= ring_base_i + {44'd0, w_entry_q.index, 4'd0};
        kind_q     <= w_abort_q ? nic_pkg::TX_EV_ERROR : !sum_job_q.segment ? nic_pkg::TX_EV_OK :
                      w_entry_q.last ? nic_pkg::TX_EV_LAST_SEGMENT : nic_pkg::TX_EV_SEGMENT;
        failed_q   <= failing_q;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!por_ni) tag_q <= 32'd0;
    else if (rst_ni && (commit_q || abort_q)) tag_q <= tag_q + 32'd1;
  end

  // ---- the header of a chain, and the sums
  logic quiet_header;
  tx_header u_header (
    .clk_i, .rst_ni,
    .store_i(store_q), .store_index_i(w_index_q[3:0]), .store_lo_i(w_lo_q), .store_hi_i(w_hi_q),
    .clear_i(abort_q), .begin_i(w_header_begin_q), .job_i(sum_job_q), .offsets_i(sum_offsets_q),
    .ready_o(header_ready), .next_i(inject && inject_last), .index_i(inject_q), .lo_o(header_lo), .hi_o(header_hi),
    .quiet_o(quiet_header)
  );

  tx_checksum u_checksum (
    .clk_i, .rst_ni,
    .valid_i(w_valid_q), .index_i(w_index_q), .lo_i(w_lo_q), .hi_i(w_hi_q), .restart_i(commit_q || abort_q),
    .job_i(sum_job_q), .offsets_i(sum_offsets_q), .sum_i(x_entry_q.sum), .sum_offset_i(x_entry_q.sum_offset),
    .ask_i(commit_q), .length_i(x_length_q), .patches_o
  );

  assign write_o      = {x_valid_q, x_eof_q, x_bytes_q, x_lo_q, x_hi_q};
  assign commit_o     = commit_q;
  assign abort_o      = abort_q;
  assign frame_o      = {x_entry_q.insert_fcs, x_entry_q.vlan, x_entry_q.vlan_tag, x_length_q, tag_q};
  assign desc_done_o  = desc_done_q;
  assign failed_o     = failed_q;
  assign tso_done_o   = tso_done_q;
  assign tso_failed_o = tso_failed_q;
  assign next_tag_o   = tag_q;
  assign event_o      = {commit_q || abort_q, kind_q, tag_q};
  assign event_desc_o = desc_q;

  logic still;
  assign still   = !a_valid_q && !ends && !aborting_q && !w_end_q && !w_abort_q && !header_begin_q && !commit_q &&
                   !abort_q && !w_header_begin_q;
  assign idle_o  = !waiting && still;
  assign quiet_o = still && quiet_header && !take && !inject && !(go && nothing) && !resting_q && !first_q &&
                   !w_valid_q && !store_q && !x_valid_q && !desc_done_q && !tso_done_q && !tso_failed_q;

  logic unused;
  assign unused = &{1'b0, beat_i.last, total[5], w_entry_q, x_entry_q};

  `ASSERT(BeatsLandWhereThereIsRoom, !beat_i.valid || (land_q ^ take_q) != {1'b1, {ADDR_BITS{1'b0}}})
  `ASSERT(CommitsSomething, !ending_q || held_q != 5'd0)
  `ASSERT(HeaderWordsAreOfAHeader, !inject || (job_q.segment && inject_left_q != 8'd0))
  `ASSERT(NothingIsAboveWhatIsHeld, held_q[4] || (held_q[3] ? hold_hi_q >> {held_q[2:0], 3'd0} == 64'd0 :
                                    hold_hi_q == 64'd0 && hold_lo_q >> {held_q[2:0], 3'd0} == 64'd0))
  `ASSERT(EndsDoNotMeet, !(commit_q && abort_q) && !(ending_q && header_ending_q))

endmodule

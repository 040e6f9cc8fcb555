`include "assert.svh"

// Joins the answers of data reads into frames for tx_fifo: any alignment, any number of reads per frame.
//
// The plan says, read by read, how to treat what comes back; answers cannot be held up, so tx_dma reserves room first.
// Two steps: move a beat's bytes down to bit 0, then append them to up to 16 bytes that are held back. What is held
// leaves when more comes or the frame ends, so the last word is always marked as such, one cycle after its bytes.
module tx_packer (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               por_ni,           // the tag counter outlives CTRL.RST

  // Plan: one entry per read, in the order of the requests
  input  logic               plan_push_i,
  input  logic [3:0]         plan_offset_i,    // of the first byte in the first beat
  input  logic [8:0]         plan_bytes_i,
  input  logic               plan_desc_end_i,  // the descriptor's last read
  input  logic               plan_frame_end_i, // the frame's last read
  input  logic               plan_ifcs_i,
  input  logic [15:0]        plan_index_i,     // descriptor
  output logic               plan_full_o,
  output logic               idle_o,           // every answer has come and has been treated
  input  nic_pkg::dma_beat_t beat_i,

  // A frame that does not end with a read; only while idle
  input  logic               end_commit_i,
  input  logic               end_abort_i,
  input  logic               end_ifcs_i,
  input  logic [15:0]        end_index_i,

  // To tx_fifo
  output nic_pkg::tx_write_t write_o,
  output logic               commit_o,
  output logic               abort_o,
  output nic_pkg::tx_frame_t frame_o,

  // To tx_dma
  input  logic [63:0]        ring_base_i,
  output logic               desc_done_o,      // strobe: a descriptor's last byte has arrived
  output logic [1:0]         returned_o,       // reserved words used or not needed any more
  output logic               failed_o,         // sticky: a read failed, its frame is dropped

  output logic [31:0]        next_tag_o,
  output nic_pkg::event_t    event_o,
  output logic [63:0]        event_desc_o,
  output logic               quiet_o
);

  // ---- plan
  logic [31:0] plan_mem [64];  // {index, ifcs, frame end, descriptor end, bytes, offset}
  logic [6:0]  plan_wr_q, plan_rd_q;
  logic [31:0] plan;
  logic        begun_q;        // a beat of the plan's head has come
  logic [8:0]  rest_q, rest;   // bytes of it to come
  logic [3:0]  offset;
  logic [4:0]  room, count;    // bytes from offset to the beat's end; bytes used of this beat
  logic        read_end;

  assign plan        = plan_mem[plan_rd_q[5:0]];
  assign plan_full_o = (plan_wr_q ^ plan_rd_q) == 7'h40;
  assign offset      = begun_q ? 4'd0 : plan[3:0];
  assign rest        = begun_q ? rest_q : plan[12:4];
  assign room        = 5'd16 - {1'b0, offset};
  assign count       = rest < {4'd0, room} ? rest[4:0] : room;
  assign read_end    = rest == {4'd0, count};

  // ---- first step: bytes moved down, the others cleared
  logic        a_valid_q, a_error_q, a_desc_end_q, a_frame_end_q, a_ifcs_q;
  logic [4:0]  a_count_q;
  logic [15:0] a_index_q;
  logic [63:0] a_lo_q, a_hi_q, down_lo, down_hi, mask_lo, mask_hi;
  logic [5:0]  down;

  assign down    = {offset[2:0], 3'd0};
  assign mask_lo = count >= 5'd8 ? '1 : ~(64'hffff_ffff_ffff_ffff << {count[2:0], 3'd0});
  assign mask_hi = count[4] ? '1 : count > 5'd8 ? ~(64'hffff_ffff_ffff_ffff << {count[2:0], 3'd0}) : '0;

  always_comb begin
    if (offset[3]) begin
      down_lo = beat_i.hi >> down;
      down_hi = 64'd0;
    end else begin
      down_lo = beat_i.lo >> down;
      if (down != 6'd0) down_lo |= beat_i.hi << (7'd64 - {1'b0, down});
      down_hi = beat_i.hi >> down;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      plan_wr_q <= 7'd0;
      plan_rd_q <= 7'd0;
      begun_q   <= 1'b0;
      a_valid_q <= 1'b0;
    end else begin
      if (plan_push_i) begin
        plan_mem[plan_wr_q[5:0]] <= {plan_index_i, plan_ifcs_i, plan_frame_end_i, plan_desc_end_i, plan_bytes_i,
                                     plan_offset_i};
        plan_wr_q <= plan_wr_q + 7'd1;
      end
      a_valid_q <= beat_i.valid;
      if (beat_i.valid) begin
        a_error_q     <= beat_i.error;
        a_desc_end_q  <= read_end && plan[13];
        a_frame_end_q <= read_end && plan[14];
        a_ifcs_q      <= plan[15];
        a_index_q     <= plan[31:16];
        a_count_q     <= count;
        a_lo_q        <= down_lo & mask_lo;
        a_hi_q        <= down_hi & mask_hi;
        begun_q       <= !read_end;
        rest_q        <= rest - {4'd0, count};
        if (read_end) plan_rd_q <= plan_rd_q + 7'd1;
      end
    end
  end

  // ---- second step: append
  logic [63:0] hold_lo_q, hold_hi_q;   // bytes above held_q are zero
  logic [4:0]  held_q, held;
  logic [5:0]  total;
  logic        append, ending_q, ending_ifcs_q, failing_q, failed_q, aborting_q;
  logic [15:0] ending_index_q, length_q;
  logic [63:0] base_lo, base_hi, up_lo, up_hi, over_lo, over_hi;
  logic [6:0]  up, over;               // bits

  assign append  = a_valid_q && !a_error_q && !failing_q && !failed_q;
  assign held    = ending_q ? 5'd0 : held_q;
  assign base_lo = ending_q ? 64'd0 : hold_lo_q;
  assign base_hi = ending_q ? 64'd0 : hold_hi_q;
  assign total   = {1'b0, held} + {1'b0, a_count_q};

  // {up_hi, up_lo}: new bytes above the held ones; {over_hi, over_lo}: new bytes that did not fit below 16
  assign up   = {1'b0, held[2:0], 3'd0};
  assign over = 7'd64 - up;
  always_comb begin
    if (held[4]) begin
      {up_hi, up_lo} = '0;
      over_lo        = a_lo_q;
      over_hi        = a_hi_q;
    end else if (held[3]) begin
      up_lo   = 64'd0;
      up_hi   = a_lo_q << up;
      over_lo = held[2:0] == 3'd0 ? a_hi_q : (a_lo_q >> over) | (a_hi_q << up);
      over_hi = held[2:0] == 3'd0 ? 64'd0 : a_hi_q >> over;
    end else if (held[2:0] == 3'd0) begin
      up_lo   = a_lo_q;
      up_hi   = a_hi_q;
      over_lo = 64'd0;
      over_hi = 64'd0;
    end else begin
      up_lo   = a_lo_q << up;
      up_hi   = (a_hi_q << up) | (a_lo_q >> over);
      over_lo = a_hi_q >> over;
      over_hi = 64'd0;
    end
  end

  logic overflow, flush;
  assign overflow = append && total > 6'd16;
  assign flush    = ending_q && held_q != 5'd0;

  // ---- to the FIFO
  logic        w_valid_q, w_eof_q, commit_q, abort_q, ev_error_q, desc_done_q;
  logic [4:0]  w_bytes_q;
  logic [63:0] w_lo_q, w_hi_q, ev_desc_q;
  logic        frame_ifcs_q;
  logic [15:0] frame_length_q;
  logic [31:0] tag_q, frame_tag_q;
  logic        abort_now;

  assign abort_now = (failing_q && !failed_q) || aborting_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      hold_lo_q   <= 64'd0;
      hold_hi_q   <= 64'd0;
      held_q      <= 5'd0;
      length_q    <= 16'd0;
      ending_q    <= 1'b0;
      aborting_q  <= 1'b0;
      failing_q   <= 1'b0;
      failed_q    <= 1'b0;
      w_valid_q   <= 1'b0;
      commit_q    <= 1'b0;
      abort_q     <= 1'b0;
      desc_done_q <= 1'b0;
    end else begin
      // What is held, and the frame's end one cycle behind its last byte
      if (append) begin
        hold_lo_q <= overflow ? over_lo : base_lo | up_lo;
        hold_hi_q <= overflow ? over_hi : base_hi | up_hi;
        held_q    <= overflow ? total[4:0] - 5'd16 : total[4:0];
        length_q  <= (ending_q ? 16'd0 : length_q) + {11'd0, a_count_q};
      end else if (ending_q || abort_now) begin
        hold_lo_q <= 64'd0;
        hold_hi_q <= 64'd0;
        held_q    <= 5'd0;
        length_q  <= 16'd0;
      end
      ending_q    <= (append && a_frame_end_q) || end_commit_i;
      aborting_q  <= end_abort_i;
      desc_done_q <= append && a_desc_end_q;
      if (append || end_commit_i || end_abort_i || (a_valid_q && !failing_q)) begin
        ending_ifcs_q  <= a_valid_q ? a_ifcs_q : end_ifcs_i;
        ending_index_q <= a_valid_q ? a_index_q : end_index_i;
      end
      if (a_valid_q && a_error_q) failing_q <= 1'b1;
      failed_q <= failing_q;

      w_valid_q <= overflow || flush;
      if (overflow || flush) begin
        w_eof_q   <= flush;
        w_bytes_q <= flush ? held_q : 5'd16;
        w_lo_q    <= flush ? hold_lo_q : base_lo | up_lo;
        w_hi_q    <= flush ? hold_hi_q : base_hi | up_hi;
      end
      commit_q <= ending_q;
      abort_q  <= abort_now;
      if (ending_q || abort_now) begin
        frame_ifcs_q   <= ending_ifcs_q;
        frame_length_q <= length_q;
        frame_tag_q    <= tag_q;
        ev_error_q     <= abort_now;
        ev_desc_q      <= ring_base_i + {44'd0, ending_index_q, 4'd0};
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!por_ni) tag_q <= 32'd0;
    else if (rst_ni && (ending_q || abort_now)) tag_q <= tag_q + 32'd1;
  end

  assign write_o      = {w_valid_q, w_eof_q, w_bytes_q, w_lo_q, w_hi_q};
  assign commit_o     = commit_q;
  assign abort_o      = abort_q;
  assign frame_o      = {frame_ifcs_q, frame_length_q, frame_tag_q};
  assign desc_done_o  = desc_done_q;
  assign returned_o   = {1'b0, w_valid_q} + {1'b0, aborting_q && held_q != 5'd0};
  assign failed_o     = failed_q;
  assign next_tag_o   = tag_q;
  assign event_o      = {commit_q || abort_q, ev_error_q ? nic_pkg::TX_EV_ERROR : nic_pkg::TX_EV_OK, frame_tag_q};
  assign event_desc_o = ev_desc_q;
  assign idle_o       = plan_wr_q == plan_rd_q && !a_valid_q && !ending_q && !aborting_q;
  assign quiet_o      = !a_valid_q && !ending_q && !aborting_q && failing_q == failed_q && !w_valid_q && !commit_q &&
                        !abort_q && !desc_done_q;

  logic unused;
  assign unused = &{1'b0, beat_i.last, total[5]};

  `ASSERT(AnswersFollowThePlan, !beat_i.valid || (plan_wr_q != plan_rd_q && beat_i.last == read_end))
  `ASSERT(EndsOnlyWhenIdle, !(end_commit_i || end_abort_i) || idle_o)
  `ASSERT(CommitsSomething, !ending_q || held_q != 5'd0)

endmodule

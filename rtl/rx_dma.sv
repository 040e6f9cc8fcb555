`include "assert.svh"

// Moves received frames from the FIFO into the buffers that the driver posted.
//
// Per buffer: take a descriptor, shift the frame to the buffer's byte alignment, write it in bursts that end at
// 256-byte boundaries. A descriptor is written back only after the bus has accepted every burst of its data, so DD is
// never seen before the bytes; meanwhile the next frame's data goes ahead. Write-backs keep their order.
//
// Descriptors that wait to be written back leave together, neighbours in one burst, when RXDCTL.WTHRESH of them have
// gathered, or when waiting would serve nobody: no further frame is whole in the card, the ring is used up, reception
// is off, or software flushes (RDTR.FPD). So nothing waits for ever, and RXT0 comes after the write-back. Of a burst's
// first descriptor the buffer address in bytes 0..7 is left alone; the others get theirs back as it was, as a burst
// has no holes.
//
// A null buffer address: that descriptor gets DD alone and the frame goes to the next (fault 18). After a bus error
// nothing new is begun until reset, and the descriptor concerned does not get its DD.
module rx_dma (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // Registers
  input  nic_pkg::rx_settings_t settings_i,
  input  nic_pkg::ring_t        ring_i,
  input  nic_pkg::head_write_t  head_write_i,
  input  nic_pkg::thresholds_t  thresholds_i,  // RXDCTL
  input  logic                  flush_i,       // strobe: RDTR.FPD
  output logic [15:0]           head_o,

  // From rx_fifo: the oldest frame, 16 bytes at a time
  input  logic                  frame_valid_i,
  input  nic_pkg::rx_frame_t    frame_i,
  input  nic_pkg::rx_offload_t  offload_i,
  output logic                  frame_done_o,
  input  logic                  data_valid_i,
  input  logic [63:0]           data_lo_i,
  input  logic [63:0]           data_hi_i,
  output logic                  data_take_o,

  // Bus
  output nic_pkg::dma_read_t    desc_read_o,
  input  logic                  desc_read_ready_i,
  input  nic_pkg::dma_beat_t    desc_beat_i,
  output nic_pkg::dma_write_t   write_o,
  input  logic                  write_ready_i,
  input  nic_pkg::dma_done_t    write_done_i,

  // What happened
  output nic_pkg::causes_t      causes_o,
  output logic                  no_buffer_o,   // strobe: a frame has to wait for a descriptor
  output logic                  error_o,       // sticky
  output logic                  idle_o,        // nothing in work
  output logic [31:0]           last_tag_o,    // of the last frame written back
  output nic_pkg::event_t       event_o,
  output logic [63:0]           event_desc_o,
  output logic                  quiet_o
);

  localparam logic [7:0] DD    = 8'h01;  // descriptor status
  localparam logic [7:0] EOP   = 8'h02;
  localparam logic [7:0] IXSM  = 8'h04;
  localparam logic [7:0] VP    = 8'h08;
  localparam logic [7:0] TCPCS = 8'h20;
  localparam logic [7:0] IPCS  = 8'h40;
  localparam logic [7:0] PIF   = 8'h80;

  // ---- descriptors
  logic        running, desc_valid, desc_pop, ring_empty, ring_failed, ring_error, ring_quiet, retire, busy;
  logic [63:0] desc_lo, desc_hi, ring_base;
  logic [15:0] desc_index, ring_size, ring_left;
  logic        in_frame_q, halt_q;

  desc_ring u_ring (
    .clk_i, .rst_ni, .enable_i(settings_i.enable), .ring_i, .thresholds_i, .head_write_i, .head_o,
    .halt_i(halt_q), .in_frame_i(in_frame_q), .busy_i(busy), .running_o(running),
    .desc_valid_o(desc_valid), .desc_lo_o(desc_lo), .desc_hi_o(desc_hi), .desc_index_o(desc_index),
    .desc_pop_i(desc_pop), .empty_o(ring_empty), .failed_o(ring_failed), .error_o(ring_error), .retire_i(retire),
    .base_o(ring_base), .size_o(ring_size), .left_o(ring_left),
    .read_o(desc_read_o), .read_ready_i(desc_read_ready_i), .beat_i(desc_beat_i), .quiet_o(ring_quiet)
  );

  // ---- records: one per descriptor in work, in ring order. retired <= written (write-back sent) <= ready (its data
  // is in memory) <= opened
  logic [47:0] record_id_mem [64];   // {index, tag}
  logic [1:0]  record_kind_mem [64]; // {null, eop}
  logic [63:0] record_lo_mem [64];   // what is written back
  logic [63:0] record_hi_mem [64];
  logic [6:0]  opened_q, ready_q, ready_d, written_q, retired_q;
  logic [6:0]  stored_q;             // buffers filled whose records are not ready yet
  logic        record_full, record_null, ready_null, ready_step;

  assign record_null = record_kind_mem[written_q[5:0]][1];
  assign record_full = (opened_q ^ retired_q) == 7'h40;
  assign ready_null  = record_kind_mem[ready_q[5:0]][1];
  assign ready_step  = ready_q != opened_q && (ready_null || stored_q != 7'd0);
  assign ready_d     = ready_q + {6'd0, ready_step};

  // ---- bursts under way, oldest first: {write-back, last burst of its buffer, records, first record}. Answers may
  // come faster than the records behind them are worked off, one a cycle; then they are kept
  logic [12:0] flight_mem [64];
  logic        flight_error_mem [64];
  logic [6:0]  flight_wr_q, flight_done_q, flight_rd_q;
  logic        flight_full, late;
  logic [12:0] flight;
  logic [4:0]  walk_q;               // records of the oldest burst worked off
  logic [5:0]  walk_record;
  logic [47:0] walk_id;

  assign flight_full = (flight_wr_q ^ flight_rd_q) == 7'h40;
  assign flight      = flight_mem[flight_rd_q[5:0]];
  assign late        = flight_done_q != flight_rd_q;
  assign walk_record = flight[5:0] + {1'b0, walk_q};
  assign walk_id     = record_id_mem[walk_record];
  assign busy        = opened_q != retired_q;

  // ---- buffers: which part of which frame goes where
  typedef enum logic {
    WAIT,  // waits for a frame (or has one) and a descriptor
    MOVE   // moves the frame's bytes, a beat a cycle
  } state_t;

  state_t      state_q;
  logic        frame_done_q, told_q;      // told_q: this frame's wait has been reported
  logic [15:0] rest_q;                    // bytes of the frame still without a buffer
  logic        frame_ready, start, start_data, final_part;
  logic [15:0] frame_bytes, want, part;
  logic [7:0]  errors, status;
  logic [63:0] back_data;                 // upper half of the descriptor written back
  logic [15:0] part_end;                  // offset of the part's end from its first beat

  logic [63:4] beat_addr_q;
  logic [3:0]  shift_q;                   // buffer address modulo 16
  logic [3:0]  end_q;                     // bytes used of the last beat; 0 all
  logic [10:0] beats_q, words_q;          // still to be written; still to be taken from the FIFO
  logic        first_q, final_q;
  logic [5:0]  move_record_q;

  assign frame_ready = frame_valid_i && !frame_done_q && running;
  assign frame_bytes = settings_i.strip_fcs && frame_i.length > 16'd4 ? frame_i.length - 16'd4 : frame_i.length;
  assign want        = in_frame_q ? rest_q : frame_bytes;
  assign final_part  = want <= {1'b0, settings_i.buffer_bytes};
  assign part        = final_part ? want : {1'b0, settings_i.buffer_bytes};
  // Valid with EOP only
  assign errors      = nic_pkg::rx_errors(frame_i.crc_error, frame_i.symbol_error, frame_i.sequence_error,
                                            offload_i.ip_error, offload_i.tcp_udp_error);
  // Without a verdict the driver has to look for itself
  assign status      = EOP | (offload_i.stripped ? VP : 8'd0) | (offload_i.tcp_udp_checked ? TCPCS : 8'd0) |
                       (offload_i.ip_checked ? IPCS : 8'd0) |
                       (offload_i.tcp_udp_checked || offload_i.ip_checked ? 8'd0 : IXSM);
  assign back_data   = final_part ? {offload_i.tci, errors, status | DD | (frame_i.exact ? 8'd0 : PIF),
                                     offload_i.checksum, part}
                                  : {24'd0, DD | IXSM | (frame_i.exact ? 8'd0 : PIF), 16'd0, part};
  assign part_end    = part + {12'd0, desc_lo[3:0]};
  assign start       = state_q == WAIT && !halt_q && desc_valid && !record_full && (in_frame_q || frame_ready);
  assign start_data  = start && desc_lo != 64'd0;
  assign desc_pop    = start;

  // ---- write-back: how many, and when
  logic [6:0]  pending, gather;
  logic [7:0]  threshold_wb;
  logic [15:0] back_index;
  logic [4:0]  back_count;           // records of the next burst: to the 256-byte boundary or the ring's end
  logic [15:0] to_ring_end;
  logic [4:0]  to_boundary;
  logic        flush_q, flush;

  assign pending     = ready_d - written_q;
  // In descriptors, or in cache lines of four. No more than half of the records gather, as the other half is needed to
  // go on while they are written back
  assign threshold_wb = thresholds_i.descriptors ? {2'd0, thresholds_i.write_back} : {thresholds_i.write_back, 2'd0};
  assign gather       = threshold_wb > 8'd32 ? 7'd32 : threshold_wb[6:0];
  // Who is about to become ready is waited for; it always does, or halts the engine
  assign flush       = flush_q ||
                       (ready_d == opened_q && (!settings_i.enable || ring_empty || ring_failed ||
                                                (state_q == WAIT && !in_frame_q && !frame_valid_i)));
  assign back_index  = record_id_mem[written_q[5:0]][47:32];
  assign to_ring_end = ring_size - back_index;
  assign to_boundary = 5'd16 - {1'b0, ring_base[7:4] + back_index[3:0]};

  always_comb begin
    back_count = 5'd0;
    if (pending != 7'd0) begin
      back_count = to_boundary;
      if (pending < {2'd0, back_count}) back_count = pending[4:0];
      if (to_ring_end < {11'd0, back_count}) back_count = to_ring_end[4:0];
    end
  end

  // ---- sending: a beat a cycle; write-backs go between bursts, ahead of data, as they free descriptors
  logic        slot, in_burst_q, in_back_q, send_back, send_data, last_beat, burst_end, back_end, may_back, may_data;
  logic [4:0]  back_left_q, back_count_q;
  logic [5:0]  back_first_q;
  logic        out_valid_q, out_last_q;
  logic [63:4] out_addr_q;
  logic [15:0] out_strb_q;
  logic [63:0] out_lo_q, out_hi_q;

  assign slot      = !out_valid_q || write_ready_i;
  assign may_back  = in_back_q || (!in_burst_q && !halt_q && !flight_full && pending != 7'd0 &&
                                   (pending >= gather || flush));
  assign may_data  = state_q == MOVE && (words_q == 11'd0 || data_valid_i) &&
                     (in_burst_q || (!halt_q && !flight_full && !may_back));
  assign send_back = slot && may_back;
  assign send_data = slot && may_data;
  assign last_beat = beats_q == 11'd1;
  assign burst_end = last_beat || beat_addr_q[7:4] == 4'hf;
  assign back_end  = in_back_q ? back_left_q == 5'd1 : back_count == 5'd1;

  assign data_take_o  = send_data && words_q != 11'd0;
  assign frame_done_o = frame_done_q;

  // The frame's bytes, moved up by shift_q: three 64-bit words, of which two leave
  logic [63:0] prev_lo_q, prev_hi_q, cur_lo, cur_hi, word_a, word_b, word_c, moved_lo, moved_hi;
  logic [5:0]  up;
  logic [6:0]  down;

  assign cur_lo = words_q != 11'd0 ? data_lo_i : 64'd0;
  assign cur_hi = words_q != 11'd0 ? data_hi_i : 64'd0;
  assign up     = {shift_q[2:0], 3'd0};
  assign down   = 7'd64 - {1'b0, up};

  always_comb begin
    if (shift_q[3]) begin
      word_a = prev_lo_q;
      word_b = prev_hi_q;
      word_c = cur_lo;
    end else begin
      word_a = prev_hi_q;
      word_b = cur_lo;
      word_c = cur_hi;
    end
    if (up == 6'd0) begin
      moved_lo = word_b;
      moved_hi = word_c;
    end else begin
      moved_lo = (word_b << up) | (word_a >> down);
      moved_hi = (word_c << up) | (word_b >> down);
    end
  end

  logic [15:0] strb_first, strb_last;
  assign strb_first = first_q ? 16'hffff << shift_q : 16'hffff;
  assign strb_last  = last_beat && end_q != 4'd0 ? ~(16'hffff << end_q) : 16'hffff;

  // ---- answers: a burst of data in one step, a burst of write-backs in a step per record
  logic        answer, answer_error, step_end, done_data, done_back, done_error, frame_lost, frame_stuck, no_buffer;
  logic [31:0] error_tag_q;          // the frame that may go on behind the burst that failed
  logic [5:0]  last_record;
  logic        eop_back;

  assign answer       = late || write_done_i.valid;
  assign answer_error = late ? flight_error_mem[flight_rd_q[5:0]] : write_done_i.error;
  assign done_error   = answer && answer_error;
  assign done_back    = answer && !answer_error && flight[12];
  assign done_data    = answer && !answer_error && !flight[12] && flight[11];
  assign step_end     = !flight[12] || answer_error || walk_q + 5'd1 == flight[10:6];
  assign last_record  = flight[12] ? flight[5:0] + {1'b0, flight[10:6]} - 6'd1 : flight[5:0];
  assign eop_back     = done_back && record_kind_mem[walk_record][0] && !(halt_q && walk_id[31:0] == error_tag_q);
  // The head does not pass a descriptor whose write-back failed, though later ones may still succeed
  assign retire       = done_back && walk_record == retired_q[5:0];
  // Reported once everything before has been written back, so no two frames end in the same cycle
  assign frame_lost  = state_q == WAIT && in_frame_q && !settings_i.enable && ring_empty && !halt_q && !busy;
  assign frame_stuck = state_q == WAIT && (in_frame_q || frame_ready) && ring_failed && !halt_q && !busy;
  assign no_buffer   = state_q == WAIT && settings_i.enable && !halt_q && ring_empty && !told_q &&
                       frame_valid_i && !frame_done_q;

  logic [15:0] threshold;
  always_comb begin
    case (settings_i.min_threshold)
      2'd0:    threshold = {1'b0, ring_size[15:1]};
      2'd1:    threshold = {2'd0, ring_size[15:2]};
      default: threshold = {3'd0, ring_size[15:3]};
    endcase
  end

  logic ev_valid_q, ev_error_q, rxt0_q, rxdmt0_q, no_buffer_q;
  logic [31:0] ev_tag_q, last_tag_q;
  logic [63:0] ev_desc_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q       <= WAIT;
      in_frame_q    <= 1'b0;
      halt_q        <= 1'b0;
      frame_done_q  <= 1'b0;
      told_q        <= 1'b0;
      opened_q      <= 7'd0;
      ready_q       <= 7'd0;
      written_q     <= 7'd0;
      retired_q     <= 7'd0;
      stored_q      <= 7'd0;
      flight_wr_q   <= 7'd0;
      flight_done_q <= 7'd0;
      flight_rd_q   <= 7'd0;
      walk_q        <= 5'd0;
      flush_q       <= 1'b0;
      in_burst_q    <= 1'b0;
      in_back_q     <= 1'b0;
      out_valid_q   <= 1'b0;
      ev_valid_q    <= 1'b0;
      rxt0_q        <= 1'b0;
      rxdmt0_q      <= 1'b0;
      no_buffer_q   <= 1'b0;
      last_tag_q    <= 32'd0;
    end else begin
      frame_done_q <= (send_data && words_q == 11'd1 && final_q) || frame_lost;
      no_buffer_q  <= no_buffer;
      if (no_buffer) told_q <= 1'b1;
      if (frame_done_q) told_q <= 1'b0;

      // A descriptor for the next part of a frame
      if (start) begin
        record_id_mem[opened_q[5:0]]   <= {desc_index, frame_i.tag};
        record_kind_mem[opened_q[5:0]] <= {!start_data, start_data && final_part};
        record_lo_mem[opened_q[5:0]]   <= desc_lo;
        record_hi_mem[opened_q[5:0]]   <= start_data ? back_data : {desc_hi[63:40], desc_hi[39:32] | DD, desc_hi[31:0]};
        opened_q <= opened_q + 7'd1;
      end
      if (start_data) begin
        state_q       <= MOVE;
        in_frame_q    <= 1'b1;
        rest_q        <= want - part;
        beat_addr_q   <= desc_lo[63:4];
        shift_q       <= desc_lo[3:0];
        end_q         <= part_end[3:0];
        beats_q       <= part_end[14:4] + {10'd0, part_end[3:0] != 4'd0};
        words_q       <= part[14:4] + {10'd0, part[3:0] != 4'd0};
        first_q       <= 1'b1;
        final_q       <= final_part;
        move_record_q <= opened_q[5:0];
      end

      // Beats
      if (slot) out_valid_q <= send_back || send_data;
      if (ready_step) ready_q <= ready_d;
      if (flush_i || flush_q) flush_q <= pending != 7'd0;
      if (send_back) begin
        out_last_q   <= back_end;
        out_addr_q   <= ring_base[63:4] + {44'd0, back_index};
        // The first descriptor's address stays; of a skipped one alone only the status changes
        out_strb_q   <= in_back_q ? 16'hffff : !record_null ? 16'hff00 : back_end ? 16'h1000 : 16'hf000;
        out_lo_q     <= record_lo_mem[written_q[5:0]];
        out_hi_q     <= record_hi_mem[written_q[5:0]];
        written_q    <= written_q + 7'd1;
        in_back_q    <= !back_end;
        back_left_q  <= (in_back_q ? back_left_q : back_count) - 5'd1;
        if (!in_back_q) begin
          back_first_q <= written_q[5:0];
          back_count_q <= back_count;
        end
      end
      if (send_data) begin
        out_last_q  <= burst_end;
        out_addr_q  <= beat_addr_q;
        out_strb_q  <= strb_first & strb_last;
        out_lo_q    <= moved_lo;
        out_hi_q    <= moved_hi;
        prev_lo_q   <= cur_lo;
        prev_hi_q   <= cur_hi;
        first_q     <= 1'b0;
        beat_addr_q <= beat_addr_q + 60'd1;
        beats_q     <= beats_q - 11'd1;
        in_burst_q  <= !burst_end;
        if (words_q != 11'd0) words_q <= words_q - 11'd1;
        if (last_beat) begin
          state_q <= WAIT;
          if (final_q) in_frame_q <= 1'b0;
        end
      end
      if ((send_back && back_end) || (send_data && burst_end)) begin
        if (send_data)      flight_mem[flight_wr_q[5:0]] <= {1'b0, last_beat, 5'd1, move_record_q};
        else if (in_back_q) flight_mem[flight_wr_q[5:0]] <= {2'b10, back_count_q, back_first_q};
        else                flight_mem[flight_wr_q[5:0]] <= {2'b10, 5'd1, written_q[5:0]};
        flight_wr_q <= flight_wr_q + 7'd1;
      end

      // Answers
      if (write_done_i.valid) begin
        flight_error_mem[flight_done_q[5:0]] <= write_done_i.error;
        flight_done_q <= flight_done_q + 7'd1;
      end
      if (answer) begin
        walk_q <= step_end ? 5'd0 : walk_q + 5'd1;
        if (step_end) flight_rd_q <= flight_rd_q + 7'd1;
      end
      if (retire) retired_q <= retired_q + 7'd1;
      if (done_data || ready_step) stored_q <= stored_q + {6'd0, done_data} - {6'd0, ready_step && !ready_null};
      rxt0_q     <= eop_back;
      rxdmt0_q   <= retire && ring_left == threshold + 16'd1;
      ev_valid_q <= eop_back || (done_error && !halt_q) || frame_lost || frame_stuck;
      if (eop_back || (done_error && !halt_q)) begin
        ev_error_q <= done_error;
        ev_tag_q   <= walk_id[31:0];
        ev_desc_q  <= ring_base + {44'd0, walk_id[47:32], 4'd0};
      end else if (frame_lost || frame_stuck) begin
        ev_error_q <= 1'b1;
        ev_tag_q   <= frame_i.tag;
        ev_desc_q  <= ring_base + {44'd0, desc_index, 4'd0};
      end
      if (eop_back) last_tag_q <= walk_id[31:0];
      if (done_error && !halt_q) error_tag_q <= record_id_mem[last_record][31:0];
      if (done_error || frame_stuck) halt_q <= 1'b1;
      if (frame_lost) in_frame_q <= 1'b0;
    end
  end

  assign write_o = {out_valid_q, out_last_q, out_addr_q, 4'd0, out_strb_q, out_lo_q, out_hi_q};

  always_comb begin
    causes_o        = '0;
    causes_o.rxt0   = rxt0_q;
    causes_o.rxdmt0 = rxdmt0_q;
  end
  assign no_buffer_o  = no_buffer_q;
  assign error_o      = halt_q || ring_error;
  assign last_tag_o   = last_tag_q;
  assign event_o      = {ev_valid_q, ev_error_q ? nic_pkg::DMA_EV_ERROR : nic_pkg::DMA_EV_WRITTEN_BACK, ev_tag_q};
  assign event_desc_o = ev_desc_q;
  assign idle_o       = state_q == WAIT && !in_frame_q && !frame_done_q && !busy && !ev_valid_q && !halt_q;
  assign quiet_o      = ring_quiet && !start && !ready_step && !may_back && !may_data && !answer && !flush_q &&
                        !out_valid_q && !frame_done_q && !no_buffer && !no_buffer_q && !frame_lost && !frame_stuck &&
                        !ev_valid_q && !rxt0_q && !rxdmt0_q;

  // Filter settings belong to other blocks; lengths beyond 16 KiB do not get past the MAC
  logic unused;
  assign unused = &{1'b0, settings_i.store_bad, settings_i.any_unicast, settings_i.any_multicast,
                    settings_i.long_frames, settings_i.broadcast, settings_i.multicast_offset, part_end[15],
                    ring_size[0], thresholds_i.low};

  `ASSERT(FramesHaveBytes, !frame_valid_i || frame_i.length != 16'd0)
  `ASSERT(DoneHasABurst, !write_done_i.valid || flight_wr_q != flight_done_q)
  `ASSERT(RecordsInOrder, opened_q - retired_q <= 7'd64 && ready_q - retired_q <= opened_q - retired_q &&
                          written_q - retired_q <= ready_q - retired_q)
  `ASSERT(BurstsAreNotMixed, !(send_back && send_data) && !(send_back && in_burst_q) && !(send_data && in_back_q))
  `ASSERT(DoneAfterItsData, !send_back || pending != 7'd0)
  `ASSERT(ABeatStaysUntilItIsTaken, !$past(rst_ni && out_valid_q && !write_ready_i) ||
                                    (out_valid_q && $stable(out_addr_q) && $stable(out_strb_q) && $stable(out_lo_q)))
  `ASSERT(WriteBackStaysInTheRing, !send_back || back_index < ring_size)
  `ASSERT(RetiresWhatIsAtTheHead, !done_back || retire || halt_q)
  `ASSERT(DoneFollowsItsData, !send_back || state_q != MOVE || move_record_q != written_q[5:0])

endmodule

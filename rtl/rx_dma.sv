`include "assert.svh"

// Moves received frames from the FIFO into the buffers that the driver posted.
//
// Per buffer: take a descriptor, shift the frame to the buffer's byte alignment, write it in bursts that end at
// 256-byte boundaries. A descriptor is written back only after the bus has accepted every burst of its data, so DD is
// never seen before the bytes; meanwhile the next frame's data goes ahead. Write-backs keep their order. The buffer
// address in bytes 0..7 of the descriptor is left as it is.
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
  localparam logic [7:0] CE    = 8'h01;  // descriptor errors
  localparam logic [7:0] SE    = 8'h02;
  localparam logic [7:0] SEQ   = 8'h04;
  localparam logic [7:0] TCPE  = 8'h20;
  localparam logic [7:0] IPE   = 8'h40;
  localparam logic [7:0] RXE   = 8'h80;

  // ---- descriptors
  logic        running, desc_valid, desc_pop, ring_empty, ring_failed, ring_error, ring_quiet, retire, busy;
  logic [63:0] desc_lo, desc_hi, ring_base;
  logic [15:0] desc_index, ring_size, ring_left;
  logic        in_frame_q, halt_q;

  desc_ring u_ring (
    .clk_i, .rst_ni, .enable_i(settings_i.enable), .ring_i, .head_write_i, .head_o,
    .halt_i(halt_q), .in_frame_i(in_frame_q), .busy_i(busy), .running_o(running),
    .desc_valid_o(desc_valid), .desc_lo_o(desc_lo), .desc_hi_o(desc_hi), .desc_index_o(desc_index),
    .desc_pop_i(desc_pop), .empty_o(ring_empty), .failed_o(ring_failed), .error_o(ring_error), .retire_i(retire),
    .base_o(ring_base), .size_o(ring_size), .left_o(ring_left),
    .read_o(desc_read_o), .read_ready_i(desc_read_ready_i), .beat_i(desc_beat_i), .quiet_o(ring_quiet)
  );

  // ---- records: one per descriptor in work, in ring order. retired <= written (write-back sent) <= opened
  logic [47:0] record_id_mem [64];   // {index, tag}
  logic [33:0] record_mem [64];      // {null, eop, errors, status, length}
  logic [31:0] record_sum_mem [64];  // {special, checksum}
  logic [6:0]  opened_q, written_q, retired_q;
  logic [6:0]  stored_q;             // records whose data is in memory and whose write-back is not sent
  logic        record_full;
  logic [33:0] record;
  logic        record_null;
  logic [31:0] record_sum;

  assign record      = record_mem[written_q[5:0]];
  assign record_sum  = record_sum_mem[written_q[5:0]];
  assign record_null = record[33];
  assign record_full = (opened_q ^ retired_q) == 7'h40;

  // ---- bursts under way, oldest first: {write-back, last burst of its buffer, record}
  logic [7:0]  flight_mem [64];
  logic [6:0]  flight_wr_q, flight_rd_q;
  logic        flight_full;
  logic [7:0]  flight;
  logic [47:0] flight_id;

  assign flight_full = (flight_wr_q ^ flight_rd_q) == 7'h40;
  assign flight      = flight_mem[flight_rd_q[5:0]];
  assign flight_id   = record_id_mem[flight[5:0]];
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
  // An Error character is what RX_ER is to a slower wire: a symbol error in the data. Valid with EOP only
  assign errors      = (frame_i.crc_error ? CE : 8'd0) | (frame_i.symbol_error ? SE | RXE : 8'd0) |
                       (frame_i.sequence_error ? SEQ : 8'd0) |
                       (offload_i.tcp_udp_error ? TCPE : 8'd0) | (offload_i.ip_error ? IPE : 8'd0);
  // Without a verdict the driver has to look for itself
  assign status      = EOP | (offload_i.stripped ? VP : 8'd0) | (offload_i.tcp_udp_checked ? TCPCS : 8'd0) |
                       (offload_i.ip_checked ? IPCS : 8'd0) |
                       (offload_i.tcp_udp_checked || offload_i.ip_checked ? 8'd0 : IXSM);
  assign part_end    = part + {12'd0, desc_lo[3:0]};
  assign start       = state_q == WAIT && !halt_q && desc_valid && !record_full && (in_frame_q || frame_ready);
  assign start_data  = start && desc_lo != 64'd0;
  assign desc_pop    = start;

  // ---- sending: a beat a cycle; write-backs go between bursts, ahead of data, as they free descriptors
  logic        slot, in_burst_q, send_back, send_data, last_beat, burst_end, may_back, may_data;
  logic        out_valid_q, out_last_q;
  logic [63:4] out_addr_q;
  logic [15:0] out_strb_q;
  logic [63:0] out_lo_q, out_hi_q;

  assign slot      = !out_valid_q || write_ready_i;
  assign may_back  = !in_burst_q && !halt_q && !flight_full && written_q != opened_q &&
                     (record_null || stored_q != 7'd0);
  assign may_data  = state_q == MOVE && (words_q == 11'd0 || data_valid_i) &&
                     (in_burst_q || (!halt_q && !flight_full && !may_back));
  assign send_back = slot && may_back;
  assign send_data = slot && may_data;
  assign last_beat = beats_q == 11'd1;
  assign burst_end = last_beat || beat_addr_q[7:4] == 4'hf;

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

  // ---- answers
  logic        done_data, done_back, done_error, frame_lost, frame_stuck, no_buffer;
  logic [31:0] error_tag_q;
  logic        eop_back;

  assign done_error  = write_done_i.valid && write_done_i.error;
  assign done_back   = write_done_i.valid && !write_done_i.error && flight[7];
  assign done_data   = write_done_i.valid && !write_done_i.error && !flight[7] && flight[6];
  assign eop_back    = done_back && record_mem[flight[5:0]][32] && !(halt_q && flight_id[31:0] == error_tag_q);
  // The head does not pass a descriptor whose write-back failed, though later ones may still succeed
  assign retire      = done_back && flight[5:0] == retired_q[5:0];
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
      state_q      <= WAIT;
      in_frame_q   <= 1'b0;
      halt_q       <= 1'b0;
      frame_done_q <= 1'b0;
      told_q       <= 1'b0;
      opened_q     <= 7'd0;
      written_q    <= 7'd0;
      retired_q    <= 7'd0;
      stored_q     <= 7'd0;
      flight_wr_q  <= 7'd0;
      flight_rd_q  <= 7'd0;
      in_burst_q   <= 1'b0;
      out_valid_q  <= 1'b0;
      ev_valid_q   <= 1'b0;
      rxt0_q       <= 1'b0;
      rxdmt0_q     <= 1'b0;
      no_buffer_q  <= 1'b0;
      last_tag_q   <= 32'd0;
    end else begin
      frame_done_q <= (send_data && words_q == 11'd1 && final_q) || frame_lost;
      no_buffer_q  <= no_buffer;
      if (no_buffer) told_q <= 1'b1;
      if (frame_done_q) told_q <= 1'b0;

      // A descriptor for the next part of a frame
      if (start) begin
        record_id_mem[opened_q[5:0]]  <= {desc_index, frame_i.tag};
        record_sum_mem[opened_q[5:0]] <= final_part ? {offload_i.tci, offload_i.checksum} : 32'd0;
        if (start_data)
          record_mem[opened_q[5:0]] <= {1'b0, final_part, final_part ? errors : 8'd0,
                                        DD | (final_part ? status : IXSM) | (frame_i.exact ? 8'd0 : PIF), part};
        else
          record_mem[opened_q[5:0]] <= {10'h200, desc_hi[39:32] | DD, 16'd0};
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
      if (send_back) begin
        out_last_q <= 1'b1;
        out_addr_q <= ring_base[63:4] + {44'd0, record_id_mem[written_q[5:0]][47:32]};
        out_strb_q <= record_null ? 16'h1000 : 16'hff00;
        out_hi_q   <= {record_sum[31:16], record[31:16], record_sum[15:0], record[15:0]};
        written_q  <= written_q + 7'd1;
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
      if (send_back || (send_data && burst_end)) begin
        flight_mem[flight_wr_q[5:0]] <= send_back ? {2'b10, written_q[5:0]} : {1'b0, last_beat, move_record_q};
        flight_wr_q <= flight_wr_q + 7'd1;
      end

      // Answers
      if (write_done_i.valid) flight_rd_q <= flight_rd_q + 7'd1;
      if (retire) retired_q <= retired_q + 7'd1;
      if (done_data || (send_back && !record_null))
        stored_q <= stored_q + {6'd0, done_data} - {6'd0, send_back && !record_null};
      rxt0_q     <= eop_back;
      rxdmt0_q   <= retire && ring_left == threshold + 16'd1;
      ev_valid_q <= eop_back || (done_error && !halt_q) || frame_lost || frame_stuck;
      if (eop_back || (done_error && !halt_q)) begin
        ev_error_q <= done_error;
        ev_tag_q   <= flight_id[31:0];
        ev_desc_q  <= ring_base + {44'd0, flight_id[47:32], 4'd0};
      end else if (frame_lost || frame_stuck) begin
        ev_error_q <= 1'b1;
        ev_tag_q   <= frame_i.tag;
        ev_desc_q  <= ring_base + {44'd0, desc_index, 4'd0};
      end
      if (eop_back) last_tag_q <= flight_id[31:0];
      if (done_error && !halt_q) error_tag_q <= flight_id[31:0];
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
  assign quiet_o      = ring_quiet && !start && !may_back && !may_data && !out_valid_q && !frame_done_q &&
                        !no_buffer && !no_buffer_q && !frame_lost && !frame_stuck && !ev_valid_q && !rxt0_q && !rxdmt0_q;

  // Filter settings belong to other blocks; lengths beyond 16 KiB do not get past the MAC
  logic unused;
  assign unused = &{1'b0, settings_i.store_bad, settings_i.any_unicast, settings_i.any_multicast,
                    settings_i.long_frames, settings_i.broadcast, settings_i.multicast_offset, part_end[15],
                    desc_hi[63:40], desc_hi[31:0], ring_size[0], record[32]};

  `ASSERT(FramesHaveBytes, !frame_valid_i || frame_i.length != 16'd0)
  `ASSERT(DoneHasABurst, !write_done_i.valid || flight_wr_q != flight_rd_q)
  `ASSERT(RecordsInOrder, opened_q - retired_q <= 7'd64 && written_q - retired_q <= opened_q - retired_q)
  `ASSERT(BurstsAreNotMixed, !(send_back && send_data) && !(send_back && in_burst_q))
  `ASSERT(RetiresWhatIsAtTheHead, !done_back || retire || halt_q)

endmodule

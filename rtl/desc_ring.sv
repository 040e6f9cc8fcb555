`include "assert.svh"

// A descriptor ring as an engine sees it: descriptors in order, fetched ahead of need; the head moves as they retire.
//
// Fetches up to 16 descriptors a burst (to the next 256-byte boundary, so never across 4 KiB), never past the tail or
// the ring's end, while at least 16 of the 64 places on the card are free; several fetches may be under way. With
// PTHRESH = 0 it fetches whenever it can; otherwise when fewer than PTHRESH are left on the card and HTHRESH wait in
// memory, but an empty card takes whatever there is.
//
// Base and length are taken up on enable. Without a usable ring (length 0 or not a multiple of 128, head or tail
// outside) nothing is fetched. Disabling drops what was prefetched, as software may rewrite it meanwhile.
module desc_ring (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // Registers
  input  logic                 enable_i,       // RCTL.EN, TCTL.EN
  input  nic_pkg::ring_t       ring_i,
  input  nic_pkg::thresholds_t thresholds_i,   // RXDCTL, TXDCTL: PTHRESH, HTHRESH
  input  nic_pkg::head_write_t head_write_i,   // heeded while disabled
  output logic [15:0]          head_o,

  // Engine
  input  logic                 halt_i,         // after an error: fetch no more
  input  logic                 in_frame_i,     // a frame wants further descriptors, enabled or not
  input  logic                 busy_i,         // descriptors handed out are not all retired
  output logic                 running_o,      // new frames may start
  output logic                 desc_valid_o,
  output logic [63:0]          desc_lo_o,
  output logic [63:0]          desc_hi_o,
  output logic [15:0]          desc_index_o,
  input  logic                 desc_pop_i,
  output logic                 empty_o,        // nothing here, under way or to be fetched
  output logic                 failed_o,       // the descriptor wanted next could not be read
  output logic                 error_o,        // sticky: a fetch failed
  input  logic                 retire_i,       // the descriptor at the head is done
  output logic [63:0]          base_o,
  output logic [15:0]          size_o,         // descriptors in the ring
  output logic [15:0]          left_o,         // descriptors between head and tail

  // Bus
  output nic_pkg::dma_read_t   read_o,
  input  logic                 read_ready_i,
  input  nic_pkg::dma_beat_t   beat_i,

  output logic                 quiet_o
);

  typedef enum logic [1:0] {
    OFF,    // waits for enable and a usable ring
    ON,     // fetches ahead of need
    ENDING  // disabled: waits until fetches have returned and the engine is done
  } state_t;

  state_t      state_q, state_d;
  logic [63:0] base_q;
  logic [15:0] size_q, head_q, fetch_q, index_q;
  logic        head_pending_q;
  logic [15:0] head_pending_value_q;

  // Places: taken <= filled <= asked
  logic [63:0] lo_mem [64];
  logic [63:0] hi_mem [64];
  logic [6:0]  asked_q, filled_q, taken_q, reserved, fail_at_q;
  logic        failed_q;

  logic        read_valid_q;
  logic [63:0] read_addr_q;
  logic [4:0]  read_count_q;

  // ---- settings
  logic usable, tail_inside, idle;
  assign usable      = ring_i.bytes[19:4] != 16'd0 && ring_i.bytes[6:0] == 7'd0 && head_q < ring_i.bytes[19:4];
  assign tail_inside = ring_i.tail < size_q;
  assign idle        = !busy_i && !in_frame_i && !read_valid_q && asked_q == filled_q;

  always_comb begin
    state_d = state_q;
    case (state_q)
      OFF:     if (enable_i && usable && !head_write_i.valid) state_d = ON;
      ON:      if (!enable_i) state_d = ENDING;
      default: if (idle && !error_o) state_d = OFF;
    endcase
  end

  // ---- what to fetch next
  logic        fetch;
  logic [15:0] in_row;        // descriptors up to the tail or the ring's end
  logic [4:0]  to_boundary;   // descriptors up to the next 256-byte boundary
  logic [4:0]  count;
  logic [15:0] fetch_end;

  // A threshold in descriptors, or in cache lines of four
  function automatic logic [7:0] descriptors(input logic [5:0] threshold, input logic by_descriptor);
    descriptors = by_descriptor ? {2'd0, threshold} : {threshold, 2'd0};
  endfunction

  logic        eager, low_enough;
  logic [15:0] ahead;         // descriptors up to the tail
  assign ahead      = ring_i.tail >= fetch_q ? ring_i.tail - fetch_q : ring_i.tail + size_q - fetch_q;
  assign low_enough = {1'b0, reserved} < descriptors(thresholds_i.prefetch, thresholds_i.descriptors) &&
                      ahead >= {8'd0, descriptors(thresholds_i.host, thresholds_i.descriptors)};
  assign eager      = thresholds_i.prefetch == 6'd0 || reserved == 7'd0 || low_enough;

  assign reserved    = asked_q - taken_q;
  assign fetch       = (state_q == ON || (state_q == ENDING && in_frame_i)) && !halt_i && !failed_q && !read_valid_q &&
                       tail_inside && fetch_q != ring_i.tail && reserved <= 7'd48 && eager;
  assign in_row      = (ring_i.tail > fetch_q ? ring_i.tail : size_q) - fetch_q;
  assign to_boundary = 5'd16 - {1'b0, base_q[7:4] + fetch_q[3:0]};
  assign count       = in_row < {11'd0, to_boundary} ? in_row[4:0] : to_boundary;
  assign fetch_end   = fetch_q + {11'd0, count};

  // ---- state
  logic [15:0] head_next;
  logic        was_empty_slot;
  assign head_next      = head_q + 16'd1 == size_q ? 16'd0 : head_q + 16'd1;
  assign was_empty_slot = failed_q && taken_q == fail_at_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q        <= OFF;
      head_q         <= 16'd0;
      head_pending_q <= 1'b0;
      asked_q        <= 7'd0;
      filled_q       <= 7'd0;
      taken_q        <= 7'd0;
      failed_q       <= 1'b0;
      read_valid_q   <= 1'b0;
      size_q         <= 16'd0;
      fetch_q        <= 16'd0;
      index_q        <= 16'd0;
      base_q         <= 64'd0;
    end else begin
      state_q <= state_d;
      if (state_q == OFF) begin
        if (head_write_i.valid) head_q <= head_write_i.value;
        if (state_d == ON) begin
          base_q  <= {ring_i.base[63:4], 4'd0};
          size_q  <= ring_i.bytes[19:4];
          fetch_q <= head_q;
          index_q <= head_q;
        end
      end else if (head_write_i.valid && !enable_i) begin
        head_pending_q       <= 1'b1;  // until the descriptors in work have moved the head for the last time
        head_pending_value_q <= head_write_i.value;
      end

      if (fetch) begin
        read_valid_q <= 1'b1;
        read_addr_q  <= base_q + {44'd0, fetch_q, 4'd0};
        read_count_q <= count;
        asked_q      <= asked_q + {2'd0, count};
        fetch_q      <= fetch_end == size_q ? 16'd0 : fetch_end;
      end else if (read_ready_i) begin
        read_valid_q <= 1'b0;
      end

      if (beat_i.valid) begin
        lo_mem[filled_q[5:0]] <= beat_i.lo;
        hi_mem[filled_q[5:0]] <= beat_i.hi;
        filled_q              <= filled_q + 7'd1;
        if (beat_i.error && !failed_q) begin
          failed_q  <= 1'b1;
          fail_at_q <= filled_q;
        end
      end

      if (desc_pop_i) begin
        taken_q <= taken_q + 7'd1;
        index_q <= index_q + 16'd1 == size_q ? 16'd0 : index_q + 16'd1;
      end
      if (retire_i) head_q <= head_next;

      if (state_q == ENDING && state_d == OFF) begin
        asked_q  <= 7'd0;
        filled_q <= 7'd0;
        taken_q  <= 7'd0;
        if (head_write_i.valid) head_q <= head_write_i.value;
        else if (head_pending_q) head_q <= head_pending_value_q;
        head_pending_q <= 1'b0;
      end
    end
  end

  assign head_o       = head_q;
  assign base_o       = base_q;
  assign size_o       = size_q;
  assign left_o       = ring_i.tail >= head_q ? ring_i.tail - head_q : ring_i.tail + size_q - head_q;
  assign running_o    = state_q == ON && enable_i;
  assign desc_valid_o = filled_q != taken_q && !was_empty_slot;
  assign desc_lo_o    = lo_mem[taken_q[5:0]];
  assign desc_hi_o    = hi_mem[taken_q[5:0]];
  assign desc_index_o = index_q;
  assign empty_o      = state_q == OFF ? !usable : asked_q == taken_q && (!tail_inside || fetch_q == ring_i.tail);
  assign failed_o     = filled_q != taken_q && was_empty_slot;
  assign error_o      = failed_q;
  assign read_o       = {read_valid_q, read_addr_q, read_count_q, 4'd0};
  // A request that waits is the arbiter's to move
  assign quiet_o      = state_d == state_q && !fetch;

  logic unused;
  assign unused = &{1'b0, ring_i.base[3:0], beat_i.last, thresholds_i.write_back, thresholds_i.low};

  `ASSERT(PopsOnlyWhatIsThere, !desc_pop_i || desc_valid_o)
  `ASSERT(AnswersOnlyWhatWasAsked, !beat_i.valid || filled_q != asked_q)
  `ASSERT(HeadStaysInRing, state_q == OFF || head_q < size_q)
  `ASSERT(ARequestStaysUntilItIsTaken, !$past(rst_ni && read_valid_q && !read_ready_i) ||
                                       (read_valid_q && $stable(read_addr_q) && $stable(read_count_q)))
  `ASSERT(FetchStaysInRing, state_q == OFF || fetch_q < size_q)
  `ASSERT(NeverHoldsMoreThanItHasRoomFor, reserved <= 7'd64)

endmodule

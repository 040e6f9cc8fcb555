// What desc_ring promises, whatever software writes into base, length, head and tail, and whenever.
//
// - A fetch lies inside the ring that was taken up on enable, asks for 1 to 16 descriptors, and crosses no 256-byte
//   boundary; it starts where the one before ended, stops at the tail, and stands still until it is taken.
// - With PTHRESH, a fetch is made only with fewer than that on the card and HTHRESH in memory, or with an empty card.
// - A length of 0 or no multiple of 128, a head outside: no fetch at all. A tail outside: none while it is.
// - Descriptors are handed out in ring order, none twice and none left out, and each as the bus delivered it.
// - While software moves the tail only over descriptors that are its own, the card never holds more than one less than
//   the ring has: no descriptor has two owners.
// - The head stays inside the ring.
module desc_ring_proof (
  input logic clk_i
);

  logic rst_ni = 1'b0, ran_q = 1'b0;
  always_ff @(posedge clk_i) begin
    rst_ni <= 1'b1;
    ran_q  <= rst_ni;
  end

  // ---- anything may happen ...
  (* anyseq *) logic                 enable, halt, in_frame, more_busy, pop, retire, ready, answer, answer_error;
  (* anyseq *) nic_pkg::ring_t       ring;
  (* anyseq *) nic_pkg::head_write_t head_write;
  (* anyseq *) nic_pkg::thresholds_t thresholds;
  (* anyseq *) logic [63:0]          answer_lo, answer_hi;
  (* anyconst *) logic [4:0]         watched;  // a descriptor since reset, in the order of the answers

  nic_pkg::dma_read_t read;
  nic_pkg::dma_beat_t beat;
  logic               running, desc_valid, empty, failed, error, quiet, busy;
  logic [63:0]        desc_lo, desc_hi, base;
  logic [15:0]        desc_index, size, head, left;

  desc_ring u_desc_ring (
    .clk_i, .rst_ni, .enable_i(enable), .ring_i(ring), .thresholds_i(thresholds),
    .head_write_i(head_write), .head_o(head),
    .halt_i(halt), .in_frame_i(in_frame), .busy_i(busy), .running_o(running),
    .desc_valid_o(desc_valid), .desc_lo_o(desc_lo), .desc_hi_o(desc_hi), .desc_index_o(desc_index), .desc_pop_i(pop),
    .empty_o(empty), .failed_o(failed), .error_o(error), .retire_i(retire), .base_o(base), .size_o(size),
    .left_o(left), .read_o(read), .read_ready_i(ready), .beat_i(beat), .quiet_o(quiet)
  );

  // ---- inside the block: where a fetch was decided
  (* keep *) logic [1:0]  spy_state;
  (* keep *) logic [15:0] spy_fetch, spy_index;
  (* keep *) logic [6:0]  spy_asked, spy_filled, spy_taken;
  localparam logic [1:0] OFF = 2'd0;

  // ---- the bus: asked for and not answered; the engine: handed out and not retired
  logic [6:0] under_way_q = 7'd0, out_q = 7'd0;
  logic       taken;
  assign taken = read.valid && ready;
  assign beat  = {answer, 1'b0, answer_error, answer_lo, answer_hi};
  assign busy  = more_busy || out_q != 7'd0;

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      under_way_q <= under_way_q + (taken ? {2'd0, read.bytes[8:4]} : 7'd0) - {6'd0, answer};
      out_q       <= out_q + {6'd0, pop} - {6'd0, retire};
    end
  end

  // ... that the ports allow
  always_comb begin
    assume (!answer || under_way_q != 7'd0);
    assume (!pop || (desc_valid && out_q != 7'd64 && (running || in_frame)));
    assume (!retire || out_q != 7'd0);
    if (!rst_ni) assume (!answer && !pop && !retire);
  end

  // ---- the cycle before
  nic_pkg::dma_read_t read_q;
  nic_pkg::ring_t     ring_q;
  logic               ready_q, pop_q;
  logic [15:0]        size_q, index_q, head_q;
  logic [1:0]         state_q;
  nic_pkg::thresholds_t thresholds_q;
  logic [6:0]         on_card_q;
  logic [15:0]        ahead_q;  // descriptors from the next one to fetch to the tail
  always_ff @(posedge clk_i) begin
    {read_q, ring_q, ready_q, pop_q, size_q, index_q, state_q, head_q} <=
        {read, ring, ready, pop, size, desc_index, spy_state, head};
    thresholds_q <= thresholds;
    on_card_q    <= spy_asked - spy_taken;
    ahead_q      <= ring.tail >= spy_fetch ? ring.tail - spy_fetch : ring.tail + size - spy_fetch;
  end

  // A threshold counts descriptors, or cache lines of four
  logic [7:0] prefetch_below, host_at_least;
  assign prefetch_below = {2'd0, thresholds_q.prefetch} << (thresholds_q.descriptors ? 0 : 2);
  assign host_at_least  = {2'd0, thresholds_q.host} << (thresholds_q.descriptors ? 0 : 2);

  // ---- the descriptor after the last one asked for; the one to hand out next
  logic [15:0] next_q = 16'd0, next_out_q = 16'd0, first, count, last_end;
  logic [63:0] offset;
  logic        asks;       // a new fetch
  assign asks     = read.valid && (!read_q.valid || ready_q);
  assign offset   = read.addr - base;
  assign first    = offset[19:4];
  assign count    = {11'd0, read.bytes[8:4]};
  assign last_end = first + count;

  // Taken up on enable: state left OFF in the cycle before
  logic started;
  assign started = ran_q && state_q == OFF && spy_state != OFF;

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (started) next_out_q <= desc_index;
      if (asks) next_q <= last_end == size ? 16'd0 : last_end;
      else if (started) next_q <= head_q;
      if (pop) next_out_q <= desc_index + 16'd1 == size ? 16'd0 : desc_index + 16'd1;
    end
  end

  // ---- owners: descriptors the card has asked for and not retired. Lawful software moves the tail forward over its own
  // ones only, and writes neither head nor ring while the card runs
  logic [15:0] held_q = 16'd0, moved;
  logic        lawful_q = 1'b1, lawful;
  assign moved  = ring.tail >= ring_q.tail ? ring.tail - ring_q.tail : ring.tail + size - ring_q.tail;
  assign lawful = spy_state == OFF || started || (ring.tail < size && ring_q.tail < size &&
                  {1'b0, moved} + {1'b0, in_ring} < {1'b0, size});
  logic [15:0] in_ring;  // from the oldest descriptor held to the tail of the cycle before
  assign in_ring = ring_q.tail >= head ? ring_q.tail - head : ring_q.tail + size - head;

  always_ff @(posedge clk_i) begin
    if (rst_ni && ran_q) begin
      lawful_q <= lawful_q && lawful;
      held_q   <= (spy_state == OFF ? 16'd0 : held_q) + (asks ? count : 16'd0) - {15'd0, retire};
    end
  end

  // ---- the watched descriptor
  logic [4:0]  answered_q = 5'd0, handed_q = 5'd0;
  logic        known_q = 1'b0;
  logic [63:0] known_lo_q, known_hi_q;
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (answer) answered_q <= answered_q + 5'd1;
      if (answer && answered_q == watched && !known_q) {known_q, known_lo_q, known_hi_q} <= {1'b1, answer_lo, answer_hi};
      if (pop) handed_q <= handed_q + 5'd1;
      // dropped on disabling, with what software may rewrite meanwhile: the count goes on with the next answer
      if (ran_q && state_q != OFF && spy_state == OFF) handed_q <= answered_q;
    end
  end
`ifdef DATA
  always_comb assume (answered_q != 5'd31);
`endif

  always_ff @(posedge clk_i) begin
    if (rst_ni && ran_q) begin
      if (read.valid) begin
        FetchesLieInTheRing: assert (offset[3:0] == 4'd0 && offset[63:20] == 44'd0 && first < size && last_end <= size);
        FetchesAreOneToSixteen: assert (read.bytes[3:0] == 4'd0 && count != 16'd0 && count <= 16'd16);
        FetchesCrossNoBoundary: assert ({1'b0, read.addr[7:0]} + read.bytes <= 9'd256);
        ARingIsOn: assert (spy_state != OFF && size[2:0] == 3'd0 && size != 16'd0);
      end
      if (read_q.valid && !ready_q) begin
        FetchesStandStill: assert (read == read_q);
      end
      if (asks) begin
        FetchesFollowEachOther: assert (first == (started ? head_q : next_q));
        FetchesStopAtTheTail: assert (ring_q.tail < size && (ring_q.tail <= first || ring_q.tail >= last_end) &&
                                      ring_q.tail != first);
        FetchesWaitForTheThresholds: assert (thresholds_q.prefetch == 6'd0 || on_card_q == 7'd0 ||
                                             ({1'b0, on_card_q} < prefetch_below && ahead_q >= {8'd0, host_at_least}));
      end
      if (started) begin
        OnlyALawfulRingIsTakenUp: assert (ring_q.bytes[19:4] == size && ring_q.bytes[6:0] == 7'd0 && size != 16'd0 &&
                                          head_q < size && base == {ring_q.base[63:4], 4'd0});
        StartsAtTheHead: assert (desc_index == head_q && !desc_valid);
      end
      if (pop_q) begin
        HandsOutInOrder: assert (desc_index == (index_q + 16'd1 == size_q ? 16'd0 : index_q + 16'd1));
      end else begin
        HandsOutOnlyWhatIsTaken: assert (desc_index == index_q || started);
      end
      HeadStaysInside: assert (spy_state == OFF || head < size);

`ifdef DATA
      if (desc_valid && known_q && handed_q == watched && handed_q != answered_q) begin
        HandsOutWhatTheBusDelivered: assert (desc_lo == known_lo_q && desc_hi == known_hi_q);
      end
      NoDescriptorHasTwoOwners: assert (!lawful_q || !lawful || spy_state == OFF || held_q < size);
`endif
    end
  end

  // ---- what the induction needs to know besides
  always_ff @(posedge clk_i) begin
    ResetComesFirst: assert (ran_q ? rst_ni : out_q == 7'd0 && under_way_q == 7'd0 && next_q == 16'd0);
    if (rst_ni) begin
      AfterResetItIsOff: assert (ran_q || (spy_state == OFF && !read.valid));
      Pointers: assert (spy_state == OFF || (spy_fetch < size && spy_index < size && size[2:0] == 3'd0 &&
                                             base[3:0] == 4'd0));
      Places: assert (spy_state != 2'd3 && out_q <= 7'd64 && under_way_q <= 7'd64 &&
                      7'(spy_filled - spy_taken) <= 7'(spy_asked - spy_taken) && 7'(spy_asked - spy_taken) <= 7'd64);
      UnderWay: assert (7'(spy_asked - spy_filled) == under_way_q + (read.valid ? {2'd0, read.bytes[8:4]} : 7'd0));
      NothingInTheOffState: assert (spy_state != OFF || (spy_asked == spy_taken && spy_filled == spy_taken && !read.valid &&
                                                         out_q == 7'd0));
    end
    if (rst_ni && ran_q) begin
      SizeStays: assert (state_q == OFF || spy_state == OFF || size == size_q);
      NextIsWhatItFetches: assert (spy_state == OFF || spy_fetch == (asks ? (last_end == size ? 16'd0 : last_end) :
                                                                     started ? head_q : next_q));
    end
  end

  // Not vacuous
  always_ff @(posedge clk_i) begin
    if (rst_ni && ran_q) begin
      AFetchWraps: cover (asks && first == 16'd0 && next_q == 16'd0 && head != 16'd0);
      AFetchIsCutAtABoundary: cover (asks && read.addr[7:0] != 8'd0 && read.addr[7:0] + read.bytes[7:0] == 8'd0);
      ADescriptorIsRetired: cover (retire && head != 16'd0);
    end
  end

endmodule

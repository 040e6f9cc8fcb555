// What delay_timer promises, for every sequence of causes and settings and every step of the time base.
//
// - A cause that may wait is let out delay_i after the last one, at the latest absolute_i after the first that waits with
//   it: to the cycle where time goes on cycle by cycle, otherwise in the first cycle behind. Nothing is let out earlier.
// - Without a delay, on a flush and beside a cause that may not wait, it is let out at once; none is ever lost.
// - While quiet_o is up and no input moves, nothing moves before deadline_o.
//
// The time base has 12 bits and never goes round; delays are of up to 7 units (of 160 cycles).
module delay_timer_proof #(
  parameter int unsigned TIME_BITS = 12
) (
  input logic clk_i
);

  logic rst_ni = 1'b0, ran_q = 1'b0;
  always_ff @(posedge clk_i) begin
    rst_ni <= 1'b1;
    ran_q  <= rst_ni;
  end

  // ---- anything may happen; time goes forward, by jumps if it likes
  (* anyseq *) logic        cause, at_once, flush, choose;
  (* anyseq *) logic [2:0]           few, few_at_most;
  (* anyseq *) logic [TIME_BITS-1:0] now;

  logic                 due, expired, quiet;
  logic [TIME_BITS-1:0] deadline;
  logic [15:0]          delay, absolute;
  assign delay    = {13'd0, few};
  assign absolute = {13'd0, few_at_most};

  delay_timer #(.TIME_BITS(TIME_BITS)) u_delay_timer (
    .clk_i, .rst_ni, .now_i(now), .delay_i(delay), .absolute_i(absolute), .cause_i(cause), .at_once_i(at_once),
    .flush_i(flush), .due_o(due), .expired_o(expired), .deadline_o(deadline), .quiet_o(quiet)
  );

  logic [TIME_BITS-1:0] now_q, deadline_q;
  logic        due_q, quiet_q, idle_q;
  always_ff @(posedge clk_i) begin
    {now_q, deadline_q, due_q, quiet_q} <= {now, deadline, due, quiet};
    idle_q <= !cause && !at_once && !flush;
  end

  always_comb begin
    assume (!now[TIME_BITS-1]);
    if (rst_ni) assume (now > now_q);
  end

  function automatic logic [TIME_BITS-1:0] later(input logic [15:0] units);
    later = now + TIME_BITS'(160) * TIME_BITS'(units);
  endfunction

  // ---- what waits: since when silence has to last, and until when it may wait at all
  logic        waits_q = 1'b0, bounded_q = 1'b0, late_q = 1'b0;
  logic [TIME_BITS-1:0] silent_at_q, latest_q;
  logic        new_one, old_ones;
  assign new_one  = cause && delay != 16'd0 && !flush;
  assign old_ones = waits_q && !due;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      waits_q   <= 1'b0;
      bounded_q <= 1'b0;
      late_q    <= 1'b0;
    end else begin
      waits_q <= new_one || old_ones;
      if (new_one) begin
        silent_at_q <= later(delay);
        if (!old_ones) begin
          bounded_q <= absolute != 16'd0;
          latest_q  <= later(absolute);
        end
      end
      // The next cycle is the time, or behind it
      late_q <= old_ones && ((bounded_q && now + TIME_BITS'(1) >= latest_q) || (!new_one && now + TIME_BITS'(1) >= silent_at_q));
    end
  end

  // ---- any one cause that was the first to wait
  logic        chosen_q = 1'b0, chosen_bounded_q;
  logic [TIME_BITS-1:0] chosen_latest_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      chosen_q <= 1'b0;
    end else begin
      if (chosen_q && due) chosen_q <= 1'b0;
      if (new_one && choose && !old_ones) begin
        chosen_q         <= 1'b1;
        chosen_bounded_q <= absolute != 16'd0;
        chosen_latest_q  <= later(absolute);
      end
    end
  end

  // ---- inside the block, for the induction
  (* keep *) logic        spy_running, spy_expired;
  (* keep *) logic [TIME_BITS-1:0] spy_limit, spy_end;
  localparam logic [TIME_BITS-1:0] NEVER = {TIME_BITS{1'b1}};

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      DueInTimeAndNeverEarlier: assert (due == (late_q || at_once || (cause && delay == 16'd0) ||
                                                (flush && (waits_q || cause))));
      ExpiredMeansThatTimeIsOver: assert (expired == late_q);
      NoCauseIsLost: assert (!chosen_q || waits_q);
      NoCauseWaitsForever: assert (!chosen_q || !chosen_bounded_q || spy_end < chosen_latest_q);
      NothingIsDueWithoutACause: assert (!due || waits_q || cause || at_once);
      QuietMeansStill: assert (!ran_q || !(quiet_q && idle_q && now_q < deadline_q && !cause && !at_once && !flush) ||
                               {deadline, due, quiet} == {deadline_q, due_q, quiet_q});

      TheTimerIsWhatWaits: assert (spy_running == waits_q && spy_expired == late_q);
      TheLimitIsTheFirstOnes: assert (spy_limit == (waits_q && bounded_q ? latest_q - TIME_BITS'(1) : NEVER));
      TheEndIsTheEarlier: assert (spy_end == (!waits_q ? NEVER : bounded_q && latest_q < silent_at_q ? latest_q - TIME_BITS'(1) :
                                                                                                   silent_at_q - TIME_BITS'(1)));
      TheChosenOneIsAmongThem: assert (!chosen_q || !chosen_bounded_q || (bounded_q && latest_q <= chosen_latest_q));
      TimesAreAhead: assert (!waits_q || (silent_at_q != TIME_BITS'(0) && silent_at_q < TIME_BITS'(3500) &&
                               (!bounded_q || (latest_q != TIME_BITS'(0) && latest_q < TIME_BITS'(3500)))));
    end
  end

  // Not vacuous
  always_ff @(posedge clk_i) begin
    if (rst_ni && ran_q) begin
      SilenceEnds: cover (due && idle_q && !at_once && !flush && !cause && bounded_q && silent_at_q < latest_q);
      TheLimitCutsIn: cover (due && !at_once && !flush && !cause && waits_q && bounded_q && latest_q < silent_at_q);
      TheNextOneWaitsOn: cover (due_q && waits_q && bounded_q && !due);
    end
  end

endmodule

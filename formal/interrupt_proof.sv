// What the interrupt block promises, for every sequence of causes, register accesses and steps of the time base.
//
// - A cause that comes is in ICR one cycle later, also when software reads or clears ICR in that very cycle; only
//   software takes it out again.
// - An unmasked cause is on the line at once, unless the line rose less than ITR ago; then when that time is over.
//   The line never rises earlier, and is never up without an unmasked cause.
// - A frame whose RXT0 is delayed is told of RDTR after the last frame, and RADV after the first, at the latest.
// - While quiet_o is up and no input moves, nothing moves before next_deadline_o.
module interrupt_proof (
  input logic clk_i
);

  logic rst_ni = 1'b0, ran_q = 1'b0;  // out of reset a cycle ago
  always_ff @(posedge clk_i) begin
    rst_ni <= 1'b1;
    ran_q  <= rst_ni;
  end

  // ---- anything may happen; time goes forward, by jumps if it likes
  (* anyseq *) nic_pkg::causes_t     causes;
  (* anyseq *) logic                 icr_read, icr_write, ics_write, ims_write, imc_write;
  (* anyseq *) logic [31:0]          wdata, rx_tag;
  (* anyseq *) nic_pkg::moderation_t moderation;
  (* anyseq *) logic [63:0]          now;

  logic [31:0]     icr, ims;
  logic            intr, quiet;
  logic [63:0]     deadline;
  nic_pkg::event_t told;

  interrupt u_interrupt (
    .clk_i, .rst_ni, .now_i(now), .causes_i(causes), .last_rx_tag_i(rx_tag),
    .icr_read_i(icr_read), .icr_write_i(icr_write), .ics_write_i(ics_write), .ims_write_i(ims_write),
    .imc_write_i(imc_write), .wdata_i(wdata), .moderation_i(moderation), .icr_o(icr), .ims_o(ims),
    .intr_o(intr), .next_deadline_o(deadline), .event_o(told), .quiet_o(quiet)
  );

  // ---- the cycle before
  nic_pkg::causes_t     causes_q;
  logic                 icr_read_q, icr_write_q, ics_write_q, ims_write_q, imc_write_q, intr_q, quiet_q;
  logic [31:0]          wdata_q, icr_q, ims_q;
  nic_pkg::moderation_t moderation_q;
  logic [63:0]          now_q, deadline_q;
  nic_pkg::event_t      told_q;

  always_ff @(posedge clk_i) begin
    causes_q     <= causes;
    {icr_read_q, icr_write_q, ics_write_q, ims_write_q, imc_write_q} <=
        {icr_read, icr_write, ics_write, ims_write, imc_write};
    wdata_q      <= wdata;
    moderation_q <= moderation;
    now_q        <= now;
    {icr_q, ims_q, intr_q, deadline_q, quiet_q, told_q} <= {icr, ims, intr, deadline, quiet, told};
  end

  always_comb begin
    assume (now < 64'h1000_0000_0000_0000);
    if (rst_ni) assume (now > now_q);
  end

  // ---- causes: positions in ICR as in the manual, 13.4.17; RXT0 here only when it is not delayed
  logic [31:0] came;
  always_comb begin
    came     = 32'd0;
    came[0]  = causes_q.txdw;
    came[1]  = causes_q.txqe;
    came[2]  = causes_q.lsc;
    came[3]  = causes_q.rxseq;
    came[4]  = causes_q.rxdmt0;
    came[6]  = causes_q.rxo;
    came[7]  = causes_q.rxt0 && moderation_q.rdtr == 16'd0;
    came[9]  = causes_q.mdac;
    came[15] = causes_q.txd_low;
    if (ics_write_q) came = came | (wdata_q & nic_regs_pkg::ICS_WMASK);
  end

  localparam logic [31:0] TIMED = 32'h0000_0081;  // RXT0 and TXDW may come from a timer as well

  // ---- line: when it rose last, and until when it has to stay low after falling
  logic        rose;
  logic        held_d, held_q = 1'b0;
  logic [63:0] until_d, until_q;
  assign rose = intr && !intr_q;

  always_comb begin
    held_d  = held_q && moderation_q.itr != 16'd0 && now_q < until_q;
    until_d = until_q;
    if (rose) begin
      held_d  = moderation_q.itr != 16'd0;
      until_d = now_q + 64'd40 * {48'd0, moderation_q.itr};
    end
  end
  always_ff @(posedge clk_i) begin
    held_q  <= rst_ni && ran_q && held_d;
    until_q <= until_d;
  end

  // ---- a frame whose RXT0 is delayed: until when it has to be told of, as long as RDTR and RADV stay as they are.
  // overdue_q: the time came two cycles ago, one to see that and one to set the bit
  logic        delayed_q = 1'b0, bounded_q = 1'b0, due_q = 1'b0, overdue_q = 1'b0, fixed_q = 1'b1;
  logic [63:0] silent_at_q, latest_at_q;
  always_ff @(posedge clk_i) begin
    if (rst_ni && {moderation.rdtr, moderation.radv} != {moderation_q.rdtr, moderation_q.radv} && ran_q) fixed_q <= 1'b0;
    overdue_q <= rst_ni && due_q;
    due_q <= rst_ni && delayed_q && !icr[7] && (now >= silent_at_q || (bounded_q && now >= latest_at_q));
    if (delayed_q && icr[7]) begin
      delayed_q <= 1'b0;
      bounded_q <= 1'b0;
    end
    if (rst_ni && causes.rxt0 && moderation.rdtr != 16'd0) begin
      delayed_q   <= 1'b1;
      silent_at_q <= now + 64'd160 * {48'd0, moderation.rdtr};
      if (moderation.radv != 16'd0 && (!bounded_q || icr[7])) begin
        bounded_q   <= 1'b1;
        latest_at_q <= now + 64'd160 * {48'd0, moderation.radv};
      end
    end
  end

  // ---- inside the block, for the induction: the timers are where the lines above say. The proof's script connects these
  (* keep *) logic        spy_throttle, spy_silence, spy_absolute, spy_expired;
  (* keep *) logic [63:0] spy_throttle_end, spy_silence_end, spy_absolute_end;

  // ---- inputs that do nothing, now and in the cycle before
  logic still;
  assign still = causes_q == '0 && !icr_read_q && !icr_write_q && !ics_write_q && !ims_write_q && !imc_write_q &&
                 causes == '0 && !icr_read && !icr_write && !ics_write && !ims_write && !imc_write &&
                 moderation == moderation_q && !moderation.rx_flush && !moderation.tx_flush;

  always_ff @(posedge clk_i) begin
    if (rst_ni && ran_q) begin
      NoCauseIsLost: assert ((icr & came) == came);
      OnlySoftwareClears: assert (icr_read_q || (icr_q & ~icr & (icr_write_q ? ~wdata_q : 32'hffff_ffff)) == 32'd0);
      AReadClearsAllElse: assert (!icr_read_q || (icr & ~came & ~TIMED) == 32'd0);
      MaskIsSetAndCleared: assert (ims == (imc_write_q ? ims_q & ~wdata_q :
                                           ims_write_q ? ims_q | (wdata_q & nic_regs_pkg::IMS_WMASK) : ims_q));

      AnUnmaskedCauseReachesTheLine: assert ((icr & ims) == 32'd0 || intr || held_q);
      TheLineFallsWithTheLastCause: assert (!intr || (icr & ims) != 32'd0);
      TheLineRisesNoMoreOftenThanItrAllows: assert (!rose || !held_q);
      EveryEdgeIsReported: assert (told.valid == (intr != intr_q));

      QuietMeansStill: assert (!(quiet_q && still && now_q < deadline_q) ||
                               {icr, ims, intr, deadline, quiet, told} == {icr_q, ims_q, intr_q, deadline_q, quiet_q, told_q});
    end
    if (rst_ni) begin
      ThrottleIsTheTimeSinceTheRise: assert (!ran_q || (spy_throttle == held_d &&
                                                        (!held_d || spy_throttle_end == until_d)));
      DelayTimersRun: assert (!fixed_q || !delayed_q || icr[7] || spy_expired ||
                              (spy_silence && spy_silence_end <= silent_at_q &&
                               (!bounded_q || (spy_absolute && spy_absolute_end <= latest_at_q))));
      FirstFrameIsBounded: assert (!ran_q || !fixed_q || ((delayed_q ? bounded_q == (moderation_q.radv != 16'd0) : !bounded_q) &&
          (!spy_absolute || spy_absolute_end <= now_q + 64'd160 * {48'd0, moderation_q.radv})));
      ADelayedFrameIsToldInTime: assert (!fixed_q || !delayed_q || !due_q || !overdue_q || icr[7]);
    end
  end

  // Not vacuous
  logic fell_q = 1'b0, held_back_q = 1'b0;
  always_ff @(posedge clk_i) begin
    if (intr_q && !intr && ran_q) fell_q <= 1'b1;
    if (fell_q && held_q && (icr & ims) != 32'd0) held_back_q <= 1'b1;
    if (rst_ni) begin
      AReadMeetsACause: cover (ran_q && icr_read_q && icr_q != 32'd0 && icr[4] && causes_q.rxdmt0);
      HeldBackAndThenRaised: cover (held_back_q && rose);
      ADelayedFrameIsTold: cover (ran_q && delayed_q && bounded_q && icr[7] && !icr_q[7] && !causes_q.rxt0 && !ics_write_q);
    end
  end

endmodule

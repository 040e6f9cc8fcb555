// What the interrupt block promises, for every sequence of causes, register accesses and steps of the time base.
//
// - A cause that comes is in ICR one cycle later, also when software reads or clears ICR in that very cycle; only
//   software takes it out again.
// - An unmasked cause is on the line at once, unless the line rose less than ITR ago; then when that time is over.
//   The line never rises earlier, and is never up without an unmasked cause.
// - RXT0 follows when the timer of RDTR and RADV says so, TXDW when that of TIDV and TADV does; every frame or descriptor
//   that has to wait starts its timer, with its settings. When a timer says so is delay_timer's proof.
// - While quiet_o is up and no input moves, nothing moves before next_deadline_o.
//
// The time base has 12 bits and never goes round; ITR and the delays are of up to 7 units.
module interrupt_proof #(
  parameter int unsigned TIME_BITS = 12
) (
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
  (* anyseq *) logic                 rx_flush, tx_flush;
  (* anyseq *) logic [2:0]           few_itr, few_rx, few_rx_at_most, few_tx, few_tx_at_most;
  (* anyseq *) logic [TIME_BITS-1:0] now;

  logic [15:0]     itr;
  nic_pkg::delay_t rx_delay, tx_delay;
  assign itr               = {13'd0, few_itr};
  assign rx_delay.delay    = {13'd0, few_rx};
  assign rx_delay.absolute = {13'd0, few_rx_at_most};
  assign tx_delay.delay    = {13'd0, few_tx};
  assign tx_delay.absolute = {13'd0, few_tx_at_most};

  logic [31:0]     icr, ims;
  logic            intr, quiet, tx_expired;
  logic [TIME_BITS-1:0]     deadline;
  nic_pkg::event_t told;

  interrupt #(.TIME_BITS(TIME_BITS)) u_interrupt (
    .clk_i, .rst_ni, .now_i(now), .causes_i(causes), .last_rx_tag_i(rx_tag),
    .icr_read_i(icr_read), .icr_write_i(icr_write), .ics_write_i(ics_write), .ims_write_i(ims_write),
    .imc_write_i(imc_write), .wdata_i(wdata), .itr_i(itr), .rx_delay_i(rx_delay), .rx_flush_i(rx_flush),
    .tx_delay_i(tx_delay), .tx_flush_i(tx_flush), .icr_o(icr), .ims_o(ims),
    .tx_expired_o(tx_expired),
    .intr_o(intr), .next_deadline_o(deadline), .event_o(told), .quiet_o(quiet)
  );

  // ---- the cycle before
  nic_pkg::causes_t     causes_q;
  logic                 icr_read_q, icr_write_q, ics_write_q, ims_write_q, imc_write_q, intr_q, quiet_q, rx_flush_q, tx_flush_q;
  logic [31:0]          wdata_q, icr_q, ims_q;
  logic [15:0]          itr_q;
  nic_pkg::delay_t      rx_delay_q, tx_delay_q;
  logic [TIME_BITS-1:0]          now_q, deadline_q;
  nic_pkg::event_t      told_q;

  always_ff @(posedge clk_i) begin
    causes_q     <= causes;
    {icr_read_q, icr_write_q, ics_write_q, ims_write_q, imc_write_q} <=
        {icr_read, icr_write, ics_write, ims_write, imc_write};
    wdata_q      <= wdata;
    {itr_q, rx_delay_q, tx_delay_q, rx_flush_q, tx_flush_q} <= {itr, rx_delay, tx_delay, rx_flush, tx_flush};
    now_q        <= now;
    {icr_q, ims_q, intr_q, deadline_q, quiet_q, told_q} <= {icr, ims, intr, deadline, quiet, told};
  end

  always_comb begin
    assume (!now[TIME_BITS-1]);
    if (rst_ni) assume (now > now_q);
  end

  // ---- inside the block, for the induction. The proof's script connects these
  (* keep *) logic        spy_throttle, spy_u_rx_delay__running, spy_u_rx_delay__expired, spy_u_tx_delay__running,
                          spy_u_tx_delay__expired;
  (* keep *) logic [TIME_BITS-1:0] spy_throttle_end, spy_u_rx_delay__end, spy_u_tx_delay__end;

  // The timers let something out in the cycle before
  logic rx_ran_q, rx_due_q, tx_ran_q, tx_due_q;
  always_ff @(posedge clk_i) begin
    rx_ran_q <= spy_u_rx_delay__running;
    rx_due_q <= spy_u_rx_delay__expired;
    tx_ran_q <= spy_u_tx_delay__running;
    tx_due_q <= spy_u_tx_delay__expired;
  end

  // ---- causes: positions in ICR as in the manual, 13.4.17
  logic [31:0] came;
  always_comb begin
    came     = 32'd0;
    came[0]  = causes_q.txdw || tx_due_q || (causes_q.txdw_delayed && tx_delay_q.delay == 16'd0) ||
               (tx_flush_q && (tx_ran_q || causes_q.txdw_delayed));
    came[1]  = causes_q.txqe;
    came[2]  = causes_q.lsc;
    came[3]  = causes_q.rxseq;
    came[4]  = causes_q.rxdmt0;
    came[6]  = causes_q.rxo;
    came[7]  = rx_due_q || (causes_q.rxt0 && rx_delay_q.delay == 16'd0) || (rx_flush_q && (rx_ran_q || causes_q.rxt0));
    came[9]  = causes_q.mdac;
    came[15] = causes_q.txd_low;
    if (ics_write_q) came = came | (wdata_q & nic_regs_pkg::ICS_WMASK);
  end

  // ---- line: when it rose last, and until when it has to stay low after falling
  logic        rose;
  logic        held_d, held_q = 1'b0;
  logic [TIME_BITS-1:0] until_d, until_q, next_rise_q;
  logic        spaced_q = 1'b0;  // throttling was not switched off since
  assign rose = intr && !intr_q;

  always_comb begin
    held_d  = held_q && itr_q != 16'd0 && now_q < until_q;
    until_d = until_q;
    if (rose) begin
      held_d  = itr_q != 16'd0;
      until_d = now_q + TIME_BITS'(40) * TIME_BITS'(itr_q) - TIME_BITS'(1);  // it may rise in the cycle behind
    end
  end
  always_ff @(posedge clk_i) begin
    held_q  <= rst_ni && ran_q && held_d;
    until_q <= until_d;
    spaced_q <= rst_ni && ran_q && itr_q != 16'd0 && (rose || spaced_q);
    if (rose) next_rise_q <= now_q + TIME_BITS'(40) * TIME_BITS'(itr_q);
  end

  // ---- inputs that do nothing, now and in the cycle before
  logic still;
  assign still = causes_q == '0 && !icr_read_q && !icr_write_q && !ics_write_q && !ims_write_q && !imc_write_q &&
                 !rx_flush_q && !tx_flush_q && causes == '0 && !icr_read && !icr_write && !ics_write && !ims_write && !imc_write &&
                 !rx_flush && !tx_flush && {itr, rx_delay, tx_delay} == {itr_q, rx_delay_q, tx_delay_q};

  always_ff @(posedge clk_i) begin
    if (rst_ni && ran_q) begin
      NoCauseIsLost: assert ((icr & came) == came);
      OnlySoftwareClears: assert (icr_read_q || (icr_q & ~icr & (icr_write_q ? ~wdata_q : 32'hffff_ffff)) == 32'd0);
      AReadClearsAllElse: assert (!icr_read_q || (icr & ~came) == 32'd0);
      MaskIsSetAndCleared: assert (ims == (imc_write_q ? ims_q & ~wdata_q :
                                           ims_write_q ? ims_q | (wdata_q & nic_regs_pkg::IMS_WMASK) : ims_q));

      AnUnmaskedCauseReachesTheLine: assert ((icr & ims) == 32'd0 || intr || held_q);
      TheLineFallsWithTheLastCause: assert (!intr || (icr & ims) != 32'd0);
      TheLineRisesNoMoreOftenThanItrAllows: assert (!rose || (!held_q && (!spaced_q || now_q >= next_rise_q)));
      EveryEdgeIsReported: assert (told.valid == (intr != intr_q));

      QuietMeansStill: assert (!(quiet_q && still && now_q < deadline_q) ||
                               {icr, ims, intr, deadline, quiet, told} == {icr_q, ims_q, intr_q, deadline_q, quiet_q, told_q});
    end
    if (rst_ni) begin
      ThrottleIsTheTimeSinceTheRise: assert (!ran_q || (spy_throttle == held_d &&
                                                        (!held_d || spy_throttle_end == until_d)));
      ThrottlingLastsItr: assert (!ran_q || held_q || !spaced_q || now_q >= next_rise_q);
      TheNextRiseIsBehind: assert (!held_q || !spaced_q || (next_rise_q == until_q + TIME_BITS'(1) && next_rise_q < TIME_BITS'(3500)));
      ADelayedFrameStartsItsTimer: assert (!ran_q || !causes_q.rxt0 || rx_delay_q.delay == 16'd0 || rx_flush_q ||
          (spy_u_rx_delay__running && spy_u_rx_delay__end < now_q + TIME_BITS'(160) * TIME_BITS'(rx_delay_q.delay) &&
           (rx_ran_q || rx_delay_q.absolute == 16'd0 ||
            spy_u_rx_delay__end < now_q + TIME_BITS'(160) * TIME_BITS'(rx_delay_q.absolute))));
      ADelayedDescriptorStartsItsTimer: assert (!ran_q || !causes_q.txdw_delayed || tx_delay_q.delay == 16'd0 || tx_flush_q ||
          (spy_u_tx_delay__running && spy_u_tx_delay__end < now_q + TIME_BITS'(160) * TIME_BITS'(tx_delay_q.delay) &&
           (tx_ran_q || tx_delay_q.absolute == 16'd0 ||
            spy_u_tx_delay__end < now_q + TIME_BITS'(160) * TIME_BITS'(tx_delay_q.absolute))));
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
      ADelayedFrameIsTold: cover (ran_q && rx_due_q && icr[7] && !icr_q[7] && !causes_q.rxt0 && !ics_write_q);
      ADelayedDescriptorIsTold: cover (ran_q && tx_due_q && icr[0] && !icr_q[0] && !causes_q.txdw && !ics_write_q);
    end
  end

endmodule

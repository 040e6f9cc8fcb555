// Collects interrupt causes, masks them, and raises the line no more often than software allows.
//
// ICR, ICS, IMS and IMC (manual, sections 13.4.17 to 13.4.21), interrupt throttling (ITR, 13.4.18) and the receive
// delay timers (RDTR, RADV, 13.4.30 and 13.4.31). A timer is a deadline in cycles: nothing counts while it runs, so
// idle time can be jumped over up to next_deadline_o.
`include "assert.svh"

module interrupt (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic [63:0]            now_i,

  // From the blocks: one strobe per event
  input  nic_pkg::causes_t       causes_i,
  input  logic [31:0]            last_rx_tag_i,  // last frame written back

  // From the register file: strobes; wdata_i goes with the writes
  input  logic                   icr_read_i,
  input  logic                   icr_write_i,
  input  logic                   ics_write_i,
  input  logic                   ims_write_i,
  input  logic                   imc_write_i,
  input  logic [31:0]            wdata_i,
  input  nic_pkg::moderation_t   moderation_i,
  output logic [31:0]            icr_o,
  output logic [31:0]            ims_o,

  // To the host
  output logic                   intr_o,         // level

  // To the simulation
  output logic [63:0]            next_deadline_o,
  output nic_pkg::event_t        event_o,
  output logic                   quiet_o
);

  localparam logic [63:0] NEVER = 64'hffff_ffff_ffff_ffff;

  // ITR counts 256 ns and the delay timers 1.024 us; the clock has 6.4 ns.
  function automatic logic [63:0] cycles_256ns(input logic [15:0] units);
    cycles_256ns = 64'd40 * {48'd0, units};
  endfunction
  function automatic logic [63:0] cycles_1024ns(input logic [15:0] units);
    cycles_1024ns = 64'd160 * {48'd0, units};
  endfunction

  function automatic logic [63:0] earlier(input logic [63:0] a, input logic [63:0] b);
    earlier = a < b ? a : b;
  endfunction

  // ---- receive delay: RXT0 at once, or when the wire has been silent for RDTR, at the latest RADV after the first frame
  logic        silence_q, absolute_q;              // timer is running
  logic [63:0] silence_end_q, absolute_end_q;      // NEVER unless running
  logic        expired_q;                          // one of them has ended; RXT0 follows
  logic        delayed, rxt0;

  assign delayed = moderation_i.rdtr != 16'd0;
  assign rxt0    = (causes_i.rxt0 && !delayed) || expired_q || (moderation_i.rx_flush && (silence_q || causes_i.rxt0));

  always_ff @(posedge clk_i) begin
    expired_q <= 1'b0;
    if (!rst_ni || rxt0) begin
      silence_q      <= 1'b0;
      absolute_q     <= 1'b0;
      silence_end_q  <= NEVER;
      absolute_end_q <= NEVER;
    end else if ((silence_q && now_i >= silence_end_q) || (absolute_q && now_i >= absolute_end_q)) begin
      expired_q <= 1'b1;
    end
    // A frame in the very cycle of RXT0 belongs to the next interrupt: its descriptor may be seen later.
    if (rst_ni && causes_i.rxt0 && delayed && !moderation_i.rx_flush) begin
      silence_q     <= 1'b1;
      silence_end_q <= now_i + cycles_1024ns(moderation_i.rdtr);
      if (moderation_i.radv != 16'd0 && (!absolute_q || rxt0)) begin
        absolute_q     <= 1'b1;
        absolute_end_q <= now_i + cycles_1024ns(moderation_i.radv);
      end
    end
  end

  // ---- transmit delay: nothing is delayed yet
  logic txdw_late, unused;
  assign txdw_late = causes_i.txdw_delayed;
  assign unused    = &{1'b0, moderation_i.tidv, moderation_i.tadv, moderation_i.tx_flush};

  // ---- causes and mask. A cause that comes while software clears it stays: it is newer than what software has seen
  logic [31:0] icr_q, icr_d, ims_q, ims_d, arriving;

  always_comb begin
    arriving = 32'd0;
    arriving[nic_regs_pkg::ICR_TXDW_LSB]    = causes_i.txdw || txdw_late;
    arriving[nic_regs_pkg::ICR_TXQE_LSB]    = causes_i.txqe;
    arriving[nic_regs_pkg::ICR_LSC_LSB]     = causes_i.lsc;
    arriving[nic_regs_pkg::ICR_RXSEQ_LSB]   = causes_i.rxseq;
    arriving[nic_regs_pkg::ICR_RXDMT0_LSB]  = causes_i.rxdmt0;
    arriving[nic_regs_pkg::ICR_RXO_LSB]     = causes_i.rxo;
    arriving[nic_regs_pkg::ICR_RXT0_LSB]    = rxt0;
    arriving[nic_regs_pkg::ICR_MDAC_LSB]    = causes_i.mdac;
    arriving[nic_regs_pkg::ICR_TXD_LOW_LSB] = causes_i.txd_low;
    if (ics_write_i) arriving = arriving | (wdata_i & nic_regs_pkg::ICS_WMASK);

    icr_d = icr_q;
    if (icr_read_i)  icr_d = 32'd0;
    if (icr_write_i) icr_d = icr_d & ~wdata_i;
    icr_d = icr_d | arriving;

    ims_d = ims_q;
    if (ims_write_i) ims_d = ims_q | (wdata_i & nic_regs_pkg::IMS_WMASK);
    if (imc_write_i) ims_d = ims_q & ~wdata_i;
  end

  // ---- line. It falls as soon as nothing unmasked is left, and rises again only ITR after its last rise
  logic        pending_d, rise, fall, intr_q, throttle_q;
  logic [63:0] throttle_end_q;  // NEVER unless throttle_q
  nic_pkg::event_t event_q;

  assign pending_d = (icr_d & ims_d) != 32'd0;
  assign rise      = pending_d && !intr_q && !throttle_q;
  assign fall      = !pending_d && intr_q;

  always_ff @(posedge clk_i) begin
    event_q.valid <= 1'b0;
    if (!rst_ni) begin
      icr_q          <= 32'd0;
      ims_q          <= 32'd0;
      intr_q         <= 1'b0;
      throttle_q     <= 1'b0;
      throttle_end_q <= NEVER;
      event_q.kind   <= 4'd0;
      event_q.tag    <= 32'd0;
    end else begin
      icr_q <= icr_d;
      ims_q <= ims_d;
      if (throttle_q && (now_i >= throttle_end_q || moderation_i.itr == 16'd0)) begin
        throttle_q     <= 1'b0;
        throttle_end_q <= NEVER;
      end
      if (rise) begin
        intr_q <= 1'b1;
        if (moderation_i.itr != 16'd0) begin
          throttle_q     <= 1'b1;
          throttle_end_q <= now_i + cycles_256ns(moderation_i.itr);
        end
      end
      if (fall) intr_q <= 1'b0;
      if (rise || fall) begin
        event_q.valid <= 1'b1;
        event_q.kind  <= rise ? nic_pkg::INTR_EV_RAISED : nic_pkg::INTR_EV_LOWERED;
        event_q.tag   <= last_rx_tag_i;
      end
    end
  end

  assign icr_o   = icr_q;
  assign ims_o   = ims_q;
  assign intr_o  = intr_q;
  assign event_o = event_q;

  assign next_deadline_o = earlier(throttle_end_q, earlier(silence_end_q, absolute_end_q));
  assign quiet_o = !event_q.valid && !expired_q && !rise && !fall && icr_d == icr_q && ims_d == ims_q &&
                   !(throttle_q && moderation_i.itr == 16'd0);

  `ASSERT(LineOnlyWithAnUnmaskedCause, !intr_q || (icr_q & ims_q) != 32'd0)
  `ASSERT(DeadlinesOnlyOfRunningTimers, (throttle_q || throttle_end_q == NEVER) &&
          (silence_q || silence_end_q == NEVER) && (absolute_q || absolute_end_q == NEVER))
  `ASSERT(CausesExist, (icr_q & ~nic_regs_pkg::ICR_WMASK) == 32'd0)

endmodule

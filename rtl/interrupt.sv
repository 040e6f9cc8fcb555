// Collects interrupt causes, masks them, and raises the line no more often than software allows.
//
// ICR, ICS, IMS and IMC (manual, sections 13.4.17 to 13.4.21), interrupt throttling (ITR, 13.4.18) and the delays of
// RXT0 (RDTR, RADV, 13.4.30 and 13.4.31) and TXDW (TIDV, TADV, 13.4.41 and 13.4.44). A timer is a deadline in cycles:
// nothing counts while it runs, so idle time can be jumped over up to next_deadline_o.
`include "assert.svh"

module interrupt #(
  parameter int unsigned TIME_BITS = 64  // fewer only where a proof is to end
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic [TIME_BITS-1:0]   now_i,

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
  input  logic [15:0]            itr_i,          // in 256 ns; 0: off
  input  nic_pkg::delay_t        rx_delay_i,
  input  logic                   rx_flush_i,     // strobe: RDTR.FPD
  input  nic_pkg::delay_t        tx_delay_i,
  input  logic                   tx_flush_i,     // strobe: TIDV.FPD
  output logic [31:0]            icr_o,
  output logic [31:0]            ims_o,
  output logic                   tx_expired_o,   // strobe: TIDV or TADV is over, so no write-back waits any longer

  // To the host
  output logic                   intr_o,         // level

  // To the simulation
  output logic [TIME_BITS-1:0]   next_deadline_o,
  output nic_pkg::event_t        event_o,
  output logic                   quiet_o
);

  localparam logic [TIME_BITS-1:0] NEVER = {TIME_BITS{1'b1}};

  function automatic logic [TIME_BITS-1:0] earlier(input logic [TIME_BITS-1:0] a, input logic [TIME_BITS-1:0] b);
    earlier = a < b ? a : b;
  endfunction

  // ---- delays: RXT0 by RDTR and RADV; TXDW by TIDV and TADV, for descriptors that ask for it (IDE)
  logic                 rxt0, rx_expired, txdw, quiet_rx_delay, quiet_tx_delay;
  logic [TIME_BITS-1:0] rx_deadline, tx_deadline;

  delay_timer #(.TIME_BITS(TIME_BITS)) u_rx_delay (
    .clk_i, .rst_ni, .now_i, .delay_i(rx_delay_i.delay), .absolute_i(rx_delay_i.absolute),
    .cause_i(causes_i.rxt0), .at_once_i(1'b0), .flush_i(rx_flush_i),
    .due_o(rxt0), .expired_o(rx_expired), .deadline_o(rx_deadline), .quiet_o(quiet_rx_delay)
  );

  delay_timer #(.TIME_BITS(TIME_BITS)) u_tx_delay (
    .clk_i, .rst_ni, .now_i, .delay_i(tx_delay_i.delay), .absolute_i(tx_delay_i.absolute),
    .cause_i(causes_i.txdw_delayed), .at_once_i(causes_i.txdw), .flush_i(tx_flush_i),
    .due_o(txdw), .expired_o(tx_expired_o), .deadline_o(tx_deadline), .quiet_o(quiet_tx_delay)
  );

  // ---- causes and mask. A cause that comes while software clears it stays: it is newer than what software has seen
  logic [31:0] icr_q, icr_d, ims_q, ims_d, arriving;

  always_comb begin
    arriving = 32'd0;
    arriving[nic_regs_pkg::ICR_TXDW_LSB]    = txdw;
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
  logic                 pending_d, rise, fall, intr_q, throttle_q;
  logic [TIME_BITS-1:0] throttle_end_q;  // NEVER unless throttle_q
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
      if (throttle_q && (now_i >= throttle_end_q || itr_i == 16'd0)) begin
        throttle_q     <= 1'b0;
        throttle_end_q <= NEVER;
      end
      if (rise) begin
        intr_q <= 1'b1;
        if (itr_i != 16'd0) begin
          throttle_q     <= 1'b1;
          throttle_end_q <= now_i + TIME_BITS'(40) * TIME_BITS'(itr_i) - TIME_BITS'(1);  // 256 ns are 40 cycles
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

  assign next_deadline_o = earlier(throttle_end_q, earlier(rx_deadline, tx_deadline));
  assign quiet_o = !event_q.valid && quiet_rx_delay && quiet_tx_delay && !rise && !fall && icr_d == icr_q && ims_d == ims_q &&
                   !(throttle_q && itr_i == 16'd0);

  // Received frames never wait for others that are still to come (rx_dma)
  logic unused;
  assign unused = rx_expired;

  `ASSERT(NoCauseIsLost, !$past(rst_ni) || ($past(arriving) & ~icr_q) == 32'd0)
  `ASSERT(AtRestNoInterruptIsForgotten, !quiet_o || (icr_q & ims_q) == 32'd0 || intr_q || throttle_q)
  `ASSERT(LineOnlyWithAnUnmaskedCause, !intr_q || (icr_q & ims_q) != 32'd0)
  `ASSERT(ThrottleEndsOnlyWhileItRuns, throttle_q || throttle_end_q == NEVER)
  `ASSERT(CausesExist, (icr_q & ~nic_regs_pkg::ICR_WMASK) == 32'd0)

endmodule

// Delays an interrupt cause, so that one interrupt stands for several descriptors: RDTR and RADV, TIDV and TADV.
//
// The cause follows when none has come for delay_i, at the latest absolute_i after the first, both in 1.024 us (160
// cycles), to the cycle. Whatever lets the cause out takes all that waits with it. Nothing counts while a delay runs:
// it is a deadline against the time base.
`include "assert.svh"

module delay_timer #(
  parameter int unsigned TIME_BITS = 64  // fewer only where a proof is to end
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic [TIME_BITS-1:0] now_i,

  input  logic [15:0]          delay_i,     // 0: causes are not delayed, and absolute_i means nothing
  input  logic [15:0]          absolute_i,  // 0: no limit

  // Strobes
  input  logic                 cause_i,     // may wait
  input  logic                 at_once_i,   // may not
  input  logic                 flush_i,     // FPD: what waits is due now

  output logic                 due_o,       // strobe, in the cycle of the cause when nothing delays it
  output logic                 expired_o,   // strobe: due because its time is over
  output logic [TIME_BITS-1:0] deadline_o,  // all ones: nothing waits
  output logic                 quiet_o
);

  localparam logic [TIME_BITS-1:0] NEVER = {TIME_BITS{1'b1}};

  // The cycle whose end lets a cause out that much after this one
  function automatic logic [TIME_BITS-1:0] after(input logic [TIME_BITS-1:0] now, input logic [15:0] units);
    after = now + TIME_BITS'(160) * TIME_BITS'(units) - TIME_BITS'(1);
  endfunction
  function automatic logic [TIME_BITS-1:0] limit(input logic [TIME_BITS-1:0] now, input logic [15:0] units);
    limit = units == 16'd0 ? NEVER : after(now, units);
  endfunction
  function automatic logic [TIME_BITS-1:0] earlier(input logic [TIME_BITS-1:0] a, input logic [TIME_BITS-1:0] b);
    earlier = a < b ? a : b;
  endfunction

  logic                 running_q, expired_q, starts, goes_on;
  logic [TIME_BITS-1:0] limit_q;    // absolute_i after the first cause; NEVER: no limit
  logic [TIME_BITS-1:0] end_q;      // the earlier of the limit and the end of the silence; NEVER unless running

  assign due_o  = expired_q || at_once_i || (cause_i && delay_i == 16'd0) || (flush_i && (running_q || cause_i));
  // A cause beside one that is let out belongs to the next interrupt: its descriptor may be seen later.
  assign starts  = cause_i && delay_i != 16'd0 && !flush_i;

  assign goes_on = running_q && !due_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      running_q <= 1'b0;
      expired_q <= 1'b0;
      limit_q   <= NEVER;
      end_q     <= NEVER;
    end else if (running_q || cause_i || expired_q) begin
      expired_q <= goes_on && now_i >= (starts ? limit_q : end_q);  // a new cause ends the silence, not the limit
      if (starts) begin
        running_q <= 1'b1;
        limit_q   <= goes_on ? limit_q : limit(now_i, absolute_i);
        end_q     <= earlier(after(now_i, delay_i), goes_on ? limit_q : limit(now_i, absolute_i));
      end else if (due_o) begin
        running_q <= 1'b0;
        limit_q   <= NEVER;
        end_q     <= NEVER;
      end
    end
  end

  assign expired_o  = expired_q;
  assign deadline_o = end_q;
  assign quiet_o    = !expired_q;

  `ASSERT(DeadlineOnlyWhileRunning, running_q == (end_q != NEVER))
  `ASSERT(SilenceEndsBeforeTheLimit, end_q <= limit_q)

endmodule

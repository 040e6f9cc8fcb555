`include "assert.svh"

// Flow control of the transmit side (IEEE 802.3, annex 31B; manual, section 9.4): obeys PAUSE frames that were received
// and decides when to send some.
//
// Received: no new frame begins for as many quanta of 512 bit times as the frame said; 0 (XON) ends it. Sent: XOFF with
// FCTTV when the receive FIFO has risen to FCRTH, again after three quarters of that time while it is still there, and
// XON when it has fallen below FCRTL, if FCRTL.XONE is set. Software sends an XOFF by TCTL.SWXOFF. Times are deadlines
// against now_i, so nothing counts while they run.
module tx_pause (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic [63:0]             now_i,

  // Settings
  input  logic                    enable_i,        // TCTL.EN
  input  nic_pkg::flow_settings_t settings_i,
  input  logic                    send_xoff_i,     // strobe: TCTL.SWXOFF

  // From the receive side
  input  logic                    pause_valid_i,   // strobe: a PAUSE frame was received
  input  logic [15:0]             pause_time_i,    // in quanta of eight cycles
  input  logic [15:0]             level_bytes_i,   // in the receive FIFO

  // To the MAC
  output logic                    hold_o,          // begin no frame of the host
  output logic                    request_o,       // send a PAUSE frame
  output logic [15:0]             time_o,          // ... with this time, 0: XON
  input  logic                    sent_i,          // strobe: it has begun

  // What happened
  output logic                    xon_sent_o,      // strobes
  output logic                    xoff_sent_o,
  output logic [63:0]             next_deadline_o,
  output logic                    quiet_o
);

  localparam logic [63:0] NEVER = 64'hffff_ffff_ffff_ffff;

  // ---- received
  logic        hold_q;
  logic [63:0] hold_end_q;       // NEVER unless hold_q

  always_ff @(posedge clk_i) begin
    if (!rst_ni || !settings_i.receive) begin
      hold_q     <= 1'b0;
      hold_end_q <= NEVER;
    end else if (pause_valid_i) begin
      hold_q     <= pause_time_i != 16'd0;
      hold_end_q <= pause_time_i != 16'd0 ? now_i + {45'd0, pause_time_i, 3'd0} : NEVER;
    end else if (hold_q && now_i >= hold_end_q) begin
      hold_q     <= 1'b0;
      hold_end_q <= NEVER;
    end
  end

  // ---- sent
  logic        above, below, active;
  logic        stopped_q;        // the far end has been told to stop by the thresholds
  logic        again_q;          // a time runs after which it is told again
  logic [63:0] again_end_q;
  logic        request_q, xon_q; // xon_q: the request is for an XON
  logic        xon_sent_q, xoff_sent_q;

  assign active = settings_i.transmit && settings_i.high != 16'd0 && settings_i.timer != 16'd0;
  assign above  = active && level_bytes_i >= settings_i.high;
  assign below  = level_bytes_i < settings_i.low || !active;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      stopped_q   <= 1'b0;
      again_q     <= 1'b0;
      again_end_q <= NEVER;
      request_q   <= 1'b0;
      xon_q       <= 1'b0;
      xon_sent_q  <= 1'b0;
      xoff_sent_q <= 1'b0;
    end else begin
      xon_sent_q  <= sent_i && xon_q;
      xoff_sent_q <= sent_i && !xon_q;
      if (again_q && now_i >= again_end_q) begin
        again_q     <= 1'b0;
        again_end_q <= NEVER;
      end
      if (sent_i) begin
        request_q <= 1'b0;
        if (!xon_q && stopped_q) begin
          again_q     <= 1'b1;
          again_end_q <= now_i + {46'd0, settings_i.timer, 2'd0} + {47'd0, settings_i.timer, 1'b0};
        end
      end else if (enable_i && send_xoff_i) begin
        request_q <= 1'b1;
        xon_q     <= 1'b0;
      end else if (enable_i && above && (!stopped_q || !again_q)) begin
        request_q <= 1'b1;
        xon_q     <= 1'b0;
        stopped_q <= 1'b1;
      end else if (stopped_q && below) begin
        stopped_q   <= 1'b0;
        again_q     <= 1'b0;
        again_end_q <= NEVER;
        // The XOFF may still be waiting for a long frame to end: then it is not needed any more
        request_q   <= settings_i.xon_enable && enable_i && active;
        xon_q       <= 1'b1;
      end
    end
  end

  assign hold_o          = hold_q;
  assign request_o       = request_q;
  assign time_o          = xon_q ? 16'd0 : settings_i.timer;
  assign xon_sent_o      = xon_sent_q;
  assign xoff_sent_o     = xoff_sent_q;
  assign next_deadline_o = hold_end_q < again_end_q ? hold_end_q : again_end_q;
  assign quiet_o         = !pause_valid_i && !send_xoff_i && !request_q && !xon_sent_q && !xoff_sent_q &&
                           !(enable_i && above && (!stopped_q || !again_q)) && !(stopped_q && below) &&
                           !(hold_q && !settings_i.receive);

  // Who is told and where from is the MAC's and the receiver's business
  logic unused;
  assign unused = &{1'b0, settings_i.discard, settings_i.pass, settings_i.address, settings_i.ethertype};

  `ASSERT(ADeadlineOnlyWhileItRuns, hold_q == (hold_end_q != NEVER) && again_q == (again_end_q != NEVER))
  `ASSERT(OnlyARequestIsSent, !sent_i || request_q)

endmodule

// Recognises MAC control frames (IEEE 802.3 annex 31) on their way to the FIFO, and obeys PAUSE (annex 31B).
//
// A MAC control frame is a good frame, untagged, of type FCT, to the PAUSE group address 01:80:c2:00:00:01, to
// FCAH:FCAL or to the station address; FCT = 0 recognises none. Opcode 1 is PAUSE: its time goes to the transmitter
// with CTRL.RFCE. The MAC keeps such a frame to itself unless RCTL.PMCF hands it on (to the address filter's verdict),
// and of those RCTL.DPF keeps back the PAUSE frames that are addressed to the station.
`include "assert.svh"

module rx_control (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  input  nic_pkg::flow_settings_t settings_i,

  // The stream into the FIFO
  input  nic_pkg::rx_word_t       word_i,
  input  nic_pkg::rx_end_t        end_i,
  input  nic_pkg::rx_verdict_t    verdict_i,
  input  logic                    stripped_i,     // a tag was taken out: what looks like the type is not

  output logic                    consume_o,      // with the eof: the frame ends here

  // To the transmitter
  output logic                    pause_valid_o,  // strobe
  output logic [15:0]             pause_time_o,   // in quanta of 512 bit times; 0: XON

  // To the statistics, a strobe each
  output logic                    xon_received_o,
  output logic                    xoff_received_o,
  output logic                    unsupported_o,  // an opcode other than PAUSE

  output logic                    quiet_o
);

  localparam logic [15:0] PAUSE = 16'h0001;

  // ---- what the head of the frame says
  logic        addressed_q, station_q;  // destination
  logic [1:0]  place_q;                 // of the next word: 1 second, 2 third, 3 beyond
  logic        type_q, pause_q;
  logic [15:0] time_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      place_q     <= 2'd3;
      addressed_q <= 1'b0;
      station_q   <= 1'b0;
      type_q      <= 1'b0;
    end else if (word_i.valid || verdict_i.valid) begin
      if (verdict_i.valid) begin
        addressed_q <= verdict_i.control;
        station_q   <= verdict_i.station;
      end
      if (word_i.valid) begin
        place_q <= word_i.sof ? 2'd1 : place_q == 2'd1 ? 2'd2 : 2'd3;
        if (word_i.sof) type_q <= 1'b0;
        if (!word_i.sof && place_q == 2'd1) begin
          type_q  <= settings_i.ethertype != 16'd0 &&
                     {word_i.data[39:32], word_i.data[47:40]} == settings_i.ethertype;
          pause_q <= {word_i.data[55:48], word_i.data[63:56]} == PAUSE;
        end
        if (place_q == 2'd2) time_q <= {word_i.data[7:0], word_i.data[15:8]};
      end
    end
  end

  // ---- and what follows from it when the frame has ended well
  logic control, kept_back;
  assign kept_back = pause_q && settings_i.discard && station_q;
  assign control   = word_i.valid && word_i.eof && type_q && addressed_q && !stripped_i && end_i.keep &&
                     !end_i.crc_error && !end_i.symbol_error && !end_i.sequence_error;
  assign consume_o = control && (!settings_i.pass || kept_back);

  logic        pause_valid_q, xon_q, xoff_q, unsupported_q;
  logic [15:0] pause_time_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pause_valid_q <= 1'b0;
      pause_time_q  <= 16'd0;
      xon_q         <= 1'b0;
      xoff_q        <= 1'b0;
      unsupported_q <= 1'b0;
    end else begin
      pause_valid_q <= control && pause_q && settings_i.receive;
      if (control && pause_q) pause_time_q <= time_q;
      xon_q         <= control && pause_q && time_q == 16'd0;
      xoff_q        <= control && pause_q && time_q != 16'd0;
      unsupported_q <= control && !pause_q;
    end
  end

  assign pause_valid_o   = pause_valid_q;
  assign pause_time_o    = pause_time_q;
  assign xon_received_o  = xon_q;
  assign xoff_received_o = xoff_q;
  assign unsupported_o   = unsupported_q;
  assign quiet_o         = !xon_q && !xoff_q && !unsupported_q;

  // Only the head matters; the end says whether the frame is good; the rest of the settings is the transmitter's
  logic unused;
  assign unused = &{1'b0, word_i.bytes, word_i.data[31:16], end_i.short_frame, end_i.long_frame, end_i.length,
                    end_i.tag, verdict_i.accept, verdict_i.multicast, verdict_i.broadcast, verdict_i.exact,
                    settings_i.transmit, settings_i.address, settings_i.timer, settings_i.xon_enable, settings_i.low,
                    settings_i.high};

  `ASSERT(APauseIsCountedOnce, !(xon_q && xoff_q) && !(unsupported_q && (xon_q || xoff_q)))
  `ASSERT(OnlyACountedPauseIsObeyed, !pause_valid_q || xon_q || xoff_q)
  `ASSERT(APauseHasItsThirdWord, !(control && pause_q) || place_q == 2'd3)

endmodule

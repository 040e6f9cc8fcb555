// Shows received frames to a CPU that reads them word by word, without DMA (extension registers RXW_*).
//
// While RXW_CTRL.EN is set no descriptor is used: the oldest frame of the FIFO waits here, raises RXT0 once, and is
// read through RXW_DATA, four bytes a read; RXW_NEXT gives its room back and brings the next. The FIFO changes hands
// only when the DMA engine has written back all that it had begun, and goes back when no frame is in the window. A
// frame that was in the window when EN was cleared is still to be ended with RXW_NEXT.
`include "assert.svh"

module rx_window (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // Registers
  input  logic                 enable_i,      // RXW_CTRL.EN
  input  logic                 strip_fcs_i,   // RCTL.SECRC: the length leaves the FCS out
  output logic [31:0]          status_o,      // RXW_STATUS
  output logic [31:0]          data_o,        // RXW_DATA; 0 behind the frame
  input  logic                 data_read_i,   // strobe: it is being read, the next word follows
  input  logic                 next_i,        // strobe: software is done with the frame

  // From rx_fifo, as the DMA engine sees it
  input  logic                 frame_valid_i,
  input  nic_pkg::rx_frame_t   frame_i,
  input  nic_pkg::rx_offload_t offload_i,
  output logic                 frame_done_o,
  input  logic                 data_valid_i,
  input  logic [63:0]          data_lo_i,
  input  logic [63:0]          data_hi_i,
  output logic                 data_take_o,

  // The DMA engine: begins no frame while hold_o; has nothing in work while idle
  output logic                 hold_o,
  input  logic                 dma_idle_i,

  // What happened
  output logic                 rxt0_o,        // strobe: a frame is in the window
  output nic_pkg::event_t      event_o,
  output logic                 quiet_o
);

  // ---- whose the FIFO is
  logic hold_q, own_q, own_d;
  logic shown_q;       // a frame is in the window
  logic show, done_q;  // it comes, it goes

  assign own_d = own_q ? enable_i || shown_q || done_q : enable_i && hold_q && dma_idle_i;
  assign show  = own_q && enable_i && !shown_q && !done_q && frame_valid_i;

  // ---- the frame
  logic [1:0]  place_q;  // of the next word among the sixteen bytes at the FIFO's output
  logic        rxt0_q;
  logic [31:0] tag_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      hold_q  <= 1'b0;
      own_q   <= 1'b0;
      shown_q <= 1'b0;
      done_q  <= 1'b0;
      place_q <= 2'd0;
      rxt0_q  <= 1'b0;
      tag_q   <= 32'd0;
    end else if (enable_i || hold_q) begin
      hold_q  <= enable_i || own_d;
      own_q   <= own_d;
      shown_q <= show || (shown_q && !next_i);
      done_q  <= shown_q && next_i;
      rxt0_q  <= show;
      if (show) begin
        tag_q   <= frame_i.tag;
        place_q <= 2'd0;
      end else if (data_read_i && shown_q) begin
        place_q <= place_q + 2'd1;
      end
    end
  end

  logic [7:0]  errors;
  logic [15:0] length;
  assign errors = nic_pkg::rx_errors(frame_i.crc_error, frame_i.symbol_error, frame_i.sequence_error,
                                     offload_i.ip_error, offload_i.tcp_udp_error);
  assign length = strip_fcs_i && frame_i.length > 16'd4 ? frame_i.length - 16'd4 : frame_i.length;

  always_comb begin
    data_o   = 32'd0;
    status_o = 32'd0;
    if (shown_q) begin
      status_o = {8'h80, errors, length};
      if (data_valid_i) begin
        case (place_q)
          2'd0:    data_o = data_lo_i[31:0];
          2'd1:    data_o = data_lo_i[63:32];
          2'd2:    data_o = data_hi_i[31:0];
          default: data_o = data_hi_i[63:32];
        endcase
      end
    end
  end

  assign data_take_o  = shown_q && data_read_i && place_q == 2'd3 && data_valid_i;
  assign frame_done_o = done_q;
  assign hold_o       = hold_q;
  assign rxt0_o       = rxt0_q;
  assign event_o      = {rxt0_q, nic_pkg::DMA_EV_WINDOW, tag_q};
  assign quiet_o      = hold_q == (enable_i || own_d) && own_d == own_q && !show && !done_q && !rxt0_q &&
                        !(shown_q && (next_i || data_read_i));

  // A tag that was taken out is not shown; software that wants it leaves CTRL.VME off
  logic unused;
  assign unused = &{1'b0, frame_i.exact, offload_i.stripped, offload_i.tci, offload_i.ip_checked,
                    offload_i.tcp_udp_checked, offload_i.checksum};

  `ASSERT(OneOwnerOfTheFifo, !own_q || dma_idle_i)
  `ASSERT(AFrameInTheWindowIsInTheFifo, !shown_q || (own_q && frame_valid_i))
  `ASSERT(HeldWhileOwned, !own_q || hold_q)

endmodule

// Turns AXI4-Lite into register strobes: one write or one read at a time.
//
// Registers are 32 bits wide: an access that is not aligned, or writes less than four bytes, is answered with SLVERR
// and changes nothing. A read is answered three cycles after it was accepted; what it set off (an ICR read lowers the
// interrupt line) has left the card by then.
`include "assert.svh"

module axil_target (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         s_axil_awvalid_i,
  output logic         s_axil_awready_o,
  input  logic [16:0]  s_axil_awaddr_i,
  input  logic         s_axil_wvalid_i,
  output logic         s_axil_wready_o,
  input  logic [31:0]  s_axil_wdata_i,
  input  logic [3:0]   s_axil_wstrb_i,
  output logic         s_axil_bvalid_o,
  input  logic         s_axil_bready_i,
  output logic [1:0]   s_axil_bresp_o,
  input  logic         s_axil_arvalid_i,
  output logic         s_axil_arready_o,
  input  logic [16:0]  s_axil_araddr_i,
  output logic         s_axil_rvalid_o,
  input  logic         s_axil_rready_i,
  output logic [31:0]  s_axil_rdata_o,
  output logic [1:0]   s_axil_rresp_o,

  // Write: address and data go with the strobe
  output logic         write_o,
  output logic [16:0]  write_addr_o,
  output logic [31:0]  write_data_o,

  // Read: read_data_i is taken one cycle after the strobe
  output logic         read_o,
  output logic [16:0]  read_addr_o,
  input  logic [31:0]  read_data_i,

  output logic         quiet_o
);

  localparam logic [1:0] OKAY   = 2'b00;
  localparam logic [1:0] SLVERR = 2'b10;

  // ---- write: address and data come in any order, then the strobe, then the answer
  logic        aw_full_q, w_full_q, b_valid_q, write_good;
  logic [16:0] aw_addr_q;
  logic [31:0] w_data_q;
  logic [3:0]  w_strb_q;
  logic [1:0]  b_resp_q;

  assign s_axil_awready_o = !aw_full_q && !b_valid_q;
  assign s_axil_wready_o  = !w_full_q && !b_valid_q;
  assign s_axil_bvalid_o  = b_valid_q;
  assign s_axil_bresp_o   = b_resp_q;

  assign write_good   = aw_addr_q[1:0] == 2'b00 && w_strb_q == 4'hf;
  assign write_o      = aw_full_q && w_full_q && write_good;
  assign write_addr_o = aw_addr_q;
  assign write_data_o = w_data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_full_q <= 1'b0;
      w_full_q  <= 1'b0;
      b_valid_q <= 1'b0;
      b_resp_q  <= OKAY;
      aw_addr_q <= 17'd0;
      w_data_q  <= 32'd0;
      w_strb_q  <= 4'd0;
    end else if (s_axil_awvalid_i || s_axil_wvalid_i || aw_full_q || w_full_q || b_valid_q) begin
      if (s_axil_awready_o && s_axil_awvalid_i) begin
        aw_full_q <= 1'b1;
        aw_addr_q <= s_axil_awaddr_i;
      end
      if (s_axil_wready_o && s_axil_wvalid_i) begin
        w_full_q <= 1'b1;
        w_data_q <= s_axil_wdata_i;
        w_strb_q <= s_axil_wstrb_i;
      end
      if (aw_full_q && w_full_q) begin
        aw_full_q <= 1'b0;
        w_full_q  <= 1'b0;
        b_valid_q <= 1'b1;
        b_resp_q  <= write_good ? OKAY : SLVERR;
      end
      if (b_valid_q && s_axil_bready_i) b_valid_q <= 1'b0;
    end
  end

  // ---- read
  typedef enum logic [1:0] {
    ReadIdle,    // waits for an address
    ReadStrobe,  // the register file looks it up
    ReadTake,    // its answer is taken
    ReadAnswer   // waits until the answer has been fetched
  } read_state_e;

  read_state_e read_state_q, read_state_d;
  logic [16:0] ar_addr_q;
  logic [31:0] r_data_q;
  logic        read_good;

  assign s_axil_arready_o = read_state_q == ReadIdle;
  assign s_axil_rvalid_o  = read_state_q == ReadAnswer;
  assign s_axil_rdata_o   = r_data_q;
  assign s_axil_rresp_o   = read_good ? OKAY : SLVERR;

  assign read_good   = ar_addr_q[1:0] == 2'b00;
  assign read_o      = read_state_q == ReadStrobe && read_good;
  assign read_addr_o = ar_addr_q;

  always_comb begin
    read_state_d = read_state_q;
    case (read_state_q)
      ReadStrobe: read_state_d = ReadTake;
      ReadTake:   read_state_d = ReadAnswer;
      default:    read_state_d = read_state_q;  // pins move the other two, below
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_state_q <= ReadIdle;
      ar_addr_q    <= 17'd0;
      r_data_q     <= 32'd0;
    end else if (s_axil_arvalid_i || read_state_q != ReadIdle) begin
      read_state_q <= read_state_d;
      if (read_state_q == ReadIdle && s_axil_arvalid_i) begin
        read_state_q <= ReadStrobe;
        ar_addr_q    <= s_axil_araddr_i;
      end
      if (read_state_q == ReadTake) r_data_q <= read_good ? read_data_i : 32'd0;
      if (read_state_q == ReadAnswer && s_axil_rready_i) read_state_q <= ReadIdle;
    end
  end

  assign quiet_o = !aw_full_q && !w_full_q && !b_valid_q && read_state_q == ReadIdle;

  `ASSERT(AWriteIsAnsweredBeforeTheNext, !b_valid_q || (!aw_full_q && !w_full_q))
  `ASSERT(AnAnswerWaitsUntilItIsTaken, !$past(rst_ni && b_valid_q && !s_axil_bready_i) || b_valid_q)
  `ASSERT(AReadAnswerStandsStill, !$past(rst_ni && s_axil_rvalid_o && !s_axil_rready_i) ||
                                  (s_axil_rvalid_o && $stable(r_data_q)))
  `ASSERT(OnlyWholeWordsAreWritten, !write_o || (write_addr_o[1:0] == 2'd0 && w_strb_q == 4'hf))

endmodule

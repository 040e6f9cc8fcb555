`include "assert.svh"

// Tells software what has become of its transmit descriptors: DD, the head, interrupt causes.
//
// One record per descriptor in work, in ring order. A descriptor is ready when its data has been read. DD goes into
// byte 12, only where RS (or RPS) asked for it. The head passes a descriptor when it is done; with RS that is when the
// bus has accepted the write-back, and then TXDW is raised, or with IDE handed on to the delay timers.
//
// TXDCTL.WTHRESH = 0: each write-back at once. Otherwise those that are ready wait for one another until WTHRESH of
// them are there, but never longer than until the card has nothing else to do: the ring is empty, a delay of TXDW
// ends (TIDV, TADV), or software flushes (TIDV.FPD).
module tx_report (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 halt_i,        // after an error: no more write-backs

  // Settings
  input  logic [5:0]           batch_i,       // TXDCTL.WTHRESH, in descriptors
  input  logic                 flush_i,       // strobe, or a level while the transmitter is off
  input  logic [9:0]           low_i,         // TXD_LOW when fewer than this are left; 0: never

  // Descriptors, as they come and as their data has been read
  output logic                 full_o,
  input  logic                 push_i,
  input  logic [15:0]          index_i,
  input  logic                 no_data_i,
  input  logic                 report_i,
  input  logic                 delay_i,
  input  logic                 desc_done_i,
  output logic                 busy_o,

  // Ring
  input  logic [63:0]          ring_base_i,
  input  logic [15:0]          ring_left_i,   // between head and tail
  output logic                 retire_o,

  // Bus
  output nic_pkg::dma_write_t  write_o,
  input  logic                 write_ready_i,
  input  nic_pkg::dma_done_t   write_done_i,

  output nic_pkg::causes_t     causes_o,
  output logic                 failed_o,      // strobe: a write-back was refused
  output logic                 quiet_o
);

  // ---- records: retired <= written (write-back sent, if any) <= ready (data read) <= opened
  logic [18:0] record_mem [64];   // {no data to wait for, delay, report, index}
  logic [6:0]  opened_q, ready_q, written_q, retired_q;
  logic [6:0]  arrived_q;         // descriptors read whose turn to be ready is to come
  logic [6:0]  accepted_q;        // write-backs accepted by the bus, not retired
  logic        draining_q;        // writes back everything up to drain_q
  logic [6:0]  drain_q;
  logic [16:0] record;
  logic        becomes_ready, needs_data, oldest_reports, oldest_delays;

  assign full_o         = (opened_q ^ retired_q) == 7'h40;
  assign busy_o         = opened_q != retired_q;
  assign record         = record_mem[written_q[5:0]][16:0];
  assign oldest_reports = record_mem[retired_q[5:0]][16];
  assign oldest_delays  = record_mem[retired_q[5:0]][17];
  assign needs_data     = !record_mem[ready_q[5:0]][18];
  assign becomes_ready  = ready_q != opened_q && (!needs_data || arrived_q != 7'd0);

  // ---- batches
  logic all_ready, start, may;
  assign all_ready = ready_q == opened_q && ring_left_i == {9'd0, opened_q - retired_q};
  assign start     = written_q != ready_q &&
                     (batch_i == 6'd0 || ready_q - written_q >= {1'b0, batch_i} || all_ready || flush_i);
  assign may       = start || (draining_q && written_q != drain_q);

  // ---- write-backs
  logic        slot, turn, send, step, out_valid_q, retire;
  logic [63:4] out_addr_q;
  assign slot   = !out_valid_q || write_ready_i;
  assign turn   = written_q != ready_q && !halt_i && (may || !record[16]);
  assign send   = turn && record[16] && slot;
  assign step   = send || (turn && !record[16]);
  assign retire = retired_q != written_q && (!oldest_reports || accepted_q != 7'd0);

  // The head does not pass a descriptor whose write-back failed, though later ones may still succeed
  logic txdw_q, delayed_q, txqe_q, low_q, done_good, done_bad, back_failed_q;
  assign done_good = write_done_i.valid && !write_done_i.error && !back_failed_q;
  assign done_bad  = write_done_i.valid && write_done_i.error;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      opened_q      <= 7'd0;
      ready_q       <= 7'd0;
      written_q     <= 7'd0;
      retired_q     <= 7'd0;
      arrived_q     <= 7'd0;
      accepted_q    <= 7'd0;
      draining_q    <= 1'b0;
      out_valid_q   <= 1'b0;
      txdw_q        <= 1'b0;
      delayed_q     <= 1'b0;
      txqe_q        <= 1'b0;
      low_q         <= 1'b0;
      back_failed_q <= 1'b0;
    end else begin
      if (push_i) begin
        record_mem[opened_q[5:0]] <= {no_data_i, delay_i, report_i, index_i};
        opened_q <= opened_q + 7'd1;
      end
      if (desc_done_i || becomes_ready)
        arrived_q <= arrived_q + {6'd0, desc_done_i} - {6'd0, becomes_ready && needs_data};
      if (becomes_ready) ready_q <= ready_q + 7'd1;

      if (start && batch_i != 6'd0) begin
        draining_q <= 1'b1;
        drain_q    <= ready_q;
      end else if (draining_q && written_q == drain_q) begin
        draining_q <= 1'b0;
      end
      if (slot) out_valid_q <= send;
      if (send) out_addr_q <= ring_base_i[63:4] + {44'd0, record[15:0]};
      if (step) written_q <= written_q + 7'd1;
      if (done_good || (retire && oldest_reports))
        accepted_q <= accepted_q + {6'd0, done_good} - {6'd0, retire && oldest_reports};
      if (retire) retired_q <= retired_q + 7'd1;

      txdw_q    <= retire && oldest_reports && !oldest_delays;
      delayed_q <= retire && oldest_reports && oldest_delays;
      txqe_q    <= retire && ring_left_i == 16'd1;
      low_q     <= retire && low_i != 10'd0 && ring_left_i == {6'd0, low_i};
      if (done_bad) back_failed_q <= 1'b1;
    end
  end

  assign retire_o = retire;
  assign failed_o = done_bad;
  assign write_o  = {out_valid_q, 1'b1, out_addr_q, 4'd0, 16'h1000, 64'd0, 64'h0000_0001_0000_0000};  // DD, byte 12

  always_comb begin
    causes_o              = '0;
    causes_o.txdw         = txdw_q;
    causes_o.txdw_delayed = delayed_q;
    causes_o.txqe         = txqe_q;
    causes_o.txd_low      = low_q;
  end

  assign quiet_o = !becomes_ready && !turn && !retire && !out_valid_q && !(draining_q && written_q == drain_q) &&
                   !txdw_q && !delayed_q && !txqe_q && !low_q;

  logic unused;
  assign unused = &{1'b0, ring_base_i[3:0]};

  `ASSERT(DoneFollowsItsData, !send || written_q != ready_q)
  `ASSERT(DoneHasAWriteBack, !write_done_i.valid || retired_q != written_q)
  `ASSERT(RecordsInOrder, opened_q - retired_q <= 7'd64 && ready_q - retired_q <= opened_q - retired_q &&
                          written_q - retired_q <= ready_q - retired_q)

endmodule

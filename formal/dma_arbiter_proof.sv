// What dma_arbiter promises, for all clients and every memory that keep to their side of the bus.
//
// - AXI: a request stands still until it is taken, bursts stay in their 4 KiB page, the last beat is marked as such.
// - Every read asked for goes out once, in order, as it was asked; its answer reaches the client who asked, and nobody
//   else, beat by beat. Every write beat goes out once, in order, as it was given; every burst has one address with the
//   right length, and its answer reaches the client who wrote.
// - Who asks for a read, any of the three, waits for at most two others.
// - Without bus mastering nothing new goes out. Drained means that the bus owes nothing.
//
// Watched are any read, any write beat and any burst, counted since reset.
// The two halves are searched apart, under READS and under WRITES: each is half the work. Both without the completion
// time-out, which TIMEOUT is for, with reads only:
// - When no beat has come for DMA_TIMEOUT, each read under way is answered with an error, once and in order. Not before.
// - What the bus still says to such a read reaches nobody: a later read gets its own data or an error.
module dma_arbiter_proof #(
  parameter int unsigned WIDTH = 8  // bits of each half of a data word that are compared, see docs/proofs.md
) (
  input logic clk_i
);

  logic rst_ni = 1'b0, ran_q = 1'b0, master_q = 1'b0, master_qq = 1'b0;
  always_ff @(posedge clk_i) begin
    rst_ni    <= 1'b1;
    ran_q     <= rst_ni;
    master_q  <= rst_ni && bus_master;
    master_qq <= master_q;
  end

  // ---- anything may happen ...
  (* anyseq *) logic               bus_master, flush;
`ifdef TIMEOUT
  (* anyseq *) logic [10:0]        few_cycles;
  (* anyconst *) logic             one;       // DMA_TIMEOUT of 1 or 2
  logic [31:0]                     timeout;
  assign timeout = {30'd0, !one, one};
`else
  (* anyseq *) logic [63:0]        few_cycles;
  logic [31:0]                     timeout;
  assign timeout = 32'd0;
`endif
  logic [63:0]                     now;
  assign now = 64'(few_cycles);
  (* anyconst *) logic [1:0]       waiter;  // a read client
  (* anyseq *) nic_pkg::dma_read_t read0, read1, read2;
  (* anyseq *) nic_pkg::dma_write_t write0, write1;
  (* anyseq *) logic               arready, rvalid, rlast, awready, wready, bvalid;
  (* anyseq *) logic [127:0]       rdata;
  (* anyseq *) logic [1:0]         rresp, bresp;
  (* anyconst *) logic [2:0]       watched_read, watched_beat, watched_burst;

  logic               drained, ready0, ready1, ready2, write_ready0, write_ready1, quiet;
  nic_pkg::dma_beat_t beat0, beat1, beat2;
  nic_pkg::dma_done_t done0, done1;
  logic               arvalid, rready, awvalid, wvalid, wlast, bready;
  logic [63:0]        araddr, awaddr;
  logic [7:0]         arlen, awlen;
  logic [8:0]         aruser;
  logic [63:0]        deadline;
  logic [127:0]       wdata;
  logic [15:0]        wstrb;

  dma_arbiter u_dma_arbiter (
    .clk_i, .rst_ni, .now_i(now), .timeout_i(timeout), .bus_master_i(bus_master), .flush_i(flush), .drained_o(drained),
    .rx_desc_read_i(read0), .rx_desc_read_ready_o(ready0), .rx_desc_beat_o(beat0),
    .tx_desc_read_i(read1), .tx_desc_read_ready_o(ready1), .tx_desc_beat_o(beat1),
    .tx_data_read_i(read2), .tx_data_read_ready_o(ready2), .tx_data_beat_o(beat2),
    .rx_write_i(write0), .rx_write_ready_o(write_ready0), .rx_write_done_o(done0),
    .tx_write_i(write1), .tx_write_ready_o(write_ready1), .tx_write_done_o(done1),
    .m_axi_arvalid_o(arvalid), .m_axi_arready_i(arready), .m_axi_araddr_o(araddr), .m_axi_arlen_o(arlen),
    .m_axi_aruser_o(aruser), .m_axi_rvalid_i(rvalid), .m_axi_rready_o(rready), .m_axi_rdata_i(rdata),
    .m_axi_rresp_i(rresp), .m_axi_rlast_i(rlast), .m_axi_awvalid_o(awvalid), .m_axi_awready_i(awready),
    .m_axi_awaddr_o(awaddr), .m_axi_awlen_o(awlen), .m_axi_wvalid_o(wvalid), .m_axi_wready_i(wready),
    .m_axi_wdata_o(wdata), .m_axi_wstrb_o(wstrb), .m_axi_wlast_o(wlast), .m_axi_bvalid_i(bvalid),
    .m_axi_bready_o(bready), .m_axi_bresp_i(bresp), .deadline_o(deadline), .quiet_o(quiet)
  );

  // ---- what happens in this cycle
  logic        waits, served;
  assign waits  = waiter == 2'd0 ? read0.valid : waiter == 2'd1 ? read1.valid : read2.valid;
  assign served = waiter == 2'd0 ? ready0 : waiter == 2'd1 ? ready1 : ready2;
  logic        read_taken, beat_taken, burst_taken, ar_taken, aw_taken, w_taken, r_ends, beat_owner;
  logic [1:0]  read_owner;
  logic [63:0] read_addr;
  logic [8:0]  read_bytes;
  nic_pkg::dma_write_t given;
  assign read_taken  = (read0.valid && ready0) || (read1.valid && ready1) || (read2.valid && ready2);
  assign read_owner  = ready0 ? 2'd0 : ready1 ? 2'd1 : 2'd2;
  assign read_addr   = ready0 ? read0.addr : ready1 ? read1.addr : read2.addr;
  assign read_bytes  = ready0 ? read0.bytes : ready1 ? read1.bytes : read2.bytes;
  assign beat_taken  = (write0.valid && write_ready0) || (write1.valid && write_ready1);
  assign beat_owner  = write_ready1;
  assign given       = write_ready1 ? write1 : write0;
  assign burst_taken = beat_taken && given.last;
  assign ar_taken    = arvalid && arready;
  assign aw_taken    = awvalid && awready;
  assign w_taken     = wvalid && wready;
  assign r_ends      = rvalid && rlast;

  // ---- counts since reset
  logic [3:0] reads_q = 4'd0, ars_q = 4'd0, rs_q = 4'd0, beats_q = 4'd0, ws_q = 4'd0, bursts_q = 4'd0, aws_q = 4'd0,
              wlasts_q = 4'd0, bs_q = 4'd0;
  logic       flushed_q = 1'b0, draining_q = 1'b0;
  logic       open_q = 1'b0, open_owner_q;   // a burst has begun and not ended
  logic [63:0] open_addr_q;
  logic [4:0] open_beats_q = 5'd0;
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      reads_q  <= reads_q + {3'd0, read_taken};
      ars_q    <= ars_q + {3'd0, ar_taken};
      rs_q     <= rs_q + {3'd0, r_ends};
      beats_q  <= beats_q + {3'd0, beat_taken};
      ws_q     <= ws_q + {3'd0, w_taken};
      bursts_q <= bursts_q + {3'd0, burst_taken};
      aws_q    <= aws_q + {3'd0, aw_taken};
      wlasts_q <= wlasts_q + {3'd0, w_taken && wlast};
      bs_q     <= bs_q + {3'd0, bvalid};
      flushed_q  <= flushed_q || flush;
      draining_q <= flush && !drained;
      if (flush) begin
        open_q       <= 1'b0;
        open_beats_q <= 5'd0;
      end else if (beat_taken) begin
        open_q       <= !given.last;
        open_owner_q <= beat_owner;
        open_beats_q <= given.last ? 5'd0 : open_beats_q + 5'd1;
        if (!open_q) open_addr_q <= given.addr;
      end
    end
  end

  logic [3:0] r_before_q = 4'd0, b_before_q = 4'd0;  // answers before that of the cycle before
  always_ff @(posedge clk_i) begin
    r_before_q <= rs_q;
    b_before_q <= bs_q;
  end

  // ---- the cycle before
  logic               arvalid_q, arready_q, awvalid_q, awready_q, wvalid_q, wready_q, wlast_q;
  logic [63:0]        araddr_q, awaddr_q;
  logic [7:0]         arlen_q, awlen_q;
  logic [8:0]         aruser_q;
  logic [127:0]       wdata_q;
  logic [15:0]        wstrb_q;
  logic               rvalid_q, rlast_q, bvalid_q;
  logic [127:0]       rdata_q;
  logic [1:0]         rresp_q, bresp_q;
  logic               wait0_q = 1'b0, wait1_q = 1'b0, wait2_q = 1'b0, wait3_q = 1'b0, wait4_q = 1'b0;
  nic_pkg::dma_read_t read0_q, read1_q, read2_q;
  nic_pkg::dma_write_t write0_q, write1_q;
  always_ff @(posedge clk_i) begin
    {arvalid_q, arready_q, awvalid_q, awready_q, wvalid_q, wready_q, wlast_q, araddr_q, awaddr_q, arlen_q, awlen_q,
     aruser_q, wdata_q, wstrb_q} <=
        {arvalid, arready, awvalid, awready, wvalid, wready, wlast, araddr, awaddr, arlen, awlen, aruser, wdata, wstrb};
    {rvalid_q, rlast_q, rdata_q, rresp_q, bvalid_q, bresp_q} <= {rvalid, rlast, rdata, rresp, bvalid, bresp};
    {read0_q, read1_q, read2_q, write0_q, write1_q} <= {read0, read1, read2, write0, write1};
    wait0_q <= rst_ni && !flush && read0.valid && !ready0;
    wait1_q <= rst_ni && !flush && read1.valid && !ready1;
    wait2_q <= rst_ni && !flush && read2.valid && !ready2;
    wait3_q <= rst_ni && !flush && write0.valid && !write_ready0;
    wait4_q <= rst_ni && !flush && write1.valid && !write_ready1;
  end

`ifdef TIMEOUT
  // ---- the completion time-out: reads answered, and since when the bus has said nothing
  logic [3:0]  answered_q = 4'd0;
  logic        answer, own, given_up, given_up_q = 1'b0, under_way, under_way_q = 1'b0;
  logic        silent, silent_q = 1'b0, silent_qq = 1'b0, silent_qqq = 1'b0;
  logic [63:0] now_q, deadline_q, since_q;
  logic        quiet_q;
  assign answer    = beat0.valid || beat1.valid || beat2.valid;
  assign under_way = ars_q + {3'd0, arvalid} != answered_q;
  assign own       = rvalid_q && r_before_q == answered_q && {beat0.last, beat0.error} == {rlast_q, rresp_q[1]} &&
                     beat0.lo[WIDTH-1:0] == rdata_q[WIDTH-1:0] && beat0.hi[WIDTH-1:0] == rdata_q[64+WIDTH-1:64];
  // Time was over two cycles ago, or this is the next one of several
  assign given_up  = beat0.last && beat0.error && (silent_qq || given_up_q);
  assign silent    = under_way && under_way_q && !rvalid && now >= since_q + 64'd40 * {32'd0, timeout} - 64'd1;
  always_ff @(posedge clk_i) begin
    {now_q, deadline_q, quiet_q} <= {now, deadline, quiet};
    if (rst_ni) begin
      answered_q  <= answered_q + {3'd0, answer && beat0.last};
      under_way_q <= under_way;
      given_up_q  <= answer && given_up;
      if (rvalid || !under_way || !under_way_q || (answer && given_up)) since_q <= now;
      {silent_q, silent_qq, silent_qqq} <= {silent, silent_q, silent_qq};
    end
  end
`endif

  // ---- ... that clients and memory allow
  function automatic logic lawful_read(input logic [11:0] addr, input logic [8:0] bytes);
    lawful_read = bytes != 9'd0 && bytes <= 9'd256 && {1'b0, addr} + {4'd0, bytes} <= 13'd4096;
  endfunction

  logic [3:0] burst_at;  // place of a beat among the 16 of its 256 bytes
  assign burst_at = (open_q ? open_addr_q[7:4] : given.addr[7:4]) + open_beats_q[3:0];

  always_comb begin
    assume (!read0.valid || lawful_read(read0.addr[11:0], read0.bytes));
    assume (!read1.valid || lawful_read(read1.addr[11:0], read1.bytes));
    assume (!read2.valid || lawful_read(read2.addr[11:0], read2.bytes));
    assume (!wait0_q || read0 == read0_q);
    assume (!wait1_q || read1 == read1_q);
    assume (!wait2_q || read2 == read2_q);
    // Beats wait unchanged; of the data, what is compared
    assume (!wait3_q || write0 == write0_q);
    assume (!wait4_q || write1 == write1_q);
    assume (write0.addr[3:0] == 4'd0 && write1.addr[3:0] == 4'd0);
    assume (!beat_taken || burst_at != 4'hf || given.last);
    assume (!draining_q || flush);
    assume (!rvalid || ars_q != rs_q);
    assume (!bvalid || (aws_q != bs_q && wlasts_q != bs_q));
    assume (reads_q != 4'd15 && beats_q != 4'd15);  // no count goes round
    if (!rst_ni) assume (!rvalid && !bvalid && !flush);
`ifdef TIMEOUT
    // Time goes on cycle by cycle, or jumps up to the deadline while the card is quiet
    assume (!few_cycles[10]);  // no end lies behind the last cycle
    if (rst_ni) assume (now == now_q + 64'd1 || (quiet_q && now > now_q && now <= deadline_q));
`endif
`ifndef READS
    assume (!read0.valid && !read1.valid && !read2.valid);
`endif
`ifndef WRITES
    assume (!write0.valid && !write1.valid);
`endif
  end

  // ---- the watched read, beat and burst
  logic        read_known_q = 1'b0, beat_known_q = 1'b0, burst_known_q = 1'b0;
  logic [1:0]  known_owner_q;
  logic [63:0] known_addr_q, known_lo_q, known_hi_q, burst_addr_q;
  logic [8:0]  known_bytes_q;
  logic [15:0] known_strb_q;
  logic        known_last_q, burst_owner_q;
  logic [4:0]  burst_beats_q;
  logic [1:0]  others_q = 2'd0;   // reads of others since the waiter began to wait
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (read_taken && reads_q == {1'b0, watched_read}) begin
        read_known_q  <= 1'b1;
        known_owner_q <= read_owner;
        known_addr_q  <= read_addr;
        known_bytes_q <= read_bytes;
      end
      if (beat_taken && beats_q == {1'b0, watched_beat}) begin
        beat_known_q <= 1'b1;
        {known_lo_q, known_hi_q, known_strb_q, known_last_q} <= {given.lo, given.hi, given.strb, given.last};
      end
      if (burst_taken && bursts_q == {1'b0, watched_burst}) begin
        burst_known_q <= 1'b1;
        burst_owner_q <= beat_owner;
        burst_addr_q  <= open_q ? open_addr_q : given.addr;
        burst_beats_q <= open_beats_q + 5'd1;
      end
      if (!waits || served) others_q <= 2'd0;
      else if (read_taken) others_q <= others_q + 2'd1;
    end
  end

  logic [9:0] ar_last;
  assign ar_last = {6'd0, araddr[3:0]} + {1'b0, aruser} - 10'd1;

  always_ff @(posedge clk_i) begin
    if (rst_ni && ran_q) begin
`ifdef READS
      if (arvalid_q && !arready_q) begin
        ArStandsStill: assert (arvalid && {araddr, arlen, aruser} == {araddr_q, arlen_q, aruser_q});
      end
      AnswersAreAlwaysTaken: assert (rready && bready);
      if (arvalid) begin
        ReadsStayInAPage: assert (arlen <= 8'd16 && {1'b0, araddr[11:4]} + {1'b0, arlen} <= 9'd255 &&
                                  arlen == {2'd0, ar_last[9:4]});
      end
      OneReadAtATime: assert ({1'b0, ready0} + {1'b0, ready1} + {1'b0, ready2} <= 2'd1);
      NoReadIsInvented: assert (flushed_q || ars_q + {3'd0, arvalid} <= reads_q);
      if (!flushed_q && arvalid && ars_q == {1'b0, watched_read}) begin
        ReadsGoOutAsAsked: assert (read_known_q && araddr == known_addr_q && aruser == known_bytes_q);
      end
`ifndef TIMEOUT
      EveryBeatReachesOneClient: assert ({1'b0, beat0.valid} + {1'b0, beat1.valid} + {1'b0, beat2.valid} ==
                                         {1'b0, rvalid_q});
      if (!flushed_q && rvalid_q && read_known_q && r_before_q == {1'b0, watched_read}) begin
        AnswersReachWhoAsked: assert (known_owner_q == (beat0.valid ? 2'd0 : beat1.valid ? 2'd1 : 2'd2) &&
                                      {beat0.last, beat0.error} == {rlast_q, rresp_q[1]} &&
                                      beat0.lo[WIDTH-1:0] == rdata_q[WIDTH-1:0] &&
                                      beat0.hi[WIDTH-1:0] == rdata_q[64+WIDTH-1:64]);
      end
`endif
      NobodyWaitsForMoreThanTwoOthers: assert (others_q <= 2'd2);
`endif
`ifdef TIMEOUT
      ABeatReachesOneClient: assert ({1'b0, beat0.valid} + {1'b0, beat1.valid} + {1'b0, beat2.valid} <= 2'd1);
      OnlyAReadUnderWayIsAnswered: assert (!answer || under_way);
      if (answer) begin
        AnswersAreTheReadsOwnOrGivenUp: assert (own || given_up);
      end
      if (!flushed_q && answer && read_known_q && answered_q == {1'b0, watched_read}) begin
        AnswersGoToWhoAsked: assert (known_owner_q == (beat0.valid ? 2'd0 : beat1.valid ? 2'd1 : 2'd2));
      end
      ASilentBusIsGivenUpInTime: assert (!(silent && silent_q && silent_qq && silent_qqq));
      DrainedMeansEveryReadIsAnswered: assert (!drained || (!under_way && !arvalid));
`endif
`ifdef WRITES
      if (awvalid_q && !awready_q) begin
        AwStandsStill: assert (awvalid && {awaddr, awlen} == {awaddr_q, awlen_q});
      end
      if (wvalid_q && !wready_q) begin
        WStandsStill: assert (wvalid && {wstrb, wlast} == {wstrb_q, wlast_q} &&
                              wdata[WIDTH-1:0] == wdata_q[WIDTH-1:0]);
      end
      if (awvalid) begin
        WritesStayInAPage: assert (awlen <= 8'd15 && awaddr[3:0] == 4'd0 &&
                                   {1'b0, awaddr[11:4]} + {1'b0, awlen} <= 9'd255);
      end

      OneWriterAtATime: assert (!(write_ready0 && write_ready1) && (!open_q || flush || !beat_taken ||
                                                                    beat_owner == open_owner_q));
      NoBeatIsInvented: assert (flushed_q || ws_q + {3'd0, wvalid} <= beats_q);
      if (!flushed_q && wvalid && ws_q == {1'b0, watched_beat}) begin
        BeatsGoOutAsGiven: assert (beat_known_q && {wstrb, wlast} == {known_strb_q, known_last_q} &&
                                   wdata[WIDTH-1:0] == known_lo_q[WIDTH-1:0] &&
                                   wdata[64+WIDTH-1:64] == known_hi_q[WIDTH-1:0]);
      end
      if (!flushed_q && awvalid && aws_q == {1'b0, watched_burst}) begin
        BurstsGoOutAsGiven: assert (burst_known_q && awaddr == burst_addr_q && awlen == {3'd0, burst_beats_q} - 8'd1);
      end
      EveryAnswerReachesOneWriter: assert ({1'b0, done0.valid} + {1'b0, done1.valid} == {1'b0, bvalid_q});
      if (!flushed_q && bvalid_q && burst_known_q && b_before_q == {1'b0, watched_burst}) begin
        AnswersReachWhoWrote: assert (done1.valid == burst_owner_q && done0.error == bresp_q[1]);
      end

`endif
      if (!master_qq) begin
        NothingNewWithoutBusMastering: assert ((!arvalid || (arvalid_q && !arready_q)) &&
                                               (!awvalid || (awvalid_q && !awready_q)));
      end
`ifndef TIMEOUT
      DrainedMeansNothingIsOwed: assert (!drained || (ars_q == rs_q && aws_q == bs_q && wlasts_q == bs_q &&
                                                      !arvalid && !awvalid && !wvalid));
`endif
    end
  end

  // Not vacuous
  always_ff @(posedge clk_i) begin
    if (rst_ni && ran_q) begin
      AReadIsAnswered: cover (beat2.valid && beat2.last && r_before_q == 4'd1);
      ABurstOfTwoIsAnswered: cover (done1.valid && ws_q == 4'd2 && aws_q == 4'd1 && !flushed_q);
      AResetDrains: cover (flushed_q && flush && drained && rs_q == 4'd1 && bs_q == 4'd1);
    end
  end

endmodule

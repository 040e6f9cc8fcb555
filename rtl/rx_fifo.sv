// Stores whole frames between the wire, which cannot wait, and the DMA engine, which can.
//
// A frame is written as it arrives and becomes visible only when its last word, the MAC's word and the filter's verdict
// agree; otherwise the write pointer goes back to where the frame began. A frame that finds no room is lost as a
// whole and counted. Two banks of 64 bits side by side: written one word a cycle, read sixteen bytes a cycle.
`include "assert.svh"

module rx_fifo #(
  parameter int unsigned PAIRS  = nic_pkg::RX_FIFO_BYTES / 16,
  parameter int unsigned FRAMES = 1024
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // From the MAC by way of rx_vlan; the verdict comes no later than the last word, and not before the last word of
  // the frame before
  input  nic_pkg::rx_word_t    word_i,
  input  nic_pkg::rx_end_t     end_i,
  input  nic_pkg::rx_verdict_t verdict_i,
  input  nic_pkg::rx_vlan_t    vlan_i,      // this and the next two count with the last word
  input  nic_pkg::rx_sums_t    sums_i,
  input  logic                 consume_i,   // a MAC control frame that ends here

  // To the DMA engine: the oldest frame, and its bytes sixteen at a time; done drops what was not taken
  output logic                 frame_valid_o,
  output nic_pkg::rx_frame_t   frame_o,
  output nic_pkg::rx_offload_t offload_o,
  input  logic                 frame_done_i,
  output logic                 data_valid_o,
  output logic [63:0]          data_lo_o,
  output logic [63:0]          data_hi_o,
  input  logic                 data_take_i,

  output logic [15:0]          level_bytes_o,  // held for the DMA engine, in whole pairs
  output logic                 overrun_o,  // a frame was lost for want of room: ICR.RXO
  output nic_pkg::rx_stat_t    stat_o,
  output nic_pkg::event_t      filter_event_o,
  output nic_pkg::event_t      fifo_event_o,
  output logic                 quiet_o
);

  localparam int unsigned ADDR_BITS  = $clog2(PAIRS);
  localparam int unsigned COUNT_BITS = $clog2(PAIRS + 1);
  localparam int unsigned INFO_BITS  = $clog2(FRAMES);

  localparam logic [ADDR_BITS-1:0]  LAST_PAIR = ADDR_BITS'(PAIRS - 1);
  localparam logic [COUNT_BITS-1:0] ALL_PAIRS = COUNT_BITS'(PAIRS);
  localparam logic [INFO_BITS-1:0]  LAST_INFO = INFO_BITS'(FRAMES - 1);
  localparam logic [INFO_BITS:0]    ALL_INFO  = (INFO_BITS + 1)'(FRAMES);

  function automatic logic [COUNT_BITS-1:0] pairs_of(input logic [15:0] length);
    pairs_of = COUNT_BITS'(length[15:4]) + COUNT_BITS'(|length[3:0]);
  endfunction

  function automatic logic [ADDR_BITS-1:0] after(input logic [ADDR_BITS-1:0] pair);
    after = pair == LAST_PAIR ? '0 : pair + 1'b1;
  endfunction

  // `count` pairs further on, at most once around
  function automatic logic [ADDR_BITS-1:0] further(input logic [ADDR_BITS-1:0]  pair,
                                                   input logic [COUNT_BITS-1:0] count);
    logic [COUNT_BITS:0] sum;
    sum     = (COUNT_BITS + 1)'(pair) + (COUNT_BITS + 1)'(count);
    further = ADDR_BITS'(sum >= (COUNT_BITS + 1)'(PAIRS) ? sum - (COUNT_BITS + 1)'(PAIRS) : sum);
  endfunction

  // ---- frame being written
  logic [ADDR_BITS-1:0]  base_q, pair_q;  // its first pair; the pair the next word goes to
  logic                  upper_q;         // ... and the half of it
  logic [COUNT_BITS-1:0] begun_d, begun_q;  // pairs it occupies
  logic                  lost_q;          // a word of it found no room
  logic [COUNT_BITS-1:0] used_q;          // pairs of stored frames not yet done
  logic [INFO_BITS:0]    waiting_q;       // stored frames not yet shown
  logic                  accept_q, multicast_q, broadcast_q, exact_q;  // its verdict, once that has come

  logic room, write, last, passed, store;
  logic accept, multicast, broadcast, exact;

  always_comb begin
    {accept, multicast, broadcast, exact} = {accept_q, multicast_q, broadcast_q, exact_q};
    if (verdict_i.valid)
      {accept, multicast, broadcast, exact} =
          {verdict_i.accept, verdict_i.multicast, verdict_i.broadcast, verdict_i.exact};
  end

  always_comb begin
    room    = upper_q || used_q + begun_q != ALL_PAIRS;
    write   = word_i.valid && room && !lost_q;
    begun_d = begun_q + COUNT_BITS'(write && !upper_q);
    last    = word_i.valid && word_i.eof;
    passed  = last && end_i.keep && accept && !vlan_i.reject && !consume_i;
    store   = passed && write && waiting_q != ALL_INFO;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      base_q   <= '0;
      pair_q   <= '0;
      upper_q  <= 1'b0;
      begun_q  <= '0;
      lost_q   <= 1'b0;
      accept_q <= 1'b0;
      {multicast_q, broadcast_q, exact_q} <= 3'b0;
    end else begin
      if (verdict_i.valid) {accept_q, multicast_q, broadcast_q, exact_q} <= {accept, multicast, broadcast, exact};
      if (last) begin
        upper_q <= 1'b0;
        begun_q <= '0;
        lost_q  <= 1'b0;
        pair_q  <= store ? after(pair_q) : base_q;
        if (store) base_q <= after(pair_q);
        {accept_q, multicast_q, broadcast_q, exact_q} <= 4'b0;
      end else if (word_i.valid) begin
        upper_q <= upper_q ^ write;
        begun_q <= begun_d;
        lost_q  <= lost_q || !room;
        if (write && upper_q) pair_q <= after(pair_q);
      end
    end
  end

  // ---- the banks; a frame that ends in the lower half gets a clean upper half
  logic [63:0]          lower_mem [PAIRS];
  logic [63:0]          upper_mem [PAIRS];
  logic [63:0]          lower_q, upper_data_q;
  logic                 fetch;
  logic [ADDR_BITS-1:0] fetch_pair;

  always_ff @(posedge clk_i) begin
    if (write && !upper_q) lower_mem[pair_q] <= word_i.data;
    if (write && (upper_q || word_i.eof)) upper_mem[pair_q] <= upper_q ? word_i.data : 64'd0;
    if (fetch) begin
      lower_q      <= lower_mem[fetch_pair];
      upper_data_q <= upper_mem[fetch_pair];
    end
  end

  // ---- the frames' descriptions
  logic [nic_pkg::RX_FRAME_BITS-1:0]   info_mem [FRAMES];
  logic [nic_pkg::RX_OFFLOAD_BITS-1:0] offload_mem [FRAMES];  // apart: the simulator is slow above 64 bits
  logic [INFO_BITS-1:0]  info_write_q, info_read_q;
  nic_pkg::rx_frame_t    frame_q;
  nic_pkg::rx_offload_t  offload_q;
  logic                  shown_q, show;  // frame_q is valid; it takes the next one

  always_ff @(posedge clk_i) begin
    if (store) begin
      info_mem[info_write_q]    <= {end_i.crc_error, end_i.symbol_error, end_i.sequence_error, exact, end_i.length,
                                    end_i.tag};
      offload_mem[info_write_q] <= {vlan_i.stripped, vlan_i.tci, sums_i};
    end
    if (show) begin
      frame_q   <= info_mem[info_read_q];
      offload_q <= offload_mem[info_read_q];
    end
  end

  // ---- frame being read
  logic [ADDR_BITS-1:0]  first_d, first_q;  // the oldest frame's first pair
  logic [ADDR_BITS-1:0]  read_q;            // pair at the output
  logic [COUNT_BITS-1:0] left_q;            // pairs of the frame before the output, output included; see below
  logic                  fresh_q;           // frame_q is new, left_q not yet

  logic [COUNT_BITS-1:0] frame_pairs, left;
  assign frame_pairs = pairs_of(frame_q.length);
  assign left        = fresh_q ? frame_pairs : left_q;
  assign first_d     = frame_done_i ? further(first_q, frame_pairs) : first_q;
  assign show        = waiting_q != '0 && (!shown_q || frame_done_i);
  assign fetch       = show || data_take_i;
  assign fetch_pair  = show ? first_d : after(read_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      shown_q      <= 1'b0;
      fresh_q      <= 1'b0;
      first_q      <= '0;
      read_q       <= '0;
      left_q       <= '0;
      used_q       <= '0;
      waiting_q    <= '0;
      info_write_q <= '0;
      info_read_q  <= '0;
    end else begin
      if (store) info_write_q <= info_write_q == LAST_INFO ? '0 : info_write_q + 1'b1;
      if (show) info_read_q <= info_read_q == LAST_INFO ? '0 : info_read_q + 1'b1;
      if (store || show) waiting_q <= waiting_q + {{INFO_BITS{1'b0}}, store} - {{INFO_BITS{1'b0}}, show};
      if (store || frame_done_i)
        used_q <= used_q + (store ? begun_d : '0) - (frame_done_i ? frame_pairs : '0);
      if (show) shown_q <= 1'b1;
      else if (frame_done_i) shown_q <= 1'b0;
      if (frame_done_i) first_q <= first_d;
      if (fetch) read_q <= fetch_pair;
      fresh_q <= show;
      if (fresh_q || data_take_i) left_q <= left - COUNT_BITS'(data_take_i);
    end
  end

  assign frame_valid_o = shown_q;
  assign frame_o       = frame_q;
  assign offload_o     = offload_q;
  assign data_valid_o  = shown_q && left != '0;
  assign data_lo_o     = lower_q;
  assign data_hi_o     = upper_data_q;

  assign level_bytes_o = 16'({used_q, 4'd0});

  // ---- what became of each frame
  logic              overrun_q, filter_event_valid_q, fifo_event_valid_q;
  logic [3:0]        filter_kind_q, fifo_kind_q;
  nic_pkg::rx_stat_t stat_q;
  logic [31:0]       tag_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      overrun_q            <= 1'b0;
      filter_event_valid_q <= 1'b0;
      fifo_event_valid_q   <= 1'b0;
      stat_q               <= '0;
    end else begin
      overrun_q            <= passed && !store;
      filter_event_valid_q <= last && end_i.keep;
      fifo_event_valid_q   <= passed;
      stat_q.valid         <= last;
      if (last) begin
        tag_q               <= end_i.tag;
        filter_kind_q       <= consume_i ? nic_pkg::FILTER_EV_CONTROL :
                               !accept   ? nic_pkg::FILTER_EV_REJECT :
                               vlan_i.reject ? nic_pkg::FILTER_EV_VLAN_REJECT :
                               broadcast ? nic_pkg::FILTER_EV_BROADCAST :
                               multicast ? nic_pkg::FILTER_EV_MULTICAST :
                               exact     ? nic_pkg::FILTER_EV_UNICAST : nic_pkg::FILTER_EV_PROMISC;
        fifo_kind_q         <= store ? nic_pkg::FIFO_EV_STORED : nic_pkg::FIFO_EV_OVERFLOW;
        stat_q.accepted     <= accept && !vlan_i.reject && !consume_i;
        stat_q.stored       <= store;
        stat_q.missed       <= passed && !store;
        stat_q.crc_error    <= end_i.crc_error;
        stat_q.symbol_error <= end_i.symbol_error || end_i.sequence_error;
        stat_q.short_frame  <= end_i.short_frame;
        stat_q.long_frame   <= end_i.long_frame;
        stat_q.multicast    <= multicast;
        stat_q.broadcast    <= broadcast;
        stat_q.length       <= vlan_i.stripped ? end_i.length + 16'd4 : end_i.length;  // on the wire
      end
    end
  end

  assign overrun_o      = overrun_q;
  assign stat_o         = stat_q;
  assign filter_event_o = {filter_event_valid_q, filter_kind_q, tag_q};
  assign fifo_event_o   = {fifo_event_valid_q, fifo_kind_q, tag_q};

  assign quiet_o = !stat_q.valid && !fresh_q && (shown_q || waiting_q == '0);

  // The rest of the verdict is for rx_control
  logic unused;
  assign unused = &{1'b0, verdict_i.station, verdict_i.control};

  `ASSERT(DoneOnlyWithAFrame, !frame_done_i || shown_q)
  `ASSERT(TakeOnlyWithData, !data_take_i || data_valid_o)
  `ASSERT(AFrameShownStaysUntilItIsDone, !$past(rst_ni && shown_q && !frame_done_i) ||
                                         (shown_q && $stable(frame_q) && $stable(offload_q)))
  `ASSERT(NeverMoreThanFits, used_q + begun_q <= ALL_PAIRS)
  `ASSERT(AFrameBeginsWithSof, !word_i.valid || word_i.sof == (begun_q == '0 && !lost_q))
  `ASSERT(AConsumedFrameIsNotStored, !(consume_i && store))
  `ASSERT(StoredPairsMatchTheLength, !store || begun_d == pairs_of(end_i.length))
  `ASSERT(OnlyTheLastWordIsPartial, !word_i.valid || word_i.eof || word_i.bytes == 4'd8)

endmodule

// Keeps frames between the DMA engine, which fetches them in pieces, and the wire, which may not run dry.
//
// A frame becomes visible only when the engine commits it, whole; an abort takes back what was written of it. Two banks
// of 64 bits side by side: written sixteen bytes a cycle, read one word a cycle.
`include "assert.svh"

module tx_fifo #(
  parameter int unsigned PAIRS = nic_pkg::TX_FIFO_BYTES / 16  // a power of two
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // From the DMA engine. The commit comes with the last write or after it
  input  nic_pkg::tx_write_t   write_i,
  input  logic                 commit_i,
  input  logic                 abort_i,
  input  nic_pkg::tx_frame_t   frame_i,
  input  nic_pkg::tx_patches_t patches_i,
  output logic [10:0]          free_beats_o,  // writes that find room

  // To the MAC: the oldest frame, and its bytes a word at a time
  output logic                 frame_valid_o,
  output nic_pkg::tx_frame_t   frame_o,
  output nic_pkg::tx_patches_t patches_o,
  output logic [63:0]          word_o,
  input  logic                 word_take_i,
  input  logic                 frame_done_i,
  input  logic                 held_i,        // PAUSE: the MAC begins no frame

  output nic_pkg::event_t      event_o,
  output logic                 quiet_o
);

  localparam int unsigned ADDR_BITS  = $clog2(PAIRS);
  localparam int unsigned FRAME_BITS = $bits(frame_o);
  localparam int unsigned PATCH_BITS = $bits(patches_o);
  localparam int unsigned COUNT_BITS = ADDR_BITS + 1;

  localparam logic [COUNT_BITS-1:0] ALL_PAIRS = COUNT_BITS'(PAIRS);

  function automatic logic [COUNT_BITS-1:0] pairs_of(input logic [13:0] length);
    pairs_of = COUNT_BITS'(length[13:4]) + COUNT_BITS'(|length[3:0]);
  endfunction

  // ---- frame being written
  logic [ADDR_BITS-1:0]  pair_q;     // where the next write goes
  logic [COUNT_BITS-1:0] begun_q;    // pairs written and not committed
  logic [COUNT_BITS-1:0] used_q;     // pairs committed and not yet done
  logic [COUNT_BITS-1:0] waiting_q;  // frames committed and not yet shown; each has a pair, so as many fit

  logic [COUNT_BITS-1:0] written;
  assign written = begun_q + COUNT_BITS'(write_i.valid);

  // ---- the banks and the frames' descriptions
  logic [63:0]           lower_mem [PAIRS];
  logic [63:0]           upper_mem [PAIRS];
  logic [FRAME_BITS-1:0] info_mem [PAIRS];
  logic [PATCH_BITS-1:0] patch_mem [PAIRS];
  logic [ADDR_BITS-1:0]  info_write_q, info_read_q;
  nic_pkg::tx_frame_t    frame_q;
  nic_pkg::tx_patches_t  patches_q;
  logic [63:0]           word_q;
  logic                  show, shown_q, fetch;
  logic [ADDR_BITS:0]    fetch_word;  // pair and half

  always_ff @(posedge clk_i) begin
    if (write_i.valid) begin
      lower_mem[pair_q] <= write_i.lo;
      upper_mem[pair_q] <= write_i.hi;
    end
    if (fetch) word_q <= fetch_word[0] ? upper_mem[fetch_word[ADDR_BITS:1]] : lower_mem[fetch_word[ADDR_BITS:1]];
    if (commit_i) begin
      info_mem[info_write_q]  <= frame_i;
      patch_mem[info_write_q] <= patches_i;
    end
    if (show) begin
      frame_q   <= info_mem[info_read_q];
      patches_q <= patch_mem[info_read_q];
    end
  end

  // ---- frame being read
  logic [ADDR_BITS-1:0]  first_d, first_q;  // its first pair
  logic [ADDR_BITS:0]    read_q;            // word at the output
  logic [COUNT_BITS-1:0] frame_pairs;

  assign frame_pairs = pairs_of(frame_q.length);
  assign first_d     = frame_done_i ? first_q + ADDR_BITS'(frame_pairs) : first_q;
  assign show        = waiting_q != '0 && (!shown_q || frame_done_i);
  assign fetch       = show || word_take_i;
  assign fetch_word  = show ? {first_d, 1'b0} : read_q + 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pair_q       <= '0;
      begun_q      <= '0;
      used_q       <= '0;
      waiting_q    <= '0;
      info_write_q <= '0;
      info_read_q  <= '0;
      shown_q      <= 1'b0;
      first_q      <= '0;
      read_q       <= '0;
    end else begin
      if (abort_i) begin
        pair_q  <= pair_q - ADDR_BITS'(begun_q);
        begun_q <= '0;
      end else if (write_i.valid || commit_i) begin
        pair_q  <= pair_q + ADDR_BITS'(write_i.valid);
        begun_q <= commit_i ? '0 : written;
      end
      if (commit_i) info_write_q <= info_write_q + 1'b1;
      if (show) info_read_q <= info_read_q + 1'b1;
      if (commit_i || show) waiting_q <= waiting_q + COUNT_BITS'(commit_i) - COUNT_BITS'(show);
      if (commit_i || frame_done_i)
        used_q <= used_q + (commit_i ? written : '0) - (frame_done_i ? frame_pairs : '0);
      if (show) shown_q <= 1'b1;
      else if (frame_done_i) shown_q <= 1'b0;
      if (frame_done_i) first_q <= first_d;
      if (fetch) read_q <= fetch_word;
    end
  end

  assign free_beats_o  = 11'(ALL_PAIRS - used_q - begun_q);
  assign frame_valid_o = shown_q;
  assign frame_o       = frame_q;
  assign patches_o     = patches_q;
  assign word_o        = word_q;

  // ---- event
  logic        event_q;
  logic [31:0] tag_q;
  always_ff @(posedge clk_i) begin
    event_q <= rst_ni && commit_i;
    if (commit_i) tag_q <= frame_i.tag;
  end
  assign event_o = {event_q, nic_pkg::TX_EV_OK, tag_q};

  // With a frame to show the MAC is about to move, whoever else is still, unless it is held
  assign quiet_o = !event_q && (shown_q ? held_i : waiting_q == '0);

  `ASSERT(AWriteFindsRoom, !write_i.valid || free_beats_o != '0)
  `ASSERT(CommitOrAbort, !(commit_i && abort_i))
  `ASSERT(CommittedPairsMatchTheLength, !commit_i || written == pairs_of(frame_i.length))
  `ASSERT(OnlyTheLastWriteIsPartial, !write_i.valid || write_i.eof || write_i.bytes == 5'd16)
  `ASSERT(TakeOnlyWithAFrame, shown_q || !(word_take_i || frame_done_i))

endmodule

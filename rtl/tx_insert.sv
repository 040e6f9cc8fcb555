`include "assert.svh"

// Puts into a frame, on its way from the FIFO to the MAC, what was not known when it was stored: two checksums, and the
// VLAN tag behind the addresses (CTRL.VME, descriptor VLE; manual, section 9).
//
// A frame with a tag has its words shifted by four bytes from byte 12 on, so half a word is carried over. Checksums go
// in before that: their offsets do not count the tag. A frame that wants neither passes through.
module tx_insert (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic [15:0]          ethertype_i,  // VET

  // From the FIFO
  input  logic                 frame_valid_i,
  input  nic_pkg::tx_frame_t   frame_i,
  input  nic_pkg::tx_patches_t patches_i,
  input  logic [63:0]          word_i,

  // To the MAC
  output nic_pkg::tx_frame_t   frame_o,      // the length counts the tag
  output logic [63:0]          word_o,
  input  logic                 word_take_i,
  input  logic                 frame_done_i
);

  localparam logic [5:0] BEYOND = 6'd33;  // behind the last word with a checksum, which is at most at 255 and 256

  logic [5:0]  index_q;   // of word_i in its frame; stays at BEYOND
  logic [31:0] carry_q;   // upper half of the word before, with its checksums in
  logic [63:0] patched;

  // A byte of a checksum, if it is in this word
  function automatic logic [63:0] put(input logic [63:0] word, input logic [5:0] index, input logic [8:0] at,
                                      input logic [7:0] value);
    put = word;
    if (index == at[8:3])
      put = (word & ~(64'hFF << {at[2:0], 3'd0})) | ({56'd0, value} << {at[2:0], 3'd0});
  endfunction

  function automatic logic [63:0] apply(input logic [63:0] word, input logic [5:0] index,
                                        input logic [7:0] offset, input logic [15:0] value);
    apply = put(word, index, {1'b0, offset}, value[15:8]);
    apply = put(apply, index, {1'b0, offset} + 9'd1, value[7:0]);
  endfunction

  logic       with_tag;   // what ends within the addresses has no place for a tag
  logic [7:0] tag_hi, tag_lo;
  assign with_tag         = frame_i.vlan && frame_i.length >= 14'd12;
  assign {tag_hi, tag_lo} = frame_i.vlan_tag;

  always_comb begin
    patched = word_i;
    word_o  = word_i;
    frame_o = frame_i;
    if (frame_valid_i) begin
      if (patches_i.ip.valid) patched = apply(patched, index_q, patches_i.ip.offset, patches_i.ip.value);
      if (patches_i.tu.valid) patched = apply(patched, index_q, patches_i.tu.offset, patches_i.tu.value);
      word_o = patched;
      if (with_tag) begin
        frame_o.length = frame_i.length + 14'd4;
        if (index_q == 6'd1)
          word_o = {tag_lo, tag_hi, ethertype_i[7:0], ethertype_i[15:8], patched[31:0]};
        else if (index_q != 6'd0)
          word_o = {patched[31:0], carry_q};
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || !frame_valid_i || frame_done_i) begin
      index_q <= 6'd0;
    end else if (word_take_i) begin
      carry_q <= patched[63:32];
      if (index_q != BEYOND) index_q <= index_q + 6'd1;
    end
  end

  `ASSERT(NothingIsTakenWithoutAFrame, frame_valid_i || !(word_take_i || frame_done_i))
  `ASSERT(AFrameBeginsWithItsFirstWord, frame_valid_i || index_q == 6'd0)

endmodule

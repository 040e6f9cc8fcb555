// The Ethernet frame check sequence (IEEE 802.3, 3.2.9) eight bytes at a time.
//
// CRC-32 reflected: the first bit on the wire is bit 0, the polynomial 0x04C11DB7 reads backwards. A register starts
// as INIT, takes bytes, and its complement is the FCS, least significant byte first. The tables answer what one byte
// contributes when k more bytes follow it ("slice by 8"): eight look-ups and a tree of XORs per word. Written as
// equations instead, the same function would cost the simulator five times as much; but a chip wants the equations, and
// a table that is looked up 32 bits at a time would drown a synthesis tool.
package crc32_pkg;

  localparam logic [31:0] INIT = 32'hFFFFFFFF;

  // Register after a frame whose FCS was right, FCS included
  localparam logic [31:0] RESIDUE = 32'hDEBB20E3;

  function automatic logic [31:0] shift_bits(input logic [31:0] crc, input int unsigned bits);
    shift_bits = crc;
    for (int unsigned k = 0; k < bits; k++)
      shift_bits = shift_bits[0] ? (shift_bits >> 1) ^ 32'hEDB88320 : shift_bits >> 1;
  endfunction

  // 256 words side by side: word i in bits 32 i + 31 to 32 i
  function automatic logic [8191:0] make_table(input int unsigned bytes_after);
    for (int unsigned i = 0; i < 256; i++) make_table[32*i +: 32] = shift_bits(i, 8 + 8 * bytes_after);
  endfunction

  function automatic logic [255:0] make_residues();
    for (int unsigned i = 0; i < 8; i++) make_residues[32*i +: 32] = shift_bits(RESIDUE, 8 * ((8 - i) % 8));
  endfunction

  localparam logic [8191:0] TABLE0 = make_table(0);
  localparam logic [8191:0] TABLE1 = make_table(1);
  localparam logic [8191:0] TABLE2 = make_table(2);
  localparam logic [8191:0] TABLE3 = make_table(3);
  localparam logic [8191:0] TABLE4 = make_table(4);
  localparam logic [8191:0] TABLE5 = make_table(5);
  localparam logic [8191:0] TABLE6 = make_table(6);
  localparam logic [8191:0] TABLE7 = make_table(7);

  // Register after a good frame whose last word held n bytes and was filled up with zeros; index n % 8
  localparam logic [255:0] RESIDUES = make_residues();

  // The register after eight more bytes
`ifdef SYNTHESIS
  function automatic logic [31:0] next_word(input logic [31:0] crc, input logic [63:0] data);
    next_word = crc;
    for (int unsigned k = 0; k < 64; k++)
      next_word = next_word[0] ^ data[k] ? (next_word >> 1) ^ 32'hEDB88320 : next_word >> 1;
  endfunction
`else
  function automatic logic [31:0] next_word(input logic [31:0] crc, input logic [63:0] data);
    logic [31:0] head;
    head      = crc ^ data[31:0];
    next_word = TABLE7[{head[7:0],   5'd0} +: 32] ^ TABLE6[{head[15:8],  5'd0} +: 32] ^
                TABLE5[{head[23:16], 5'd0} +: 32] ^ TABLE4[{head[31:24], 5'd0} +: 32] ^
                TABLE3[{data[39:32], 5'd0} +: 32] ^ TABLE2[{data[47:40], 5'd0} +: 32] ^
                TABLE1[{data[55:48], 5'd0} +: 32] ^ TABLE0[{data[63:56], 5'd0} +: 32];
  endfunction
`endif

  // The register after the first `bytes` (1..8) bytes of data: they are pushed to the end of a word, where the bytes
  // in front of them are zero and so contribute nothing. Below four bytes a part of the register is only shifted.
  function automatic logic [31:0] next_bytes(input logic [31:0] crc, input logic [63:0] data, input logic [3:0] bytes);
    logic [63:0] pushed;
    pushed     = (data ^ {32'b0, crc}) << {4'd8 - bytes, 3'b0};
    next_bytes = next_word(32'b0, pushed);
    if (bytes < 4) next_bytes ^= crc >> {bytes, 3'b0};
  endfunction

endpackage

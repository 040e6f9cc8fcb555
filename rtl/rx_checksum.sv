// Adds up the words of a frame on their way to the FIFO: packet checksum, IPv4 header checksum, TCP and UDP checksum.
//
// Nothing is delayed: the sums are ready with the frame's last word. A sum is that of RFC 1071, over 16-bit groups in
// network order. The packet checksum starts at RXCSUM.PCSS, counted in the frame as it is stored, and ends with it (so
// before the FCS with RCTL.SECRC).
//
// IPv4 is found behind Ethernet II, 802.3 with LLC/SNAP, and either of them behind one tag. The header is judged if it
// is whole; TCP and UDP if moreover the datagram is no fragment and all its lengths agree: the total length ends
// before the FCS, has room for the header behind it, and UDP's own length says the same. What lies behind the total
// length is padding. UDP without a checksum (0) gets no verdict. Not judged means that `checked` is 0.
`include "assert.svh"

module rx_checksum (
  input  logic                           clk_i,
  input  logic                           rst_ni,

  input  nic_pkg::rx_checksum_settings_t settings_i,
  input  logic                           strip_fcs_i,       // RCTL.SECRC
  input  logic [15:0]                    vlan_ethertype_i,  // VET

  // The stream into the FIFO
  input  nic_pkg::rx_word_t              word_i,
  output nic_pkg::rx_sums_t              sums_o             // counts while the word is an eof
);

  localparam logic [7:0] TCP = 8'd6;
  localparam logic [7:0] UDP = 8'd17;

  // Sum of the four 16-bit groups of those bytes of a word at `base` that lie in [from, to)
  function automatic logic [17:0] part_sum(input logic [63:0] data, input logic [15:0] base,
                                           input logic [15:0] from, input logic [15:0] upto);
    logic [63:0] d;
    d = data;
    if (from > base)        d = from - base >= 16'd8 ? 64'd0 : d & (64'hffff_ffff_ffff_ffff << {from[2:0], 3'd0});
    if (upto < base + 16'd8) d = upto <= base ? 64'd0 : d & ~(64'hffff_ffff_ffff_ffff << {upto[2:0], 3'd0});
    part_sum = {2'd0, d[7:0], d[15:8]} + {2'd0, d[23:16], d[31:24]} + {2'd0, d[39:32], d[47:40]} +
               {2'd0, d[55:48], d[63:56]};
  endfunction

  // End-around carry, once: the result still has room for seventeen bits
  function automatic logic [17:0] add(input logic [17:0] sum, input logic [17:0] more);
    logic [18:0] wide;
    wide = {1'b0, sum} + {1'b0, more};
    add  = {2'd0, wide[15:0]} + {15'd0, wide[18:16]};
  endfunction

  function automatic logic [15:0] fold(input logic [17:0] sum);
    logic [16:0] once;
    once = {1'b0, sum[15:0]} + {15'd0, sum[17:16]};
    fold = once[15:0] + {15'd0, once[16]};
  endfunction

  logic [15:0] base_d, base_q;  // place of this word's first byte in the frame; of the next word
  assign base_d = word_i.sof ? 16'd0 : base_q;

  // ---- packet checksum. The FCS may begin in the word before the last, so a word is added when the next one is there
  logic [17:0] packet_d, packet_q;
  logic [63:0] before_q;
  logic [15:0] packet_end, packet_sum;

  always_comb begin
    packet_d   = packet_q;
    packet_end = 16'd0;
    packet_sum = 16'd0;
    if (word_i.valid) begin
      packet_end = base_d + {12'd0, word_i.bytes} - (word_i.eof && strip_fcs_i ? 16'd4 : 16'd0);
      packet_d   = word_i.sof ? 18'd0
                              : add(packet_q, part_sum(before_q, base_d - 16'd8, {8'd0, settings_i.start}, packet_end));
      if (word_i.eof) begin
        packet_sum = fold(add(packet_d, part_sum(word_i.data, base_d, {8'd0, settings_i.start}, packet_end)));
        // From an odd place on, the groups lie the other way round
        if (settings_i.start[0]) packet_sum = {packet_sum[7:0], packet_sum[15:8]};
      end
    end
  end

  // ---- where the IPv4 header is, if there is one
  logic        tagged_d, tagged_q, snap_d, snap_q;  // a tag; an LLC/SNAP header up to its type
  logic        found_d, found_q;
  logic [4:0]  l3_d, l3_q;                          // place of the header: 14, 18, 22 or 26
  logic [3:0]  ihl_d, ihl_q;                        // its length in words of four bytes
  logic [7:0]  version;
  logic [15:0] group0, group1, group2, group3;

  assign group0 = {word_i.data[7:0], word_i.data[15:8]};
  assign group1 = {word_i.data[23:16], word_i.data[31:24]};
  assign group2 = {word_i.data[39:32], word_i.data[47:40]};
  assign group3 = {word_i.data[55:48], word_i.data[63:56]};

  always_comb begin
    tagged_d = tagged_q;
    snap_d   = snap_q;
    found_d  = found_q;
    l3_d     = l3_q;
    ihl_d    = ihl_q;
    version  = 8'd0;
    if (word_i.valid) begin
      case (base_d)
        16'd0: begin
          tagged_d = 1'b0;
          snap_d   = 1'b0;
          found_d  = 1'b0;
        end
        16'd8: begin
          tagged_d = group2 == vlan_ethertype_i;
          snap_d   = group2 <= 16'd1500 && group3 == 16'hAAAA;
          found_d  = group2 == 16'h0800;
          l3_d     = 5'd14;
          version  = group3[15:8];
        end
        16'd16: begin
          if (tagged_q) begin
            found_d = group0 == 16'h0800;
            l3_d    = 5'd18;
            version = group1[15:8];
            snap_d  = group0 <= 16'd1500 && group1 == 16'hAAAA && group2 == 16'h0300 && group3 == 16'h0000;
          end else if (snap_q) begin
            found_d = group0 == 16'h0300 && group1 == 16'h0000 && group2 == 16'h0800;
            l3_d    = 5'd22;
            version = group3[15:8];
          end
        end
        16'd24: begin
          if (tagged_q && snap_q) begin
            found_d = group0 == 16'h0800;
            l3_d    = 5'd26;
            version = group1[15:8];
          end
        end
        default: ;
      endcase
      if (found_d && !found_q) begin
        ihl_d   = version[3:0];
        found_d = version[7:4] == 4'd4 && version[3:0] >= 4'd5;
      end
    end
  end

  // ---- what its fields say, as they pass. The header begins in the fourth group of a word, or in the second
  logic [12:0] word_d, l3_word, l4_word;
  logic [15:0] l4, datagram_end;
  logic [15:0] total_d, total_q, udp_length_q, udp_length_d, udp_sum_q, udp_sum_d;
  logic        fragment_d, fragment_q;
  logic [7:0]  protocol_d, protocol_q;
  logic        active;

  assign active  = word_i.valid && found_d && (settings_i.ip || settings_i.tcp_udp);
  assign l4      = {11'd0, l3_d} + {10'd0, ihl_d, 2'd0};
  assign word_d  = base_d[15:3];
  assign l3_word = {11'd0, l3_d[4:3]};
  assign l4_word = l4[15:3];

  always_comb begin
    total_d      = total_q;
    fragment_d   = fragment_q;
    protocol_d   = protocol_q;
    udp_length_d = udp_length_q;
    udp_sum_d    = udp_sum_q;
    if (active) begin
      if (!found_q) begin
        total_d      = l3_d[2] ? 16'd0 : group2;  // 0 until it has passed: no byte belongs to the datagram yet
        protocol_d   = 8'd0;
        udp_length_d = 16'd0;
        udp_sum_d    = 16'd0;
      end else if (word_d == l3_word + 13'd1) begin
        if (l3_d[2]) total_d = group0;
        fragment_d = l3_d[2] ? |group2[13:0] : |group0[13:0];  // MF, or an offset
        protocol_d = l3_d[2] ? group3[7:0] : group1[7:0];
      end else if (word_d == l4_word + 13'd1) begin
        if (l4[2]) udp_length_d = group1;
        udp_sum_d = l4[2] ? group2 : group0;
      end else if (word_d == l4_word && !l4[2]) begin
        udp_length_d = group3;
      end
    end
  end

  // ---- sums of header and datagram
  logic [17:0] ip_d, ip_q, l4_d, l4_q;
  assign datagram_end = {11'd0, l3_d} + total_d;

  always_comb begin
    ip_d = ip_q;
    l4_d = l4_q;
    if (active) begin
      if (!found_q) begin
        ip_d = 18'd0;
        l4_d = 18'd0;
      end
      if (base_d < l4) ip_d = add(ip_d, part_sum(word_i.data, base_d, {11'd0, l3_d}, l4));
      if (settings_i.tcp_udp) begin
        if (word_d < l3_word + 13'd4)  // the addresses belong to the pseudo header
          l4_d = add(l4_d, part_sum(word_i.data, base_d, {11'd0, l3_d} + 16'd12, {11'd0, l3_d} + 16'd20));
        if (word_d >= l4_word) l4_d = add(l4_d, part_sum(word_i.data, base_d, l4, datagram_end));
      end
    end
  end

  // ---- verdicts, with the last word
  logic [15:0] room, payload;
  logic        ip_checked, ip_error, l4_lengths, l4_checked, l4_error;

  always_comb begin
    room       = 16'd0;
    payload    = 16'd0;
    ip_checked = 1'b0;
    ip_error   = 1'b0;
    l4_lengths = 1'b0;
    l4_checked = 1'b0;
    l4_error   = 1'b0;
    if (active && word_i.eof) begin
      room       = base_d + {12'd0, word_i.bytes} - 16'd4;  // where the FCS begins
      payload    = total_d - {10'd0, ihl_d, 2'd0};
      ip_checked = settings_i.ip && l4 <= room;
      ip_error   = ip_checked && fold(ip_d) != 16'hffff;
      l4_lengths = total_d >= {10'd0, ihl_d, 2'd0} && total_d <= room - {11'd0, l3_d} && l4 <= room;
      l4_checked = settings_i.tcp_udp && l4_lengths && !fragment_d &&
                   ((protocol_d == TCP && payload >= 16'd20) ||
                    (protocol_d == UDP && payload >= 16'd8 && udp_length_d == payload && udp_sum_d != 16'd0));
      l4_error   = l4_checked && fold(add(l4_d, {2'd0, payload} + {10'd0, protocol_d})) != 16'hffff;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      base_q <= 16'd0;
    end else if (word_i.valid) begin
      base_q       <= base_d + 16'd8;
      packet_q     <= packet_d;
      before_q     <= word_i.data;
      tagged_q     <= tagged_d;
      snap_q       <= snap_d;
      found_q      <= found_d;
      l3_q         <= l3_d;
      ihl_q        <= ihl_d;
      total_q      <= total_d;
      fragment_q   <= fragment_d;
      protocol_q   <= protocol_d;
      udp_length_q <= udp_length_d;
      udp_sum_q    <= udp_sum_d;
      ip_q         <= ip_d;
      l4_q         <= l4_d;
    end
  end

  assign sums_o = {ip_checked, ip_error, l4_checked, l4_error, ~packet_sum};

  `ASSERT(AnErrorWasLookedFor, (ip_checked || !ip_error) && (l4_checked || !l4_error))
  `ASSERT(VerdictsComeWithTheLastWord, (word_i.valid && word_i.eof) || !(ip_checked || l4_checked))

endmodule

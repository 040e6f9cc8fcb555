// Looks at the 802.1Q tag of every frame on its way from the MAC to the FIFO, and takes it out if it shall.
//
// A frame is tagged if octets 12 and 13 are VET. The VLAN filter (RCTL.VFE: VFTA; RCTL.CFIEN: the CFI bit) decides
// about tagged frames only. With CTRL.VME the four octets of the tag leave the stream: the words behind move up by half a
// word, so a word is held until the next one comes, and everything is one cycle later. Without VME nothing is held
// and the stream passes as it is. The change between the two waits for a moment without a frame.
`include "assert.svh"

module rx_vlan (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  input  nic_pkg::vlan_settings_t settings_i,

  // VLAN filter table: the register file answers in the same cycle
  output logic [11:0]             vlan_id_o,
  input  logic                    vfta_bit_i,

  // From the MAC and the address filter
  input  nic_pkg::rx_word_t       word_i,
  input  nic_pkg::rx_end_t        end_i,
  input  nic_pkg::rx_verdict_t    verdict_i,

  // The same, with the tag told apart; end_o and vlan_o count while the word is an eof
  output nic_pkg::rx_word_t       word_o,
  output nic_pkg::rx_end_t        end_o,
  output nic_pkg::rx_verdict_t    verdict_o,
  output nic_pkg::rx_vlan_t       vlan_o,
  output logic                    quiet_o
);

  // ---- the tag: type and TCI are the upper half of the frame's second word
  logic        second_q;    // the next word is a frame's second
  logic        in_frame_q;
  logic        has_tag, cut;
  logic [15:0] tci;
  logic        reject_q, stripped_q;
  logic [15:0] tci_q;

  logic                 holding_q;  // CTRL.VME, as it was when the frame began
  nic_pkg::rx_verdict_t verdict_q;

  assign tci       = {word_i.data[55:48], word_i.data[63:56]};
  assign vlan_id_o = tci[11:0];
  assign has_tag   = word_i.valid && second_q && !word_i.eof &&
                     {word_i.data[39:32], word_i.data[47:40]} == settings_i.ethertype;
  assign cut       = has_tag && holding_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      second_q   <= 1'b0;
      in_frame_q <= 1'b0;
      reject_q   <= 1'b0;
      stripped_q <= 1'b0;
      tci_q      <= 16'd0;
    end else if (word_i.valid) begin
      second_q   <= word_i.sof && !word_i.eof;
      in_frame_q <= !word_i.eof;
      if (word_i.sof) begin
        reject_q   <= 1'b0;
        stripped_q <= 1'b0;
        tci_q      <= 16'd0;
      end else if (has_tag) begin
        reject_q   <= (settings_i.filter && !vfta_bit_i) || (settings_i.check_cfi && tci[12] != settings_i.cfi);
        stripped_q <= holding_q;
        tci_q      <= holding_q ? tci : 16'd0;
      end
    end
  end

  // ---- the word held back: whole, or behind the cut the half of it that is still to leave
  logic             held_q, held_sof_q, held_eof_q, held_half_q;
  logic [3:0]       held_bytes_q;
  logic [63:0]      held_data_q;
  nic_pkg::rx_end_t end_q;

  logic join_halves, swallow, leave;
  assign join_halves = held_half_q && !held_eof_q;
  assign swallow     = join_halves && word_i.eof && word_i.bytes <= 4'd4;  // the last octets leave with the half held
  assign leave       = held_q && (held_eof_q || word_i.valid);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      held_q      <= 1'b0;
      held_eof_q  <= 1'b0;
      held_half_q <= 1'b0;
    end else if (leave || (holding_q && word_i.valid)) begin
      held_q <= word_i.valid && !(held_q && swallow);
      if (word_i.valid) begin
        held_sof_q   <= word_i.sof;
        held_eof_q   <= word_i.eof;
        held_half_q  <= cut || (held_q && join_halves);
        held_bytes_q <= held_q && join_halves ? word_i.bytes - 4'd4 : word_i.bytes;
        held_data_q  <= held_q && join_halves ? {32'd0, word_i.data[63:32]} : word_i.data;
        if (word_i.eof) end_q <= end_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      holding_q <= 1'b0;
      verdict_q <= '0;
    end else begin
      if (verdict_i.valid || verdict_q.valid) verdict_q <= verdict_i;
      if (holding_q != settings_i.strip && !in_frame_q && !held_q && !word_i.valid && !verdict_i.valid &&
          !verdict_q.valid)
        holding_q <= settings_i.strip;
    end
  end

  always_comb begin
    word_o    = word_i;
    end_o     = end_i;
    verdict_o = verdict_i;
    if (holding_q) begin
      word_o.valid = leave;
      word_o.sof   = held_sof_q;
      word_o.eof   = held_eof_q || swallow;
      word_o.bytes = held_eof_q ? held_bytes_q : swallow ? word_i.bytes + 4'd4 : 4'd8;
      word_o.data  = join_halves ? {word_i.data[31:0], held_data_q[31:0]} : held_data_q;
      if (held_eof_q) end_o = end_q;
      if (stripped_q) end_o.length = end_o.length - 16'd4;
      verdict_o = verdict_q;
    end
  end

  assign vlan_o  = {reject_q, stripped_q, tci_q};
  assign quiet_o = !held_q && !verdict_q.valid && holding_q == settings_i.strip;

  `ASSERT(NothingIsHeldWithoutVme, holding_q || !held_q)
  `ASSERT(OnlyTheLastWordIsPartial, !word_o.valid || word_o.eof || word_o.bytes == 4'd8)
  `ASSERT(ALastWordHasBytes, !(word_o.valid && word_o.eof) || (word_o.bytes >= 4'd1 && word_o.bytes <= 4'd8))

endmodule

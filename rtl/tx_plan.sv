`include "assert.svh"

// Reads transmit descriptors and decides what is to be read from memory for them, in which pieces.
//
// Three kinds of descriptors share a ring (manual, section 3.3): legacy, and with DEXT = 1 context (DTYP 0) and data
// (DTYP 1). Which descriptor of a frame counts, by the manual: length and address of each; EOP ends the frame; IFCS,
// VLE and special of the last; legacy IC and CSO of the last and CSS of the first; TSE and POPTS of the first. Segments
// leave before the last descriptor has come, so a chain with TSE takes IFCS, VLE and special from its first as well.
// The form is that of the first descriptor. The card keeps two contexts, the last one with TSE and the last without; a
// frame uses what they are when it begins. Any other DTYP has no effect; DD is written as asked.
//
// A read ends at a 256-byte boundary, at the end of the descriptor, of the header and of a segment. It is asked for
// when its beats have room on the card. Length 0 or a null address: no data. A frame longer than LONGEST, or a chain
// whose context cannot be used, is given up at its EOP, and nothing more is read for it; so is the segment under way
// when EOP comes before PAYLEN. Data beyond PAYLEN is not read.
module tx_plan #(
  parameter int unsigned LANDING = 512  // beats that have room on the card
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // Settings
  input  logic                 enable_i,       // TCTL.EN
  input  logic                 vlan_i,         // CTRL.VME
  input  logic                 halt_i,         // after an error: begin nothing more

  // From desc_ring
  input  logic                 running_i,
  input  logic                 desc_valid_i,
  input  logic [63:0]          desc_lo_i,
  input  logic [63:0]          desc_hi_i,
  input  logic [15:0]          desc_index_i,
  output logic                 desc_pop_o,
  input  logic                 ring_empty_i,
  input  logic                 ring_failed_i,
  output logic                 in_frame_o,

  // To tx_report: the descriptor popped
  input  logic                 record_full_i,
  output logic                 record_no_data_o,  // there is nothing to wait for
  output logic                 record_report_o,   // RS or RPS
  output logic                 record_delay_o,    // IDE

  // Bus
  output nic_pkg::dma_read_t   read_o,
  input  logic                 read_ready_i,

  // To tx_packer, entry by entry
  input  logic                 full_i,
  output logic                 push_o,
  output nic_pkg::tx_read_t    entry_o,
  output nic_pkg::tx_job_t     job_o,          // with `first`
  output nic_pkg::tx_offsets_t offsets_o,
  input  logic                 beat_used_i,    // strobe: a beat has made room

  output logic                 fetch_failed_o, // the wanted descriptor could not be read, and no frame is open
  output logic                 quiet_o
);

  localparam logic [20:0] LONGEST = 21'd16128;  // bytes; a frame is stored whole

  // ---- the descriptor
  logic        eop, ifcs, ic_tse, dext, vle, is_context, is_data;
  logic [19:0] length;
  assign eop        = desc_hi_i[24];
  assign ifcs       = desc_hi_i[25];
  assign ic_tse     = desc_hi_i[26];
  assign dext       = desc_hi_i[29];
  assign vle        = desc_hi_i[30];
  assign is_context = dext && desc_hi_i[23:20] == 4'd0;
  assign is_data    = !dext || desc_hi_i[23:20] == 4'd1;
  assign length     = dext ? desc_hi_i[19:0] : {4'd0, desc_hi_i[15:0]};

  // ---- contexts
  nic_pkg::tx_offsets_t plain_q, chain_q;  // without and with TSE
  logic                 plain_tcp_q, chain_tcp_q, chain_ipv4_q;
  logic [15:0]          chain_mss_q;
  logic [19:0]          chain_payload_q;
  logic [7:0]           chain_header_q;
  logic                 chain_usable;
  assign chain_usable = chain_mss_q != 16'd0 && chain_payload_q != 20'd0 && chain_header_q != 8'd0 &&
                        {5'd0, chain_mss_q} + {13'd0, chain_header_q} <= LONGEST;

  // ---- the frame
  typedef enum logic [1:0] {
    NEXT,   // waits for a descriptor
    READ,   // asks for its data, a read a cycle
    FINISH  // ends the frame with an entry that reads nothing
  } state_t;

  state_t               state_q;
  logic                 open_q;        // in a frame
  logic                 begun_q;       // ... of which the packer knows
  logic                 bad_q;         // to be dropped at EOP
  logic                 beyond_q;      // the chain is complete; descriptors up to EOP add nothing
  nic_pkg::tx_job_t     job_q;
  nic_pkg::tx_offsets_t offsets_q;
  logic [15:0]          first_index_q;
  logic [20:0]          bytes_q;       // of a frame that is not a chain, asked for
  logic [7:0]           header_q;      // of a chain: bytes of the header still to be asked for
  logic [19:0]          payload_q;     // ... of the payload
  logic [15:0]          segment_q;     // ... of the segment under way

  // ... and of the descriptor
  logic [63:0]          addr_q;
  logic [19:0]          left_q;
  logic                 eop_q, drop_q, desc_q, ifcs_q, vlan_q, ic_q;
  logic [7:0]           cso_q;
  logic [15:0]          index_q, special_q;

  logic first, bad, no_data, closes, pop, give_up;
  assign first   = !open_q;
  assign bad     = is_data && !beyond_q &&
                   (bad_q || (first && dext && ic_tse && !chain_usable) ||
                    (!(first ? dext && ic_tse : job_q.segment) && bytes_q + {1'b0, length} > LONGEST));
  assign no_data = !is_data || bad || beyond_q || length == 20'd0 || desc_lo_i == 64'd0;
  assign closes  = is_data && eop && (bad || open_q);
  assign pop     = state_q == NEXT && !halt_i && desc_valid_i && !record_full_i && (open_q || running_i);
  // The rest of a frame will not come: disabled, or its descriptor could not be read
  assign give_up = state_q == NEXT && !halt_i && open_q && (ring_failed_i || (!enable_i && ring_empty_i));

  assign desc_pop_o       = pop;
  assign in_frame_o       = open_q;
  assign record_no_data_o = no_data && !(closes && !beyond_q);
  assign record_report_o  = desc_hi_i[27] || desc_hi_i[28];
  assign record_delay_o   = desc_hi_i[31];
  assign fetch_failed_o   = ring_failed_i && state_q == NEXT && !open_q;

  // ---- a read
  logic        in_header, desc_end, header_end, segment_end, chain_end, early, request, finish, read_slot, room;
  logic [8:0]  to_boundary, ask;
  logic [5:0]  beats;
  logic [9:0]  free_q;          // beats
  logic        read_valid_q;
  logic [63:0] read_addr_q;
  logic [8:0]  read_bytes_q;

  assign in_header   = job_q.segment && header_q != 8'd0;
  assign to_boundary = 9'd256 - {1'b0, addr_q[7:0]};

  always_comb begin
    ask = left_q < {11'd0, to_boundary} ? left_q[8:0] : to_boundary;
    if (job_q.segment) begin
      if (in_header) begin
        if (ask > {1'b0, header_q}) ask = {1'b0, header_q};
      end else if ({7'd0, ask} > segment_q) begin
        ask = segment_q[8:0];
      end
    end
  end

  assign header_end  = in_header && {1'b0, header_q} == ask;
  assign segment_end = job_q.segment && !in_header && segment_q == {7'd0, ask};
  assign chain_end   = segment_end && payload_q == {11'd0, ask};
  assign desc_end    = left_q == {11'd0, ask} || chain_end;
  assign early       = job_q.segment && desc_end && eop_q && !chain_end;
  assign beats       = 6'(({1'b0, ask} + {6'd0, addr_q[3:0]} + 10'd15) >> 4);
  assign room        = free_q >= {4'd0, beats};
  assign read_slot   = !read_valid_q || read_ready_i;
  assign request     = state_q == READ && !halt_i && read_slot && !full_i && room;
  assign finish      = state_q == FINISH && !halt_i && !full_i;

  assign push_o    = request || finish;
  assign job_o     = job_q;
  assign offsets_o = offsets_q;
  always_comb begin
    entry_o            = '0;
    entry_o.vlan_tag   = special_q;
    entry_o.vlan       = vlan_q;
    entry_o.insert_fcs = ifcs_q;
    entry_o.sum        = ic_q;
    entry_o.sum_offset = cso_q;
    entry_o.index      = job_q.segment ? first_index_q : index_q;
    entry_o.last       = chain_end;
    entry_o.give_up    = finish && drop_q;
    entry_o.frame_end  = finish || (job_q.segment ? segment_end : desc_end && eop_q);
    entry_o.header     = in_header && !finish;
    entry_o.header_end = header_end && !finish;
    entry_o.desc_end   = finish ? desc_q : desc_end;
    entry_o.first      = !begun_q;
    entry_o.bytes      = finish ? 9'd0 : ask;
    entry_o.offset     = addr_q[3:0];
  end

  // ---- how a frame begins
  nic_pkg::tx_job_t     job_new;
  nic_pkg::tx_offsets_t offsets_new;
  always_comb begin
    job_new     = '0;
    offsets_new = '0;
    if (!dext) begin
      job_new.legacy    = 1'b1;
      offsets_new.tucss = desc_hi_i[47:40];
    end else begin
      job_new.segment = ic_tse;
      job_new.ip_sum  = desc_hi_i[40];
      job_new.tu_sum  = desc_hi_i[41];
      job_new.tcp     = ic_tse ? chain_tcp_q : plain_tcp_q;
      job_new.ipv4    = chain_ipv4_q;
      job_new.mss     = chain_mss_q;
      job_new.payload = chain_payload_q;
      job_new.header  = chain_header_q;
      offsets_new     = ic_tse ? chain_q : plain_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q         <= NEXT;
      open_q          <= 1'b0;
      begun_q         <= 1'b0;
      bad_q           <= 1'b0;
      beyond_q        <= 1'b0;
      bytes_q         <= 21'd0;
      free_q          <= 10'(LANDING);
      read_valid_q    <= 1'b0;
      job_q           <= '0;
      plain_q         <= '0;
      plain_tcp_q     <= 1'b0;
      chain_mss_q     <= 16'd0;  // not usable
      chain_payload_q <= 20'd0;
      chain_header_q  <= 8'd0;
    end else begin
      if (pop && is_context) begin
        if (ic_tse) begin
          chain_q         <= desc_lo_i;
          chain_payload_q <= desc_hi_i[19:0];
          chain_tcp_q     <= desc_hi_i[24];
          chain_ipv4_q    <= desc_hi_i[25];
          chain_header_q  <= desc_hi_i[47:40];
          chain_mss_q     <= desc_hi_i[63:48];
        end else begin
          plain_q     <= desc_lo_i;
          plain_tcp_q <= desc_hi_i[24];
        end
      end
      if (pop && is_data) begin
        addr_q  <= desc_lo_i;
        left_q  <= length;
        eop_q   <= eop;
        index_q <= desc_index_i;
        drop_q  <= bad || (open_q && job_q.segment);  // a chain that is not complete at an empty EOP is broken off
        desc_q  <= 1'b1;
        if (bad || !no_data) open_q <= 1'b1;
        if (bad) bad_q <= 1'b1;
        if (first) begin
          job_q         <= job_new;
          offsets_q     <= offsets_new;
          first_index_q <= desc_index_i;
          header_q      <= chain_header_q;
          payload_q     <= chain_payload_q;
          segment_q     <= chain_payload_q < {4'd0, chain_mss_q} ? chain_payload_q[15:0] : chain_mss_q;
        end
        if (first || !job_q.segment) begin
          ifcs_q    <= ifcs;
          vlan_q    <= vle && vlan_i;
          special_q <= desc_hi_i[63:48];
        end
        ic_q  <= !dext && ic_tse;
        cso_q <= desc_hi_i[23:16];
        if (!no_data) state_q <= READ;
        else if (closes && !beyond_q) state_q <= FINISH;
        if (closes && beyond_q) begin
          open_q   <= 1'b0;
          begun_q  <= 1'b0;
          beyond_q <= 1'b0;
        end
      end
      if (give_up) begin
        if (beyond_q) begin
          open_q   <= 1'b0;
          begun_q  <= 1'b0;
          beyond_q <= 1'b0;
        end else begin
          state_q <= FINISH;
          drop_q  <= 1'b1;
          desc_q  <= 1'b0;
        end
      end

      if (read_slot) read_valid_q <= request;
      if (request) begin
        read_addr_q  <= addr_q;
        read_bytes_q <= ask;
        begun_q      <= 1'b1;
        addr_q       <= addr_q + {55'd0, ask};
        left_q       <= left_q - {11'd0, ask};
        if (!job_q.segment) begin
          bytes_q <= bytes_q + {12'd0, ask};
        end else if (in_header) begin
          header_q <= header_q - ask[7:0];
        end else begin
          payload_q <= payload_q - {11'd0, ask};
          segment_q <= segment_q - {7'd0, ask};
          if (segment_end)
            segment_q <= payload_q - {11'd0, ask} < {4'd0, job_q.mss} ? 16'(payload_q - {11'd0, ask}) : job_q.mss;
        end
        if (desc_end) state_q <= early ? FINISH : NEXT;
        if (early) begin
          drop_q <= 1'b1;
          desc_q <= 1'b0;
        end
        if (chain_end && !eop_q) beyond_q <= 1'b1;
      end
      if (finish) state_q <= NEXT;
      if (finish || (request && desc_end && eop_q && !early)) begin
        open_q  <= 1'b0;
        begun_q <= 1'b0;
        bad_q   <= 1'b0;
        bytes_q <= 21'd0;
      end
      if (request || beat_used_i) free_q <= free_q - (request ? {4'd0, beats} : 10'd0) + {9'd0, beat_used_i};
    end
  end

  assign read_o = {read_valid_q, read_addr_q, read_bytes_q};

  // A request that waits is the arbiter's to move, a card without room the wire's
  assign quiet_o = !pop && !give_up && !push_o;

  logic unused;
  assign unused = &{1'b0, desc_hi_i[39:32]};

  `ASSERT(FrameFitsTheFifo, bytes_q <= LONGEST)
  `ASSERT(RoomIsNeverExceeded, free_q <= 10'(LANDING))
  `ASSERT(AReadAsksForSomething, !request || (ask != 9'd0 && ask <= 9'd256))
  `ASSERT(SegmentsStayInThePayload, !(request && job_q.segment) || {4'd0, segment_q} <= payload_q)

endmodule

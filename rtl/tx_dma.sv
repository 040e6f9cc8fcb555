`include "assert.svh"

// Fetches the frames that the driver queued and hands them, packed, to the transmit FIFO.
//
// Descriptors are cut into reads that end at 256-byte boundaries; a read is asked for only when the FIFO has room for
// its bytes beside everything asked for before. A frame is committed when its last byte has arrived, its descriptors
// are written back after that: DD in byte 12, only where RS (or RPS) asked for it. The head passes a descriptor when
// it is done; with RS that is when the bus has accepted the write-back.
//
// Legacy descriptors only (DEXT = 0). A context descriptor is ignored; a frame with extended data descriptors, or
// longer than the longest the family sends, is dropped at its EOP with TX_EV_ERROR. No data is read for them, and DD
// is written as asked. Length 0 or a null address: DD, no data. IDE is ignored: the delay timers count as 0.
module tx_dma (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  por_ni,        // the tag counter outlives CTRL.RST

  // Registers
  input  nic_pkg::tx_settings_t settings_i,
  input  nic_pkg::ring_t        ring_i,
  input  nic_pkg::head_write_t  head_write_i,
  input  nic_pkg::thresholds_t  thresholds_i,  // TXDCTL
  output logic [15:0]           head_o,

  // Bus
  output nic_pkg::dma_read_t    desc_read_o,
  input  logic                  desc_read_ready_i,
  input  nic_pkg::dma_beat_t    desc_beat_i,
  output nic_pkg::dma_read_t    data_read_o,
  input  logic                  data_read_ready_i,
  input  nic_pkg::dma_beat_t    data_beat_i,
  output nic_pkg::dma_write_t   write_o,
  input  logic                  write_ready_i,
  input  nic_pkg::dma_done_t    write_done_i,

  // To tx_fifo
  output nic_pkg::tx_write_t    fifo_write_o,
  output logic                  fifo_commit_o,
  output logic                  fifo_abort_o,
  output nic_pkg::tx_frame_t    fifo_frame_o,
  input  logic [10:0]           fifo_free_beats_i,

  // What happened
  output nic_pkg::causes_t      causes_o,
  output logic                  error_o,       // sticky
  output logic [31:0]           next_tag_o,
  output nic_pkg::event_t       event_o,
  output logic [63:0]           event_desc_o,  // EOP descriptor; of a failed read its own
  output logic                  quiet_o
);

  localparam logic [16:0] LONGEST = 17'd16128;  // bytes; fits the FIFO with what free_beats may lag behind
  localparam logic [10:0] LAG     = 11'd4;      // words that fifo_free_beats_i may not know of yet

  // ---- descriptors
  logic        running, desc_valid, pop, ring_empty, ring_failed, ring_error, ring_quiet, retire, busy;
  logic [63:0] desc_lo, desc_hi, ring_base;
  logic [15:0] desc_index, ring_size, ring_left;
  logic        open_q, halt_q, packer_idle, packer_failed, packer_quiet;
  logic        data_valid_q;      // a read waits for the arbiter

  desc_ring u_ring (
    .clk_i, .rst_ni, .enable_i(settings_i.enable), .ring_i, .thresholds_i, .head_write_i, .head_o,
    .halt_i(halt_q), .in_frame_i(open_q), .busy_i(busy), .running_o(running),
    .desc_valid_o(desc_valid), .desc_lo_o(desc_lo), .desc_hi_o(desc_hi), .desc_index_o(desc_index),
    .desc_pop_i(pop), .empty_o(ring_empty), .failed_o(ring_failed), .error_o(ring_error), .retire_i(retire),
    .base_o(ring_base), .size_o(ring_size), .left_o(ring_left),
    .read_o(desc_read_o), .read_ready_i(desc_read_ready_i), .beat_i(desc_beat_i), .quiet_o(ring_quiet)
  );

  logic dext, context_desc, eop, report, ifcs;
  assign eop          = desc_hi[24];
  assign ifcs         = desc_hi[25];
  assign report       = desc_hi[27] || desc_hi[28];
  assign dext         = desc_hi[29];
  assign context_desc = dext && desc_hi[23:20] != 4'd1;

  // ---- records: one per descriptor in work, in ring order. retired <= written (write-back sent, if any) <= opened
  logic [17:0] record_mem [64];  // {no data to wait for, report, index}
  logic [6:0]  opened_q, written_q, retired_q;
  logic [6:0]  arrived_q;        // records whose data has arrived and whose turn is to come
  logic [6:0]  accepted_q;       // write-backs accepted by the bus, not retired
  logic        record_full, record_push;
  logic [17:0] record_new, record;
  logic        oldest_reports;

  assign record_full    = (opened_q ^ retired_q) == 7'h40;
  assign record         = record_mem[written_q[5:0]];
  assign oldest_reports = record_mem[retired_q[5:0]][16];
  assign busy        = opened_q != retired_q || !packer_idle || data_valid_q;

  // ---- frames: what each descriptor adds
  typedef enum logic [1:0] {
    NEXT,   // waits for a descriptor
    READ,   // asks for its data, up to 256 bytes a cycle
    FINISH  // the frame ends without a read: waits until all its data has arrived
  } state_t;

  state_t      state_q;
  logic        bad_q, bad, no_data, closes;
  logic [16:0] bytes_q, bytes;    // of the frame, asked for
  logic [63:0] addr_q;
  logic [15:0] left_q;            // bytes of the descriptor still to be asked for
  logic        eop_q, ifcs_q, report_q, drop_q, record_q;
  logic [15:0] index_q;
  logic        give_up;

  assign bytes   = bytes_q + {1'b0, desc_hi[15:0]};
  assign bad     = !context_desc && (bad_q || dext || bytes > LONGEST);
  assign no_data = context_desc || bad || desc_hi[15:0] == 16'd0 || desc_lo == 64'd0;
  assign closes  = !context_desc && eop && (bad || open_q);
  assign pop     = state_q == NEXT && !halt_q && desc_valid && !record_full && (open_q || running);
  // The rest of a frame will not come: disabled, or its descriptor could not be read
  assign give_up = state_q == NEXT && !halt_q && open_q && (ring_failed || (!settings_i.enable && ring_empty));

  // ---- reads
  logic [8:0]  to_boundary, ask;
  logic        ask_ends, read_slot, request, finish, plan_full;
  logic [16:0] bytes_after;
  logic [4:0]  words;             // FIFO words that this read fills beyond those counted before
  logic [10:0] reserved_q;        // words asked for that the FIFO does not know of
  logic [63:0] data_addr_q;
  logic [8:0]  data_bytes_q;
  logic [1:0]  returned;
  logic        room;

  assign to_boundary = 9'd256 - {1'b0, addr_q[7:0]};
  assign ask_ends    = left_q <= {7'd0, to_boundary};
  assign ask         = ask_ends ? left_q[8:0] : to_boundary;
  assign bytes_after = bytes_q + {8'd0, ask};
  assign words       = words_of(bytes_after[8:0]) - words_of(bytes_q[8:0]);
  assign room        = {1'b0, fifo_free_beats_i} >= {1'b0, reserved_q} + {7'd0, words} + {1'b0, LAG};
  assign read_slot   = !data_valid_q || data_read_ready_i;
  assign request     = state_q == READ && !halt_q && read_slot && !plan_full && room;
  assign finish      = state_q == FINISH && !halt_q && packer_idle;

  // Whole or begun words of 16 bytes; only differences of it are used, and those are at most 16
  function automatic logic [4:0] words_of(input logic [8:0] length);
    return length[8:4] + {4'd0, length[3:0] != 4'd0};
  endfunction

  assign record_push = (pop && (!no_data || !closes)) || (finish && record_q);
  assign record_new  = finish ? {1'b1, report_q, index_q} : {no_data, report, desc_index};

  // ---- write-backs
  logic        slot, turn, send, step, desc_done;
  logic        out_valid_q;
  logic [63:4] out_addr_q;

  assign slot   = !out_valid_q || write_ready_i;
  assign turn   = written_q != opened_q && !halt_q && (record[17] || arrived_q != 7'd0);
  assign send   = turn && record[16] && slot;
  assign step   = send || (turn && !record[16]);
  assign retire = retired_q != written_q && (!oldest_reports || accepted_q != 7'd0);

  // The head does not pass a descriptor whose write-back failed, though later ones may still succeed
  logic txdw_q, txqe_q, done_good, done_bad, back_failed_q;
  assign done_good = write_done_i.valid && !write_done_i.error && !back_failed_q;
  assign done_bad  = write_done_i.valid && write_done_i.error;

  // A frame that has begun is dropped first, see give_up
  logic halts;
  assign halts = packer_failed || (ring_failed && state_q == NEXT && !open_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q       <= NEXT;
      open_q        <= 1'b0;
      bad_q         <= 1'b0;
      bytes_q       <= 17'd0;
      halt_q        <= 1'b0;
      opened_q      <= 7'd0;
      written_q     <= 7'd0;
      retired_q     <= 7'd0;
      arrived_q     <= 7'd0;
      accepted_q    <= 7'd0;
      reserved_q    <= 11'd0;
      data_valid_q  <= 1'b0;
      out_valid_q   <= 1'b0;
      txdw_q        <= 1'b0;
      txqe_q        <= 1'b0;
      back_failed_q <= 1'b0;
    end else begin
      // A descriptor
      if (pop) begin
        addr_q   <= desc_lo;
        left_q   <= desc_hi[15:0];
        eop_q    <= eop;
        ifcs_q   <= ifcs;
        report_q <= report;
        index_q  <= desc_index;
        drop_q   <= bad;
        record_q <= 1'b1;
        bad_q    <= bad || bad_q;
        if (bad || !no_data) open_q <= 1'b1;
        if (!no_data) state_q <= READ;
        else if (closes) state_q <= FINISH;
      end
      if (give_up) begin
        state_q  <= FINISH;
        drop_q   <= 1'b1;
        record_q <= 1'b0;
      end

      // Its reads
      if (read_slot) data_valid_q <= request;
      if (request) begin
        data_addr_q  <= addr_q;
        data_bytes_q <= ask;
        addr_q       <= addr_q + {55'd0, ask};
        left_q       <= left_q - {7'd0, ask};
        bytes_q      <= bytes_after;
        if (ask_ends) state_q <= NEXT;
      end
      if (finish) state_q <= NEXT;
      if (finish || (request && ask_ends && eop_q)) begin
        open_q  <= 1'b0;
        bad_q   <= 1'b0;
        bytes_q <= 17'd0;
      end
      if (request || returned != 2'd0)
        reserved_q <= reserved_q + (request ? {6'd0, words} : 11'd0) - {9'd0, returned};

      // Its end
      if (record_push) begin
        record_mem[opened_q[5:0]] <= record_new;
        opened_q <= opened_q + 7'd1;
      end
      if (desc_done || (step && !record[17]))
        arrived_q <= arrived_q + {6'd0, desc_done} - {6'd0, step && !record[17]};
      if (slot) out_valid_q <= send;
      if (send) out_addr_q <= ring_base[63:4] + {44'd0, record[15:0]};
      if (step) written_q <= written_q + 7'd1;
      if (done_good || (retire && oldest_reports))
        accepted_q <= accepted_q + {6'd0, done_good} - {6'd0, retire && oldest_reports};
      if (retire) retired_q <= retired_q + 7'd1;
      txdw_q <= retire && oldest_reports;
      txqe_q <= retire && ring_left == 16'd1;

      if (done_bad) back_failed_q <= 1'b1;
      if (done_bad || halts || (finish && ring_failed && !record_q)) halt_q <= 1'b1;
    end
  end

  tx_packer u_packer (
    .clk_i, .rst_ni, .por_ni,
    .plan_push_i(request), .plan_offset_i(addr_q[3:0]), .plan_bytes_i(ask), .plan_desc_end_i(ask_ends),
    .plan_frame_end_i(ask_ends && eop_q), .plan_ifcs_i(ifcs_q), .plan_index_i(index_q), .plan_full_o(plan_full),
    .idle_o(packer_idle), .beat_i(data_beat_i),
    .end_commit_i(finish && !drop_q), .end_abort_i(finish && drop_q), .end_ifcs_i(ifcs_q), .end_index_i(index_q),
    .write_o(fifo_write_o), .commit_o(fifo_commit_o), .abort_o(fifo_abort_o), .frame_o(fifo_frame_o),
    .ring_base_i(ring_base), .desc_done_o(desc_done), .returned_o(returned), .failed_o(packer_failed),
    .next_tag_o, .event_o, .event_desc_o, .quiet_o(packer_quiet)
  );

  assign data_read_o = {data_valid_q, data_addr_q, data_bytes_q};
  assign write_o     = {out_valid_q, 1'b1, out_addr_q, 4'd0, 16'h1000, 64'd0, 64'h0000_0001_0000_0000};  // DD, byte 12
  assign error_o     = halt_q || ring_error || packer_failed;

  always_comb begin
    causes_o      = '0;
    causes_o.txdw = txdw_q;
    causes_o.txqe = txqe_q;
  end

  // A request that waits is the arbiter's to move, a full FIFO the wire's
  assign quiet_o = ring_quiet && packer_quiet && !pop && !give_up && !request && !finish && !turn && !out_valid_q &&
                   !retire && !txdw_q && !txqe_q && (halt_q || !halts);

  // CSO, CSS and special are for offloads that we do not have; padding and gap are the MAC's
  logic unused;
  assign unused = &{1'b0, settings_i.pad_short, settings_i.ipgt, desc_hi[63:30], desc_hi[26], desc_hi[19:16],
                    ring_size};

  `ASSERT(DoneHasAWriteBack, !write_done_i.valid || retired_q != written_q)
  `ASSERT(RecordsInOrder, opened_q - retired_q <= 7'd64 && written_q - retired_q <= opened_q - retired_q)
  `ASSERT(FrameFitsTheFifo, bytes_q <= LONGEST)
  `ASSERT(ReservationIsCovered, reserved_q <= 11'd1024)

endmodule

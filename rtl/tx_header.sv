`include "assert.svh"

// Keeps the header of a chain that is cut into segments, and makes each segment's header from it.
//
// Manual, section 3.5: of each segment the IP length (IPv4 total length, IPv6 payload length) follows its size, the
// IPv4 identification goes up by one, the TCP sequence number by the bytes sent before; FIN and PSH are left to the
// last segment; with UDP the length field follows the size. Fields are rewritten a byte a cycle, which takes ten cycles and
// happens while the payload of the segment before passes. What lies beyond HDRLEN is not touched. Checksums are not
// this block's business.
module tx_header (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // The header as it was read, 16 bytes a word; the last word's rest is zero
  input  logic                 store_i,
  input  logic [3:0]           store_index_i,
  input  logic [63:0]          store_lo_i,
  input  logic [63:0]          store_hi_i,

  input  logic                 clear_i,         // the chain was broken off

  // It is complete; these stay until the last segment
  input  logic                 begin_i,
  input  nic_pkg::tx_job_t     job_i,
  input  nic_pkg::tx_offsets_t offsets_i,

  // Segment by segment
  output logic                 ready_o,   // the header below is right
  input  logic                 next_i,    // it has been taken
  input  logic [3:0]           index_i,
  output logic [63:0]          lo_o,
  output logic [63:0]          hi_o,
  output logic                 quiet_o
);

  typedef enum logic [1:0] {
    EMPTY,  // waits for a header
    LOAD,   // reads the fields that will change
    MAKE,   // writes them as the segment needs them
    READY   // waits until the header has been taken
  } state_t;

  localparam logic [3:0] LAST_STEP = 4'd9;

  state_t      state_q;
  logic [63:0] lo_mem [16];
  logic [63:0] hi_mem [16];
  logic [3:0]  step_q;
  logic [15:0] id_q;
  logic [31:0] sequence_q;
  logic [7:0]  flags_q;          // of the last segment
  logic [19:0] left_q;           // payload of this segment and those behind it

  // ---- sizes of this segment
  logic        is_last;
  logic [15:0] payload, size, ip_length, udp_length;
  assign is_last    = left_q <= {4'd0, job_i.mss};
  assign payload    = is_last ? left_q[15:0] : job_i.mss;
  assign size       = payload + {8'd0, job_i.header};
  assign ip_length  = size - {8'd0, offsets_i.ipcss} - (job_i.ipv4 ? 16'd0 : 16'd40);  // IPv6 counts from behind itself
  assign udp_length = size - {8'd0, offsets_i.tucss};

  // ---- the byte that is looked at in this step
  logic [8:0]  at;
  logic        used, upper;
  logic [7:0]  value, found;
  logic [63:0] word;
  logic [5:0]  shift;

  always_comb begin
    at    = 9'd0;
    used  = 1'b0;
    value = 8'd0;
    word  = 64'd0;
    if (state_q == LOAD || state_q == MAKE) begin
      case (step_q)
        4'd0: begin at = {1'b0, offsets_i.ipcss} + (job_i.ipv4 ? 9'd2 : 9'd4); used = 1'b1; value = ip_length[15:8]; end
        4'd1: begin at = {1'b0, offsets_i.ipcss} + (job_i.ipv4 ? 9'd3 : 9'd5); used = 1'b1; value = ip_length[7:0]; end
        4'd2: begin at = {1'b0, offsets_i.ipcss} + 9'd4; used = job_i.ipv4; value = id_q[15:8]; end
        4'd3: begin at = {1'b0, offsets_i.ipcss} + 9'd5; used = job_i.ipv4; value = id_q[7:0]; end
        4'd4: begin at = {1'b0, offsets_i.tucss} + 9'd4; used = 1'b1; value = sequence_q[31:24]; end
        4'd5: begin at = {1'b0, offsets_i.tucss} + 9'd5; used = 1'b1; value = sequence_q[23:16]; end
        4'd6: begin at = {1'b0, offsets_i.tucss} + 9'd6; used = job_i.tcp; value = sequence_q[15:8]; end
        4'd7: begin at = {1'b0, offsets_i.tucss} + 9'd7; used = job_i.tcp; value = sequence_q[7:0]; end
        default: begin
          at    = {1'b0, offsets_i.tucss} + 9'd13;
          used  = job_i.tcp;
          value = is_last ? flags_q : flags_q & 8'hF6;  // without PSH and FIN
        end
      endcase
      if (!job_i.tcp) begin
        if (step_q == 4'd4) value = udp_length[15:8];
        if (step_q == 4'd5) value = udp_length[7:0];
      end
      if (at >= {1'b0, job_i.header}) used = 1'b0;
      word = at[3] ? hi_mem[at[7:4]] : lo_mem[at[7:4]];
    end
  end
  assign upper = at[3];
  assign shift = {at[2:0], 3'd0};
  assign found = 8'(word >> shift);

  always_ff @(posedge clk_i) begin
    if (store_i) begin
      lo_mem[store_index_i] <= store_lo_i;
      hi_mem[store_index_i] <= store_hi_i;
    end else if (state_q == MAKE && used) begin
      if (upper) hi_mem[at[7:4]] <= (word & ~(64'hFF << shift)) | ({56'd0, value} << shift);
      else       lo_mem[at[7:4]] <= (word & ~(64'hFF << shift)) | ({56'd0, value} << shift);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      state_q <= EMPTY;
    end else if (begin_i) begin
      state_q <= LOAD;
      step_q  <= 4'd0;
      left_q  <= job_i.payload;
    end else begin
      case (state_q)
        LOAD: begin
          case (step_q)
            4'd2:    id_q[15:8]        <= found;
            4'd3:    id_q[7:0]         <= found;
            4'd4:    sequence_q[31:24] <= found;
            4'd5:    sequence_q[23:16] <= found;
            4'd6:    sequence_q[15:8]  <= found;
            4'd7:    sequence_q[7:0]   <= found;
            4'd8:    flags_q           <= found;
            default: ;
          endcase
          step_q <= step_q == LAST_STEP ? 4'd0 : step_q + 4'd1;
          if (step_q == LAST_STEP) state_q <= MAKE;
        end
        MAKE: begin
          step_q <= step_q + 4'd1;
          if (step_q == LAST_STEP) state_q <= READY;
        end
        READY: begin
          if (next_i) begin
            state_q    <= is_last ? EMPTY : MAKE;
            step_q     <= 4'd0;
            left_q     <= left_q - {4'd0, job_i.mss};
            id_q       <= id_q + 16'd1;
            sequence_q <= sequence_q + {16'd0, job_i.mss};
          end
        end
        default: ;
      endcase
    end
  end

  assign ready_o = state_q == READY;
  assign lo_o    = lo_mem[index_i];
  assign hi_o    = hi_mem[index_i];
  assign quiet_o = !store_i && !clear_i && !begin_i && state_q != LOAD && state_q != MAKE;

  logic unused;
  assign unused = &{1'b0, job_i.legacy, job_i.segment, job_i.ip_sum, job_i.tu_sum, offsets_i.ipcso, offsets_i.ipcse,
                    offsets_i.tucso, offsets_i.tucse};

  `ASSERT(TakenOnlyWhenReady, !next_i || ready_o)
  `ASSERT(NeverMadeWhileStored, !store_i || state_q != MAKE)

endmodule

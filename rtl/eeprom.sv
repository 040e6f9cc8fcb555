// The card's EEPROM: 64 words of 16 bits behind the Microwire pins in EECD, and the same words for EERD.
//
// The part is a 93C46: READ, WRITE, ERASE, ERAL, WRAL, and EWEN and EWDS, which allow and forbid the others to change
// anything. A change takes PROGRAM_CYCLES, a deadline; until then DO says busy (0) to whoever selects the part.
// Contents at power-on (manual, section 5.6): station address, PCI ids, and the checksum that makes all words add up to
// 0xbaba. No reset of the card changes them.
`include "assert.svh"

module eeprom (
  input  logic        clk_i,
  input  logic        rst_ni,          // power-on
  input  logic [63:0] now_i,
  input  logic [47:0] station_addr_i,  // first octet in bits 47:40; kept at power-on

  // Microwire pins, as software moves them in EECD; the strobe comes with each new state
  input  logic        moved_i,
  input  logic        select_i,        // CS
  input  logic        clock_i,         // SK
  input  logic        data_i,          // DI
  output logic        data_o,          // DO

  // EERD, a strobe: word_o is the word at this address from the next cycle on
  input  logic        take_i,
  input  logic [7:0]  addr_i,
  output logic [15:0] word_o,

  // What words 0 to 2 say; first octet in bits 47:40
  output logic [47:0] station_addr_o,

  output logic [63:0] deadline_o       // end of a running change; all ones: none
);

  localparam logic [63:0] NEVER = 64'hffff_ffff_ffff_ffff;
  localparam logic [63:0] PROGRAM_CYCLES = 64'd468_750;  // 3 ms, typical of the part

  // ---- contents: words written since power-on are in a memory, a bulk command answers for all, the rest is factory made
  localparam logic [15:0] INIT_CONTROL_1   = 16'h4000;  // word 0ah: signature 01b, "this EEPROM is valid"
  localparam logic [15:0] SUBSYSTEM_ID     = 16'h001e;
  localparam logic [15:0] SUBSYSTEM_VENDOR = 16'h8086;
  localparam logic [15:0] DEVICE_ID        = 16'h100e;
  localparam logic [15:0] VENDOR_ID        = 16'h8086;
  localparam logic [15:0] INIT_CONTROL_2   = 16'h3000;  // word 0fh: advertise PAUSE, both ways
  localparam logic [15:0] FIXED_SUM        = INIT_CONTROL_1 + SUBSYSTEM_ID + SUBSYSTEM_VENDOR + DEVICE_ID + VENDOR_ID +
                                             INIT_CONTROL_2;

  // The address stands in byte order: its first octet is the low byte of word 0.
  function automatic logic [47:0] station_words(input logic [47:0] octets);
    station_words = {octets[7:0], octets[15:8], octets[23:16], octets[31:24], octets[39:32], octets[47:40]};
  endfunction

  logic [47:0] station_q;     // words 2, 1, 0
  logic [15:0] checksum_q;    // word 3fh as it was made
  logic [15:0] words_q [64];  // 3 on
  logic [63:0] written_q;
  logic        bulk_q;
  logic [15:0] bulk_word_q;

  function automatic logic [15:0] factory_word(input logic [5:0] addr, input logic [15:0] checksum);
    case (addr)
      6'h0a:   factory_word = INIT_CONTROL_1;
      6'h0b:   factory_word = SUBSYSTEM_ID;
      6'h0c:   factory_word = SUBSYSTEM_VENDOR;
      6'h0d:   factory_word = DEVICE_ID;
      6'h0e:   factory_word = VENDOR_ID;
      6'h0f:   factory_word = INIT_CONTROL_2;
      6'h3f:   factory_word = checksum;
      default: factory_word = 16'd0;
    endcase
  endfunction

  function automatic logic [15:0] word_at(input logic [5:0] addr);
    case (addr)
      6'd0: word_at = station_q[15:0];
      6'd1: word_at = station_q[31:16];
      6'd2: word_at = station_q[47:32];
      default: begin
        if (written_q[addr]) word_at = words_q[addr];
        else                 word_at = bulk_q ? bulk_word_q : factory_word(addr, checksum_q);
      end
    endcase
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni)     word_o <= 16'd0;
    else if (take_i) word_o <= addr_i[7:6] == 2'd0 ? word_at(addr_i[5:0]) : 16'd0;
  end

  assign station_addr_o = station_words(station_q);

  // ---- Microwire. Everything happens on rising clocks while selected; deselecting ends a command
  typedef enum logic [2:0] {
    Start,    // waits for the start bit, a 1
    Command,  // takes two bits of opcode and six of address
    Read,     // gives out words, highest bit first, until deselected
    Data,     // takes the word to write
    Armed,    // waits for deselection, then changes the contents
    Ignore    // waits for deselection: nothing more to do
  } state_e;

  localparam logic [1:0] OP_WRITE = 2'b01;
  localparam logic [1:0] OP_READ  = 2'b10;
  localparam logic [1:0] OP_ERASE = 2'b11;  // 2'b00: the two highest bits of the address tell on
  localparam logic [1:0] EWDS = 2'b00;
  localparam logic [1:0] WRAL = 2'b01;
  localparam logic [1:0] ERAL = 2'b10;
  localparam logic [1:0] EWEN = 2'b11;

  state_e      state_q;
  logic        clock_q, data_q, rising;
  logic [2:0]  taken_q;      // bits of the command so far
  logic [6:0]  command_q;
  logic [7:0]  command_d;    // with the bit that arrives now
  logic [5:0]  addr_q;       // word to change, or the one after that being given out
  logic [3:0]  shifted_q;    // bits of the word given out or taken
  logic [15:0] shift_q;
  logic        all_q;        // the change is to all words
  logic        enabled_q;    // EWEN
  logic        status_q;     // DO says whether a change runs, until the next start bit
  logic        busy_q;
  logic [63:0] end_q;        // NEVER unless busy_q
  logic        change;

  assign rising    = select_i && clock_i && !clock_q;
  assign command_d = {command_q, data_i};
  assign change    = moved_i && !select_i && state_q == Armed && enabled_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q   <= Start;
      clock_q   <= 1'b0;
      data_q    <= 1'b0;
      taken_q   <= 3'd0;
      command_q <= 7'd0;
      addr_q    <= 6'd0;
      shifted_q <= 4'd0;
      shift_q   <= 16'd0;
      all_q     <= 1'b0;
      enabled_q <= 1'b0;
      status_q  <= 1'b0;
    end else if (moved_i) begin
      clock_q <= clock_i;
      if (!select_i) begin
        state_q  <= Start;
        data_q   <= 1'b0;
        status_q <= status_q || state_q == Armed;
      end else if (rising) begin
        case (state_q)
          Start: begin
            taken_q <= 3'd0;
            if (data_i && !busy_q) begin
              state_q  <= Command;
              status_q <= 1'b0;
            end
          end
          Command: begin
            taken_q   <= taken_q + 3'd1;
            command_q <= command_d[6:0];
            shifted_q <= 4'd0;
            if (taken_q == 3'd7) begin
              addr_q <= command_d[5:0];
              all_q  <= command_d[7:6] == 2'b00;
              case (command_d[7:6])
                OP_READ: begin
                  state_q <= Read;
                  shift_q <= word_at(command_d[5:0]);
                  addr_q  <= command_d[5:0] + 6'd1;
                  data_q  <= 1'b0;  // the dummy bit in front of the word
                end
                OP_WRITE: state_q <= Data;
                OP_ERASE: begin
                  state_q <= Armed;
                  shift_q <= 16'hffff;
                end
                default: begin
                  shift_q <= 16'hffff;
                  case (command_d[5:4])
                    EWEN:    state_q <= Ignore;
                    EWDS:    state_q <= Ignore;
                    WRAL:    state_q <= Data;
                    ERAL:    state_q <= Armed;
                    default: state_q <= Ignore;
                  endcase
                  if (command_d[5:4] == EWEN) enabled_q <= 1'b1;
                  if (command_d[5:4] == EWDS) enabled_q <= 1'b0;
                end
              endcase
            end
          end
          Read: begin
            data_q    <= shift_q[15];
            shift_q   <= {shift_q[14:0], 1'b0};
            shifted_q <= shifted_q + 4'd1;
            if (shifted_q == 4'd15) begin
              shift_q <= word_at(addr_q);
              addr_q  <= addr_q + 6'd1;
            end
          end
          Data: begin
            shift_q   <= {shift_q[14:0], data_i};
            shifted_q <= shifted_q + 4'd1;
            if (shifted_q == 4'd15) state_q <= Armed;
          end
          default: ;  // Armed, Ignore
        endcase
      end
    end
  end

  // ---- changes
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      station_q   <= station_words(station_addr_i);
      checksum_q  <= 16'hbaba - FIXED_SUM - {station_addr_i[39:32], station_addr_i[47:40]} -
                     {station_addr_i[23:16], station_addr_i[31:24]} - {station_addr_i[7:0], station_addr_i[15:8]};
      written_q   <= 64'd0;
      bulk_q      <= 1'b0;
      bulk_word_q <= 16'd0;
      busy_q      <= 1'b0;
      end_q       <= NEVER;
    end else if (change) begin
      busy_q <= 1'b1;
      end_q  <= now_i + PROGRAM_CYCLES - 64'd1;
      if (all_q) begin
        station_q   <= {3{shift_q}};
        written_q   <= 64'd0;
        bulk_q      <= 1'b1;
        bulk_word_q <= shift_q;
      end else begin
        case (addr_q)
          6'd0: station_q[15:0]  <= shift_q;
          6'd1: station_q[31:16] <= shift_q;
          6'd2: station_q[47:32] <= shift_q;
          default: begin
            words_q[addr_q]   <= shift_q;
            written_q[addr_q] <= 1'b1;
          end
        endcase
      end
    end else if (busy_q && now_i >= end_q) begin
      busy_q <= 1'b0;
      end_q  <= NEVER;
    end
  end

  assign data_o     = status_q ? !busy_q : data_q;
  assign deadline_o = end_q;

  `ASSERT(OneChangeAtATime, !change || !busy_q)
  `ASSERT(NoCommandWhileBusy, !busy_q || state_q == Start)
  `ASSERT(DeadlineOnlyWhileBusy, busy_q == (end_q != NEVER))

endmodule

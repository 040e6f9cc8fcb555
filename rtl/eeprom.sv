// The card's EEPROM: 64 words of 16 bits, read through the EECD pins (Microwire) or through EERD.
//
// Contents (manual, section 5.6): station address, PCI ids, and the checksum that makes all words add up to 0xbaba.
// Read only: programming commands are not answered.
module eeprom (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [47:0] station_addr_i,  // first octet in bits 47:40; kept at reset

  // Microwire pins, as software moves them in EECD
  input  logic        select_i,        // CS
  input  logic        clock_i,         // SK
  input  logic        data_i,          // DI
  output logic        data_o,          // DO
  output logic        quiet_o,         // has seen where the pins are

  // EERD: the word at this address
  input  logic [7:0]  addr_i,
  output logic [15:0] word_o
);

  logic [47:0] station_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) station_q <= station_addr_i;
  end

  // ---- contents
  localparam logic [15:0] INIT_CONTROL_1   = 16'h4000;  // word 0ah: signature 01b, "this EEPROM is valid"
  localparam logic [15:0] SUBSYSTEM_ID     = 16'h001e;
  localparam logic [15:0] SUBSYSTEM_VENDOR = 16'h8086;
  localparam logic [15:0] DEVICE_ID        = 16'h100e;
  localparam logic [15:0] VENDOR_ID        = 16'h8086;
  localparam logic [15:0] FIXED_SUM        = INIT_CONTROL_1 + SUBSYSTEM_ID + SUBSYSTEM_VENDOR + DEVICE_ID + VENDOR_ID;

  // The address stands in byte order: its first octet is the low byte of word 0.
  function automatic logic [15:0] station_word(input logic [47:0] station, input logic [1:0] index);
    case (index)
      2'd0:    station_word = {station[39:32], station[47:40]};
      2'd1:    station_word = {station[23:16], station[31:24]};
      default: station_word = {station[7:0], station[15:8]};
    endcase
  endfunction

  function automatic logic [15:0] word_at(input logic [47:0] station, input logic [5:0] addr);
    case (addr)
      6'h00:   word_at = station_word(station, 2'd0);
      6'h01:   word_at = station_word(station, 2'd1);
      6'h02:   word_at = station_word(station, 2'd2);
      6'h0a:   word_at = INIT_CONTROL_1;
      6'h0b:   word_at = SUBSYSTEM_ID;
      6'h0c:   word_at = SUBSYSTEM_VENDOR;
      6'h0d:   word_at = DEVICE_ID;
      6'h0e:   word_at = VENDOR_ID;
      6'h3f:   word_at = 16'hbaba - FIXED_SUM - station_word(station, 2'd0) - station_word(station, 2'd1) -
                         station_word(station, 2'd2);
      default: word_at = 16'd0;
    endcase
  endfunction

  assign word_o = addr_i[7:6] == 2'd0 ? word_at(station_q, addr_i[5:0]) : 16'd0;

  // ---- Microwire. Everything happens on rising clocks while selected; deselecting ends a command
  typedef enum logic [1:0] {
    Start,    // waits for the start bit, a 1
    Command,  // takes two bits of opcode and six of address
    Read,     // gives out words, highest bit first, until deselected
    Ignore    // waits for deselection: not a read
  } state_e;

  state_e      state_q;
  logic        clock_q, data_q, rising;
  logic [2:0]  taken_q;     // bits of the command so far
  logic [6:0]  command_q;
  logic [7:0]  command_d;   // with the bit that arrives now
  logic [5:0]  next_addr_q; // word after the one being given out
  logic [3:0]  given_q;     // bits of the word given out
  logic [15:0] shift_q;

  assign rising    = select_i && clock_i && !clock_q;
  assign command_d = {command_q, data_i};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q     <= Start;
      clock_q     <= 1'b0;
      data_q      <= 1'b0;
      taken_q     <= 3'd0;
      command_q   <= 7'd0;
      next_addr_q <= 6'd0;
      given_q     <= 4'd0;
      shift_q     <= 16'd0;
    end else begin
      clock_q <= clock_i;
      if (!select_i) begin
        state_q <= Start;
        data_q  <= 1'b0;
      end else if (rising) begin
        case (state_q)
          Start: begin
            taken_q <= 3'd0;
            if (data_i) state_q <= Command;
          end
          Command: begin
            taken_q   <= taken_q + 3'd1;
            command_q <= command_d[6:0];
            if (taken_q == 3'd7) begin
              state_q     <= command_d[7:6] == 2'b10 ? Read : Ignore;
              shift_q     <= word_at(station_q, command_d[5:0]);
              next_addr_q <= command_d[5:0] + 6'd1;
              given_q     <= 4'd0;
              data_q      <= 1'b0;  // the dummy bit in front of the word
            end
          end
          Read: begin
            data_q  <= shift_q[15];
            shift_q <= {shift_q[14:0], 1'b0};
            given_q <= given_q + 4'd1;
            if (given_q == 4'd15) begin
              shift_q     <= word_at(station_q, next_addr_q);
              next_addr_q <= next_addr_q + 6'd1;
            end
          end
          default: ;  // Ignore
        endcase
      end
    end
  end

  assign data_o  = data_q;
  assign quiet_o = clock_q == clock_i && (select_i || (state_q == Start && !data_q));

endmodule

// The address tables of the register file: receive addresses (RA), multicast hash (MTA), VLAN ids (VFTA).
//
// Manual, section 13.5. What matches is decided elsewhere; here the tables are kept and looked up.
module csr_addresses (
  input  logic              clk_i,
  input  logic              rst_ni,
  input  logic              reset_i,         // CTRL.RST
  input  logic              reload_i,        // strobe: RA[0] is the station address again
  input  logic [47:0]       station_addr_i,  // RA[0] after a reset; first octet in bits 47:40

  input  logic              write_i,         // strobe
  input  logic [16:0]       write_addr_i,
  input  logic [31:0]       write_data_i,
  input  logic              read_i,          // strobe; the answer is there in the same cycle, 0 for what is not here
  input  logic [16:0]       read_addr_i,
  output logic [31:0]       read_data_o,

  output logic [767:0]      ra_addr_o,       // 16 of 48 bits, first octet in bits 47:40
  output logic [15:0]       ra_valid_o,
  input  logic [11:0]       mta_index_i,
  output logic              mta_bit_o,       // in the same cycle
  input  logic [11:0]       vlan_id_i,
  output logic              vfta_bit_o       // in the same cycle
);

  localparam logic [7:0] MTA_PAGE  = nic_regs_pkg::MTA_ADDR[16:9];   // 512 bytes
  localparam logic [7:0] VFTA_PAGE = nic_regs_pkg::VFTA_ADDR[16:9];  // 512 bytes
  localparam logic [9:0] RA_PAGE   = nic_regs_pkg::RAL_ADDR[16:7];   // 128 bytes

  // ---- receive addresses. RA[0] starts as the station address
  logic [767:0] ra_addr_q;
  logic [15:0]  ra_av_q, ra_as0_q, ra_as1_q;
  logic [3:0]   ra_write_index, ra_read_index;
  logic [9:0]   ra_write_lsb, ra_read_lsb;  // of the address in ra_addr_q
  assign ra_write_lsb   = 10'd48 * {6'd0, ra_write_index};
  assign ra_read_lsb    = 10'd48 * {6'd0, ra_read_index};
  assign ra_write_index = write_addr_i[6:3];
  assign ra_read_index  = read_addr_i[6:3];

  function automatic logic [31:0] swap(input logic [31:0] word);
    swap = {word[7:0], word[15:8], word[23:16], word[31:24]};
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni || reset_i) begin
      ra_addr_q    <= {720'd0, station_addr_i};
      ra_av_q      <= 16'd1;
      ra_as0_q     <= 16'd0;
      ra_as1_q     <= 16'd0;
    end else if (reload_i) begin
      ra_addr_q[47:0] <= station_addr_i;
      ra_av_q[0]   <= 1'b1;
      ra_as0_q[0]  <= 1'b0;
      ra_as1_q[0]  <= 1'b0;
    end else if (write_i && write_addr_i[16:7] == RA_PAGE) begin
      if (!write_addr_i[2]) begin
        ra_addr_q[ra_write_lsb + 10'd16 +: 32] <= swap(write_data_i);
      end else begin
        ra_addr_q[ra_write_lsb +: 16] <= {write_data_i[7:0], write_data_i[15:8]};
        ra_as0_q[ra_write_index]        <= write_data_i[nic_regs_pkg::RAH_AS_LSB];
        ra_as1_q[ra_write_index]        <= write_data_i[nic_regs_pkg::RAH_AS_LSB + 1];
        ra_av_q[ra_write_index]         <= write_data_i[nic_regs_pkg::RAH_AV_LSB];
      end
    end
  end

  assign ra_addr_o  = ra_addr_q;
  assign ra_valid_o = ra_av_q & ~ra_as0_q & ~ra_as1_q;  // source addresses are not compared

  // ---- hash and VLAN tables: memories, so a reset only forgets which words have been written; others read 0
  logic [31:0]  mta_q [128];
  logic [31:0]  vfta_q [128];
  logic [127:0] mta_written_q, vfta_written_q;
  logic [6:0]   write_word, read_word, mta_word;
  assign write_word = write_addr_i[8:2];
  assign read_word  = read_addr_i[8:2];
  assign mta_word   = mta_index_i[11:5];

  always_ff @(posedge clk_i) begin
    if (!rst_ni || reset_i) begin
      mta_written_q  <= 128'd0;
      vfta_written_q <= 128'd0;
    end else if (write_i && write_addr_i[16:9] == MTA_PAGE) begin
      mta_q[write_word]         <= write_data_i;
      mta_written_q[write_word] <= 1'b1;
    end else if (write_i && write_addr_i[16:9] == VFTA_PAGE) begin
      vfta_q[write_word]         <= write_data_i;
      vfta_written_q[write_word] <= 1'b1;
    end
  end

  assign mta_bit_o  = mta_written_q[mta_word] && mta_q[mta_word][mta_index_i[4:0]];
  assign vfta_bit_o = vfta_written_q[vlan_id_i[11:5]] && vfta_q[vlan_id_i[11:5]][vlan_id_i[4:0]];

  // ---- read
  logic [31:0] ra;

  always_comb begin
    if (!read_addr_i[2]) ra = swap(ra_addr_q[ra_read_lsb + 10'd16 +: 32]);
    else ra = {ra_av_q[ra_read_index], 13'd0, ra_as1_q[ra_read_index], ra_as0_q[ra_read_index],
               ra_addr_q[ra_read_lsb +: 8], ra_addr_q[ra_read_lsb + 10'd8 +: 8]};
    read_data_o = 32'd0;
    if (read_i && read_addr_i[16:7] == RA_PAGE)   read_data_o = ra;
    if (read_i && read_addr_i[16:9] == MTA_PAGE)  read_data_o = mta_written_q[read_word] ? mta_q[read_word] : 32'd0;
    if (read_i && read_addr_i[16:9] == VFTA_PAGE) read_data_o = vfta_written_q[read_word] ? vfta_q[read_word] : 32'd0;
  end

  // Accesses are whole words
  logic unused;
  assign unused = &{1'b0, write_addr_i[1:0], read_addr_i[1:0]};

endmodule

`include "assert.svh"

// Shares the host bus between the DMA engines.
//
// Reads: one request a cycle, round robin, at most 64 under way; one id, so answers come in order and a small FIFO of
// client numbers routes them. Writes: a burst is collected whole before its address goes out, so a burst on the bus
// never waits for an engine, and a reset in its middle leaves nothing half done. Pins are read only inside always_ff.
//
// A bus from which no beat comes for longer than timeout_i while a read is under way has lost it (one id: those behind
// it, too): each such read is answered with an error, and what still comes of it is discarded.
//
// CTRL.RST (flush_i): what has not reached the address registers is forgotten, the rest runs to its end;
// drained_o then says that nothing is outstanding. Without bus mastering nothing new reaches the address registers.
module dma_arbiter (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic [63:0]          now_i,
  input  logic                 bus_master_i,  // pin
  input  logic [31:0]          timeout_i,     // DMA_TIMEOUT, in 256 ns; 0: never
  input  logic                 flush_i,       // held until drained_o
  output logic                 drained_o,

  // Read clients
  input  nic_pkg::dma_read_t   rx_desc_read_i,
  output logic                 rx_desc_read_ready_o,
  output nic_pkg::dma_beat_t   rx_desc_beat_o,
  input  nic_pkg::dma_read_t   tx_desc_read_i,
  output logic                 tx_desc_read_ready_o,
  output nic_pkg::dma_beat_t   tx_desc_beat_o,
  input  nic_pkg::dma_read_t   tx_data_read_i,
  output logic                 tx_data_read_ready_o,
  output nic_pkg::dma_beat_t   tx_data_beat_o,

  // Write clients
  input  nic_pkg::dma_write_t  rx_write_i,
  output logic                 rx_write_ready_o,
  output nic_pkg::dma_done_t   rx_write_done_o,
  input  nic_pkg::dma_write_t  tx_write_i,
  output logic                 tx_write_ready_o,
  output nic_pkg::dma_done_t   tx_write_done_o,

  // Host memory, see nic_top
  output logic                 m_axi_arvalid_o,
  input  logic                 m_axi_arready_i,
  output logic [63:0]          m_axi_araddr_o,
  output logic [7:0]           m_axi_arlen_o,
  output logic [8:0]           m_axi_aruser_o,
  input  logic                 m_axi_rvalid_i,
  output logic                 m_axi_rready_o,
  input  logic [127:0]         m_axi_rdata_i,
  input  logic [1:0]           m_axi_rresp_i,
  input  logic                 m_axi_rlast_i,
  output logic                 m_axi_awvalid_o,
  input  logic                 m_axi_awready_i,
  output logic [63:0]          m_axi_awaddr_o,
  output logic [7:0]           m_axi_awlen_o,
  output logic                 m_axi_wvalid_o,
  input  logic                 m_axi_wready_i,
  output logic [127:0]         m_axi_wdata_o,
  output logic [15:0]          m_axi_wstrb_o,
  output logic                 m_axi_wlast_o,
  input  logic                 m_axi_bvalid_i,
  output logic                 m_axi_bready_o,
  input  logic [1:0]           m_axi_bresp_i,

  output logic [63:0]          deadline_o,    // of the completion time-out; all ones: none
  output logic                 quiet_o
);

  localparam logic [63:0] NEVER = 64'hffff_ffff_ffff_ffff;

  localparam logic [1:0] RX_DESC = 2'd0;
  localparam logic [1:0] TX_DESC = 2'd1;
  localparam logic [1:0] TX_DATA = 2'd2;

  logic bus_master_q;
  always_ff @(posedge clk_i) bus_master_q <= rst_ni && bus_master_i;

  // ---- read requests: round robin into a short queue, from there into the address register
  logic [2:0]  want;
  logic [1:0]  pick, served_q;
  logic        read_open, read_take;

  logic [63:0] arq_addr [4];
  logic [8:0]  arq_bytes [4];
  logic [2:0]  arq_wr_q, arq_rd_q, arq_count;
  logic        arvalid_q;
  logic [63:0] araddr_q;
  logic [8:0]  arbytes_q;

  logic [1:0]  order_mem [64];               // client of each read, oldest first; the newest are still in the queue
  logic [6:0]  order_wr_q, order_rd_q, order_count;

  assign want        = {tx_data_read_i.valid, tx_desc_read_i.valid, rx_desc_read_i.valid};
  assign arq_count   = arq_wr_q - arq_rd_q;
  assign order_count = order_wr_q - order_rd_q;
  assign read_open   = bus_master_q && !flush_i && !arq_count[2] && !order_count[6];
  assign read_take   = read_open && want != 3'd0;

  always_comb begin
    case (served_q)
      RX_DESC: pick = want[1] ? TX_DESC : want[2] ? TX_DATA : RX_DESC;
      TX_DESC: pick = want[2] ? TX_DATA : want[0] ? RX_DESC : TX_DESC;
      default: pick = want[0] ? RX_DESC : want[1] ? TX_DESC : TX_DATA;
    endcase
  end

  assign rx_desc_read_ready_o = read_take && pick == RX_DESC;
  assign tx_desc_read_ready_o = read_take && pick == TX_DESC;
  assign tx_data_read_ready_o = read_take && pick == TX_DATA;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      served_q   <= TX_DATA;
      arq_wr_q   <= 3'd0;
      arq_rd_q   <= 3'd0;
      order_wr_q <= 7'd0;
      arvalid_q  <= 1'b0;
    end else if (read_take || arq_count != 3'd0 || arvalid_q) begin
      if (read_take) begin
        arq_addr[arq_wr_q[1:0]]    <= pick == RX_DESC ? rx_desc_read_i.addr :
                                      pick == TX_DESC ? tx_desc_read_i.addr : tx_data_read_i.addr;
        arq_bytes[arq_wr_q[1:0]]   <= pick == RX_DESC ? rx_desc_read_i.bytes :
                                      pick == TX_DESC ? tx_desc_read_i.bytes : tx_data_read_i.bytes;
        order_mem[order_wr_q[5:0]] <= pick;
        arq_wr_q   <= arq_wr_q + 3'd1;
        order_wr_q <= order_wr_q + 7'd1;
        served_q   <= pick;
      end
      if (flush_i) begin
        arq_wr_q   <= arq_rd_q;
        order_wr_q <= order_wr_q - {4'd0, arq_count};
      end
      if (!arvalid_q || m_axi_arready_i) begin
        arvalid_q <= 1'b0;
        if (arq_count != 3'd0 && bus_master_q && !flush_i) begin
          arvalid_q <= 1'b1;
          araddr_q  <= arq_addr[arq_rd_q[1:0]];
          arbytes_q <= arq_bytes[arq_rd_q[1:0]];
          arq_rd_q  <= arq_rd_q + 3'd1;
        end
      end
    end
  end

  logic [9:0] ar_end;  // last byte, counted from the first byte of the first beat
  assign ar_end          = {6'd0, araddr_q[3:0]} + {1'b0, arbytes_q} - 10'd1;
  assign m_axi_arvalid_o = arvalid_q;
  assign m_axi_araddr_o  = araddr_q;
  assign m_axi_aruser_o  = arbytes_q;
  assign m_axi_arlen_o   = {2'd0, ar_end[9:4]};

  // ---- completion time-out
  logic        under_way;  // a read has left the queue and is not answered
  logic        waiting_q;  // the timer runs
  logic [63:0] end_q;      // NEVER unless waiting_q
  logic [6:0]  lost_q;     // reads still to be answered with an error
  logic [15:0] stale_q;    // bursts of which nobody wants to hear any more
  assign under_way = order_count != {4'd0, arq_count};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      waiting_q <= 1'b0;
      end_q     <= NEVER;
      lost_q    <= 7'd0;
      stale_q   <= 16'd0;
    end else if (under_way || waiting_q || stale_q != 16'd0) begin
      if (!under_way || timeout_i == 32'd0 || lost_q != 7'd0) begin
        waiting_q <= 1'b0;
        end_q     <= NEVER;
      end else if (!waiting_q || m_axi_rvalid_i) begin
        waiting_q <= 1'b1;
        end_q     <= now_i + 64'd40 * {32'd0, timeout_i} - 64'd1;
      end else if (now_i >= end_q) begin
        waiting_q <= 1'b0;
        end_q     <= NEVER;
        lost_q    <= order_count - {4'd0, arq_count};
        stale_q   <= stale_q + {9'd0, order_count - {4'd0, arq_count}};
      end
      if (lost_q != 7'd0) lost_q <= lost_q - 7'd1;
      if (stale_q != 16'd0 && m_axi_rvalid_i && m_axi_rlast_i) stale_q <= stale_q - 16'd1;
    end
  end

  assign deadline_o = end_q;

  // ---- read answers
  logic        r_valid_q, r_last_q, r_error_q;
  logic [63:0] r_lo_q, r_hi_q;
  logic [1:0]  r_client;

  assign m_axi_rready_o = 1'b1;
  assign r_client       = order_mem[order_rd_q[5:0]];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      r_valid_q  <= 1'b0;
      order_rd_q <= 7'd0;
    end else begin
      r_valid_q <= (m_axi_rvalid_i && stale_q == 16'd0) || lost_q != 7'd0;
      if (lost_q != 7'd0) begin
        r_last_q  <= 1'b1;
        r_error_q <= 1'b1;
      end else if (m_axi_rvalid_i) begin
        r_lo_q    <= m_axi_rdata_i[63:0];
        r_hi_q    <= m_axi_rdata_i[127:64];
        r_last_q  <= m_axi_rlast_i;
        r_error_q <= m_axi_rresp_i[1];
      end
      if (r_valid_q && r_last_q) order_rd_q <= order_rd_q + 7'd1;
    end
  end

  assign rx_desc_beat_o = {r_valid_q && r_client == RX_DESC, r_last_q, r_error_q, r_lo_q, r_hi_q};
  assign tx_desc_beat_o = {r_valid_q && r_client == TX_DESC, r_last_q, r_error_q, r_lo_q, r_hi_q};
  assign tx_data_beat_o = {r_valid_q && r_client == TX_DATA, r_last_q, r_error_q, r_lo_q, r_hi_q};

  // ---- writes: beats are collected; a burst's address is queued with its last beat. Pointers into the beat buffer:
  // sent <= released (end of the last burst whose address went out) <= collected
  logic [63:0] beat_lo [64];
  logic [63:0] beat_hi [64];
  logic [16:0] beat_ctl [64];                // {last, strb}
  logic [6:0]  collected_q, released_q, sent_q;
  logic        buffer_full;
  logic [63:0] awq_addr [64];
  logic [4:0]  awq_beats [64];
  logic [6:0]  awq_wr_q, awq_rd_q, awq_count;
  logic        b_order_mem [64];             // client of each burst, oldest first; the newest are still in the queue
  logic [6:0]  b_wr_q, b_rd_q, b_count;
  logic        b_valid_q, b_error_q, b_client;

  logic        open_q, owner_q;              // in a burst of this client: 0 receive, 1 transmit
  logic [63:0] open_addr_q;
  logic [4:0]  open_beats_q;
  logic        owner, write_open, write_take, write_last;

  logic        awvalid_q, wvalid_q, wlast_q;
  logic [63:0] awaddr_q, w_lo_q, w_hi_q;
  logic [4:0]  awbeats_q;
  logic [15:0] wstrb_q;

  assign buffer_full = (collected_q ^ sent_q) == 7'h40;
  assign awq_count   = awq_wr_q - awq_rd_q;
  assign b_count     = b_wr_q - b_rd_q;
  assign owner       = open_q ? owner_q : (rx_write_i.valid && tx_write_i.valid) ? !owner_q : tx_write_i.valid;
  assign write_open  = !flush_i && !buffer_full && (open_q || !b_count[6]);
  assign write_take  = write_open && (owner ? tx_write_i.valid : rx_write_i.valid);
  assign write_last  = owner ? tx_write_i.last : rx_write_i.last;

  assign rx_write_ready_o = write_open && !owner;
  assign tx_write_ready_o = write_open && owner;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      collected_q <= 7'd0;
      awq_wr_q    <= 7'd0;
      b_wr_q      <= 7'd0;
      open_q      <= 1'b0;
      owner_q     <= 1'b1;
    end else if (flush_i) begin
      collected_q <= released_q;
      awq_wr_q    <= awq_rd_q;
      b_wr_q      <= b_wr_q - awq_count;
      open_q      <= 1'b0;
    end else if (write_take) begin
      beat_lo[collected_q[5:0]]  <= owner ? tx_write_i.lo : rx_write_i.lo;
      beat_hi[collected_q[5:0]]  <= owner ? tx_write_i.hi : rx_write_i.hi;
      beat_ctl[collected_q[5:0]] <= owner ? {tx_write_i.last, tx_write_i.strb} : {rx_write_i.last, rx_write_i.strb};
      collected_q  <= collected_q + 7'd1;
      owner_q      <= owner;
      open_q       <= !write_last;
      open_beats_q <= (open_q ? open_beats_q : 5'd0) + 5'd1;
      if (!open_q) open_addr_q <= owner ? tx_write_i.addr : rx_write_i.addr;
      if (write_last) begin
        awq_addr[awq_wr_q[5:0]]  <= open_q ? open_addr_q : owner ? tx_write_i.addr : rx_write_i.addr;
        awq_beats[awq_wr_q[5:0]] <= (open_q ? open_beats_q : 5'd0) + 5'd1;
        b_order_mem[b_wr_q[5:0]] <= owner;
        awq_wr_q <= awq_wr_q + 7'd1;
        b_wr_q   <= b_wr_q + 7'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      awq_rd_q   <= 7'd0;
      released_q <= 7'd0;
      sent_q     <= 7'd0;
      awvalid_q  <= 1'b0;
      wvalid_q   <= 1'b0;
    end else if (awvalid_q || wvalid_q || awq_count != 7'd0 || sent_q != released_q) begin
      if (!awvalid_q || m_axi_awready_i) begin
        awvalid_q <= 1'b0;
        if (awq_count != 7'd0 && bus_master_q && !flush_i) begin
          awvalid_q  <= 1'b1;
          awaddr_q   <= awq_addr[awq_rd_q[5:0]];
          awbeats_q  <= awq_beats[awq_rd_q[5:0]];
          awq_rd_q   <= awq_rd_q + 7'd1;
          released_q <= released_q + {2'd0, awq_beats[awq_rd_q[5:0]]};
        end
      end
      if (!wvalid_q || m_axi_wready_i) begin
        wvalid_q <= 1'b0;
        if (sent_q != released_q) begin
          wvalid_q           <= 1'b1;
          w_lo_q             <= beat_lo[sent_q[5:0]];
          w_hi_q             <= beat_hi[sent_q[5:0]];
          {wlast_q, wstrb_q} <= beat_ctl[sent_q[5:0]];
          sent_q             <= sent_q + 7'd1;
        end
      end
    end
  end

  assign m_axi_awvalid_o = awvalid_q;
  assign m_axi_awaddr_o  = {awaddr_q[63:4], 4'd0};
  assign m_axi_awlen_o   = {3'd0, awbeats_q - 5'd1};
  assign m_axi_wvalid_o  = wvalid_q;
  assign m_axi_wdata_o   = {w_hi_q, w_lo_q};
  assign m_axi_wstrb_o   = wstrb_q;
  assign m_axi_wlast_o   = wlast_q;

  // ---- write answers
  assign m_axi_bready_o = 1'b1;
  assign b_client       = b_order_mem[b_rd_q[5:0]];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      b_valid_q <= 1'b0;
      b_rd_q    <= 7'd0;
    end else begin
      b_valid_q <= m_axi_bvalid_i;
      if (m_axi_bvalid_i) b_error_q <= m_axi_bresp_i[1];
      if (b_valid_q) b_rd_q <= b_rd_q + 7'd1;
    end
  end

  assign rx_write_done_o = {b_valid_q && !b_client, b_error_q};
  assign tx_write_done_o = {b_valid_q && b_client, b_error_q};

  // ---- what is left to do
  logic bus_idle;
  assign bus_idle  = !arvalid_q && !r_valid_q && !awvalid_q && !wvalid_q && !b_valid_q && sent_q == released_q;
  assign drained_o = bus_idle && order_count == 7'd0 && b_count == 7'd0;
  assign quiet_o   = bus_idle && waiting_q == (under_way && timeout_i != 32'd0) && lost_q == 7'd0 && !flush_i && !read_take && !write_take &&
                     !(bus_master_q && (arq_count != 3'd0 || awq_count != 7'd0));

  // SLVERR and DECERR have bit 1 set, and everybody starts bursts on whole beats
  logic unused;
  assign unused = &{1'b0, m_axi_rresp_i[0], m_axi_bresp_i[0], ar_end[3:0], awaddr_q[3:0]};

  `ASSERT(ReadAnswerHasARequest, !r_valid_q || order_count != 7'd0)
  `ASSERT(TimeOutOnlyWhileAReadIsUnderWay, waiting_q == (end_q != NEVER))
  `ASSERT(NoBeatWhileReadsAreGivenUp, lost_q == 7'd0 || stale_q != 16'd0)
  `ASSERT(WriteAnswerHasABurst, !b_valid_q || b_count != 7'd0)
  `ASSERT(ReadsFitABurst, !arvalid_q || (arbytes_q != 9'd0 && arbytes_q <= 9'd256))
  `ASSERT(ReadsStayInAPage, !arvalid_q || {1'b0, araddr_q[11:0]} + {4'd0, arbytes_q} <= 13'd4096)
  `ASSERT(FlushLastsUntilDrained, !$past(flush_i && !drained_o) || flush_i)

endmodule

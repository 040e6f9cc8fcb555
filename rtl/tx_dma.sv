`include "assert.svh"

// Fetches what the driver queued and hands it, frame by frame, to the transmit FIFO.
//
// Four rooms: desc_ring brings descriptors, tx_plan decides what to read for them, tx_packer makes frames of what comes
// back, tx_report tells software. A frame is committed when its last byte has arrived, its descriptors are written back
// after that. After an error on the bus the engine stands until CTRL.RST, with error_o high.
module tx_dma (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    por_ni,        // the tag counter outlives CTRL.RST

  // Registers
  input  nic_pkg::tx_settings_t   settings_i,
  input  logic                    vlan_i,        // CTRL.VME
  input  nic_pkg::thresholds_t    thresholds_i,  // TXDCTL
  input  logic                    flush_i,       // strobe: TIDV.FPD, or a delay of TXDW is over
  input  nic_pkg::ring_t          ring_i,
  input  nic_pkg::head_write_t    head_write_i,
  output logic [15:0]             head_o,

  // Bus
  output nic_pkg::dma_read_t      desc_read_o,
  input  logic                    desc_read_ready_i,
  input  nic_pkg::dma_beat_t      desc_beat_i,
  output nic_pkg::dma_read_t      data_read_o,
  input  logic                    data_read_ready_i,
  input  nic_pkg::dma_beat_t      data_beat_i,
  output nic_pkg::dma_write_t     write_o,
  input  logic                    write_ready_i,
  input  nic_pkg::dma_done_t      write_done_i,

  // To tx_fifo
  output nic_pkg::tx_write_t      fifo_write_o,
  output logic                    fifo_commit_o,
  output logic                    fifo_abort_o,
  output nic_pkg::tx_frame_t      fifo_frame_o,
  output nic_pkg::tx_patches_t    fifo_patches_o,
  input  logic [10:0]             fifo_free_beats_i,

  // What happened
  output nic_pkg::causes_t        causes_o,
  output logic                    tso_done_o,    // strobes, for TSCTC and TSCTFC
  output logic                    tso_failed_o,
  output logic                    error_o,       // sticky
  output logic [31:0]             next_tag_o,
  output nic_pkg::event_t         event_o,
  output logic [63:0]             event_desc_o,  // EOP descriptor; of a chain its first; of a failed read its own
  output logic                    quiet_o
);

  localparam int unsigned LANDING = 512;  // beats of 16 bytes: as much data is under way

  logic        running, desc_valid, pop, ring_empty, ring_failed, ring_error, retire, in_frame, fetch_failed;
  logic [63:0] desc_lo, desc_hi, ring_base;
  logic [15:0] desc_index, ring_size, ring_left;
  logic        halt_q, packer_idle, packer_failed, desc_done, record_full, record_no_data, record_report, record_delay;
  logic        reports_busy, write_failed, plan_full, push, beat_used;
  logic        ring_quiet, plan_quiet, packer_quiet, report_quiet;
  nic_pkg::tx_read_t    entry;
  nic_pkg::tx_job_t     job;
  nic_pkg::tx_offsets_t offsets;

  desc_ring u_ring (
    .clk_i, .rst_ni, .enable_i(settings_i.enable), .ring_i, .thresholds_i, .head_write_i, .head_o,
    .halt_i(halt_q), .in_frame_i(in_frame), .busy_i(reports_busy || !packer_idle || data_read_o.valid),
    .running_o(running), .desc_valid_o(desc_valid), .desc_lo_o(desc_lo), .desc_hi_o(desc_hi),
    .desc_index_o(desc_index), .desc_pop_i(pop), .empty_o(ring_empty), .failed_o(ring_failed), .error_o(ring_error),
    .retire_i(retire), .base_o(ring_base), .size_o(ring_size), .left_o(ring_left),
    .read_o(desc_read_o), .read_ready_i(desc_read_ready_i), .beat_i(desc_beat_i), .quiet_o(ring_quiet)
  );

  tx_plan #(.LANDING(LANDING)) u_plan (
    .clk_i, .rst_ni, .enable_i(settings_i.enable), .vlan_i, .halt_i(halt_q),
    .running_i(running), .desc_valid_i(desc_valid), .desc_lo_i(desc_lo), .desc_hi_i(desc_hi),
    .desc_index_i(desc_index), .desc_pop_o(pop), .ring_empty_i(ring_empty), .ring_failed_i(ring_failed),
    .in_frame_o(in_frame), .record_full_i(record_full), .record_no_data_o(record_no_data),
    .record_report_o(record_report), .record_delay_o(record_delay),
    .read_o(data_read_o), .read_ready_i(data_read_ready_i),
    .full_i(plan_full), .push_o(push), .entry_o(entry), .job_o(job), .offsets_o(offsets), .beat_used_i(beat_used),
    .fetch_failed_o(fetch_failed), .quiet_o(plan_quiet)
  );

  tx_packer #(.LANDING(LANDING)) u_packer (
    .clk_i, .rst_ni, .por_ni,
    .push_i(push), .entry_i(entry), .job_i(job), .offsets_i(offsets), .full_o(plan_full), .beat_used_o(beat_used),
    .idle_o(packer_idle), .beat_i(data_beat_i),
    .write_o(fifo_write_o), .commit_o(fifo_commit_o), .abort_o(fifo_abort_o), .frame_o(fifo_frame_o),
    .patches_o(fifo_patches_o), .free_beats_i(fifo_free_beats_i),
    .ring_base_i(ring_base), .desc_done_o(desc_done), .failed_o(packer_failed), .tso_done_o, .tso_failed_o,
    .next_tag_o, .event_o, .event_desc_o, .quiet_o(packer_quiet)
  );

  // Thresholds count cache lines of two descriptors unless TXDCTL.GRAN is set
  logic [5:0] batch;
  assign batch = thresholds_i.descriptors ? thresholds_i.write_back : {thresholds_i.write_back[4:0], 1'b0};

  tx_report u_report (
    .clk_i, .rst_ni, .halt_i(halt_q), .batch_i(batch), .flush_i(flush_i || !settings_i.enable),
    .low_i({thresholds_i.low, 3'd0}),
    .full_o(record_full), .push_i(pop), .index_i(desc_index), .no_data_i(record_no_data), .report_i(record_report),
    .delay_i(record_delay), .desc_done_i(desc_done), .busy_o(reports_busy),
    .ring_base_i(ring_base), .ring_left_i(ring_left), .retire_o(retire),
    .write_o, .write_ready_i, .write_done_i, .causes_o, .failed_o(write_failed), .quiet_o(report_quiet)
  );

  // A frame that has begun is dropped first: tx_plan gives it up
  logic halts;
  assign halts = packer_failed || fetch_failed || write_failed;
  always_ff @(posedge clk_i) begin
    if (!rst_ni)    halt_q <= 1'b0;
    else if (halts) halt_q <= 1'b1;
  end

  assign error_o = halt_q || ring_error || packer_failed;
  assign quiet_o = ring_quiet && plan_quiet && packer_quiet && report_quiet && (halt_q || !halts);

  // Padding and gap are the MAC's; prefetch is desc_ring's
  logic unused;
  assign unused = &{1'b0, settings_i.pad_short, settings_i.ipgt, ring_size, thresholds_i.prefetch, thresholds_i.host,
                    thresholds_i.write_back[5]};

  `ASSERT(AFrameThatEndsIsTold, event_o.valid == (fifo_commit_o || fifo_abort_o))
  `ASSERT(DescriptorsStayInTheRing, !pop || desc_index < ring_size)

endmodule

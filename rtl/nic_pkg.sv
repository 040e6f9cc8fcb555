// Types on the wires between the card's blocks.
//
// Byte 0 of a frame word is in bits 7:0 (XGMII order). 128-bit bus words travel as two 64-bit halves, because the
// simulator is slow above 64 bits. Addresses are 64 bits. `tag` numbers the XGMII starts (receive) or the frames
// fetched (transmit) since power-on; CTRL.RST does not touch these counters.
package nic_pkg;

  localparam int unsigned RX_FIFO_BYTES = 48 * 1024;  // PBA default: 48 KiB receive, 16 KiB transmit
  localparam int unsigned TX_FIFO_BYTES = 16 * 1024;
  localparam int unsigned MAX_FRAME = 1522;           // with FCS, while RCTL.LPE = 0
  localparam int unsigned MIN_FRAME = 64;             // with FCS

  // ---- events: what sc_model is told about a frame; every field comes straight from a flop
  typedef struct packed {
    logic        valid;
    logic [3:0]  kind;  // one of the *_EV_ constants
    logic [31:0] tag;
  } event_t;

  // mac: 0 = goes on; everything else ends the frame here
  localparam logic [3:0] MAC_EV_PASS          = 4'd0;
  localparam logic [3:0] MAC_EV_CRC           = 4'd1;
  localparam logic [3:0] MAC_EV_SYMBOL        = 4'd2;
  localparam logic [3:0] MAC_EV_RUNT          = 4'd3;   // short, good FCS
  localparam logic [3:0] MAC_EV_FRAGMENT      = 4'd4;   // short, bad FCS
  localparam logic [3:0] MAC_EV_OVERSIZE      = 4'd5;   // long, good FCS
  localparam logic [3:0] MAC_EV_JABBER        = 4'd6;   // long, bad FCS
  localparam logic [3:0] MAC_EV_NO_SFD        = 4'd7;   // a start that never became a frame
  localparam logic [3:0] MAC_EV_NOT_RECEIVING = 4'd8;   // RCTL.EN = 0 when it started
  localparam logic [3:0] MAC_EV_PASS_BAD      = 4'd9;   // RCTL.SBP: an errored frame goes on
  localparam logic [3:0] MAC_EV_LINK_DOWN     = 4'd10;  // no link when it started
  // filter: verdict
  localparam logic [3:0] FILTER_EV_UNICAST    = 4'd0;   // a receive address matched
  localparam logic [3:0] FILTER_EV_MULTICAST  = 4'd1;   // RA or MTA matched, or MPE
  localparam logic [3:0] FILTER_EV_BROADCAST  = 4'd2;
  localparam logic [3:0] FILTER_EV_PROMISC    = 4'd3;   // UPE alone let it in
  localparam logic [3:0] FILTER_EV_REJECT     = 4'd8;   // ends the frame
  // fifo
  localparam logic [3:0] FIFO_EV_STORED       = 4'd0;
  localparam logic [3:0] FIFO_EV_OVERFLOW     = 4'd8;   // ends the frame: MPC, RXO
  // dma
  localparam logic [3:0] DMA_EV_WRITTEN_BACK  = 4'd0;   // last descriptor of the frame accepted by the bus
  localparam logic [3:0] DMA_EV_ERROR         = 4'd8;   // ends the frame; the engine stands until CTRL.RST
  // interrupt
  localparam logic [3:0] INTR_EV_RAISED       = 4'd0;   // the line went up; tag = last frame written back
  localparam logic [3:0] INTR_EV_LOWERED      = 4'd1;
  // transmit
  localparam logic [3:0] TX_EV_OK             = 4'd0;
  localparam logic [3:0] TX_EV_ERROR          = 4'd8;   // ends the frame

  // ---- receive: MAC to FIFO. No back-pressure; word and end come in the same cycle
  typedef struct packed {
    logic        valid;
    logic        sof;    // first word: destination address in bytes 0..5
    logic        eof;    // last word: `bytes` of it count and rx_end_t is valid
    logic [3:0]  bytes;  // 1..8; 8 unless eof
    logic [63:0] data;
  } rx_word_t;

  typedef struct packed {
    logic        keep;    // MAC's word: store it, if the filter accepts
    logic        crc_error;
    logic        symbol_error;
    logic        short_frame;  // below MIN_FRAME
    logic        long_frame;   // above the longest allowed
    logic [15:0] length;       // bytes after the SFD, FCS included; saturates
    logic [31:0] tag;
  } rx_end_t;

  typedef struct packed {
    logic valid;
    logic accept;
    logic multicast;  // group bit, not broadcast
    logic broadcast;
    logic exact;      // RA, MTA, BAM or MPE let it in; 0 with accept = UPE alone
  } rx_verdict_t;

  // ---- receive: one strobe per frame that ended, for the statistics
  typedef struct packed {
    logic        valid;
    logic        accepted;  // by the filter
    logic        stored;
    logic        missed;    // FIFO full
    logic        crc_error;
    logic        symbol_error;
    logic        short_frame;
    logic        long_frame;
    logic        multicast;
    logic        broadcast;
    logic [15:0] length;
  } rx_stat_t;

  // ---- receive: FIFO to DMA
  typedef struct packed {
    logic        crc_error;     // only with RCTL.SBP
    logic        symbol_error;  // only with RCTL.SBP
    logic        exact;         // 0: descriptor status PIF (passed inexact filter)
    logic [15:0] length;        // bytes, FCS included
    logic [31:0] tag;
  } rx_frame_t;

  // ---- transmit
  typedef struct packed {
    logic        valid;
    logic        eof;
    logic [4:0]  bytes;  // 1..16 of {hi, lo} count; 16 unless eof
    logic [63:0] lo;
    logic [63:0] hi;
  } tx_write_t;  // DMA to FIFO; frame bytes packed from byte 0 on

  typedef struct packed {
    logic        insert_fcs;  // descriptor IFCS
    logic [15:0] length;      // bytes handed over, before padding and FCS
    logic [31:0] tag;
  } tx_frame_t;

  // Rarer things worth counting, a strobe each
  typedef struct packed {
    logic xon_received;
    logic xoff_received;
    logic control_unsupported;  // MAC control frame with an opcode other than PAUSE
    logic xon_sent;
    logic xoff_sent;
    logic tso_done;             // a segmentation context used up (TSCTC)
    logic tso_failed;           // ... or broken off (TSCTFC)
  } misc_stat_t;

  typedef struct packed {
    logic        valid;      // one strobe per frame that left
    logic        multicast;
    logic        broadcast;
    logic [15:0] length;     // on the wire, FCS included
  } tx_stat_t;

  // ---- bus: clients of dma_arbiter. A burst is at most 256 bytes and never crosses 4 KiB: the client's duty
  typedef struct packed {
    logic        valid;
    logic [63:0] addr;   // any byte
    logic [8:0]  bytes;  // 1..256
  } dma_read_t;  // request; held until ready. The client has room for all of it

  typedef struct packed {
    logic        valid;
    logic        last;   // last beat of the burst
    logic        error;  // SLVERR or DECERR on this beat
    logic [63:0] lo;     // bytes at (addr & ~15) + 0..7
    logic [63:0] hi;     // bytes at (addr & ~15) + 8..15
  } dma_beat_t;  // answer, in order of the client's requests; no back-pressure

  typedef struct packed {
    logic        valid;
    logic        last;   // last beat: the burst is complete and will be written whatever happens
    logic [63:0] addr;   // of the burst's first byte, aligned down to 16; looked at in the first beat only
    logic [15:0] strb;
    logic [63:0] lo;
    logic [63:0] hi;
  } dma_write_t;  // a beat; held until ready

  typedef struct packed {
    logic valid;  // one per burst, in order of the client's bursts: the bus has accepted it
    logic error;
  } dma_done_t;

  // ---- settings, handed on by name
  typedef struct packed {
    logic        enable;           // RCTL.EN
    logic        store_bad;        // RCTL.SBP
    logic        any_unicast;      // RCTL.UPE
    logic        any_multicast;    // RCTL.MPE
    logic        long_frames;      // RCTL.LPE
    logic        broadcast;        // RCTL.BAM
    logic        strip_fcs;        // RCTL.SECRC
    logic [1:0]  multicast_offset; // RCTL.MO
    logic [1:0]  min_threshold;    // RCTL.RDMTS: 0 half, 1 quarter, 2 eighth of RDLEN
    logic [14:0] buffer_bytes;     // from RCTL.BSIZE and BSEX: 256..16384
  } rx_settings_t;

  typedef struct packed {
    logic        strip;       // CTRL.VME: tags are taken out on receive, descriptor VLE puts them in on transmit
    logic        filter;      // RCTL.VFE: VFTA decides about tagged frames
    logic        check_cfi;   // RCTL.CFIEN
    logic        cfi;         // RCTL.CFI
    logic [15:0] ethertype;   // VET
  } vlan_settings_t;

  typedef struct packed {
    logic        receive;     // CTRL.RFCE: PAUSE frames stop the transmitter
    logic        transmit;    // CTRL.TFCE: PAUSE frames are sent by the FIFO thresholds
    logic        discard;     // RCTL.DPF: PAUSE frames to the station address are not passed to the host
    logic        pass;        // RCTL.PMCF: MAC control frames are passed to the host
    logic [47:0] address;     // FCAH:FCAL, first octet in bits 47:40
    logic [15:0] ethertype;   // FCT
    logic [15:0] timer;       // FCTTV: pause time sent, in 512 bit times
    logic        xon_enable;  // FCRTL.XONE
    logic [15:0] low;         // FCRTL in bytes: XON when the receive FIFO falls below
    logic [15:0] high;        // FCRTH in bytes: XOFF when it rises to this; 0: none
  } flow_settings_t;

  typedef struct packed {
    logic [7:0] start;        // RXCSUM.PCSS: first byte of the packet checksum
    logic       ip;           // RXCSUM.IPOFL
    logic       tcp_udp;      // RXCSUM.TUOFL
  } rx_checksum_settings_t;

  // RXDCTL, TXDCTL
  typedef struct packed {
    logic [5:0] prefetch;     // PTHRESH: fetch when fewer than this are left on chip ...
    logic [5:0] host;         // HTHRESH: ... and at least this many are in host memory
    logic [5:0] write_back;   // WTHRESH
    logic       descriptors;  // GRAN: counted in descriptors, otherwise in cache lines
    logic [6:0] low;          // TXDCTL.LWTHRESH, in eights of descriptors: TXD_LOW
  } thresholds_t;

  typedef struct packed {
    logic       enable;     // TCTL.EN
    logic       pad_short;  // TCTL.PSP
    logic [9:0] ipgt;       // TIPG.IPGT: gap in byte times is IPGT + 4
  } tx_settings_t;

  typedef struct packed {
    logic [63:0] base;    // xDBAH:xDBAL, 16-byte aligned
    logic [19:0] bytes;   // xDLEN, multiple of 128; 0: no ring
    logic [15:0] tail;    // xDT
  } ring_t;

  typedef struct packed {
    logic        valid;   // software writes RDH or TDH
    logic [15:0] value;
  } head_write_t;

  // Interrupt causes, a strobe each; positions in ICR are the interrupt block's business
  typedef struct packed {
    logic txdw_delayed;  // transmit descriptor with IDE written back: TIDV and TADV decide when TXDW follows
    logic txdw;    // transmit descriptor written back
    logic txqe;    // transmit queue empty
    logic lsc;     // link status change
    logic rxseq;   // receive sequence error
    logic rxdmt0;  // receive descriptors below the threshold
    logic rxo;     // receive FIFO overrun
    logic rxt0;    // frame received
    logic mdac;    // MDIO access complete
    logic txd_low; // transmit descriptors low
  } causes_t;

  // RDTR and RADV, TIDV and TADV, in 1.024 us
  typedef struct packed {
    logic [15:0] delay;     // the cause comes this long after the last descriptor; 0: at once
    logic [15:0] absolute;  // but not longer than this after the first; 0: no limit
  } delay_t;

endpackage

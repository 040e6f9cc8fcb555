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
  localparam logic [3:0] FILTER_EV_REJECT     = 4'd8;   // ends the frame, like the next two
  localparam logic [3:0] FILTER_EV_VLAN_REJECT = 4'd9;  // VFTA or the CFI bit says no
  localparam logic [3:0] FILTER_EV_CONTROL    = 4'd10;  // a MAC control frame, which the MAC keeps to itself
  // fifo
  localparam logic [3:0] FIFO_EV_STORED       = 4'd0;
  localparam logic [3:0] FIFO_EV_OVERFLOW     = 4'd8;   // ends the frame: MPC, RXO
  // dma
  localparam logic [3:0] DMA_EV_WRITTEN_BACK  = 4'd0;   // last descriptor of the frame accepted by the bus
  localparam logic [3:0] DMA_EV_WINDOW        = 4'd1;   // the frame waits in the receive window; no descriptor
  localparam logic [3:0] DMA_EV_ERROR         = 4'd8;   // ends the frame; the engine stands until CTRL.RST
  // interrupt
  localparam logic [3:0] INTR_EV_RAISED       = 4'd0;   // the line went up; tag = last frame written back
  localparam logic [3:0] INTR_EV_LOWERED      = 4'd1;
  // transmit
  localparam logic [3:0] TX_EV_OK             = 4'd0;
  localparam logic [3:0] TX_EV_SEGMENT        = 4'd1;   // dma: a segment, more of its chain will follow
  localparam logic [3:0] TX_EV_LAST_SEGMENT   = 4'd2;   // dma: the chain's last segment
  localparam logic [3:0] TX_EV_PAUSE          = 4'd3;   // mac: a PAUSE frame of the card's own, without a tag
  localparam logic [3:0] TX_EV_LOOPED         = 4'd4;   // mac: the frame goes to the receiver, not to the wire
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
    logic        symbol_error;    // an Error character inside
    logic        sequence_error;  // ended by anything but Terminate
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
    logic station;    // RA[0]
    logic control;    // an address that MAC control frames come to
  } rx_verdict_t;

  // What rx_vlan has found out when the frame ends
  typedef struct packed {
    logic        reject;    // VFTA or the CFI bit keeps the frame out
    logic        stripped;  // the tag was taken out
    logic [15:0] tci;       // of a stripped frame, otherwise 0
  } rx_vlan_t;

  // What rx_checksum has found out when the frame ends
  typedef struct packed {
    logic        ip_checked;       // descriptor status IPCS
    logic        ip_error;         // ... and error IPE
    logic        tcp_udp_checked;  // descriptor status TCPCS
    logic        tcp_udp_error;    // ... and error TCPE
    logic [15:0] packet;           // packet checksum
  } rx_sums_t;

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
    logic        crc_error;       // this and the next two only with RCTL.SBP
    logic        symbol_error;
    logic        sequence_error;
    logic        exact;         // 0: descriptor status PIF (passed inexact filter)
    logic [15:0] length;        // bytes, FCS included
    logic [31:0] tag;
  } rx_frame_t;

  typedef struct packed {
    logic        stripped;         // descriptor status VP
    logic [15:0] tci;              // descriptor special
    logic        ip_checked;       // as in rx_sums_t
    logic        ip_error;
    logic        tcp_udp_checked;
    logic        tcp_udp_error;
    logic [15:0] checksum;
  } rx_offload_t;

  // Their widths, for memories: Yosys knows no $bits of a type
  localparam int unsigned RX_FRAME_BITS   = 52;
  localparam int unsigned RX_OFFLOAD_BITS = 37;

  // A frame's errors as the descriptor has them (manual, section 3.2.3.2): RXE, IPE, TCPE, CXE, -, SEQ, SE, CE. An
  // Error character is what RX_ER is to a slower wire: a symbol error and a data error.
  function automatic logic [7:0] rx_errors(input logic crc, input logic symbol, input logic sequence_,
                                           input logic ip, input logic tcp_udp);
    rx_errors = {symbol, ip, tcp_udp, 2'b00, sequence_, symbol, crc};
  endfunction

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
    logic        vlan;        // put a tag in, behind the addresses
    logic [15:0] vlan_tag;    // descriptor special
    logic [13:0] length;      // bytes handed over, before tag, padding and FCS
    logic [31:0] tag;
  } tx_frame_t;

  // A checksum that goes in when the frame leaves the FIFO; offsets do not count a VLAN tag put in by the card
  typedef struct packed {
    logic        valid;
    logic [7:0]  offset;      // of its first byte
    logic [15:0] value;       // first byte in 15:8
  } tx_patch_t;

  typedef struct packed {
    tx_patch_t ip;
    tx_patch_t tu;            // TCP, UDP, or the one checksum of a legacy descriptor
  } tx_patches_t;

  // First half of a context descriptor: where checksums start, go and end. The end is the last byte; 0: end of packet
  typedef struct packed {
    logic [15:0] tucse;
    logic [7:0]  tucso;
    logic [7:0]  tucss;
    logic [15:0] ipcse;
    logic [7:0]  ipcso;
    logic [7:0]  ipcss;
  } tx_offsets_t;

  // What to do with a frame, or with all segments of a chain; known at its first descriptor
  typedef struct packed {
    logic        legacy;      // one checksum from tucss to the end, if the last descriptor says so
    logic        segment;     // TSE
    logic        ip_sum;      // POPTS.IXSM
    logic        tu_sum;      // POPTS.TXSM
    logic        tcp;         // otherwise UDP
    logic        ipv4;        // otherwise IPv6
    logic [15:0] mss;
    logic [19:0] payload;     // PAYLEN
    logic [7:0]  header;      // HDRLEN
  } tx_job_t;

  // A read of frame data, or none (0 bytes), and what its last byte means
  typedef struct packed {
    logic [15:0] vlan_tag;
    logic        vlan;
    logic        insert_fcs;
    logic        sum;         // legacy: IC
    logic [7:0]  sum_offset;  // legacy: CSO
    logic [15:0] index;       // descriptor that names the frame in its event
    logic        last;        // the chain's last segment
    logic        give_up;     // the frame ends and is dropped
    logic        frame_end;   // the frame, or segment, ends
    logic        header_end;  // the header of a chain ends
    logic        header;      // bytes of the header of a chain
    logic        desc_end;    // the descriptor has been read
    logic        first;       // the frame, or chain, begins: its job comes along
    logic [8:0]  bytes;
    logic [3:0]  offset;      // of the first byte in the first beat
  } tx_read_t;

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
    logic        pause;      // a PAUSE frame of the card's own
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

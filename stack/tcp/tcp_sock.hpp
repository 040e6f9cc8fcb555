// One TCP connection or listener (struct tcp_sock, with inet_connection_sock in it): state, and what moves it.
//
// Names are the kernel's. Whoever works on it owns it first: a process by SockLock, a segment or a timer by finding it
// free; what comes while it is owned waits in the backlog or in `deferred` and runs at the release.
// Each group below names the file that has its functions; docs/tcp.md says what each of them decides.
#pragma once

#include "common/wait_queue.hpp"
#include "stack/core/timer.hpp"
#include "stack/socket/sock.hpp"
#include "stack/tcp/congestion/congestion.hpp"
#include "stack/tcp/receive_queue.hpp"
#include "stack/tcp/received_sacks.hpp"
#include "stack/tcp/rtt.hpp"
#include "stack/tcp/tcp_layer.hpp"
#include "stack/tcp/window.hpp"
#include "stack/tcp/write_queue.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>

namespace nicosim {

// Linux's names and values without TCP_ (include/net/tcp_states.h); SYN_RECV is a simultaneous open or a child that
// its handshake has not finished, half-open connections are RequestSocks.
enum class TcpState : std::uint8_t {
  ESTABLISHED = 1,
  SYN_SENT,
  SYN_RECV,
  FIN_WAIT1,
  FIN_WAIT2,
  TIME_WAIT,
  CLOSE,
  CLOSE_WAIT,
  LAST_ACK,
  LISTEN,
  CLOSING
};
std::string_view name_of(TcpState state);  // as ss prints it: ESTAB, SYN-SENT, ...

enum class CaState : std::uint8_t { Open, Disorder, CWR, Recovery, Loss };  // TCP_CA_*

inline constexpr unsigned kRcvShutdown = 1, kSendShutdown = 2;  // sk_shutdown
inline constexpr std::uint16_t kTcpMssDefault = 536, kTcpMinMss = 88;
inline constexpr unsigned kTcpMaxQuickacks = 16;
inline constexpr SimTime kTcpDelackMin = SimTime::ms(40), kTcpDelackMax = SimTime::ms(200);
inline constexpr SimTime kTcpAtoMin = kTcpDelackMin;
inline constexpr SimTime kTcpResourceProbeInterval = SimTime::ms(500);
inline constexpr SimTime kNoTime = SimTime::ps(-1);

// tp->nonagle
inline constexpr unsigned kNagleOff = 1, kNagleCork = 2, kNaglePush = 4;

// What tcp_ack found out about one acknowledgement (FLAG_*).
struct AckFlags {
  bool data = false, win_update = false, data_acked = false, retrans_data_acked = false, syn_acked = false;
  bool data_sacked = false, snd_una_advanced = false, dsacking = false, dsack_tlp = false, set_xmit_timer = false;
  bool orig_sack_acked = false, lost_retrans = false, no_challenge = false, update_ts_recent = false;

  bool acked() const { return data_acked || syn_acked; }
  bool not_dup() const { return data || win_update || acked(); }
  bool ca_alert() const { return data_sacked || dsacking; }
  bool forward_progress() const { return acked() || data_sacked; }
};

struct TcpSock final : Sock {
  explicit TcpSock(TcpLayer& tcp_layer);
  std::shared_ptr<TcpSock> self() { return std::static_pointer_cast<TcpSock>(shared_from_this()); }
  FourTuple tuple() const { return {daddr, rcv_saddr, dport, num}; }
  TcpLayer& layer;

  // ---- ownership (tcp_sock.cpp, sock_lock.hpp)
  bool has_data() const override;    // recv() would not wait
  void receive(TcpSegment segment);  // from IP: processed now, or when the owner lets go (tcp_v4_rcv's end)
  void run_or_defer(unsigned what);  // a timer, likewise
  void release();                    // release_sock: backlog, deferred timers, then free
  void do_rcv(TcpSegment segment);   // tcp_v4_do_rcv
  bool owned = false;
  std::deque<TcpSegment> backlog;
  std::size_t backlog_bytes = 0;
  unsigned deferred = 0;  // kDefer*
  WaitQueue lock_wait;
  static constexpr unsigned kDeferWriteTimer = 1, kDeferDelack = 2, kDeferTsq = 4, kDeferMtu = 8;

  // ---- state (tcp_sock.cpp)
  TcpState state = TcpState::CLOSE;
  unsigned shutdown_mask = 0;
  bool dead = false;    // SOCK_DEAD: no process has it any more
  bool done = false;    // SOCK_DONE: FIN received
  bool hashed = false;  // in the table as a connection
  int error_soft = 0;   // sk_err_soft: an ICMP error that may pass
  bool in(std::initializer_list<TcpState> states) const;
  void set_state(TcpState next);
  void finish();                // tcp_done: CLOSE, timers off, out of the table
  void destroy();               // inet_csk_destroy_sock: the last of a dead one
  void abort(int errno_value);  // tcp_write_err and tcp_reset: error, queue purged, done

  // ---- options of the process (tcp_sockopt.cpp)
  std::uint16_t user_mss = 0;
  unsigned nonagle = 0;
  bool linger = false;
  SimTime lingertime;
  bool keepopen = false;
  unsigned keepalive_time_s = 0, keepalive_intvl_s = 0, keepalive_probes_n = 0;  // 0: the knob
  unsigned syn_retries = 0;
  int linger2_s = 0;  // TCP_LINGER2; 0: tcp_fin_timeout, negative: no FIN_WAIT_2 at all
  SimTime user_timeout = SimTime::zero();
  bool rcvbuf_locked = false, sndbuf_locked = false;
  std::size_t rcvlowat = 1;
  std::uint32_t user_window_clamp = 0;  // TCP_WINDOW_CLAMP; 0: none
  std::uint32_t notsent_lowat = 0xffff'ffff;

  void inherit_options(const TcpSock& from);  // sk_clone_lock: what the process chose holds for a successor

  // ---- negotiated
  bool tstamp_ok = false, sack_ok = false, wscale_ok = false;
  std::uint8_t snd_wscale = 0, rcv_wscale = 0;
  std::uint32_t ts_off = 0;     // added to our clock
  std::uint32_t ts_recent = 0;  // TS.Recent
  SimTime ts_recent_stamp = kNoTime;
  std::uint16_t mss_clamp = kTcpMssDefault;  // what the peer allows
  std::uint16_t advmss = kTcpMssDefault;     // what we told it
  std::uint16_t pmtu = 1500;                 // icsk_pmtu_cookie
  std::uint16_t pmtu_learned = 0xffff;       // by ICMP
  std::uint16_t mss_cache = kTcpMssDefault;
  std::size_t gso_max_size = 0;  // payload of a frame for several packets (sk_gso_max_size); 0: one frame, one packet
  std::size_t header_bytes() const { return TcpHeader::kBytes + (tstamp_ok ? TcpOptions::kTimestampBytes : 0); }
  // The segment in hand: its timestamps and blocks.
  TcpOptions rx_opt;
  std::uint32_t timestamp() const { return layer.clock_ms() + ts_off; }

  // ---- send side
  WriteQueue write_queue;
  std::uint32_t snd_una = 0, snd_nxt = 0, write_seq = 0, snd_sml = 0, pushed_seq = 0;
  std::uint32_t snd_wnd = 0, snd_wl1 = 0, max_window = 0;
  std::uint32_t wnd_end() const { return snd_una + snd_wnd; }
  SimTime lsndtime;
  std::uint64_t bytes_acked = 0, bytes_received = 0, bytes_sent = 0, bytes_retrans = 0;
  std::uint64_t segs_in = 0, segs_out = 0, data_segs_in = 0, data_segs_out = 0;
  std::uint32_t total_retrans = 0;
  unsigned write_pending = 0;      // writers that wait for the connection
  std::span<const FrameId> cause;  // the frame being processed: parent of what it makes us send

  // ---- round-trip time and timers (timers.cpp, rtt.cpp)
  RttEstimator rtt;
  SimTime rto = kTcpTimeoutInit;
  unsigned backoff = 0, retransmits = 0, probes_out = 0;
  SimTime probes_tstamp = kNoTime, retrans_stamp = kNoTime, rcv_tstamp;
  enum class Pending : std::uint8_t { none, retrans, reo_timeout, loss_probe, probe0 };
  Pending pending = Pending::none;
  SimTime pending_since;
  Timer write_timer, delack_timer, keepalive_timer, tsq_timer;
  void reset_xmit_timer(Pending what, SimTime after);
  void clear_xmit_timer();
  void clear_xmit_timers();
  void rearm_rto();
  void set_rto();
  void write_timer_handler();
  void retransmit_timer();
  bool write_timeout();
  void probe_timer();
  void send_probe0();
  void delack_timer_handler();
  void keepalive_timer_handler();
  void keepalive_expired();
  bool retransmits_timed_out(unsigned boundary, SimTime timeout) const;
  unsigned orphan_retries(bool alive) const;
  SimTime probe0_base() const { return std::max(rto, kTcpRtoMin); }
  SimTime probe0_when() const;
  void check_probe_timer();
  void set_keepalive(bool on);
  SimTime fin_time() const;
  SimTime keepalive_time_when() const;

  // ---- congestion and recovery (ack.cpp, recovery.cpp, rack.cpp)
  CongestionWindow cwnd;
  std::unique_ptr<CongestionControl> congestion;
  CaState ca_state = CaState::Open;
  std::uint32_t high_seq = 0;
  std::uint32_t prior_ssthresh = 0, prior_cwnd = 0;
  std::uint32_t prr_delivered = 0, prr_out = 0;
  bool undo_armed = false;
  std::uint32_t undo_marker = 0;
  std::int32_t undo_retrans = 0;
  bool frto = false;
  std::uint32_t reordering = 3;
  std::uint32_t reord_seen = 0;
  std::uint32_t delivered = 0, lost_count = 0;
  bool is_cwnd_limited = false;
  std::uint32_t max_packets_out = 0, cwnd_usage_seq = 0;
  struct Rack {
    SimTime mstamp, rtt;
    std::uint32_t end_seq = 0;
    bool advanced = false;
  } rack;
  bool tlp_armed = false;
  std::uint32_t tlp_high_seq = 0;
  bool tlp_retrans = false;

  enum class Rexmit : std::uint8_t { none, lost, fresh };
  struct Sacktag {  // what the acknowledgement says about segments, before recovery looks at it
    SimTime first_sackt = kNoTime, last_sackt = kNoTime;
    std::uint32_t reord = 0;
    std::uint32_t prior_fack = 0;
  };
  // > 0: acceptable; 0: old; < 0: -DropReason
  int ack(const TcpSegment& segment, AckFlags flags);
  bool may_update_window(std::uint32_t ack_seq, std::uint32_t seq, std::uint32_t window) const;
  void ack_update_window(AckFlags& flags, const TcpSegment& segment);
  void snd_una_update(std::uint32_t ack_seq);
  void split_for_sack(std::size_t index, const SackBlock& block);
  void sacktag_write_queue(AckFlags& flags, Sacktag& seen, std::uint32_t prior_snd_una, std::uint32_t ack_seq);
  void clean_rtx_queue(AckFlags& flags, Sacktag& seen, std::uint32_t ack_seq, std::uint32_t prior_snd_una);
  bool ack_update_rtt(const AckFlags& flags, std::int64_t seq_rtt_us, std::int64_t sack_rtt_us, std::int64_t ca_rtt_us);
  void replace_ts_recent(const TcpSegment& segment);
  void ack_probe();
  void cong_control(const AckFlags& flags, std::uint32_t acked, std::uint32_t newly_lost);
  std::uint32_t highest_sack() const;
  bool is_reno() const { return !sack_ok; }

  bool ack_is_dubious(const AckFlags& flags) const {
    return !flags.not_dup() || flags.ca_alert() || ca_state != CaState::Open;
  }
  void fastretrans_alert(AckFlags& flags, std::uint32_t prior_snd_una, bool dupack, Rexmit& rexmit);
  void process_loss(AckFlags& flags, bool dupack, Rexmit& rexmit);
  void identify_packet_loss(AckFlags& flags);
  void mark_lost(TxSegment& segment);
  void enter_recovery();
  void enter_loss();
  void enter_cwr();
  void init_cwnd_reduction();
  void end_cwnd_reduction();
  void cwnd_reduction(std::uint32_t newly_acked_sacked, std::uint32_t newly_lost, const AckFlags& flags);
  bool in_cwnd_reduction() const { return ca_state == CaState::CWR || ca_state == CaState::Recovery; }
  void try_to_open();
  void try_keep_open();
  bool any_retrans_done() const;
  bool packet_delayed() const;
  bool may_undo() const { return undo_armed && (undo_retrans == 0 || packet_delayed()); }
  void undo_cwnd_reduction(bool unmark_loss);
  bool try_undo_recovery();
  bool try_undo_partial(std::uint32_t prior_snd_una);
  bool try_undo_dsack();
  bool try_undo_loss(bool frto_undo);
  void init_undo();
  bool limit_reno_sacked();
  void check_reno_reordering(std::uint32_t addend);
  void add_reno_sack(bool dupack);
  void remove_reno_sacks(std::uint32_t acked);
  void check_sack_reordering(std::uint32_t low_seq, bool by_timestamp);
  std::uint32_t current_ssthresh() const;
  void xmit_recovery(Rexmit rexmit);
  void rack_advance(const TxSegment& segment);
  SimTime rack_reo_wnd() const;
  SimTime rack_detect_loss();
  bool rack_mark_lost();
  void rack_reo_timeout();
  void process_tlp_ack(std::uint32_t ack_seq, const AckFlags& flags);
  bool schedule_loss_probe(bool advancing_rto);
  void send_loss_probe();

  // ---- output (output.cpp, retransmit.cpp, window.cpp)
  int transmit(TxSegment* queued, std::uint8_t flags, std::uint32_t seq, std::span<const FrameId> parents);
  bool write_xmit(unsigned nagle, unsigned push_one);  // true: nothing is in flight and something waits
  void push_pending_frames(unsigned nagle);
  void data_snd_check();
  void send_ack();
  void send_delayed_ack();
  void send_active_reset();
  void send_fin();
  void send_synack();
  int connect_syn();  // tcp_connect
  int write_wakeup(std::uint64_t& counter);
  int xmit_probe(bool urgent);
  int retransmit(std::size_t index, std::uint32_t segs = 1);  // __tcp_retransmit_skb and its marks; 0 or an error
  int retransmit_bare(std::size_t index, std::uint32_t segs = 1);
  int retransmit_last(std::size_t mss);
  void xmit_retransmit_queue();
  void simple_retransmit();
  void event_new_data_sent(TxSegment& segment, std::uint32_t prior_packets);
  void cwnd_validate(bool limited);
  void slow_start_after_idle_check();
  bool nagle_test(const TxSegment& segment, std::size_t mss, unsigned nagle) const;
  bool nagle_check(bool partial, unsigned nagle) const;
  bool snd_wnd_test(const TxSegment& segment, std::size_t mss) const;
  std::size_t current_mss() const;
  std::size_t size_goal(std::size_t mss) const;  // how long a segment in the queue may grow
  std::size_t bound_to_half_wnd(std::size_t bytes) const;
  void sync_mss();
  std::size_t mtu_to_mss(std::size_t mtu) const;
  void connect_init();
  bool small_queue_check();  // true: enough is queued below us
  bool tsq_throttled = false;
  void write_space() override;
  SockSummary summary() const override;
  bool stream_memory_free() const;
  void check_space();  // tcp_check_space: writers may go on
  void sndbuf_expand();

  // ---- several packets at once (tso.cpp)
  std::uint64_t pacing_rate = ~std::uint64_t{0};  // sk_pacing_rate, bytes per second; nobody paces, it bounds bursts
  void update_pacing_rate();
  std::uint32_t tso_segs(std::size_t mss) const;  // packets per frame at most
  std::uint32_t cwnd_quota(unsigned push_one) const;
  bool tso_should_defer(const TxSegment& next, bool& cwnd_limited, std::uint32_t max_segs) const;
  std::size_t mss_split_point(const TxSegment& next, std::size_t mss, std::uint32_t max_segs, unsigned nagle) const;

  // ---- receive side (input.cpp, synsent.cpp, receive.cpp, window.cpp)
  ReceiveQueue queue;
  ReceivedSacks sacks;
  std::uint32_t rcv_nxt = 0, copied_seq = 0, rcv_wup = 0, rcv_wnd = 0;
  std::uint32_t window_clamp = 0, rcv_ssthresh = 0;
  std::uint16_t rcv_mss = kTcpMssDefault;
  struct AckState {  // icsk_ack
    bool scheduled = false, now = false, pushed = false, pushed2 = false, timer = false;
    unsigned quick = 0;
    bool pingpong = false;
    SimTime ato, timeout, lrcvtime;
    std::uint16_t last_seg_size = 0;
  } ack_state;
  struct RcvQ {  // rcvq_space: automatic receive buffer
    std::uint32_t space = 0, seq = 0;
    SimTime time;
  } rcvq;
  struct RcvRtt {
    SimTime rtt, time;
    std::uint32_t seq = 0, last_tsecr = 0;
  } rcv_rtt;
  SimTime last_oow_ack = kNoTime;
  std::uint32_t receive_window() const;
  std::uint32_t select_window();   // tcp_select_window: moves rcv_wnd
  std::uint32_t offered_window();  // __tcp_select_window: what could be offered
  std::size_t space() const;       // tcp_space
  std::size_t full_space() const { return win_from_space(static_cast<std::int64_t>(rcvbuf)); }
  void take_initial_window(std::size_t mss);
  void init_buffer_space();
  void grow_window(const TcpSegment& segment);
  void clamp_window();
  void rcv_space_adjust();
  void rcv_rtt_measure();
  void rcv_rtt_measure_ts(std::size_t bytes);
  void rcv_rtt_update(SimTime sample, bool win_dep);
  void initialize_rcv_mss();
  void measure_rcv_mss(const TcpSegment& segment);

  bool validate_incoming(TcpSegment& segment);  // false: done with, segment is gone
  bool sequence_ok(const TcpSegment& segment) const;
  bool paws_discard(const TcpSegment& segment) const;
  bool paws_reject(bool rst) const;
  bool reset_check(const TcpSegment& segment) const;
  bool oow_rate_limited(const TcpSegment& segment, std::uint64_t& counter);
  void send_dupack(const TcpSegment& segment);
  void send_challenge_ack();
  void reset_by_peer(TcpSegment segment);
  void rcv_established(TcpSegment segment);
  void rcv_state_process(TcpSegment segment);
  void rcv_synsent(TcpSegment segment);
  void finish_connect();
  void init_transfer();
  void data_queue(TcpSegment segment);
  void data_queue_ofo(TcpSegment segment);
  void event_data_recv(const TcpSegment& segment);
  void fin_received();
  void ack_snd_check();
  bool try_rmem_schedule();
  void prune_queue();
  void dsack_set(std::uint32_t start, std::uint32_t end);
  void incr_quickack(unsigned most);
  void enter_quickack_mode();
  bool in_quickack_mode() const { return ack_state.quick > 0 && !ack_state.pingpong; }
  void cleanup_rbuf(std::size_t copied);
  void state_change();    // sk_state_change
  unsigned data_ready();  // how many were woken

  // ---- closing (close.cpp)
  bool close_state();  // tcp_close_state: true when a FIN is to be sent
  void time_wait(bool fin_wait2, SimTime lasts);
  void orphan();
  void fin_wait2_orphan();

  // ---- listener (listener.cpp)
  struct AcceptQueue {
    std::deque<std::shared_ptr<TcpSock>> accepted;  // finished, for accept()
    unsigned max_ack_backlog = 0;
    unsigned qlen = 0, young = 0;  // half-open, and those not retransmitted yet
    bool cookies_used = false;
    SimTime last_overflow = kNoTime;  // synq_overflow_ts
    bool full() const { return accepted.size() > max_ack_backlog; }
    bool request_full() const { return qlen >= max_ack_backlog + 1; }
  } accept_queue;
  std::shared_ptr<TcpSock> parent;  // of a child that nobody accepted yet

  // ---- from ICMP (tcp.cpp)
  void icmp_error(const struct IcmpReport& report);
  void link_failure() override;
  void unreachable(int error_number);  // ends an attempt, is remembered by a connection
  void mtu_reduced();

  // ---- for tests (tcp_verify.cpp): what does not hold, in words; empty when all does, or while somebody is at work
  std::string_view broken_invariant() const;
};

inline TcpSock& tcp_sk(Sock& sock) { return static_cast<TcpSock&>(sock); }
inline const TcpSock& tcp_sk(const Sock& sock) { return static_cast<const TcpSock&>(sock); }

}  // namespace nicosim

#include "stack/tcp/time_wait.hpp"

#include "stack/tcp/sequence.hpp"

namespace nicosim {

void TimeWaitSock::start(TcpLayer& layer, const From& from, SimTime lasts) {
  auto socket = std::make_shared<TimeWaitSock>(layer, from);
  if (!from.fin_wait2) ++layer.net.mib.TcpExtTW;
  socket->timer_.arm(layer.net.now() + (from.fin_wait2 ? lasts : kTcpTimewaitLen));
  layer.table.insert(std::move(socket));
}

void TimeWaitSock::kill() {
  const auto keep = shared_from_this();
  timer_.cancel();
  layer_.table.remove(*this);
}

std::unique_ptr<TimeWaitSock::Syn> TimeWaitSock::receive(TcpSegment segment) {
  const auto keep = shared_from_this();
  const bool rst = segment.has(TcpHeader::kRst), syn = segment.has(TcpHeader::kSyn);
  const std::uint32_t seq = segment.seq(), end_seq = segment.end_seq();
  const bool stamped = from_.tstamp_ok && segment.options.saw_tstamp;
  const bool paws_reject = stamped && static_cast<std::int32_t>(from_.ts_recent - segment.options.tsval) > 1 &&
                           !(rst && layer_.net.now() - from_.ts_recent_stamp >= SimTime::s(1));
  const std::uint32_t edge = from_.rcv_nxt + from_.rcv_wnd;

  if (from_.fin_wait2) {  // all states of RFC 9293, 3.10.7.4, that an orphan in FIN_WAIT_2 needs
    const bool in_window =
        seq == from_.rcv_nxt || (after(end_seq, from_.rcv_nxt) && before(seq, edge)) || (seq == edge && seq == end_seq);
    if (paws_reject || !in_window) return answer_ack(std::move(segment), DropReason::TCP_INVALID_SEQUENCE);
    const auto give_up = [&](bool answer) {
      kill();
      if (answer)
        layer_.reset(std::move(segment), DropReason::TCP_CLOSE);
      else
        layer_.drop(std::move(segment), DropReason::TCP_RESET);
      return nullptr;
    };
    if (rst) return give_up(false);
    if (syn && !before(seq, from_.rcv_nxt)) return give_up(true);
    if (!segment.has(TcpHeader::kAck) || !after(end_seq, from_.rcv_nxt) || end_seq == seq) {
      layer_.consume(std::move(segment));  // a duplicate, or nothing new
      return nullptr;
    }
    // New data for nobody: reset. A FIN by itself is what we waited for.
    if (!segment.has(TcpHeader::kFin) || end_seq != from_.rcv_nxt + 1) return give_up(true);
    from_.fin_wait2 = false;
    ++layer_.net.mib.TcpExtTW;
    from_.rcv_nxt = end_seq;
    if (stamped) {
      from_.ts_recent = segment.options.tsval;
      from_.ts_recent_stamp = layer_.net.now();
    }
    restart();
    send_ack(segment);
    layer_.consume(std::move(segment));
    return nullptr;
  }

  // TIME_WAIT. A segment without data at the right place changes nothing; a RST there is refused (RFC 1337).
  if (!paws_reject && seq == from_.rcv_nxt && (seq == end_seq || rst)) {
    if (rst) {
      if (layer_.net.sysctl.tcp_rfc1337 == 0) kill();
      layer_.drop(std::move(segment), DropReason::TCP_RESET);
      return nullptr;
    }
    restart();
    if (stamped) {
      from_.ts_recent = segment.options.tsval;
      from_.ts_recent_stamp = layer_.net.now();
    }
    layer_.consume(std::move(segment));
    return nullptr;
  }
  // A new connection may take over when its numbers, or its clock, are beyond all of the old one (RFC 9293, 3.10.7.4;
  // RFC 6191).
  if (syn && !rst && !segment.has(TcpHeader::kAck) && !paws_reject &&
      (after(seq, from_.rcv_nxt) ||
       (stamped && static_cast<std::int32_t>(from_.ts_recent - segment.options.tsval) < 0))) {
    std::uint32_t isn = from_.snd_nxt + 65535 + 2;
    if (isn == 0) ++isn;
    kill();
    return std::make_unique<Syn>(Syn{std::move(segment), isn});
  }
  if (paws_reject) ++layer_.net.mib.TcpExtPAWSEstab;
  if (rst) {  // not the right number
    layer_.drop(std::move(segment), DropReason::TCP_RESET);
    return nullptr;
  }
  if (paws_reject || segment.has(TcpHeader::kAck)) restart();  // its FIN again: our ACK was lost
  return answer_ack(std::move(segment), paws_reject ? DropReason::TCP_RFC7323_PAWS : DropReason::TCP_INVALID_SEQUENCE);
}

// tcp_timewait_check_oow_rate_limit
std::unique_ptr<TimeWaitSock::Syn> TimeWaitSock::answer_ack(TcpSegment segment, DropReason reason) {
  const bool data = segment.header.payload_bytes != 0 && !segment.has(TcpHeader::kSyn);
  const SimTime now = layer_.net.now();
  const bool recent =
      last_oow_ack_ >= SimTime::zero() && now - last_oow_ack_ < SimTime::ms(layer_.net.sysctl.tcp_invalid_ratelimit);
  if (!data && recent) {
    ++(from_.fin_wait2 ? layer_.net.mib.TcpExtTCPACKSkippedFinWait2 : layer_.net.mib.TcpExtTCPACKSkippedTimeWait);
    layer_.drop(std::move(segment), reason);
    return nullptr;
  }
  if (!data) last_oow_ack_ = now;
  send_ack(segment);
  if (segment.has(TcpHeader::kFin))
    layer_.consume(std::move(segment));
  else
    layer_.drop(std::move(segment), reason);
  return nullptr;
}

void TimeWaitSock::send_ack(const TcpSegment& segment) {
  TcpHeader header;
  header.source_port = from_.tuple.num;
  header.destination_port = from_.tuple.dport;
  header.sequence = from_.snd_nxt;
  header.acknowledgement = from_.rcv_nxt;
  header.flags = TcpHeader::kAck;
  header.window = static_cast<std::uint16_t>(std::min<std::uint32_t>(from_.rcv_wnd >> from_.rcv_wscale, 65535));
  TcpOptions options;
  if (from_.tstamp_ok) {
    options.saw_tstamp = true;
    options.tsval = layer_.clock_ms() + from_.ts_off;
    options.tsecr = from_.ts_recent;
  }
  layer_.send({from_.tuple.saddr, from_.tuple.daddr, from_.tos, 0, segment.frame->ids}, header, options);
}

}  // namespace nicosim

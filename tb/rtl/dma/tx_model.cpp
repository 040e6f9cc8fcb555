#include "tb/rtl/dma/tx_model.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "common/crc32.hpp"

namespace nicosim::test {
namespace {

unsigned word_at(const TxModel::Octets& bytes, std::size_t at) {
  return static_cast<unsigned>(bytes[at] << 8U) | (at + 1 < bytes.size() ? bytes[at + 1] : 0U);
}

void put_byte(TxModel::Octets& bytes, std::size_t at, unsigned value) {
  if (at < bytes.size()) bytes[at] = static_cast<std::uint8_t>(value);
}

void put_word(TxModel::Octets& bytes, std::size_t at, unsigned value) {
  put_byte(bytes, at, value >> 8U & 0xffU);
  put_byte(bytes, at + 1, value & 0xffU);
}

unsigned little(const TxModel::Descriptor& bytes, std::size_t at, std::size_t count) {
  unsigned value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= static_cast<unsigned>(bytes[at + i]) << (8 * i);
  return value;
}

}  // namespace

void TxModel::descriptor(const Descriptor& d) {
  const unsigned number = number_++;
  const unsigned command = d[11];
  const bool dext = (command & 0x20U) != 0;
  const unsigned type = d[10] >> 4U;
  if (dext && type == 0) {
    Context c;
    c.ipcss = d[0];
    c.ipcso = d[1];
    c.ipcse = little(d, 2, 2);
    c.tucss = d[4];
    c.tucso = d[5];
    c.tucse = little(d, 6, 2);
    c.payload = little(d, 8, 3) & 0xfffffU;
    c.tcp = (command & 1U) != 0;
    c.ipv4 = (command & 2U) != 0;
    c.header = d[13];
    c.mss = little(d, 14, 2);
    ((command & 4U) != 0 ? chain_ : plain_) = c;
    return;
  }
  if (dext && type != 1) return;

  const bool eop = (command & 1U) != 0;
  const Last bits{(command & 2U) != 0, (command & 0x40U) != 0, !dext && (command & 4U) != 0, d[10], little(d, 14, 2)};
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < 8; ++i) address |= static_cast<std::uint64_t>(d[i]) << (8 * i);
  const std::size_t length = dext ? little(d, 8, 3) & 0xfffffU : little(d, 8, 2);

  if (!open_) {
    legacy_ = !dext;
    segment_ = dext && (command & 4U) != 0;
    ixsm_ = dext && (d[13] & 1U) != 0;
    txsm_ = dext && (d[13] & 2U) != 0;
    css_ = d[13];
    context_ = segment_ ? chain_ : plain_;
    first_ = bits;
    first_number_ = number;
    if (segment_ && (context_.mss == 0 || context_.payload == 0 || context_.header == 0 ||
                     context_.mss + context_.header > kLongest)) {
      open_ = bad_ = true;
    }
  }
  if (!segment_ && data_.size() + length > kLongest) open_ = bad_ = true;
  if (!bad_ && length != 0 && address != 0) {
    open_ = true;
    const Octets more = memory_(address, length);
    data_.insert(data_.end(), more.begin(), more.end());
  }
  if (!eop || !open_) return;
  end_of_frame(bits, number);
  open_ = bad_ = false;
  data_.clear();
}

void TxModel::end_of_frame(const Last& last, unsigned number) {
  if (bad_) {
    if (segment_) ++chains_failed_;
    sent_.push_back({{}, segment_ ? first_number_ : number, kGivenUp});
    return;
  }
  if (segment_) {
    cut(first_number_);
    return;
  }
  Octets frame = data_;
  if (legacy_) {
    if (last.ic) checksum(frame, css_, last.cso, 0, 0, false, data_);
  } else {
    if (ixsm_) checksum(frame, context_.ipcss, context_.ipcso, context_.ipcse, 0, false, data_);
    if (txsm_) checksum(frame, context_.tucss, context_.tucso, context_.tucse, 0, !context_.tcp, data_);
  }
  send(std::move(frame), last.ifcs, last.vle, last.special, number, kOk);
}

void TxModel::cut(unsigned number) {
  const Context& c = context_;
  std::size_t at = c.header;
  for (unsigned done = 0, index = 0; done < c.payload; ++index) {
    const unsigned size = std::min(c.mss, c.payload - done);
    if (data_.size() < at + size) {
      ++chains_failed_;
      sent_.push_back({{}, number, kGivenUp});
      return;
    }
    const bool last = done + size == c.payload;
    Octets header(data_.begin(), data_.begin() + c.header);
    const Octets was = header;
    const auto old = [&](std::size_t place) { return place < was.size() ? was[place] : 0U; };
    const unsigned total = size + c.header;
    if (c.ipv4) {
      put_word(header, c.ipcss + 2, total - c.ipcss);
      put_word(header, c.ipcss + 4, (old(c.ipcss + 4) << 8U | old(c.ipcss + 5)) + index);
    } else {
      put_word(header, c.ipcss + 4, total - c.ipcss - 40);
    }
    if (c.tcp) {
      std::uint32_t sequence = 0;
      for (unsigned i = 0; i < 4; ++i) sequence = sequence << 8U | old(c.tucss + 4 + i);
      sequence += done;
      put_word(header, c.tucss + 4, sequence >> 16U);
      put_word(header, c.tucss + 6, sequence & 0xffffU);
      put_byte(header, c.tucss + 13, old(c.tucss + 13) & (last ? 0xffU : 0xf6U));
    } else {
      put_word(header, c.tucss + 4, total - c.tucss);
    }
    Octets frame = header;
    frame.insert(frame.end(), data_.begin() + static_cast<std::ptrdiff_t>(at),
                 data_.begin() + static_cast<std::ptrdiff_t>(at + size));
    const Octets summed = frame;
    if (ixsm_) checksum(frame, c.ipcss, c.ipcso, c.ipcse, 0, false, summed);
    if (txsm_) checksum(frame, c.tucss, c.tucso, c.tucse, (total - c.tucss) & 0xffffU, !c.tcp, summed);
    send(std::move(frame), first_.ifcs, first_.vle, first_.special, number, last ? kLastSegment : kSegment);
    at += size;
    done += size;
    if (last) ++chains_done_;
  }
}

void TxModel::checksum(Octets& frame, unsigned css, unsigned cso, unsigned cse, unsigned plus, bool never_zero,
                       const Octets& summed) {
  if (css >= frame.size() || cso + 1 >= frame.size() || (cse != 0 && cse < css)) return;
  const std::size_t end = cse == 0 ? summed.size() : std::min<std::size_t>(summed.size(), cse + 1UL);
  const Octets range(summed.begin() + css, summed.begin() + static_cast<std::ptrdiff_t>(end));
  std::uint64_t sum = plus;
  for (std::size_t i = 0; i < range.size(); i += 2) sum += word_at(range, i);
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  unsigned value = ~static_cast<unsigned>(sum) & 0xffffU;
  if (never_zero && value == 0) value = 0xffff;
  put_word(frame, cso, value);
}

void TxModel::send(Octets frame, bool ifcs, bool vle, unsigned special, unsigned number, unsigned kind) {
  if (settings_.vlan && vle && frame.size() >= 12) {
    const std::uint8_t tag[4] = {static_cast<std::uint8_t>(settings_.ethertype >> 8U),
                                 static_cast<std::uint8_t>(settings_.ethertype & 0xffU),
                                 static_cast<std::uint8_t>(special >> 8U), static_cast<std::uint8_t>(special & 0xffU)};
    frame.insert(frame.begin() + 12, tag, tag + 4);
  }
  const std::size_t shortest = ifcs ? 60 : 64;
  if (settings_.pad && frame.size() < shortest) frame.resize(shortest);
  if (ifcs) {
    const std::uint32_t fcs = ethernet_fcs(std::as_bytes(std::span(frame)));
    for (unsigned i = 0; i < 4; ++i) frame.push_back(static_cast<std::uint8_t>(fcs >> (8 * i)));
  }
  sent_.push_back({std::move(frame), number, kind});
}

}  // namespace nicosim::test

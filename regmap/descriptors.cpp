#include "regmap/descriptors.hpp"

namespace nicosim {

std::uint64_t DescriptorPart::get(const DescriptorBytes& bytes) const {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) {
    const unsigned bit = lsb + i;
    value |= std::uint64_t{std::to_integer<unsigned>(bytes[bit / 8] >> (bit % 8)) & 1U} << i;
  }
  return value;
}

void DescriptorPart::put(DescriptorBytes& bytes, std::uint64_t value) const {
  for (unsigned i = 0; i < width; ++i) {
    const unsigned bit = lsb + i;
    const std::byte one{static_cast<unsigned char>(1U << (bit % 8))};
    bytes[bit / 8] = ((value >> i) & 1U) != 0 ? bytes[bit / 8] | one : bytes[bit / 8] & ~one;
  }
}

namespace {

// The legacy parts are whole bytes, and drivers handle descriptors once per frame: no bit loops here.
template <typename T>
void store(DescriptorBytes& bytes, const DescriptorPart& part, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[part.first_byte() + i] = static_cast<std::byte>(value >> (8 * i));
}

template <typename T>
void load(const DescriptorBytes& bytes, const DescriptorPart& part, T& value) {
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    v |= std::to_integer<std::uint64_t>(bytes[part.first_byte() + i]) << (8 * i);
  }
  value = static_cast<T>(v);
}

}  // namespace

DescriptorBytes RxDescriptor::encode() const {
  DescriptorBytes b{};
  store(b, part::RXD_ADDRESS, address);
  store(b, part::RXD_LENGTH, length);
  store(b, part::RXD_CHECKSUM, checksum);
  store(b, part::RXD_STATUS, status);
  store(b, part::RXD_ERRORS, errors);
  store(b, part::RXD_SPECIAL, special);
  return b;
}

RxDescriptor RxDescriptor::decode(const DescriptorBytes& bytes) {
  RxDescriptor d;
  load(bytes, part::RXD_ADDRESS, d.address);
  load(bytes, part::RXD_LENGTH, d.length);
  load(bytes, part::RXD_CHECKSUM, d.checksum);
  load(bytes, part::RXD_STATUS, d.status);
  load(bytes, part::RXD_ERRORS, d.errors);
  load(bytes, part::RXD_SPECIAL, d.special);
  return d;
}

DescriptorBytes TxDescriptor::encode() const {
  DescriptorBytes b{};
  store(b, part::TXD_ADDRESS, address);
  store(b, part::TXD_LENGTH, length);
  store(b, part::TXD_CSO, cso);
  store(b, part::TXD_CMD, cmd);
  store(b, part::TXD_STA, static_cast<std::uint8_t>(sta & 0x0fU));  // the upper four bits are reserved
  store(b, part::TXD_CSS, css);
  store(b, part::TXD_SPECIAL, special);
  return b;
}

TxDescriptor TxDescriptor::decode(const DescriptorBytes& bytes) {
  TxDescriptor d;
  load(bytes, part::TXD_ADDRESS, d.address);
  load(bytes, part::TXD_LENGTH, d.length);
  load(bytes, part::TXD_CSO, d.cso);
  load(bytes, part::TXD_CMD, d.cmd);
  load(bytes, part::TXD_STA, d.sta);
  d.sta &= 0x0fU;
  load(bytes, part::TXD_CSS, d.css);
  load(bytes, part::TXD_SPECIAL, d.special);
  return d;
}

}  // namespace nicosim

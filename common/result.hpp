// Either a value or the reason why there is none. What std::expected will be, as far as we need it.
#pragma once

#include <cassert>
#include <utility>
#include <variant>

namespace nicosim {

template <class Value, class Error>
class Result {
 public:
  Result(Value value) : held_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return held_.index() == 0; }
  const Value& operator*() const { return value(); }
  const Value* operator->() const { return &value(); }
  Value& operator*() { return value(); }
  Value* operator->() { return &value(); }
  const Value& value() const {
    assert(held_.index() == 0 && "asked an error for its value");
    return *std::get_if<0>(&held_);
  }
  Value& value() {
    assert(held_.index() == 0 && "asked an error for its value");
    return *std::get_if<0>(&held_);
  }
  const Error& error() const {
    assert(held_.index() == 1 && "asked a value for its error");
    return *std::get_if<1>(&held_);
  }

 private:
  std::variant<Value, Error> held_;
};

}  // namespace nicosim

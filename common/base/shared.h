// A value whose copies share it: for what is large, copied often and never changed in place.
#pragma once

#include <memory>
#include <utility>

namespace sn {

template <class T>
class Shared {
 public:
  Shared() = default;  // an empty T
  Shared(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  const T& operator*() const {
    static const T kEmpty{};
    return value_ == nullptr ? kEmpty : *value_;
  }
  const T* operator->() const { return &**this; }

  // Of what they hold.
  bool operator==(const Shared& other) const { return value_ == other.value_ || **this == *other; }

 private:
  std::shared_ptr<const T> value_;
};

}  // namespace sn

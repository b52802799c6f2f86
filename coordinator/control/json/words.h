// The words of the enums that cross the socket. An enum of common/ has its table beside it
// (common/facts/words.h); reading another one tries every value of its list.
#pragma once

#include <optional>
#include <string_view>

#include "common/facts/words.h"
#include "coordinator/core/commands.h"

namespace sn::coordinator {

template <class Enum>
struct Listed;
template <>
struct Listed<RowState> {
  static constexpr RowState kAll[] = {RowState::observed, RowState::held, RowState::waiting,
                                      RowState::released};
};
template <>
struct Listed<ServiceNodeState> {
  static constexpr ServiceNodeState kAll[] = {ServiceNodeState::up, ServiceNodeState::suspect,
                                              ServiceNodeState::failed,
                                              ServiceNodeState::maintenance};
};
template <>
struct Listed<SeenFrom> {
  static constexpr SeenFrom kAll[] = {SeenFrom::unknown, SeenFrom::answering, SeenFrom::silent};
};
template <>
struct Listed<TakeoverState> {
  static constexpr TakeoverState kAll[] = {TakeoverState::running, TakeoverState::stopped,
                                           TakeoverState::aborted, TakeoverState::finished};
};

template <class Enum>
std::optional<Enum> enum_of(std::string_view word) {
  if constexpr (HasWords<Enum>) {
    return from_word<Enum>(word);
  } else {
    for (const Enum value : Listed<Enum>::kAll) {
      if (to_string(value) == word) return value;
    }
    return std::nullopt;
  }
}

}  // namespace sn::coordinator

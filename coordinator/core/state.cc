#include "coordinator/core/state.h"

namespace sn::coordinator {

std::string_view to_string(RowState state) {
  switch (state) {
    case RowState::observed:
      return "observed";
    case RowState::held:
      return "held";
    case RowState::released:
      return "released";
  }
  return "observed";
}

std::string_view to_string(ServiceNodeState state) {
  switch (state) {
    case ServiceNodeState::up:
      return "up";
    case ServiceNodeState::suspect:
      return "suspect";
    case ServiceNodeState::failed:
      return "failed";
    case ServiceNodeState::maintenance:
      return "maintenance";
  }
  return "up";
}

std::string_view to_string(TakeoverState state) {
  switch (state) {
    case TakeoverState::running:
      return "running";
    case TakeoverState::finished:
      return "finished";
  }
  return "running";
}

}  // namespace sn::coordinator

// An engine whose log is this process's alone: whoever has opened it leads, and an answer comes
// within the call.
#pragma once

#include <vector>

#include "coordinator/store/engine.h"

namespace sn::coordinator {

class LocalEngine : public Engine {
 public:
  [[nodiscard]] Result<State> claim(WallTime now) final;
  void begin(std::vector<StoreChange> batch, Listener& listener) final;

 protected:
  // All or nothing, in this order; an empty one is nothing.
  [[nodiscard]] virtual Status append(const std::vector<StoreChange>& batch) = 0;
};

}  // namespace sn::coordinator

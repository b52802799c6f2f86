// The coordinator as the node sees it: CURVE, a Welcome for every Hello, and one Rebind, said again
// until the node has told how it ended. A process of its own, beside the tracer.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "common/net/curve_keys.h"

namespace sn::crash {

class StandIn {
 public:
  // Signals the calling process with SIGUSR1 whenever an outcome came.
  [[nodiscard]] bool start(const net::CurveKeys& keys, const std::string& node_key);
  ~StandIn();

  // From here on the node is to be where this generation puts it: on SN2P, or, if it takes back the
  // work of the generation `undo`, on SN1P. Told at once if it is connected. 0: nothing more is
  // told.
  void command(uint64_t generation, uint64_t undo = 0);
  // Of the last command's generation; empty: none yet.
  [[nodiscard]] std::string outcome() const;  // encoded
  // What it heard and told, of all runs.
  [[nodiscard]] std::string text() const;

 private:
  struct Shared;
  [[noreturn]] void serve(const net::CurveKeys& keys, const std::string& node_key, pid_t parent,
                          int ready);

  Shared* shared_ = nullptr;
  pid_t pid_ = 0;
  int wake_ = -1;
};

}  // namespace sn::crash

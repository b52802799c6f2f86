// The coordinator as the node sees it: CURVE, a Welcome for every Hello, and one Rebind, or the
// Preflight of one rehearsal, said again until the node has told how it ended. A process of its
// own, beside the tracer.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "common/net/curve_keys.h"

namespace sn::crash {

struct Order {
  // 0: nothing is told any more.
  uint64_t generation = 0;
  // Not 0: SN1P takes its node back, with what this generation and later ones did.
  uint64_t undo = 0;
  // All of it is staged and taken away.
  bool rehearse = false;
};

class StandIn {
 public:
  // Signals the calling process with SIGUSR1 whenever an outcome came.
  [[nodiscard]] bool start(const net::CurveKeys& keys, const std::string& node_key);
  ~StandIn();

  // From here on the node is to do this. A Rebind is told at once if it is connected; a rehearsal
  // once over each connection, because two of them are two.
  void command(const Order& order);
  // Of the last order; of a rehearsal, what its report comes to. Empty: none yet.
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

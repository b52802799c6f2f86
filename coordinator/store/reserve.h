// Room that the store keeps for itself: a file of real blocks beside state.db. When the disk is
// full the file goes, and what was begun before can still be brought to its end; nothing is begun
// until it is there again.
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/core/commands.h"

namespace sn::coordinator {

// For the records of one takeover of so many nodes and what comes of it, in whole MiB: a node's
// takes some 4 KiB with its outcome, and is in the log before it is in the file.
[[nodiscard]] uint64_t reserve_bytes(size_t nodes);

class Reserve {
 public:
  // Does nothing yet. The file is `state_dir`/reserve.
  Reserve(std::string state_dir, uint64_t bytes);

  // Takes the room, if there is as much and once more.
  void hold();
  // Gives it to whoever writes next. false: it is not held.
  [[nodiscard]] bool release();
  // How much room there is now; takes the reserve again where there is enough. Full: it is not
  // held, or there is not as much beside it.
  [[nodiscard]] Disk look();

 private:
  [[nodiscard]] uint64_t free_bytes() const;

  std::string state_dir_;
  std::string path_;
  uint64_t bytes_;
  bool held_ = false;
};

}  // namespace sn::coordinator

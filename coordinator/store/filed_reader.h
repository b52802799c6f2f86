// Reads takeovers that are in the files (core/takeover/filing.h), off the loop: on a thread and a
// connection of its own. Answers come on the reactor's thread, one for each question, in their
// order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "common/base/unique_fd.h"
#include "common/net/reactor.h"
#include "coordinator/core/takeover/shown_takeover.h"

namespace sn::coordinator {

class FiledReader {
 public:
  using Answer = std::function<void(uint64_t request, Result<ShownTakeover> takeover)>;

  // `path`: of the store. The reactor must outlive it.
  FiledReader(net::Reactor& reactor, std::string path, Answer answer);
  FiledReader(const FiledReader&) = delete;
  FiledReader& operator=(const FiledReader&) = delete;
  // Waits for the one that is being read, which takes well under a second.
  ~FiledReader();

  // At most one of each client of the control socket waits (kMaxClients).
  void start(uint64_t request, uint64_t takeover);

 private:
  void work(const std::stop_token& stop);
  void answer_all();

  const std::string path_;
  const Answer answer_;
  UniqueFd answered_;  // an eventfd
  std::mutex mutex_;   // of the two lists
  std::condition_variable_any asked_;
  std::deque<std::pair<uint64_t, uint64_t>> questions_;  // request, takeover
  std::deque<std::pair<uint64_t, Result<ShownTakeover>>> answers_;
  net::Reactor::Watch watch_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sn::coordinator

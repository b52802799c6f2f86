#include "coordinator/store/filed_reader.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "coordinator/store/engine.h"

namespace sn::coordinator {

FiledReader::FiledReader(net::Reactor& reactor, std::string path, Answer answer)
    : path_(std::move(path)),
      answer_(std::move(answer)),
      answered_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      watch_(reactor.on(answered_.get(), net::Reactor::readable,
                        [this](net::Reactor::Ready) { answer_all(); })),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

FiledReader::~FiledReader() { thread_.request_stop(); }

void FiledReader::start(uint64_t request, uint64_t takeover) {
  {
    const std::lock_guard lock(mutex_);
    questions_.emplace_back(request, takeover);
  }
  asked_.notify_one();
}

void FiledReader::work(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    if (!asked_.wait(lock, stop, [this] { return !questions_.empty(); })) return;
    const auto [request, takeover] = questions_.front();
    questions_.pop_front();
    lock.unlock();
    auto read = read_filed(path_, takeover);
    lock.lock();
    answers_.emplace_back(request, std::move(read));
    const uint64_t one = 1;
    (void)!::write(answered_.get(), &one, sizeof one);
  }
}

void FiledReader::answer_all() {
  uint64_t count = 0;
  (void)!::read(answered_.get(), &count, sizeof count);
  std::deque<std::pair<uint64_t, Result<ShownTakeover>>> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
  }
  for (auto& [request, takeover] : answers) answer_(request, std::move(takeover));
}

}  // namespace sn::coordinator

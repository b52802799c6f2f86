#include "coordinator/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

namespace sn::coordinator::log {

namespace {

// Written without waiting for the end of the batch: keeps a burst from growing without bound.
constexpr size_t kMaxBuffered = 1024 * 1024;

class BatchSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    buffer_.append(formatted.data(), formatted.size());
    if (buffer_.size() > kMaxBuffered) flush_();
  }
  void flush_() override {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      const ssize_t size = ::write(STDERR_FILENO, rest.data(), rest.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) break;  // nobody reads the log; that is no reason to stop
      rest.remove_prefix(static_cast<size_t>(size));
    }
    buffer_.clear();
  }

 private:
  std::string buffer_;
};

// A text that came from a node must not forge a line of the log.
std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  return line;
}

const char* or_dash(const std::string& text) { return text.empty() ? "-" : text.c_str(); }

}  // namespace

void open() {
  auto logger = std::make_shared<spdlog::logger>("sncoordd", std::make_shared<BatchSink>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->flush_on(spdlog::level::warn);
  spdlog::set_default_logger(std::move(logger));
}

void event(const Event& event) {
  spdlog::info("{} {} {} {}", event.id, or_dash(event.takeover),
               event.node.empty() ? or_dash(event.service_node) : event.node.c_str(),
               one_line(event.text));
}
void info(std::string_view id, std::string_view text) {
  spdlog::info("{} - - {}", id, one_line(text));
}
void warning(std::string_view id, std::string_view text) {
  spdlog::warn("{} - - {}", id, one_line(text));
}
void error(std::string_view id, std::string_view text) {
  spdlog::error("{} - - {}", id, one_line(text));
}
void flush() { spdlog::default_logger_raw()->flush(); }

}  // namespace sn::coordinator::log

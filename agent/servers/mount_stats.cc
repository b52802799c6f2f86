#include "agent/servers/mount_stats.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace sn::agent {

namespace {

// The words of a line one after another.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  std::string_view next() {
    const size_t begin = rest_.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return rest_ = {};
    rest_.remove_prefix(begin);
    const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t"));
    rest_.remove_prefix(word.size());
    return word;
  }
  // nullopt: no number comes next.
  std::optional<uint64_t> number() {
    const std::string_view word = next();
    uint64_t value = 0;
    const char* end = word.data() + word.size();
    const auto [at, error] = std::from_chars(word.data(), end, value);
    if (word.empty() || error != std::errc() || at != end) return std::nullopt;
    return value;
  }
  bool skip(int count) {
    while (count-- > 0) {
      if (next().empty()) return false;
    }
    return true;
  }

 private:
  std::string_view rest_;
};

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// The kernel writes blanks, tabs, line ends and backslashes of a path as \040 (mangle_path).
std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      plain.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                        (text[i + 3] - '0')));
      i += 3;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

// "device nfsha:/export/root mounted on / with fstype nfs statvers=1.1". Any other file system:
// without statvers, and of no interest.
std::optional<MountStats> mount_of(std::string_view line) {
  Words words(line);
  if (words.next() != "device") return std::nullopt;
  MountStats mount;
  mount.device = unescape(words.next());
  if (words.next() != "mounted" || words.next() != "on") return std::nullopt;
  mount.mount_point = unescape(words.next());
  if (words.next() != "with" || words.next() != "fstype") return std::nullopt;
  mount.type = words.next();
  if (mount.type != "nfs" && mount.type != "nfs4") return std::nullopt;
  return mount;
}

// After "xprt:": "tcp port bind_count connect_count connect_time idle_time sends receives bad_xids
// requests_sum backlog_sum ..."; of rdma the first ten are the same, and udp, which connects to
// nobody, lacks the three in the middle.
std::optional<TransportStats> transport_of(Words& words) {
  const std::string_view protocol = words.next();
  if (protocol != "tcp" && protocol != "rdma" && protocol != "udp") return std::nullopt;
  if (!words.skip(protocol == "udp" ? 2 : 5)) return std::nullopt;
  const auto sends = words.number(), receives = words.number(), bad_xids = words.number();
  if (!words.skip(1)) return std::nullopt;
  const auto backlog = words.number();
  if (!sends || !receives || !bad_xids || !backlog) return std::nullopt;
  return TransportStats{*sends, *receives, *bad_xids, *backlog};
}

// After the operation's name: "operations transmissions timeouts ...".
uint64_t timeouts_of(Words& words) {
  if (!words.skip(2)) return 0;
  return words.number().value_or(0);
}

uint64_t without_reply(const TransportStats& stats) {
  return stats.sends > stats.receives ? stats.sends - stats.receives : 0;
}

}  // namespace

std::vector<MountStats> parse_mount_stats(std::string_view text) {
  std::vector<MountStats> mounts;
  text = text.substr(0, kMaxMountStats);
  bool inside = false;      // of an NFS mount
  bool operations = false;  // its table of operations
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) break;  // cut short
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with("device ") || line.starts_with("no device ")) {
      operations = false;
      auto mount = mount_of(line);
      inside = mount.has_value() && mounts.size() < kMaxStatMounts;
      if (inside) mounts.push_back(std::move(*mount));
      continue;
    }
    if (!inside) continue;
    MountStats& mount = mounts.back();
    Words words(line);
    const std::string_view key = words.next();
    if (key == "age:") {
      mount.age_s = words.number().value_or(0);
    } else if (key == "xprt:" && mount.transports.size() < kMaxTransports) {
      if (const auto transport = transport_of(words)) mount.transports.push_back(*transport);
    } else if (key == "per-op") {
      operations = true;
    } else if (operations && key.ends_with(':')) {
      const uint64_t timeouts = timeouts_of(words);
      mount.timeouts = std::max(mount.timeouts, mount.timeouts + timeouts);  // never wraps
    }
  }
  return mounts;
}

std::string to_text(const Unanswered& unanswered) {
  std::string text;
  if (unanswered.sends > 0) {
    text = std::to_string(unanswered.sends) + (unanswered.sends == 1 ? " send" : " sends") +
           " without a reply for " + std::to_string(unanswered.for_ms / 1000) + " s";
  }
  if (unanswered.timeouts > 0) {
    text += (text.empty() ? "" : ", ") + std::to_string(unanswered.timeouts) +
            (unanswered.timeouts == 1 ? " time-out" : " time-outs");
  }
  return text;
}

void UnansweredRequests::compare(Connection& connection, const Connection& before,
                                 MonotonicTime now, Unanswered& sum) {
  // Fewer than before: it is another connection. A reply came: whoever waits now began lately, or
  // was sent again.
  const TransportStats& is = connection.last;
  if (is.sends < before.last.sends || is.receives != before.last.receives) return;
  connection.explained = before.explained;
  const uint64_t open = without_reply(is) - before.explained;
  if (open == 0) return;
  connection.waiting = before.waiting.value_or(now);
  const int64_t for_ms = now - *connection.waiting;
  if (for_ms <= 0) return;
  sum.sends += open;
  sum.for_ms = std::max(sum.for_ms, for_ms);
}

std::vector<Unanswered> UnansweredRequests::take(const std::vector<MountStats>& reading,
                                                 MonotonicTime now) {
  std::vector<Unanswered> found;
  std::vector<Mount> next;
  next.reserve(reading.size());
  for (const auto& stats : reading) {
    const auto before = std::find_if(mounts_.begin(), mounts_.end(), [&](const Mount& mount) {
      return mount.mount_point == stats.mount_point && mount.device == stats.device;
    });
    const bool known = before != mounts_.end();
    Mount mount{stats.mount_point, stats.device, stats.timeouts, {}};
    Unanswered sum;
    sum.mount_point = stats.mount_point;
    if (known && stats.timeouts > before->timeouts)
      sum.timeouts = stats.timeouts - before->timeouts;
    for (size_t i = 0; i < stats.transports.size(); ++i) {
      const TransportStats& is = stats.transports[i];
      Connection connection{is, without_reply(is), std::nullopt};
      if (known && i < before->connections.size()) {
        compare(connection, before->connections[i], now, sum);
      }
      mount.connections.push_back(connection);
    }
    if (sum.sends > 0 || sum.timeouts > 0) found.push_back(std::move(sum));
    next.push_back(std::move(mount));
  }
  mounts_ = std::move(next);
  return found;
}

}  // namespace sn::agent
